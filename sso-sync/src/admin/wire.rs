//! Messages as bytes: CBOR in its one deterministic form, as the protocol has it.

use minicbor::{Decode, Encode};

/// A message between an administrator's program and the hub.
///
/// On the wire it is an array of kind, version and content.
pub trait Message: Encode<()> + for<'b> Decode<'b, ()> {
    /// Which message it is.
    const KIND: u16;
}

/// The bytes of a message.
#[must_use]
pub fn encode<M: Message>(message: &M) -> Vec<u8> {
    // Our messages always encode; nothing at all would be refused by every reader.
    to_bytes(&(M::KIND, VERSION, message)).unwrap_or_default()
}

/// Reads a message.
///
/// # Errors
///
/// [`WireError`] if it is too long, another message, of another version, or not in the form that
/// [`encode`] gives it.
pub fn decode<M: Message>(bytes: &[u8]) -> Result<M, WireError> {
    if bytes.len() > MAX_BYTES {
        return Err(WireError::TooLong(bytes.len()));
    }
    match header(bytes).ok_or(WireError::Malformed)? {
        (kind, VERSION) if kind == M::KIND => {}
        (kind, VERSION) => return Err(WireError::Kind(kind)),
        (_, version) => return Err(WireError::Version(version)),
    }
    let (_, _, Held(message)) =
        from_bytes::<(u16, u16, Held<M>)>(bytes).ok_or(WireError::Malformed)?;
    Ok(message)
}

/// Which message it is, to choose who reads it.
///
/// # Errors
///
/// [`WireError::Malformed`] if it is none.
pub fn kind(bytes: &[u8]) -> Result<u16, WireError> {
    header(bytes)
        .map(|(kind, _)| kind)
        .ok_or(WireError::Malformed)
}

/// Why bytes are not the message that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// Another message.
    #[error("message of kind {0} came out of turn")]
    Kind(u16),
    /// Not what any program writes.
    #[error("the message makes no sense; is this address really that of a hub?")]
    Malformed,
    /// Longer than any message.
    #[error("the message is {0} bytes long; at most {MAX_BYTES} are taken")]
    TooLong(usize),
    /// A version that this program does not know.
    #[error(
        "the message has version {0}, this program knows {VERSION}; use the same version on both sides"
    )]
    Version(u16),
}

/// The bytes of a value; `None` if it cannot be encoded, as none of ours.
pub(super) fn to_bytes<T: Encode<()>>(value: &T) -> Option<Vec<u8>> {
    minicbor::to_vec(value).ok()
}

/// Reads a value from all of `bytes`, if they are the one form that it has.
pub(super) fn from_bytes<T>(bytes: &[u8]) -> Option<T>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let value = minicbor::decode(bytes).ok()?;
    (to_bytes(&value)? == bytes).then_some(value)
}

fn header(bytes: &[u8]) -> Option<(u16, u16)> {
    let mut decoder = minicbor::Decoder::new(bytes);
    (decoder.array().ok()? == Some(3)).then_some(())?;
    Some((decoder.u16().ok()?, decoder.u16().ok()?))
}

/// Makes tuples of a message decodable without asking more of [`Message`].
struct Held<M>(M);

impl<M: Message> Encode<()> for Held<M> {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        context: &mut (),
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        self.0.encode(encoder, context)
    }
}

impl<'b, M: Message> Decode<'b, ()> for Held<M> {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        context: &mut (),
    ) -> Result<Self, minicbor::decode::Error> {
        M::decode(decoder, context).map(Self)
    }
}

/// The version of all messages.
const VERSION: u16 = 1;

/// Longest message.
const MAX_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_back() {
        assert_eq!(encode(&Greeting(7)), [0x83, 0x18, 0x63, 1, 0x81, 7]);
        assert_eq!(decode(&encode(&Greeting(7))), Ok(Greeting(7)));
    }

    #[test]
    fn another_kind_or_version_is_named() {
        let kind = [0x83, 0x18, 0x62, 1, 0x81, 7];
        assert_eq!(decode::<Greeting>(&kind), Err(WireError::Kind(98)));
        let version = [0x83, 0x18, 0x63, 2, 0x81, 7];
        assert_eq!(decode::<Greeting>(&version), Err(WireError::Version(2)));
    }

    #[test]
    fn any_other_form_is_refused() {
        let bytes = encode(&Greeting(7));
        let longer = [bytes.as_slice(), &[0]].concat();
        let padded_number = [0x83, 0x18, 0x63, 1, 0x81, 0x18, 7];
        let more_fields = [0x83, 0x18, 0x63, 1, 0x82, 7, 8];
        for odd in [
            &longer,
            padded_number.as_slice(),
            &more_fields,
            &[],
            b"hello",
            &bytes[..4],
        ] {
            assert_eq!(
                decode::<Greeting>(odd),
                Err(WireError::Malformed),
                "{odd:x?}"
            );
        }
    }

    #[test]
    fn lengths_are_bounded_from_both_sides() {
        let fits = vec![0; MAX_BYTES];
        assert_eq!(decode::<Greeting>(&fits), Err(WireError::Malformed));
        let long = vec![0; MAX_BYTES + 1];
        assert_eq!(
            decode::<Greeting>(&long),
            Err(WireError::TooLong(MAX_BYTES + 1))
        );
    }

    #[derive(Debug, PartialEq, Encode, Decode)]
    struct Greeting(#[n(0)] u8);

    impl Message for Greeting {
        const KIND: u16 = 99;
    }
}
