//! The number that leads from a page to the lines of the log.

use std::fmt;
use std::sync::Arc;

/// Names one request: 64 random bits in hexadecimal.
///
/// A person reads it to the help desk, so it is short; it is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId(Arc<str>);

impl TraceId {
    /// A new, random one.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0; 8];
        // Without randomness requests share the number zero; nothing depends on it.
        let _ = aws_lc_rs::rand::fill(&mut bytes);
        Self(format!("{:016x}", u64::from_be_bytes(bytes)).into())
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
