//! Mistakes that are put in on purpose, to see that they are found.

/// A part that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// The link sends the name of a user along, for everybody to read.
    Babbles,
    /// The link makes a success of a conflict.
    ConflictIsSuccess,
    /// A server that was killed does not find what it had kept for later.
    ForgetsOutbox,
    /// A server that was killed begins again with the disk of its first day.
    OldDisk,
    /// A server that was killed has one user less on its disk, and nobody notices.
    LosesRecord,
    /// A server that cannot reach the hub makes up a secret.
    MintsAlone,
}
