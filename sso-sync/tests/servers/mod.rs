//! The servers of the tests of PostgreSQL.

pub(crate) mod pgbouncer;
pub(crate) mod postgres;
mod unprivileged;
