//! A mirror is right after whatever happens: what is in force is on the disk, and was proven.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and a child process reports on standard output"
)]

mod audits;
mod faults;
mod fills;
mod follows;
mod histories;
mod keeps;
mod kills;
mod proves;
mod restarts;
mod world;
