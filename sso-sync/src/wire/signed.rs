//! What somebody signed, whole.

use bytes::Bytes;
use minicbor::encode::Write;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use super::{MAX_PAGE, Message};
use crate::cbor;
use crate::chain::Statement;
use crate::seal::Signature;

/// A statement, an envelope or a beat: a body and the signature over it, as they were sent.
///
/// It is of the right form; nothing says yet that it is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed(Bytes);

impl Signed {
    /// What a store kept. Whoever reads it checks the form.
    #[must_use]
    pub const fn stored(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// As it was sent.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// As it was sent, given away.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Message for Signed {
    const MAX_BYTES: usize = Statement::MAX_BYTES;
}

impl<C> Encode<C> for Signed {
    fn encode<W: Write>(
        &self,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        let writer = encoder.writer_mut();
        writer.write_all(&self.0).map_err(encode::Error::write)
    }
}

impl<'b, C> Decode<'b, C> for Signed {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let start = decoder.position();
        let parts: Parts = decoder.decode()?;
        let bytes = cbor::encode(&parts);
        let sent = decoder.input().get(start..decoder.position());
        if sent != Some(bytes.as_slice()) {
            return Err(decode::Error::message("not in its one form"));
        }
        Ok(Self(bytes.into()))
    }
}

/// Statements of a chain, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Statements(#[n(0)] pub Vec<Signed>);

impl Message for Statements {
    const MAX_BYTES: usize = MAX_PAGE;
}

#[derive(Encode, Decode)]
struct Parts {
    #[cbor(n(0), with = "minicbor::bytes")]
    body: Vec<u8>,
    #[n(1)]
    signature: Signature,
}
