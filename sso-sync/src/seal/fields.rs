//! Maps whose unknown keys survive.

use std::collections::BTreeMap;
use std::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder};
use zeroize::Zeroizing;

use super::SealError;
use crate::cbor;

/// A CBOR map with numbers as keys. What nobody takes out is written again, byte for byte.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(BTreeMap<u64, Zeroizing<Vec<u8>>>);

impl Fields {
    /// Reads a map; its keys are ascending.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let fields = Self::read(bytes).ok_or(SealError::Malformed)?;
        if *fields.bytes() != bytes {
            return Err(SealError::Malformed);
        }
        Ok(fields)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let mut fields = BTreeMap::new();
        for _ in 0..decoder.map().ok()?? {
            let key = decoder.u64().ok()?;
            let start = decoder.position();
            decoder.skip().ok()?;
            let value = bytes.get(start..decoder.position())?;
            fields.insert(key, Zeroizing::new(value.to_vec()));
        }
        Some(Self(fields))
    }

    /// The map again.
    pub(crate) fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let size = self.0.values().map(|value| value.len() + 9).sum::<usize>() + 9;
        let mut encoder = Encoder::new(Vec::with_capacity(size));
        // Writing into memory does not fail.
        let _ = encoder.map(self.0.len() as u64);
        for (key, value) in &self.0 {
            let _ = encoder.u64(*key);
            encoder.writer_mut().extend_from_slice(value);
        }
        Zeroizing::new(encoder.into_writer())
    }

    /// Sets a field.
    pub(crate) fn put<T: Encode<()>>(&mut self, key: u64, value: &T) {
        self.0.insert(key, Zeroizing::new(cbor::encode(value)));
    }

    /// Sets a field, if there is a value.
    pub(crate) fn put_if<T: Encode<()>>(&mut self, key: u64, value: Option<&T>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    /// Whether a field is there.
    #[cfg(feature = "dangerous-test-builds")]
    pub(crate) fn has(&self, key: u64) -> bool {
        self.0.contains_key(&key)
    }

    /// Takes a field out.
    pub(crate) fn take<T>(&mut self, key: u64) -> Result<Option<T>, SealError>
    where
        T: for<'b> Decode<'b, ()> + Encode<()>,
    {
        let Some(value) = self.0.remove(&key) else {
            return Ok(None);
        };
        Ok(Some(cbor::decode(&value)?))
    }

    /// Takes a field out that has to be there.
    pub(crate) fn need<T>(&mut self, key: u64) -> Result<T, SealError>
    where
        T: for<'b> Decode<'b, ()> + Encode<()>,
    {
        self.take(key)?.ok_or(SealError::Malformed)
    }

    /// Takes a map out; an empty one if it is not there.
    pub(crate) fn take_map(&mut self, key: u64) -> Result<Self, SealError> {
        match self.0.remove(&key) {
            Some(value) => Self::parse(&value),
            None => Ok(Self::default()),
        }
    }

    /// Sets a map as a field.
    pub(crate) fn put_map(&mut self, key: u64, map: &Self) {
        self.0.insert(key, map.bytes());
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({:?})", self.0.keys())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_written_again() {
        // {1: "a", 9: [1, {2: 3}], 1000: h'ff'}
        let bytes = b"\xa3\x01\x61a\x09\x82\x01\xa1\x02\x03\x19\x03\xe8\x41\xff";
        let mut fields = Fields::parse(bytes).unwrap();
        assert_eq!(fields.take::<String>(1), Ok(Some("a".into())));
        fields.put(1, &"b");
        let written = b"\xa3\x01\x61b\x09\x82\x01\xa1\x02\x03\x19\x03\xe8\x41\xff";
        assert_eq!(fields.bytes().as_slice(), written);
    }

    #[test]
    fn keys_in_another_order_or_twice_are_refused() {
        assert!(Fields::parse(b"\xa2\x01\x01\x02\x02").is_ok());
        assert!(Fields::parse(b"\xa2\x02\x02\x01\x01").is_err());
        assert!(Fields::parse(b"\xa2\x01\x01\x01\x02").is_err());
        assert!(Fields::parse(b"\xa1\x61a\x01").is_err());
        assert!(Fields::parse(b"\xbf\x01\x01\xff").is_err());
        assert!(Fields::parse(b"\xa1\x01").is_err());
        assert!(Fields::parse(b"\xa1\x01\x01\x00").is_err());
    }

    #[test]
    fn what_has_to_be_there_is_missed() {
        let mut fields = Fields::default();
        assert_eq!(fields.need::<u64>(1), Err(SealError::Malformed));
        fields.put(1, &"text");
        assert_eq!(fields.need::<u64>(1), Err(SealError::Malformed));
    }

    #[test]
    fn debug_shows_keys_only() {
        let mut fields = Fields::default();
        fields.put(4, &"secret");
        assert_eq!(format!("{fields:?}"), "Fields([4])");
    }
}
