//! `domain.toml`: which domain this server belongs to, and where its hub is.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sso_sync::seal::MemberId;
use sso_sync::store::DomainId;

use super::HubAddress;
use super::address::Proxy;
use crate::data_dir::{DataDir, DataDirError};
use crate::failure::Failure;

/// What `domain.toml` says. A proxy may have a password in it, so that only the owner can read the
/// file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DomainSettings {
    /// The hub: `https://HOST:PORT`.
    pub hub: String,
    /// The name of the domain.
    pub domain: String,
    /// The domain itself: 64 hexadecimal digits.
    pub id: String,
    /// The name of this server in it.
    pub server: String,
    /// This server itself: 32 hexadecimal digits.
    pub node: String,
    /// Who enrolled it, as a default when somebody signs in.
    pub administrator: Option<String>,
    /// Authorities that are trusted for the hub as well.
    pub hub_ca: Option<PathBuf>,
    /// The proxy that leads to it, or `none`.
    pub proxy: Option<String>,
    /// Until when this server opens sessions that it began before it belonged to the domain, in
    /// seconds since 1970.
    pub former_sessions_until: Option<u64>,
}

impl DomainSettings {
    /// Reads the file; `None` if the server belongs to no domain.
    ///
    /// # Errors
    ///
    /// [`DomainSettingsError`] naming the line.
    pub fn load(dir: &DataDir) -> Result<Option<Self>, DomainSettingsError> {
        let path = dir.domain_file();
        let Some(text) = dir.read_if_present(&path)? else {
            return Ok(None);
        };
        let settings = toml::from_str(&text).map_err(|error| DomainSettingsError::Invalid {
            path,
            reason: error.to_string().trim_end().into(),
        })?;
        Ok(Some(settings))
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if it cannot be written.
    pub fn save(&self, dir: &DataDir) -> Result<(), Failure> {
        let text = toml::to_string_pretty(self);
        let text = text.map_err(|error| Failure::because(error.to_string()))?;
        Ok(dir.write(&dir.domain_file(), &format!("{HEADER}\n{text}"))?)
    }

    /// This server, as the chain of the domain names it; `None` if somebody wrote something else
    /// there.
    #[must_use]
    pub fn node_id(&self) -> Option<MemberId> {
        bytes(&self.node).map(MemberId::new)
    }

    /// The domain; `None` if somebody wrote something else there.
    #[must_use]
    pub fn domain_id(&self) -> Option<DomainId> {
        bytes(&self.id).map(DomainId::new)
    }

    /// Where the hub is.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if somebody wrote something else there.
    pub fn address(&self) -> Result<HubAddress, Failure> {
        let mut address = HubAddress::parse(&self.hub)?;
        address.ca.clone_from(&self.hub_ca);
        address.proxy = self
            .proxy
            .as_deref()
            .map_or_else(Proxy::default, Proxy::parse);
        Ok(address)
    }
}

impl std::fmt::Debug for DomainSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DomainSettings({} at {}, …)", self.domain, self.hub)
    }
}

/// Why `domain.toml` cannot be used.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum DomainSettingsError {
    /// It cannot be read.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// It makes no sense.
    #[error("{}: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        reason: String,
    },
}

impl DomainSettingsError {
    /// What to do about it.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::DataDir(error) => error.fix(),
            Self::Invalid { path, .. } => format!("edit {}", path.display()),
        }
    }
}

/// Bytes as pairs of hexadecimal digits.
fn bytes<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    let digits = |at: usize| text.get(2 * at..2 * at + 2);
    let byte = |at| u8::from_str_radix(digits(at)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..text.len().div_ceil(2)).map(byte).collect();
    bytes?.try_into().ok()
}

const HEADER: &str = "\
# Which domain this server belongs to, and where its hub is. sso-connect enrol wrote it. When the hub
# moves: sso-connect domain move-hub URL.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded() {
        let guard = tempfile::tempdir().unwrap();
        let dir = DataDir::ensure(&guard.path().join("data")).unwrap();
        assert_eq!(DomainSettings::load(&dir).unwrap(), None);
        settings().save(&dir).unwrap();
        assert_eq!(DomainSettings::load(&dir).unwrap(), Some(settings()));
        let again = DataDir::open(dir.root()).unwrap();
        let address = DomainSettings::load(&again).unwrap().unwrap().address();
        assert_eq!(address.unwrap().shown(), "https://hub.example.com:8444");
        assert_eq!(settings().node_id(), Some(MemberId::new([2; 16])));
        assert_eq!(settings().domain_id(), Some(DomainId::new([1; 32])));
        for odd in ["", "02", "0g".repeat(16).as_str(), "é".repeat(16).as_str()] {
            let node = odd.to_owned();
            let odd = DomainSettings { node, ..settings() };
            assert_eq!(odd.node_id(), None);
        }
    }

    #[test]
    fn a_setting_that_does_not_exist_is_named() {
        let guard = tempfile::tempdir().unwrap();
        let dir = DataDir::ensure(&guard.path().join("data")).unwrap();
        dir.write(&dir.domain_file(), "hubb = 'x'").unwrap();
        let error = DomainSettings::load(&dir).unwrap_err();
        assert!(error.to_string().contains("hubb"), "{error}");
    }

    fn settings() -> DomainSettings {
        DomainSettings {
            hub: "https://hub.example.com:8444".into(),
            domain: "example".into(),
            id: "01".repeat(32),
            server: "sso1".into(),
            node: "02".repeat(16),
            administrator: Some("alice@example.com".into()),
            hub_ca: None,
            proxy: Some("none".into()),
            former_sessions_until: Some(1_800_000_000),
        }
    }
}
