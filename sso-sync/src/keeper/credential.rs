//! A key that systemd hands over.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::blocking::off_workers;
use super::key::Key;
use super::{Envelope, KeeperError, Label, Protection, Sealer, SealerKind};

/// Seals with a key that systemd hands to the service.
///
/// The credential holds 32 bytes, as they are or in base64. `systemd-creds encrypt` seals it to the
/// TPM of the machine, to a key of the machine, or to both; `LoadCredentialEncrypted=` in the unit
/// unseals it into memory that only this service can read.
#[derive(Clone, Debug)]
pub struct SystemdCredential {
    folder: Option<PathBuf>,
    name: Arc<str>,
}

impl SystemdCredential {
    /// The credential `name` of the service that this process is.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            folder: credentials_folder(),
            name: name.into(),
        }
    }

    /// The credential `name` in a folder of credentials.
    #[must_use]
    pub fn in_folder(folder: &Path, name: &str) -> Self {
        Self {
            folder: Some(folder.into()),
            name: name.into(),
        }
    }

    async fn key(&self) -> Result<Key, KeeperError> {
        let this = self.clone();
        off_workers(move || {
            let content = read_credential(this.folder.as_deref(), &this.name)?;
            Key::parse(&content).ok_or_else(|| KeeperError::NoKey {
                place: this.protection(),
            })
        })
        .await
    }
}

#[async_trait]
impl Sealer for SystemdCredential {
    async fn seal(&self, label: &Label, secret: &[u8]) -> Result<Vec<u8>, KeeperError> {
        let key = self.key().await?;
        key.seal(self.protection(), label, secret)
    }

    async fn unseal(
        &self,
        label: &Label,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeeperError> {
        let envelope = Envelope::read(sealed)?;
        envelope.header().check_sealer(&self.protection())?;
        let key = self.key().await?;
        key.unseal(&self.protection(), label, &envelope)
    }

    fn protection(&self) -> Protection {
        Protection::new(SealerKind::SystemdCredential, &*self.name)
    }
}

/// Where systemd puts the credentials of the service that this process is.
pub(super) fn credentials_folder() -> Option<PathBuf> {
    env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

/// Reads a credential. Who else may read it is up to systemd, which may use access lists.
pub(super) fn read_credential(
    folder: Option<&Path>,
    name: &str,
) -> Result<Zeroizing<Vec<u8>>, KeeperError> {
    let missing = |reason: String| KeeperError::NoCredential {
        name: name.into(),
        reason,
    };
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
        return Err(missing("no credential can have this name".into()));
    }
    let folder = folder.ok_or_else(|| {
        missing("systemd has handed no credentials to this process ($CREDENTIALS_DIRECTORY)".into())
    })?;
    let content = fs::read(folder.join(name)).map_err(|error| missing(error.to_string()))?;
    Ok(Zeroizing::new(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_credential_that_is_missing_is_never_made() {
        let folder = tempfile::tempdir().unwrap();
        let sealer = SystemdCredential::in_folder(folder.path(), "sso-connect");
        let missing = sealer.seal(&Label::new("x"), b"").await.unwrap_err();
        let text = missing.to_string();
        assert!(text.contains("systemd credential sso-connect"), "{text}");
        let fix = missing.fix().unwrap();
        assert!(fix.contains("systemd-creds encrypt --name=sso-connect"));
        assert!(fix.contains("LoadCredentialEncrypted=sso-connect:"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_process_without_credentials_is_told_so() {
        let sealer = SystemdCredential {
            folder: None,
            name: "sso-connect".into(),
        };
        let missing = sealer.seal(&Label::new("x"), b"").await.unwrap_err();
        assert!(missing.to_string().contains("$CREDENTIALS_DIRECTORY"));
    }

    #[tokio::test]
    async fn a_credential_without_a_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sso-connect"), "password").unwrap();
        let sealer = SystemdCredential::in_folder(folder.path(), "sso-connect");
        let refused = sealer.seal(&Label::new("x"), b"").await.unwrap_err();
        assert!(matches!(refused, KeeperError::NoKey { .. }));
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret"), "x").unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        for name in ["../secret", "", ".", "..", "/etc/passwd"] {
            assert!(read_credential(Some(&inner), name).is_err(), "{name}");
        }
        assert!(read_credential(Some(folder.path()), "secret").is_ok());
    }
}
