//! The servers of the tests of PostgreSQL.

pub(crate) mod pgbouncer;
pub(crate) mod postgres;
pub(crate) mod unique;
mod unprivileged;

pub(crate) use unprivileged::give_away;
