//! A note that only its owner's secret opens.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sso_core::user::UserSecret;

/// A note as the application keeps it.
#[derive(Clone, Debug)]
pub(super) struct SealedNote {
    nonce: [u8; NONCE_LEN],
    ciphertext: Vec<u8>,
}

impl SealedNote {
    pub(super) fn seal(text: &str, secret: &UserSecret) -> Result<Self, NoteError> {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce)?;
        let mut ciphertext = text.as_bytes().to_vec();
        let once = Nonce::assume_unique_for_key(nonce);
        key(secret)?.seal_in_place_append_tag(once, Aad::from(PURPOSE), &mut ciphertext)?;
        Ok(Self { nonce, ciphertext })
    }

    pub(super) fn open(&self, secret: &UserSecret) -> Result<String, NoteError> {
        let mut text = self.ciphertext.clone();
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let text = key(secret)?.open_in_place(nonce, Aad::from(PURPOSE), &mut text)?;
        String::from_utf8(text.to_vec()).map_err(|_| NoteError)
    }
}

impl fmt::Display for SealedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(&self.ciphertext))
    }
}

/// A note could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
#[error("the note cannot be encrypted or opened")]
pub(super) struct NoteError;

impl From<Unspecified> for NoteError {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

fn key(secret: &UserSecret) -> Result<LessSafeKey, Unspecified> {
    UnboundKey::new(&AES_256_GCM_SIV, secret.expose()).map(LessSafeKey::new)
}

const PURPOSE: &str = "demonstration note";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_opens_a_note() {
        let (owner, stranger) = (UserSecret::random(), UserSecret::random());
        let note = SealedNote::seal("milk", &owner).unwrap();
        assert_eq!(note.open(&owner).unwrap(), "milk");
        assert!(note.open(&stranger).is_err());
        assert!(!note.to_string().contains("milk"));
    }
}
