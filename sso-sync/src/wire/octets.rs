//! [`Bytes`] as byte strings, for `#[cbor(with = "octets")]`.

use bytes::Bytes;
use minicbor::encode::Write;
use minicbor::{Decoder, Encoder};

pub(super) fn encode<C, W: Write>(
    bytes: &Bytes,
    encoder: &mut Encoder<W>,
    _: &mut C,
) -> Result<(), minicbor::encode::Error<W::Error>> {
    encoder.bytes(bytes)?.ok()
}

pub(super) fn decode<C>(
    decoder: &mut Decoder<'_>,
    _: &mut C,
) -> Result<Bytes, minicbor::decode::Error> {
    decoder.bytes().map(Bytes::copy_from_slice)
}
