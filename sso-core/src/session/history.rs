//! What sessions tell the servers of a domain about each other.

use std::fmt;

/// What this server holds of the history that all servers of a domain share, as a mark that the
/// sessions of browsers carry.
///
/// A browser that moves between servers brings the mark of the one that began its session. So
/// servers that are shown different histories find out, whoever shows them.
pub trait History: fmt::Debug + Send + Sync + 'static {
    /// What is held now. A mark of more than [`MAX_MARK_BYTES`] is not carried.
    fn mark(&self) -> Option<String>;

    /// A browser came with a mark that a server of the domain made. Returns at once; it comes with
    /// every request of the session.
    fn saw(&self, mark: &str);
}

/// A server that shares no history with others.
#[derive(Debug)]
pub(crate) struct NoHistory;

impl History for NoHistory {
    fn mark(&self) -> Option<String> {
        None
    }

    fn saw(&self, _: &str) {}
}

/// How long a mark may be: cookies have little room.
pub const MAX_MARK_BYTES: usize = 80;
