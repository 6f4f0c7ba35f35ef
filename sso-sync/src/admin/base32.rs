//! Bytes as text that people copy, read out and type: base32 (RFC 4648) without padding.

use zeroize::Zeroizing;

/// Capital letters and the digits 2 to 7.
pub(super) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    // Of the size of the text from the start, so that growing leaves no copies behind.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().div_ceil(5) * 8));
    for chunk in bytes.chunks(5) {
        let mut padded = [0; 8];
        if let Some((_, low)) = padded.split_at_mut_checked(3) {
            low.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        }
        let bits = u64::from_be_bytes(padded);
        let digits = (chunk.len() * 8).div_ceil(5);
        text.extend((0..digits).map(|digit| letter(bits >> (35 - 5 * digit))));
    }
    text
}

/// [`encode`] in groups of four with hyphens between them.
pub(super) fn encode_in_groups(bytes: &[u8]) -> Zeroizing<String> {
    let plain = encode(bytes);
    let mut text = Zeroizing::new(String::with_capacity(plain.len() * 2));
    for (place, letter) in plain.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}

/// Reads what was encoded, in groups or not, in capital or small letters; `None` if it is not
/// base32 as we write it.
pub(super) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut bits, mut held) = (0u64, 0u32);
    for letter in text.bytes().filter(|byte| !is_separator(*byte)) {
        bits = (bits << 5 | value(letter)?) & 0xffff;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    let rest = bits & ((1 << held) - 1);
    (held < 5 && rest == 0).then_some(bytes)
}

fn letter(bits: u64) -> char {
    let value = u8::try_from(bits & 31).unwrap_or(0);
    char::from(if value < 26 {
        b'A' + value
    } else {
        b'2' + value - 26
    })
}

fn value(letter: u8) -> Option<u64> {
    match letter.to_ascii_uppercase() {
        letter @ b'A'..=b'Z' => Some(u64::from(letter - b'A')),
        digit @ b'2'..=b'7' => Some(u64::from(digit - b'2' + 26)),
        _ => None,
    }
}

const fn is_separator(byte: u8) -> bool {
    byte == b'-' || byte.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encodes_as_rfc_4648_does() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("f\x6f", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(*encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap().as_slice(), bytes.as_bytes());
        }
    }

    #[test]
    fn a_person_may_type_it() {
        assert_eq!(*encode_in_groups(b"foobar"), "MZXW-6YTB-OI");
        assert_eq!(decode(" mzxw 6ytb-oi\n").unwrap().as_slice(), b"foobar");
    }

    #[test]
    fn what_is_not_base32_is_refused() {
        for odd in ["M", "MZX1", "MZ", "M0", "MZXÜ", "MZXW6YTBO", "MY======"] {
            assert!(decode(odd).is_none(), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn everything_is_read_back(bytes: Vec<u8>) {
            let (plain, groups) = (encode(&bytes), encode_in_groups(&bytes));
            let (plain, groups) = (decode(&plain), decode(&groups));
            prop_assert_eq!(plain.as_deref(), Some(&bytes));
            prop_assert_eq!(groups.as_deref(), Some(&bytes));
        }
    }
}
