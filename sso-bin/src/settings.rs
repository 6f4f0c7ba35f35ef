//! `config.toml`: what all servers of a domain share. See `local_settings` for the rest.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sso_core::UnixTime;
use sso_core::config::document::{IdentityProviderDocument, KeyPairDocument, SharedConfigDocument};
use sso_core::config::fields::TomlError;
use sso_core::config::{Problem, Problems, SharedConfig};

use crate::data_dir::{DataDir, DataDirError, KeyFile};
use crate::token::{TokenKeyError, TokenKeys};

/// Reads and checks the configuration, with the keys in the folder `keys`.
///
/// # Errors
///
/// A [`SettingsError`] that names every setting that has to be mended.
pub fn load(dir: &DataDir, now: UnixTime) -> Result<SharedConfig, SettingsError> {
    check(dir, read(dir)?, now)
}

/// Checks a document as if it were the one in the folder.
///
/// # Errors
///
/// A [`SettingsError`] that names every setting that has to be mended.
pub fn check(
    dir: &DataDir,
    document: SharedConfigDocument,
    now: UnixTime,
) -> Result<SharedConfig, SettingsError> {
    let private = token_keys(dir)?;
    let document = with_keys(dir, document)?;
    document
        .check_with_keys(now, &private)
        .map_err(|problems| SettingsError::Problems {
            path: dir.config_file(),
            problems,
        })
}

/// Reads the configuration as it was written, without its keys.
///
/// # Errors
///
/// [`SettingsError::Syntax`] naming the line.
pub fn read(dir: &DataDir) -> Result<SharedConfigDocument, SettingsError> {
    let path = dir.config_file();
    let text = dir.read(&path)?;
    toml::from_str(&text).map_err(|error| SettingsError::syntax(path, &text, &error))
}

/// The base URL, unchecked; whatever is wrong with other settings.
///
/// # Errors
///
/// [`SettingsError::Syntax`] if the file is no TOML or says no base URL.
pub fn base_url(dir: &DataDir) -> Result<String, SettingsError> {
    #[derive(Deserialize)]
    struct OnlyBaseUrl {
        base_url: String,
    }

    let path = dir.config_file();
    let text = dir.read(&path)?;
    toml::from_str(&text)
        .map(|found: OnlyBaseUrl| found.base_url)
        .map_err(|error| SettingsError::syntax(path, &text, &error))
}

/// Writes the whole configuration; comments in the old file are lost.
///
/// # Errors
///
/// [`SettingsError::DataDir`] if it cannot be written.
pub fn write(dir: &DataDir, document: &SharedConfigDocument) -> Result<(), SettingsError> {
    let text = format!("{HEADER}\n{}", to_toml(dir, document)?);
    Ok(dir.write(&dir.config_file(), &text)?)
}

/// Adds an identity provider at the end of the file and leaves the rest as it is.
///
/// # Errors
///
/// [`SettingsError::DataDir`] if it cannot be written.
pub fn append(dir: &DataDir, provider: IdentityProviderDocument) -> Result<(), SettingsError> {
    #[derive(Serialize)]
    struct Addition {
        identity_providers: [IdentityProviderDocument; 1],
    }

    let addition = to_toml(
        dir,
        &Addition {
            identity_providers: [provider],
        },
    )?;
    let path = dir.config_file();
    let text = dir.read(&path)?;
    Ok(dir.write(&path, &format!("{}\n\n{addition}", text.trim_end()))?)
}

/// Reads the configuration with the keys of the folder, the TLS key as well: what other servers
/// need to take this one's place.
///
/// # Errors
///
/// [`SettingsError::Syntax`] naming the line, [`SettingsError::DataDir`] for a key.
pub fn read_with_keys(dir: &DataDir) -> Result<SharedConfigDocument, SettingsError> {
    let mut document = with_keys(dir, read(dir)?)?;
    if document.tls.is_none() {
        let place = Place::of(token_keys(dir)?.has_tls_key());
        document.tls = key_pair(dir, KeyFile::TlsCertificate, KeyFile::TlsKey, place)?;
        document.next_tls = key_pair(dir, KeyFile::NextTlsCertificate, KeyFile::NextTlsKey, place)?;
    }
    Ok(document)
}

/// Adds the keys of the folder, unless the document has some of its own.
fn with_keys(
    dir: &DataDir,
    mut document: SharedConfigDocument,
) -> Result<SharedConfigDocument, SettingsError> {
    let (keys, on_token) = (&mut document.keys, token_keys(dir)?);
    if keys.signing.is_none() {
        let place = Place::of(on_token.has_signing());
        let (certificate, key) = (KeyFile::SigningCertificate, KeyFile::SigningKey);
        keys.signing = key_pair(dir, certificate, key, place)?;
        let next = (KeyFile::NextSigningCertificate, KeyFile::NextSigningKey);
        keys.next_signing = key_pair(dir, next.0, next.1, place)?;
    }
    if keys.decryption.is_empty() {
        let place = Place::of(on_token.has_decryption());
        for (certificate, key) in [
            (KeyFile::DecryptionCertificate, KeyFile::DecryptionKey),
            (
                KeyFile::FormerDecryptionCertificate,
                KeyFile::FormerDecryptionKey,
            ),
        ] {
            keys.decryption
                .extend(key_pair(dir, certificate, key, place)?);
        }
        let next = (
            KeyFile::NextDecryptionCertificate,
            KeyFile::NextDecryptionKey,
        );
        keys.next_decryption = key_pair(dir, next.0, next.1, place)?;
    }
    Ok(document)
}

fn token_keys(dir: &DataDir) -> Result<TokenKeys, SettingsError> {
    Ok(TokenKeys::load(dir).map_err(TokenKeyError::from)?)
}

/// A certificate of the folder with its key, or alone if the key is not in a file.
fn key_pair(
    dir: &DataDir,
    certificate: KeyFile,
    key: KeyFile,
    place: Place,
) -> Result<Option<KeyPairDocument>, SettingsError> {
    let Some(certificate) = dir.read_if_present(&dir.key_file(certificate))? else {
        return Ok(None);
    };
    let path = dir.key_file(key);
    let key = match place {
        Place::File => Some(dir.read(&path)?),
        Place::TokenOrFile => dir.read_if_present(&path)?,
    };
    Ok(Some(match key {
        Some(key) => KeyPairDocument::new(certificate.as_str(), key.as_str()),
        None => KeyPairDocument::certificate_alone(certificate.as_str()),
    }))
}

/// Where a private key may be.
#[derive(Clone, Copy)]
enum Place {
    File,
    TokenOrFile,
}

impl Place {
    const fn of(is_on_token: bool) -> Self {
        match is_on_token {
            true => Self::TokenOrFile,
            false => Self::File,
        }
    }
}

fn to_toml(dir: &DataDir, document: &impl Serialize) -> Result<String, SettingsError> {
    toml::to_string_pretty(document).map_err(|error| SettingsError::Syntax {
        path: dir.config_file(),
        reason: error.to_string(),
    })
}

/// Why the configuration cannot be used.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// What the command line asks for would make the configuration invalid.
    #[error("nothing was changed, since the configuration would be invalid: {problems}")]
    Candidate {
        /// Every problem that it would have.
        problems: Problems,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A key file holds something else.
    #[error("{} holds no key: {reason}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What a key looks like.
        reason: String,
    },
    /// Settings have to be mended.
    #[error("{}: {problems}", path.display())]
    Problems {
        /// The file.
        path: PathBuf,
        /// Every one of them.
        problems: Problems,
    },
    /// The configuration of the domain would be invalid.
    #[error("nothing was saved, since the configuration would be invalid: {reason}")]
    Shared {
        /// Everything that is wrong with it.
        reason: String,
    },
    /// The key on the token cannot be used.
    #[error(transparent)]
    Token(#[from] TokenKeyError),
    /// It is no TOML, or has a setting that does not exist.
    #[error("{}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        reason: String,
    },
}

impl SettingsError {
    pub(crate) fn key(path: &Path, reason: &dyn fmt::Display) -> Self {
        Self::Key {
            path: path.into(),
            reason: reason.to_string(),
        }
    }

    /// Names the line and does not quote it: a private key may stand there.
    fn syntax(path: PathBuf, text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = 1 + before.unwrap_or_default().matches('\n').count();
        let reason = format!("line {line}: {}", error.message().trim_end());
        Self::Syntax { path, reason }
    }

    /// The same of a document that was to be written: the file is as it was, and not to blame.
    pub(crate) fn of_candidate(self) -> Self {
        match self {
            Self::Problems { problems, .. } => Self::Candidate { problems },
            other => other,
        }
    }

    /// Everything that is wrong with what was to be saved for all servers.
    #[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
    pub(crate) fn of_shared(problems: Problems) -> Self {
        Self::Shared {
            reason: problems.to_string(),
        }
    }

    /// What is wrong with one setting.
    #[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
    pub(crate) fn of_one(problem: Problem) -> Self {
        Self::Shared {
            reason: problem.to_string(),
        }
    }

    /// What is wrong with the text that was edited.
    #[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
    pub(crate) fn of_toml(error: TomlError) -> Self {
        Self::Shared {
            reason: error.to_string(),
        }
    }

    /// Whether a file is to blame, not what an administrator wrote.
    #[must_use]
    pub const fn is_about_a_file(&self) -> bool {
        matches!(self, Self::DataDir(_) | Self::Key { .. })
    }

    /// The command that mends it, if it is not said already.
    #[must_use]
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::Candidate { .. } | Self::Shared { .. } => None,
            Self::DataDir(error) => Some(error.fix()),
            Self::Key { path, .. } => Some(format!("restore {} from a backup", path.display())),
            Self::Problems { path, .. } | Self::Syntax { path, .. } => Some(edit_and_check(path)),
            Self::Token(error) => Some(error.fix()),
        }
    }
}

/// How to mend a file of settings in the data folder.
pub(crate) fn edit_and_check(path: &Path) -> String {
    let folder = path.parent().unwrap_or(path);
    format!(
        "edit {}, then: sso-connect check --data-dir {}",
        path.display(),
        folder.display()
    )
}

const HEADER: &str = "\
# What all servers of a domain share. After a change: sso-connect check, then send SIGHUP to the
# server. The settings of this machine are in local.toml, the keys in the folder keys.
";
