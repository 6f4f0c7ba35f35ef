//! The key of the local database: sealed, if this machine has something better than a file to seal
//! with.
//!
//! A key file would seal it by a key that lies beside it, so there it stays the file that it is.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sso_sync::keeper::{self, KeeperError, Label, Protection, Sealer, SealerKind};
use sso_sync::local::DataKey;
use zeroize::Zeroizing;

use crate::data_dir::{DataDir, DataDirError, KeyFile};
use crate::failure::Failure;
use crate::key_files::random_line;
use crate::settings::SettingsError;

/// Reads the key, sealed or not.
///
/// # Errors
///
/// A [`Failure`] if there is none, it does not unseal, or there are two different ones.
pub async fn load(dir: &DataDir, sealer: &dyn Sealer) -> Result<DataKey, Failure> {
    let (in_file, unsealed) = (in_file(dir)?, unsealed(dir, sealer).await?);
    match (in_file, unsealed) {
        (Some(one), Some(other)) if *one != *other => Err(two_keys(dir)),
        (_, Some(key)) | (Some(key), None) => Ok(DataKey::from_bytes(*key)),
        (None, None) => Err(missing(dir, sealer)),
    }
}

/// Seals the key, if it is in a file and `sealer` is better than that.
///
/// The file goes only after what is sealed has reached the disk and was unsealed again, so a crash
/// at any moment leaves one of them, or both, and the next start goes on from there.
///
/// # Errors
///
/// A [`Failure`], with the file as it was.
pub async fn seal(dir: &DataDir, sealer: &dyn Sealer) -> Result<(), Failure> {
    if !is_better(&sealer.protection()) {
        return Ok(());
    }
    let Some(key) = in_file(dir)? else {
        return Ok(());
    };
    let sealed = dir.key_file(KeyFile::SealedData);
    if dir.read_bytes(&sealed)?.is_none() {
        write_sealed(dir, sealer, &key).await?;
    }
    // What cannot be unsealed is no reason to remove anything.
    load(dir, sealer).await?;
    dir.remove(&dir.key_file(KeyFile::Data))?;
    tracing::warn!(
        sealed_by = %sealer.protection(),
        "keys/data.key is sealed now, as keys/data.sealed: whoever loses what sealed it loses the \
         database"
    );
    Ok(())
}

/// Makes the key, unless there is one.
///
/// # Errors
///
/// A [`Failure`] if it cannot be sealed or written.
pub async fn ensure(dir: &DataDir, sealer: &dyn Sealer) -> Result<(), Failure> {
    if is_there(dir)? {
        return Ok(());
    }
    let line = random_line()?;
    match is_better(&sealer.protection()) {
        true => write_sealed(dir, sealer, &parsed(dir, &line)?).await,
        false => Ok(dir.write(&dir.key_file(KeyFile::Data), &line)?),
    }
}

/// Whether there is a key, sealed or not.
///
/// # Errors
///
/// A [`DataDirError`] if others can read it.
pub fn is_there(dir: &DataDir) -> Result<bool, DataDirError> {
    let read = |file| dir.read_bytes(&dir.key_file(file));
    Ok(read(KeyFile::SealedData)?.is_some() || read(KeyFile::Data)?.is_some())
}

/// Where the key is, in words for a status.
///
/// # Errors
///
/// A [`DataDirError`] if others can read it.
pub fn place(dir: &DataDir, settings: &Protection) -> Result<Place, DataDirError> {
    let read = |file| dir.read_bytes(&dir.key_file(file));
    let sealed = read(KeyFile::SealedData)?;
    Ok(match (read(KeyFile::Data)?, sealed) {
        (Some(_), _) if is_better(settings) => Place::FileUntilTheNextStart,
        (Some(_), _) => Place::File,
        (None, Some(sealed)) => keeper::sealed_by(&sealed).map_or(Place::Unknown, Place::Sealed),
        (None, None) => Place::Nowhere,
    })
}

/// Where the key of the local database is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a status tells of each")]
pub enum Place {
    /// In a file of its own.
    File,
    /// The same, and the next start seals it.
    FileUntilTheNextStart,
    /// There is none.
    Nowhere,
    /// Sealed by this.
    Sealed(Protection),
    /// Sealed, and the file is damaged.
    Unknown,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("in the file keys/data.key"),
            Self::FileUntilTheNextStart => {
                f.write_str("in the file keys/data.key until the server starts the next time")
            }
            Self::Nowhere => f.write_str("not made yet"),
            Self::Sealed(protection) => write!(f, "sealed by {protection}"),
            Self::Unknown => f.write_str("sealed, but keys/data.sealed is damaged"),
        }
    }
}

type Bytes = Zeroizing<[u8; DataKey::LENGTH]>;

fn in_file(dir: &DataDir) -> Result<Option<Bytes>, SettingsError> {
    let text = dir.read_if_present(&dir.key_file(KeyFile::Data))?;
    text.map(|text| parsed(dir, &text)).transpose()
}

fn parsed(dir: &DataDir, text: &str) -> Result<Bytes, SettingsError> {
    let bytes = BASE64_STANDARD.decode(text.trim()).map(Zeroizing::new).ok();
    let bytes = bytes.and_then(|bytes| bytes.as_slice().try_into().ok().map(Zeroizing::new));
    let wanted = "a data key is 32 bytes in base64 (44 characters)";
    bytes.ok_or_else(|| SettingsError::key(&dir.key_file(KeyFile::Data), &wanted))
}

async fn unsealed(dir: &DataDir, sealer: &dyn Sealer) -> Result<Option<Bytes>, Failure> {
    let path = dir.key_file(KeyFile::SealedData);
    let Some(sealed) = dir.read_bytes(&path)? else {
        return Ok(None);
    };
    let opened = sealer.unseal(&Label::new(LABEL), &sealed).await;
    let opened = opened.map_err(|error| unusable(dir, &error))?;
    let key = opened.as_slice().try_into().map(Zeroizing::new);
    let odd = |_| unusable(dir, &KeeperError::Malformed);
    key.map(Some).map_err(odd)
}

async fn write_sealed(dir: &DataDir, sealer: &dyn Sealer, key: &Bytes) -> Result<(), Failure> {
    let sealed = sealer.seal(&Label::new(LABEL), key.as_slice()).await;
    let sealed = sealed.map_err(|error| unusable(dir, &error))?;
    Ok(dir.write_bytes(&dir.key_file(KeyFile::SealedData), &sealed)?)
}

const fn is_better(protection: &Protection) -> bool {
    !matches!(protection.kind(), SealerKind::KeyFile)
}

fn unusable(dir: &DataDir, error: &KeeperError) -> Failure {
    let path = dir.key_file(KeyFile::SealedData);
    Failure::Sealer {
        what: format!("{} cannot be used: {error}", path.display()),
        fix: error.fix(),
    }
}

fn two_keys(dir: &DataDir) -> Failure {
    let [sealed, file] = [KeyFile::SealedData, KeyFile::Data].map(|file| dir.key_file(file));
    Failure::Sealer {
        what: format!(
            "{} and {} are different keys, and one of them is not that of the database",
            sealed.display(),
            file.display()
        ),
        fix: Some(format!(
            "move one of them out of the folder, then: sso-connect check --data-dir {}",
            dir.root().display()
        )),
    }
}

/// As if the one that should be there could not be read.
fn missing(dir: &DataDir, sealer: &dyn Sealer) -> Failure {
    let path = dir.key_file(match is_better(&sealer.protection()) {
        true => KeyFile::SealedData,
        false => KeyFile::Data,
    });
    DataDirError::missing(&path).into()
}

const LABEL: &str = "data key";

#[cfg(test)]
mod tests;
