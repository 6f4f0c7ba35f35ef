//! Records and their places.

use minicbor::encode::Write;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use super::{MAX_PAGE, Message, octets};
use crate::store::{Record, RecordId, Seq, Stored};

/// Ids whose records are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Wanted(#[n(0)] pub Vec<RecordId>);

impl Wanted {
    /// Most ids of a request.
    pub const MAX: usize = 1000;
}

impl Message for Wanted {
    const MAX_BYTES: usize = 3 + Self::MAX * 34;
}

/// The live records among those that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Found(#[n(0)] pub Vec<Stored>);

impl Message for Found {
    const MAX_BYTES: usize = MAX_PAGE;
}

impl<C> Encode<C> for Record {
    fn encode<W: Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        encoder.array(2)?.encode_with(self.id, context)?;
        octets::encode(&self.body, encoder, context)
    }
}

impl<'b, C> Decode<'b, C> for Record {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, decode::Error> {
        expect_array(decoder, 2)?;
        Ok(Self {
            id: decoder.decode_with(context)?,
            body: octets::decode(decoder, context)?,
        })
    }
}

impl<C> Encode<C> for Stored {
    fn encode<W: Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        encoder.array(3)?.encode_with(self.seq, context)?;
        encoder.encode_with(self.record.id, context)?;
        octets::encode(&self.record.body, encoder, context)
    }
}

impl<'b, C> Decode<'b, C> for Stored {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, decode::Error> {
        expect_array(decoder, 3)?;
        let seq: Seq = decoder.decode_with(context)?;
        let record = Record {
            id: decoder.decode_with(context)?,
            body: octets::decode(decoder, context)?,
        };
        Ok(Self { seq, record })
    }
}

fn expect_array(decoder: &mut Decoder<'_>, length: u64) -> Result<(), decode::Error> {
    if decoder.array()? == Some(length) {
        return Ok(());
    }
    Err(decode::Error::message("an array of another length"))
}
