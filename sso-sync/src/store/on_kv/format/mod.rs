//! What the values look like, byte for byte. The chapter [`on_kv`](crate::docs::on_kv) shows it.

mod cursor;
mod root;
mod slot;
mod snapshot;
#[cfg(test)]
mod tests;

use bytes::{Buf as _, BufMut as _, Bytes};

use crate::store::{RecordId, StoreError};

use super::key::Name;

pub(super) use cursor::{Position, Stage};
pub(super) use root::{Base, Root};
pub(super) use slot::{decode_slot, encode_slot};
pub(super) use snapshot::{Part, PartBuilder, decode_index, encode_index};

/// A statement or an envelope under a key of its own.
pub(super) fn encode_plain(content: &[u8]) -> Bytes {
    let mut value = Vec::with_capacity(1 + content.len());
    value.put_u8(FORMAT);
    value.put_slice(content);
    value.into()
}

/// What [`encode_plain`] was given.
pub(super) fn decode_plain(value: Bytes) -> Result<Bytes, Malformed> {
    Ok(Reader::new(value)?.0)
}

/// Why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("it contradicts itself")]
    Contradiction,
    #[error("it was written by a newer version")]
    Format,
    #[error("its ids are not in order")]
    Order,
    #[error("it holds more than it should")]
    TooLong,
    #[error("it ends too early")]
    TooShort,
    #[error("it belongs under another key")]
    WrongPlace,
}

impl Malformed {
    /// For an operator: which key, and what to do.
    pub(super) fn at(self, key: &str) -> StoreError {
        StoreError::corrupt(format!("{key}: {self}. Restore the domain from a backup."))
    }
}

/// Takes bytes apart, from the front.
struct Reader(Bytes);

impl Reader {
    /// Reads after the format, which is the first byte.
    fn new(value: Bytes) -> Result<Self, Malformed> {
        let mut reader = Self(value);
        match reader.u8()? {
            FORMAT => Ok(reader),
            _ => Err(Malformed::Format),
        }
    }

    fn u8(&mut self) -> Result<u8, Malformed> {
        self.0.try_get_u8().map_err(|_| Malformed::TooShort)
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        self.0.try_get_u32().map_err(|_| Malformed::TooShort)
    }

    fn u64(&mut self) -> Result<u64, Malformed> {
        self.0.try_get_u64().map_err(|_| Malformed::TooShort)
    }

    fn name(&mut self) -> Result<Name, Malformed> {
        Ok(Name {
            number: self.u32()?,
            nonce: self.u32()?,
        })
    }

    fn id(&mut self) -> Result<RecordId, Malformed> {
        let mut id = [0; 32];
        self.0
            .try_copy_to_slice(&mut id)
            .map_err(|_| Malformed::TooShort)?;
        Ok(RecordId::new(id))
    }

    /// Bytes after their length.
    fn bytes(&mut self) -> Result<Bytes, Malformed> {
        let length = usize::try_from(self.u32()?).map_err(|_| Malformed::TooShort)?;
        if length > self.0.len() {
            return Err(Malformed::TooShort);
        }
        Ok(self.0.split_to(length))
    }

    /// How many items follow, each of at least `size` bytes.
    fn count(&mut self, size: usize) -> Result<usize, Malformed> {
        let count = usize::try_from(self.u32()?).map_err(|_| Malformed::TooShort)?;
        if count > self.0.len() / size {
            return Err(Malformed::TooShort);
        }
        Ok(count)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing may be left.
    fn end(self) -> Result<(), Malformed> {
        match self.0.len() {
            0 => Ok(()),
            _ => Err(Malformed::TooLong),
        }
    }
}

fn put_name(value: &mut Vec<u8>, name: Name) {
    value.put_u32(name.number);
    value.put_u32(name.nonce);
}

fn put_bytes(value: &mut Vec<u8>, bytes: &[u8]) {
    put_count(value, bytes.len());
    value.put_slice(bytes);
}

/// A length or count; none reaches [`LARGEST`].
fn put_count(value: &mut Vec<u8>, count: usize) {
    value.put_u32(u32::try_from(count).unwrap_or(u32::MAX));
}

/// Largest value that is ever written, in bytes, whatever a backend takes: lengths have 32 bits.
pub(super) const LARGEST: usize = 1 << 30;

/// The first byte of every value.
const FORMAT: u8 = 1;
