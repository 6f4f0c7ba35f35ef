//! Ids of users that lead back to their records, for those who have the keys.

use std::fmt;

use aws_lc_rs::cipher::{
    AES_128, AES_128_KEY_LEN, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey,
};
use sso_core::user::UserId;

use super::SealError;
use super::content::{user_bytes, user_id};
use crate::store::RecordId;

/// Makes ids out of records, and finds the records again.
///
/// An id is one block of AES: no two of them are the same, and each looks like random bits to whoever
/// has no key.
pub(super) struct UserIds {
    encrypting: EncryptingKey,
    decrypting: DecryptingKey,
}

impl UserIds {
    /// Works with the first 16 bytes of `key`.
    pub(super) fn new(key: &[u8; 32]) -> Result<Self, SealError> {
        let (key, _) = key.split_at(AES_128_KEY_LEN);
        let key = || UnboundCipherKey::new(&AES_128, key);
        Ok(Self {
            encrypting: EncryptingKey::ecb(key()?)?,
            decrypting: DecryptingKey::ecb(key()?)?,
        })
    }

    /// The id of the user whom `version` of a record made; of the version the last two bytes count.
    pub(super) fn id_of(&self, record: &RecordId, version: u64) -> Result<UserId, SealError> {
        let [.., high, low] = version.to_be_bytes();
        let name = record.as_bytes().iter().copied().take(NAME_LENGTH);
        let mut block: Vec<u8> = name.chain([high, low]).collect();
        self.encrypting.encrypt(&mut block)?;
        user_id(&block)
    }

    /// How the record begins that this id was made for.
    pub(super) fn record_of(&self, user: &UserId) -> Result<[u8; NAME_LENGTH], SealError> {
        let mut block = user_bytes(user);
        let opened = self
            .decrypting
            .decrypt(&mut block, DecryptionContext::None)?;
        opened.first_chunk().copied().ok_or(SealError::Malformed)
    }
}

impl fmt::Debug for UserIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserIds(…)")
    }
}

/// How much of the name of a record fits beside the version, in bytes.
const NAME_LENGTH: usize = 14;
