//! How a backup begins, and what opens its parts.

use std::io::{self, Read};

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::BackupError;
use crate::admin::{Stretching, StretchingBounds};

/// The bytes before the chunks, and the key that opens these.
pub(super) struct Header {
    bytes: [u8; LENGTH],
    key: LessSafeKey,
}

impl Header {
    /// For a new file.
    pub(super) fn new(
        passphrase: &str,
        stretching: Stretching,
        salt: [u8; 16],
    ) -> Result<Self, BackupError> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend(MAGIC);
        for number in [stretching.memory_kib, stretching.passes, stretching.lanes] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(salt);
        let bytes = bytes.try_into().map_err(|_| BackupError::NotABackup)?;
        let key = key(passphrase, stretching, &salt)?;
        Ok(Self { bytes, key })
    }

    /// Of a file; the work is looked at before it is done.
    pub(super) fn read(
        input: &mut impl Read,
        passphrase: &str,
        bounds: StretchingBounds,
    ) -> Result<Self, BackupError> {
        let mut bytes = [0; LENGTH];
        input.read_exact(&mut bytes).map_err(not_a_backup)?;
        let (magic, rest) = bytes.split_at(MAGIC.len());
        match magic {
            MAGIC => {}
            magic if magic.starts_with(KIND) => return Err(BackupError::Newer),
            _ => return Err(BackupError::NotABackup),
        }
        let (numbers, salt) = rest.split_at(12);
        let mut numbers = numbers.chunks_exact(4).map(|it| {
            let it = it.try_into().unwrap_or_default();
            u32::from_be_bytes(it)
        });
        let mut next = || numbers.next().unwrap_or_default();
        let found = Stretching::of(next(), next(), next());
        if bounds.check(found).is_err() {
            return Err(BackupError::Stretching { found });
        }
        let key = key(passphrase, found, salt)?;
        Ok(Self { bytes, key })
    }

    pub(super) const fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Seals a chunk in place.
    pub(super) fn seal(&self, place: Place, chunk: &mut Vec<u8>) -> Result<(), BackupError> {
        let sealed = self
            .key
            .seal_in_place_append_tag(place.nonce(), self.data(place), chunk);
        sealed.map_err(|_| io::Error::other("sealing failed").into())
    }

    /// Opens a chunk in place; the plaintext is a part of it.
    pub(super) fn open<'a>(
        &self,
        place: Place,
        chunk: &'a mut [u8],
    ) -> Result<&'a mut [u8], BackupError> {
        let opened = self
            .key
            .open_in_place(place.nonce(), self.data(place), chunk);
        opened.map_err(|_| BackupError::Closed {
            chunk: place.number,
        })
    }

    fn data(&self, place: Place) -> Aad<Vec<u8>> {
        let mut data = self.bytes.to_vec();
        data.extend(place.number.to_be_bytes());
        data.push(place.last);
        Aad::from(data)
    }
}

/// Which chunk it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) number: u64,
    /// 1 for the last one, else 0.
    pub(super) last: u8,
}

impl Place {
    fn nonce(self) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        let bytes = self.number.to_be_bytes();
        nonce
            .iter_mut()
            .skip(4)
            .zip(bytes)
            .for_each(|(to, from)| *to = from);
        Nonce::assume_unique_for_key(nonce)
    }
}

fn key(passphrase: &str, stretching: Stretching, salt: &[u8]) -> Result<LessSafeKey, BackupError> {
    let Stretching {
        memory_kib,
        passes,
        lanes,
    } = stretching;
    let failed = || BackupError::Cryptography(stretching);
    let params = Params::new(memory_kib, passes, lanes, Some(KEY)).map_err(|_| failed())?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = Zeroizing::new([0; KEY]);
    argon2
        .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
        .map_err(|_| failed())?;
    let key = UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| failed())?;
    Ok(LessSafeKey::new(key))
}

fn not_a_backup(error: io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => BackupError::NotABackup,
        _ => error.into(),
    }
}

const KIND: &[u8] = b"sso-connect backup ";
const MAGIC: &[u8] = b"sso-connect backup 1\n";
const LENGTH: usize = MAGIC.len() + 12 + 16;
const KEY: usize = 32;

/// So much plaintext makes a chunk.
pub(super) const CHUNK: usize = 64 * 1024;

/// What sealing adds to it.
pub(super) const TAG: usize = 16;

/// No item is longer.
pub(super) const MAX_ITEM: usize = 4 * 1024 * 1024;
