//! In which schemas things are sealed that a program understands.

use super::{KeyRing, SealError};

impl KeyRing {
    /// Opens what was sealed in this schema or an older one. Default: [`Content::SCHEMA`](super::Content::SCHEMA).
    #[must_use]
    pub const fn reading(mut self, schema: u64) -> Self {
        self.schema = schema;
        self
    }

    /// Whether this program understands what was sealed in `schema`.
    pub(super) const fn check_schema(&self, schema: u64) -> Result<(), SealError> {
        if schema > self.schema {
            return Err(SealError::Newer);
        }
        Ok(())
    }
}
