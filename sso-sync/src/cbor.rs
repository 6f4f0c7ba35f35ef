//! CBOR with exactly one form for each value.

use minicbor::{Decode, Encode};

use crate::store::{DomainId, RecordId, Seq};

/// The bytes of a value.
pub(crate) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    // Our values always encode; nothing at all would be refused by every reader.
    minicbor::to_vec(value).unwrap_or_default()
}

/// Reads a value from all of `bytes`; refuses what [`encode`] would write in another way.
pub(crate) fn decode<'b, T: Decode<'b, ()> + Encode<()>>(bytes: &'b [u8]) -> Result<T, Oddity> {
    let value = minicbor::decode(bytes).map_err(|error| {
        if error.is_unknown_variant() {
            Oddity::Unknown
        } else {
            Oddity::Malformed
        }
    })?;
    if encode(&value) != bytes {
        return Err(Oddity::Malformed);
    }
    Ok(value)
}

/// The first two numbers of an array: by them a reader recognises what it cannot read.
pub(crate) fn first_two(bytes: &[u8]) -> Option<[u64; 2]> {
    let mut decoder = minicbor::Decoder::new(bytes);
    decoder.array().ok()?;
    Some([decoder.u64().ok()?, decoder.u64().ok()?])
}

/// Why bytes are not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// Not what any program writes.
    Malformed,
    /// A number that stands for something newer than this program.
    Unknown,
}

/// Encodes a type with `new` and `as_bytes` as a byte string.
macro_rules! byte_string {
    ($name:ty) => {
        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                encoder: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                encoder.bytes(self.as_bytes())?.ok()
            }
        }

        impl<C> minicbor::Decode<'_, C> for $name {
            fn decode(
                decoder: &mut minicbor::Decoder<'_>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let wrong = |_| minicbor::decode::Error::message("wrong length");
                decoder.bytes()?.try_into().map(Self::new).map_err(wrong)
            }
        }
    };
}
pub(crate) use byte_string;

byte_string!(DomainId);
byte_string!(RecordId);

impl<C> Encode<C> for Seq {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.u64(self.number())?.ok()
    }
}

impl<C> Decode<'_, C> for Seq {
    fn decode(
        decoder: &mut minicbor::Decoder<'_>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        decoder.u64().map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(decode::<u64>(&[0x17]), Ok(23));
        assert_eq!(decode::<u64>(&[0x18, 0x17]), Err(Oddity::Malformed));
        assert_eq!(decode::<u64>(&[0x17, 0]), Err(Oddity::Malformed));
        assert_eq!(decode::<u64>(&[]), Err(Oddity::Malformed));
    }

    #[test]
    fn an_array_of_open_length_is_refused() {
        assert_eq!(decode::<Vec<u64>>(&[0x81, 1]), Ok(vec![1]));
        assert_eq!(decode::<Vec<u64>>(&[0x9f, 1, 0xff]), Err(Oddity::Malformed));
    }

    #[test]
    fn an_absurd_length_costs_no_memory() {
        let claims_much = [0x9b, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(decode::<Vec<u64>>(&claims_much), Err(Oddity::Malformed));
    }

    #[test]
    fn the_first_numbers_of_something_newer_are_read() {
        assert_eq!(first_two(&[0x84, 2, 7, 0xf6, 0xf6]), Some([2, 7]));
        assert_eq!(first_two(&[0x81, 2]), None);
        assert_eq!(first_two(b"hello"), None);
    }
}
