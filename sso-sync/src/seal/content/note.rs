//! What the servers of a domain keep together.

use std::fmt;

use minicbor::bytes::ByteVec;
use zeroize::Zeroizing;

use crate::seal::SealError;
use crate::seal::fields::Fields;

/// Some bytes that the servers of a domain keep together: any of them may write the next state, and
/// of two who do so at once one is told that another came first. `Debug` shows none of it.
///
/// What they mean is up to whoever knows its name; whatever a newer program adds has its place in
/// them.
#[derive(Clone, PartialEq, Eq)]
pub struct Note(Zeroizing<Vec<u8>>);

impl Note {
    /// Holds these bytes: less than 32 KiB, so that they fit into a batch.
    #[must_use]
    pub const fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// What it holds; there may be secrets in it.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn of(fields: &mut Fields) -> Result<Self, SealError> {
        let bytes: ByteVec = fields.need(TEXT)?;
        Ok(Self::new(Zeroizing::new(bytes.into())))
    }

    pub(super) fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        fields.put(TEXT, &ByteVec::from(self.0.to_vec()));
        fields
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Note({} bytes)", self.0.len())
    }
}

const TEXT: u64 = 8;
