//! Settings of one machine. They never leave it: see `settings` for what a domain shares.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::data_dir::{DataDir, DataDirError};
use crate::network::Network;
use crate::settings::edit_and_check;
use crate::telemetry::LogFormat;
use crate::token::TokenSettings;
use crate::webhook::WebhookSettings;

/// What `local.toml` says; every setting has a default.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LocalSettings {
    /// The address to listen on. Default: all addresses of this machine.
    pub private_ip: Option<IpAddr>,
    /// The port to listen on. Default: 8443.
    pub private_port: u16,
    /// What administrators see as the address of this machine in `servers list`, a name or an address
    /// that they reach it by. It is the only setting here that leaves the machine: sealed, and for
    /// the other servers of its domain. Default: nothing; at most 255 characters.
    pub shown_address: Option<String>,
    /// How the log is written. Default: `"text"`.
    pub log_format: LogFormat,
    /// Connections at a time; more are dropped. Default: 4096; at least 1.
    pub max_connections: usize,
    /// Seconds between failing the readiness probe and refusing connections at shutdown: the
    /// interval at which the load balancer asks `/readyz`. Default: 0; at most 300.
    pub drain_seconds: u16,
    /// Proxies whose `X-Forwarded-For` is believed: addresses or ranges. It matters for the log
    /// only. Default: none.
    pub trusted_proxies: Vec<Network>,
    /// What seals the keys of this server as one of a domain. Default: a key file.
    pub sealing: Sealing,
    /// A PKCS#11 token that has keys of this server. Default: none.
    pub token: Option<TokenSettings>,
    /// Where a server of a domain tells what has to be known at once. Default: nowhere.
    pub webhook: Option<WebhookSettings>,
    /// Answer RSA keys with PKCS#1 v1.5 padding, see the hand-over's description. Default: `false`.
    pub dangerous_allow_pkcs1v15_handover: bool,
}

/// What seals the secrets that a machine keeps to itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Sealing {
    /// A credential of systemd, by its name, in place of a key file.
    pub systemd_credential: Option<String>,
}

impl Default for LocalSettings {
    fn default() -> Self {
        Self {
            private_ip: None,
            private_port: 8443,
            shown_address: None,
            log_format: LogFormat::default(),
            max_connections: 4096,
            drain_seconds: 0,
            trusted_proxies: Vec::new(),
            sealing: Sealing::default(),
            token: None,
            webhook: None,
            dangerous_allow_pkcs1v15_handover: false,
        }
    }
}

impl LocalSettings {
    /// Reads `local.toml`; the defaults if there is none.
    ///
    /// # Errors
    ///
    /// [`LocalSettingsError`] naming the line and the setting.
    pub fn load(dir: &DataDir) -> Result<Self, LocalSettingsError> {
        let path = dir.local_file();
        let text = dir.read_if_present(&path)?.unwrap_or_default();
        let settings: Self =
            toml::from_str(&text).map_err(|source| LocalSettingsError::Invalid {
                path: path.clone(),
                reason: source.to_string().trim_end().into(),
            })?;
        settings
            .check()
            .map_err(|reason| LocalSettingsError::Invalid { path, reason })
    }

    /// Where to listen.
    #[must_use]
    pub fn listen(&self) -> SocketAddr {
        SocketAddr::new(self.private_ip.unwrap_or(ALL_ADDRESSES), self.private_port)
    }

    /// `drain_seconds` as a duration.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.into())
    }

    fn check(self) -> Result<Self, String> {
        if self.max_connections == 0 {
            return Err("max_connections is 0, and must be at least 1".into());
        }
        if !self.shown_address.iter().all(|it| is_printable(it)) {
            let reason = "shown_address must have 1 to 255 characters, without spaces";
            return Err(reason.into());
        }
        if self.drain_seconds > MAX_DRAIN_SECONDS {
            return Err(format!(
                "drain_seconds is {}, and may be at most {MAX_DRAIN_SECONDS}",
                self.drain_seconds
            ));
        }
        if let Some(webhook) = &self.webhook {
            webhook.check()?;
        }
        let has_sealing_key = |token: &TokenSettings| token.sealing_key.is_some();
        if let Some(token) = &self.token {
            token.check()?;
        }
        if self.token.as_ref().is_some_and(has_sealing_key)
            && self.sealing.systemd_credential.is_some()
        {
            let reason = "token.sealing_key and sealing.systemd_credential are both set: keep one";
            return Err(reason.into());
        }
        Ok(self)
    }
}

/// Why `local.toml` cannot be used.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum LocalSettingsError {
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

impl LocalSettingsError {
    /// What to do about it.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::DataDir(error) => error.fix(),
            Self::Invalid { path, .. } => edit_and_check(path),
        }
    }
}

fn is_printable(address: &str) -> bool {
    let is_odd = |c: char| c.is_control() || c.is_whitespace();
    (1..=255).contains(&address.len()) && !address.contains(is_odd)
}

/// IPv6, which on the usual systems includes IPv4.
const ALL_ADDRESSES: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

const MAX_DRAIN_SECONDS: u16 = 300;

/// The file that `init` writes.
pub const TEMPLATE: &str = "\
# Settings of this machine alone; only shown_address ever leaves it. A line that begins with # shows the default.

# The address to listen on; by default all addresses of this machine.
# private_ip = \"192.0.2.10\"

# private_port = 8443

# Of a server of a domain: what `servers list` shows as its address on all servers.
# shown_address = \"sso1.internal.example.com\"

# The log: \"text\" or \"json\".
# log_format = \"text\"

# Connections at a time; more are dropped.
# max_connections = 4096

# Seconds between failing /readyz and refusing connections at shutdown.
# drain_seconds = 0

# Proxies in front of this server, as [\"192.0.2.1\", \"10.0.0.0/8\"]: the log then names their clients.
# trusted_proxies = []

# Hand secrets to RSA keys with PKCS#1 v1.5 padding, which weakens the application: for old ones only.
# dangerous_allow_pkcs1v15_handover = false

# Of a server of a domain: let a systemd credential seal its keys, instead of the file keys/keeper.key.
# [sealing]
# systemd_credential = \"sso-connect\"

# Of a server of a domain: POST what has to be known at once to a program of yours, see the chapter
# \"How to delete a domain, and how to get one back\".
# [webhook]
# url = \"https://alerts.example.com/sso-connect\"
# secret_file = \"/etc/sso-connect/webhook.secret\"
# authorities = \"/etc/ssl/own-ca.pem\"
# hub_away_minutes = 60

# Keys on a PKCS#11 token. One of pin_file, pin_env and pin_credential says where its PIN is.
# [token]
# module = \"/usr/lib/softhsm/libsofthsm2.so\"
# label = \"sso-connect\"
# pin_file = \"/etc/sso-connect/token.pin\"
# sealing_key = \"sso-connect\"
# decryption_key = \"saml-decryption\"
# signing_key = \"saml\"
# tls_key = \"tls\"
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_the_defaults() {
        let (own, _) = TEMPLATE.split_once("# [webhook]").unwrap();
        let uncommented: String = own
            .lines()
            .filter_map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")))
            .filter(|line| !WITHOUT_DEFAULT.iter().any(|it| line.starts_with(it)))
            .map(|line| format!("{line}\n"))
            .collect();
        let said: LocalSettings = toml::from_str(&uncommented).unwrap();
        assert_eq!(
            format!("{said:?}"),
            format!("{:?}", LocalSettings::default())
        );
        assert_eq!(uncommented.lines().count(), 6);
    }

    const WITHOUT_DEFAULT: [&str; 3] = ["private_ip", "shown_address", "systemd"];

    #[test]
    fn a_private_address_is_used_only_if_one_is_set() {
        assert_eq!(LocalSettings::default().listen().to_string(), "[::]:8443");
        let set: LocalSettings = toml::from_str("private_ip = '10.0.0.5'").unwrap();
        assert_eq!(set.listen().to_string(), "10.0.0.5:8443");
    }

    #[test]
    fn an_unknown_or_absurd_setting_is_named() {
        let refused = |text: &str| match toml::from_str::<LocalSettings>(text) {
            Ok(settings) => settings.check().unwrap_err(),
            Err(error) => error.to_string(),
        };
        assert!(refused("privat_port = 1").contains("privat_port"));
        assert!(refused("private_port = 70000").contains("private_port"));
        assert!(refused("max_connections = 0").contains("max_connections"));
        for text in ["", "two words", "a\\u001bb"] {
            let settings = format!("shown_address = \"{text}\"");
            assert!(refused(&settings).contains("shown_address"), "{text}");
        }
        assert!(refused("drain_seconds = 301").contains("drain_seconds"));
        let token = "[token]\nmodule = '/m'\nlabel = 'x'\nsealing_key = 'x'\n";
        let both = format!("{token}[sealing]\nsystemd_credential = 'x'");
        assert!(refused(&both).contains("token.sealing_key"));
    }
}
