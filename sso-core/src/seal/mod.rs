//! Sealing what a browser keeps for us: cookies that no one can read, change or move.
//!
//! A sealed token is `base64url(key id ‖ nonce ‖ ciphertext ‖ tag)`, without padding. The cipher is
//! AES-256-GCM-SIV (RFC 8452) with a random nonce of 96 bits: should two nonces ever collide, it
//! reveals only whether two plaintexts were equal. Every purpose has its own key, derived by
//! HKDF-SHA256 (RFC 5869), and the place of the token (the cookie's name, the service) is
//! authenticated with it, so that a token is worth nothing anywhere else.

mod fields;
mod keys;
mod source;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub(crate) use fields::{FieldReader, FieldWriter};
pub(crate) use keys::Purpose;
pub use keys::{SealingKey, SealingKeyError, SealingKeys};
pub use source::SealingKeySource;

use keys::KEY_ID_LENGTH;

/// Where a sealed token belongs: it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// What the token is for.
    pub(crate) purpose: Purpose,
    /// Name of the cookie that carries it.
    pub(crate) cookie: &'a str,
    /// The service that issued it, as its base URL.
    pub(crate) service: &'a str,
}

impl Place<'_> {
    fn associated_data(&self) -> [u8; 32] {
        crate::digest::of_parts(self.purpose.label(), &[self.cookie, self.service])
    }
}

impl SealingKeys {
    /// Seals `plaintext` for one place, with the current key.
    pub(crate) fn seal(&self, place: &Place<'_>, plaintext: &[u8]) -> String {
        let nonce = crate::random::bytes::<NONCE_LEN>();
        match encrypt(self.newest(), place, nonce, plaintext) {
            Ok(token) => URL_SAFE_NO_PAD.encode(token),
            // Only lengths beyond 2^36 bytes fail; an empty token opens nowhere.
            Err(Unspecified) => String::new(),
        }
    }

    /// Opens a token that [`seal`](Self::seal) made for this place under the current or an older
    /// key; `None` for everything else, whatever it is.
    pub(crate) fn open(&self, place: &Place<'_>, token: &str) -> Option<Vec<u8>> {
        if token.len() > MAX_TOKEN_LENGTH {
            return None;
        }
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (key_id, rest) = token.split_at_checked(KEY_ID_LENGTH)?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = nonce.try_into().ok()?;
        self.with_id(key_id, place.purpose)
            .find_map(|key| decrypt(key, place, nonce, ciphertext))
    }
}

fn encrypt(
    key: &SealingKey,
    place: &Place<'_>,
    nonce: [u8; NONCE_LEN],
    plaintext: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    let mut ciphertext = plaintext.to_vec();
    let cipher = cipher(key, place.purpose)?;
    let associated = Aad::from(place.associated_data());
    let nonce_of_call = Nonce::assume_unique_for_key(nonce);
    cipher.seal_in_place_append_tag(nonce_of_call, associated, &mut ciphertext)?;
    Ok([key.id().as_slice(), &nonce, &ciphertext].concat())
}

fn decrypt(
    key: &SealingKey,
    place: &Place<'_>,
    nonce: [u8; NONCE_LEN],
    ciphertext: &[u8],
) -> Option<Vec<u8>> {
    let mut buffer = ciphertext.to_vec();
    let cipher = cipher(key, place.purpose).ok()?;
    let associated = Aad::from(place.associated_data());
    let nonce = Nonce::assume_unique_for_key(nonce);
    let length = cipher
        .open_in_place(nonce, associated, &mut buffer)
        .ok()?
        .len();
    buffer.truncate(length);
    Some(buffer)
}

fn cipher(key: &SealingKey, purpose: Purpose) -> Result<LessSafeKey, Unspecified> {
    let derived = key.derive(purpose)?;
    UnboundKey::new(&AES_256_GCM_SIV, derived.as_slice()).map(LessSafeKey::new)
}

/// Browsers refuse cookies beyond 4096 bytes, so no token of ours is longer.
const MAX_TOKEN_LENGTH: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_what_it_sealed() {
        let keys = SealingKeys::random();
        let token = keys.seal(&SESSION, b"alice");
        assert_eq!(keys.open(&SESSION, &token).unwrap(), b"alice");
        assert_eq!(keys.open(&SESSION, &keys.seal(&SESSION, b"")).unwrap(), b"");
    }

    #[test]
    fn two_seals_of_one_text_differ() {
        let keys = SealingKeys::random();
        assert_ne!(keys.seal(&SESSION, b"alice"), keys.seal(&SESSION, b"alice"));
    }

    #[test]
    fn a_token_opens_in_its_own_place_only() {
        let keys = SealingKeys::random();
        let token = keys.seal(&SESSION, b"alice");
        let other_purpose = Place {
            purpose: Purpose::Request,
            ..SESSION
        };
        let other_cookie = Place {
            cookie: "__Host-other",
            ..SESSION
        };
        let other_service = Place {
            service: "https://b.example",
            ..SESSION
        };
        for place in [other_purpose, other_cookie, other_service] {
            assert_eq!(keys.open(&place, &token), None, "{place:?}");
        }
    }

    #[test]
    fn an_older_key_still_opens_and_a_forgotten_one_does_not() {
        let old = SealingKey::random();
        let token = SealingKeys::new(old.clone()).seal(&SESSION, b"alice");
        let rotated = SealingKeys::new(SealingKey::random()).with_older(old);
        assert_eq!(rotated.open(&SESSION, &token).unwrap(), b"alice");
        assert_eq!(SealingKeys::random().open(&SESSION, &token), None);
    }

    #[test]
    fn http_10b_odd_tokens_are_no_tokens() {
        let keys = SealingKeys::random();
        let token = keys.seal(&SESSION, b"alice");
        for end in 0..token.len() {
            assert_eq!(keys.open(&SESSION, &token[..end]), None, "cut at {end}");
        }
        let long = "A".repeat(65_536);
        for odd in [
            "",
            "=",
            "é",
            "a b",
            "not base64!",
            &long,
            &format!("{token}="),
        ] {
            assert_eq!(keys.open(&SESSION, odd), None);
        }
    }

    #[test]
    fn http_10_every_changed_bit_is_noticed() {
        let keys = SealingKeys::random();
        let token = URL_SAFE_NO_PAD
            .decode(keys.seal(&SESSION, b"alice"))
            .unwrap();
        for bit in 0..token.len() * 8 {
            let mut changed = token.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(keys.open(&SESSION, &changed), None, "bit {bit}");
        }
    }

    const SESSION: Place<'_> = Place {
        purpose: Purpose::Session,
        cookie: "__Host-sso-session",
        service: "https://a.example",
    };
}
