//! Moments in records and messages: whole seconds since 1970.

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use sso_core::UnixTime;

pub(super) fn encode<C, W: Write>(
    moment: &UnixTime,
    encoder: &mut Encoder<W>,
    _: &mut C,
) -> Result<(), EncodeError<W::Error>> {
    encoder.u64(moment.as_secs())?.ok()
}

pub(super) fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<UnixTime, DecodeError> {
    decoder.u64().map(UnixTime::from_secs)
}
