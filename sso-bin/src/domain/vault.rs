//! Small secrets of the data folder, sealed under the key of this machine: the administrator's
//! session, a draft, the beginning of a domain.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sso_sync::administration::{Known, Who};
use sso_sync::keeper::{KeeperError, Label, Protection, Sealer, seal_node_keys, unseal_node_keys};
use sso_sync::seal::MemberKeys;
use sso_sync::store::DomainId;
use zeroize::Zeroizing;

use crate::data_dir::{DataDir, KeyFile};
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::wiring;

/// Keeps small secrets in the data folder.
#[derive(Clone)]
pub struct Vault {
    dir: DataDir,
    sealer: Arc<dyn Sealer>,
}

impl Vault {
    /// The vault of a folder, which is made if there is none.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the folder or local.toml cannot be used.
    pub fn of_folder(root: &Path) -> Result<Self, Failure> {
        Self::open(&DataDir::ensure(root)?)
    }

    /// The vault of a folder that is open.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if local.toml cannot be used.
    pub fn open(dir: &DataDir) -> Result<Self, Failure> {
        let local = LocalSettings::load(dir)?;
        Ok(Self {
            dir: dir.clone(),
            sealer: wiring::sealer(dir, &local)?,
        })
    }

    /// What seals what is kept here.
    #[must_use]
    pub fn protection(&self) -> Protection {
        self.sealer.protection()
    }

    /// Keeps `secret` under `name`, in place of what was there.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if it cannot be sealed or written.
    pub async fn store(&self, name: &str, secret: &[u8]) -> Result<(), Failure> {
        let sealed = self.sealer.seal(&Label::new(name), secret).await;
        let sealed = sealed.map_err(|error| self.failed(&error))?;
        Ok(self.dir.write_bytes(&self.path(name), &sealed)?)
    }

    /// What is kept under `name`.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if it cannot be read or unsealed.
    pub async fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let Some(sealed) = self.dir.read_bytes(&self.path(name))? else {
            return Ok(None);
        };
        let opened = self.sealer.unseal(&Label::new(name), &sealed).await;
        opened.map(Some).map_err(|error| self.failed(&error))
    }

    /// Keeps nothing under `name` any more.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), Failure> {
        Ok(self.dir.remove(&self.path(name))?)
    }

    /// The keys of this server as a member of `domain`, if it has some.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if they cannot be read or unsealed.
    pub async fn node_keys(&self, domain: DomainId) -> Result<Option<MemberKeys>, Failure> {
        let path = self.dir.key_file(KeyFile::Node);
        let Some(sealed) = self.dir.read_bytes(&path)? else {
            return Ok(None);
        };
        let opened = unseal_node_keys(&*self.sealer, domain, &sealed).await;
        opened.map(Some).map_err(|error| self.failed(&error))
    }

    /// Keeps the keys of this server.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if they cannot be sealed or written.
    pub async fn keep_node_keys(&self, domain: DomainId, keys: &MemberKeys) -> Result<(), Failure> {
        let sealed = seal_node_keys(&*self.sealer, domain, keys).await;
        let sealed = sealed.map_err(|error| self.failed(&error))?;
        let path = self.dir.key_file(KeyFile::Node);
        Ok(self.dir.write_bytes(&path, &sealed)?)
    }

    /// What is remembered of the last sign-in of somebody on this machine.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if it cannot be read; what is damaged is nothing.
    pub fn known(&self, who: &Who) -> Result<Option<Known>, Failure> {
        let bytes = self.dir.read_bytes(&self.known_path(who))?;
        Ok(bytes.and_then(|bytes| Known::from_bytes(&bytes).ok()))
    }

    /// Remembers a sign-in.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if it cannot be written.
    pub fn remember(&self, who: &Who, known: &Known) -> Result<(), Failure> {
        let path = self.known_path(who);
        Ok(self.dir.write_bytes(&path, &known.to_bytes())?)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.file(&format!("{name}.sealed"))
    }

    /// E-mail addresses may have letters in them that no file name has.
    fn known_path(&self, who: &Who) -> PathBuf {
        let name = BASE64_URL_SAFE_NO_PAD.encode(who.administrator.as_str());
        self.dir.file(&format!("known.{}.{name}", who.domain))
    }

    fn failed(&self, error: &KeeperError) -> Failure {
        Failure::Sealer {
            what: format!(
                "what is sealed in {} cannot be used: {error}",
                self.dir.root().display()
            ),
            fix: error.fix(),
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.dir.root().display())
    }
}
