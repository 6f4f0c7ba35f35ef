//! A schema after the one of this program, made up, for tests of two builds.

use std::sync::OnceLock;

/// How old a program may be for the files of a pretended newer one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pretended {
    pub(crate) reader: usize,
    pub(crate) writer: usize,
}

/// Has this process be of a program with one more schema of its SQLite files, which programs read
/// that know the schemas up to `reader`, and write that know those up to `writer`.
///
/// It counts from the first call on.
pub fn dangerously_add_a_schema(reader: usize, writer: usize) {
    // Whoever was asked before has answered for the whole process.
    let _ = PRETENDED.set(Pretended { reader, writer });
}

pub(crate) fn pretended() -> Option<Pretended> {
    PRETENDED.get().copied()
}

static PRETENDED: OnceLock<Pretended> = OnceLock::new();
