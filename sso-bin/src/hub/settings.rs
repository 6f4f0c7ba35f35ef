//! `hub.toml`: what an operator decides about a hub.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::{Authority, HubError};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::network::Network;
use crate::telemetry::LogFormat;

/// What `hub.toml` says; everything but `reached_as` has a default.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// Host and port under which servers and administrators reach the hub, as they dial them. At
    /// least one; what was signed for any other is refused.
    pub reached_as: Vec<Authority>,
    /// Where to listen. Default: port 8444 of all addresses.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Where the operator asks for health and metrics, without encryption. Default:
    /// 127.0.0.1:9444.
    #[serde(default)]
    pub inspection: Inspection,
    /// How the log is written. Default: `"text"`.
    #[serde(default)]
    pub log_format: LogFormat,
    /// Proxies whose `X-Forwarded-For` is believed: addresses or ranges. Default: none.
    #[serde(default)]
    pub trusted_proxies: Vec<Network>,
    /// How much is taken at once.
    #[serde(default)]
    pub limits: Limits,
    /// How much each domain may take up.
    #[serde(default)]
    pub quotas: Quotas,
    /// Where the database is. Default: the file `hub.db` of the folder.
    pub postgres: Option<Postgres>,
}

/// Where the operator asks for health and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Inspection {
    /// There.
    At(SocketAddr),
    /// Nowhere.
    Off,
}

/// How much a hub takes at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at a time. Some more are told to come back later. Default: 10 000.
    pub connections: usize,
    /// Requests of one address in a second, in the long run. Default: 1000.
    pub address_per_second: u32,
    /// Requests of one address at once. Default: 4000.
    pub address_at_once: u32,
    /// Requests of one member of a domain in a second, in the long run. Default: 500.
    pub member_per_second: u32,
    /// Requests of one member of a domain at once. Default: 2000.
    pub member_at_once: u32,
    /// How long a client may take to send a request, in seconds. Default: 60.
    pub body_seconds: u64,
    /// Memory for requests that are being received or answered, in MiB. Default: 256.
    pub body_mebibytes: usize,
}

/// How much each domain of a hub may take up.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Quotas {
    /// Users, removed ones included. Default: 10 000 000.
    pub users: u64,
    /// Records of users, in MiB. Default: 16 384.
    pub user_mebibytes: u64,
    /// Statements: what administrators and servers have stated. Default: 100 000.
    pub statements: u64,
    /// Servers that were not revoked. Default: 500, more than that no domain can have.
    pub servers: u64,
}

/// A PostgreSQL database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Postgres {
    /// Where it is, without a password: `postgres://hub@db.example.com/hub`.
    pub address: String,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// The environment variable with the password.
    pub password_variable: Option<String>,
    /// The PEM file with the certificates of those who may vouch for the database server.
    pub authorities: Option<PathBuf>,
    /// The schema of the tables. Default: `sso_connect`.
    pub schema: Option<String>,
    /// Connections at once. Default: 8.
    pub connections: Option<usize>,
}

impl Settings {
    /// Reads `hub.toml`.
    ///
    /// # Errors
    ///
    /// [`HubError::Settings`] naming the line and the setting; or the folder cannot be read.
    pub fn load(dir: &DataDir) -> Result<Self, Failure> {
        let path = dir.settings_file();
        let text = dir.read(&path)?;
        let settings = Self::parse(&text);
        Ok(settings.map_err(|reason| HubError::Settings { path, reason })?)
    }

    /// Reads settings.
    ///
    /// # Errors
    ///
    /// What is wrong, and in which line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let settings: Self = toml::from_str(text).map_err(|error| describe(text, &error))?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        if self.reached_as.is_empty() {
            return Err("reached_as names nothing: write host and port of the hub".into());
        }
        self.limits.check()?;
        self.quotas.check()?;
        self.postgres.as_ref().map_or(Ok(()), Postgres::check)
    }
}

impl Limits {
    /// How long a client may take to send a request.
    #[must_use]
    pub const fn body_patience(&self) -> Duration {
        Duration::from_secs(self.body_seconds)
    }

    /// Memory for requests, in bytes.
    #[must_use]
    pub const fn body_bytes(&self) -> usize {
        self.body_mebibytes.saturating_mul(1024 * 1024)
    }

    fn check(&self) -> Result<(), String> {
        let from_one = [
            ("connections", self.connections),
            ("address_per_second", self.address_per_second as usize),
            ("address_at_once", self.address_at_once as usize),
            ("member_per_second", self.member_per_second as usize),
            ("member_at_once", self.member_at_once as usize),
        ];
        for (name, value) in from_one {
            if value == 0 {
                return Err(format!("limits.{name} is 0, and must be at least 1"));
            }
        }
        if !(1..=MAX_BODY_SECONDS).contains(&self.body_seconds) {
            return Err(format!(
                "limits.body_seconds is {}, and must be 1 to {MAX_BODY_SECONDS}",
                self.body_seconds
            ));
        }
        if !(MIN_MEBIBYTES..=MAX_MEBIBYTES).contains(&self.body_mebibytes) {
            return Err(format!(
                "limits.body_mebibytes is {}, and must be {MIN_MEBIBYTES} to {MAX_MEBIBYTES}",
                self.body_mebibytes
            ));
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            address_per_second: 1000,
            address_at_once: 4000,
            member_per_second: 500,
            member_at_once: 2000,
            body_seconds: 60,
            body_mebibytes: 256,
        }
    }
}

impl Quotas {
    fn check(&self) -> Result<(), String> {
        let from_one = [
            ("users", self.users),
            ("user_mebibytes", self.user_mebibytes),
            ("statements", self.statements),
            ("servers", self.servers),
        ];
        match from_one.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(format!("quotas.{name} is 0, and must be at least 1")),
            None => Ok(()),
        }
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            users: 10_000_000,
            user_mebibytes: 16_384,
            statements: 100_000,
            servers: 500,
        }
    }
}

impl Postgres {
    fn check(&self) -> Result<(), String> {
        match (&self.password_file, &self.password_variable) {
            (Some(_), Some(_)) => Err(
                "postgres.password_file and postgres.password_variable are both there: remove one"
                    .into(),
            ),
            _ => Ok(()),
        }
    }
}

impl Default for Inspection {
    fn default() -> Self {
        Self::At(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 9444))
    }
}

impl TryFrom<String> for Inspection {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "off" => Ok(Self::Off),
            text => text.parse().map(Self::At).map_err(|_| {
                format!("{text:?} is neither \"off\" nor address and port as in \"127.0.0.1:9444\"")
            }),
        }
    }
}

/// IPv6, which on the usual systems includes IPv4.
const fn listen() -> SocketAddr {
    SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 8444)
}

/// What `hub init` writes.
pub(crate) fn template(reached_as: &[Authority]) -> String {
    let names: Vec<_> = reached_as.iter().map(|it| format!("\"{it}\"")).collect();
    TEMPLATE.replace("{reached_as}", &names.join(", "))
}

/// Names the line and does not quote it: a password may stand there where it should not.
fn describe(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = 1 + before.unwrap_or_default().matches('\n').count();
    format!("line {line}: {}", error.message().trim_end())
}

const MAX_BODY_SECONDS: u64 = 600;
const MIN_MEBIBYTES: usize = 4;
const MAX_MEBIBYTES: usize = 2047;

/// The file that `hub init` writes, with `{reached_as}` where the list belongs.
const TEMPLATE: &str = "\
# The settings of this hub. A line that begins with # shows the default. After a change, restart
# the hub.

# Host and port under which servers and administrators reach the hub, exactly as they dial them.
# Requests that were signed for any other are refused.
reached_as = [{reached_as}]

# Where to listen; by default port 8444 of all addresses of this machine.
# listen = \"[::]:8444\"

# Where the operator asks for /health and /metrics, without encryption and without a password: an
# address of this machine only, or \"off\".
# inspection = \"127.0.0.1:9444\"

# The log: \"text\" or \"json\".
# log_format = \"text\"

# Proxies in front of this hub, as [\"192.0.2.1\", \"10.0.0.0/8\"]: limits then count for their clients.
# trusted_proxies = []

[limits]
# Connections at a time: every server that waits for news holds one.
# connections = 10000

# Requests of one address: in a second in the long run, and at once.
# address_per_second = 1000
# address_at_once = 4000

# Requests of one server or administrator: in a second in the long run, and at once.
# member_per_second = 500
# member_at_once = 2000

# Seconds that a client may take to send a request, and memory for requests in MiB.
# body_seconds = 60
# body_mebibytes = 256

[quotas]
# What one domain may take up: users with the removed ones, MiB of their records, statements of its
# chain, and servers. What would go beyond is refused, and everything else goes on.
# users = 10000000
# user_mebibytes = 16384
# statements = 100000
# servers = 500

# Without this table everything is in the file hub.db of this folder. With it, it is in PostgreSQL
# 14 or later, which several processes of this hub may share. The password stands in a file or in
# an environment variable, never here.
# [postgres]
# address = \"postgres://hub@db.example.com/hub\"
# password_file = \"/run/credentials/hub-database\"
# password_variable = \"SSO_CONNECT_HUB_DATABASE_PASSWORD\"
# authorities = \"/etc/ssl/certs/db-ca.pem\"
# schema = \"sso_connect\"
# connections = 8
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_the_defaults() {
        let text = template(&["hub.example.com:8444".parse().unwrap()]);
        let (settings, _) = text.split_once("# Without this table").unwrap();
        let uncommented: String = settings
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(setting) if setting.contains(" = ") => format!("{setting}\n"),
                Some(_) => String::new(),
                None => format!("{line}\n"),
            })
            .collect();
        let said = format!("{:?}", Settings::parse(&uncommented).unwrap());
        assert_eq!(said, format!("{:?}", Settings::parse(&text).unwrap()));
        assert_eq!(uncommented.matches(" = ").count(), 16);
    }

    #[test]
    fn a_database_of_several_processes_is_chosen_by_its_table() {
        let text = format!("{MINIMAL}[postgres]\naddress = 'postgres://hub@db/hub'\n");
        let with = |more: &str| Settings::parse(&format!("{text}{more}"));
        assert!(with("password_file = 'a'\nconnections = 2").is_ok());
        let both = with("password_file = 'a'\npassword_variable = 'B'").unwrap_err();
        assert!(both.contains("remove one"), "{both}");
    }

    #[test]
    fn an_unknown_or_absurd_setting_is_named_with_its_line() {
        let refused = |more: &str| Settings::parse(&format!("{MINIMAL}{more}")).unwrap_err();
        for (more, named) in [
            ("listn = '[::]:1'", "line 2: unknown field `listn`"),
            ("listen = 'nowhere'", "line 2: invalid socket address"),
            ("inspection = 'on'", "\"on\" is neither \"off\" nor address"),
            ("[limits]\nconnections = 0", "limits.connections is 0"),
            ("[limits]\nbody_seconds = 0", "limits.body_seconds is 0"),
            ("[limits]\nbody_seconds = 601", "must be 1 to 600"),
            ("[limits]\nbody_mebibytes = 3", "must be 4 to 2047"),
            ("[limits]\nbody_mebibytes = 2048", "must be 4 to 2047"),
            ("[quotas]\nusers = 0", "quotas.users is 0"),
            ("[quotas]\nstatements = 0", "quotas.statements is 0"),
            ("[quotas]\nroom = 1", "line 3: unknown field `room`"),
            ("[limits]\nplaces = 1", "line 3: unknown field `places`"),
            ("[postgres]\nplace = ''", "unknown field `place`"),
        ] {
            let refused = refused(more);
            assert!(refused.contains(named), "{more}: {refused}");
        }
        assert!(Settings::parse("").unwrap_err().contains("reached_as"));
        let nothing = Settings::parse("reached_as = []").unwrap_err();
        assert!(nothing.contains("reached_as names nothing"), "{nothing}");
        let url = Settings::parse("reached_as = ['https://hub']").unwrap_err();
        assert!(url.contains("is not host and port"), "{url}");
    }

    #[test]
    fn the_boundaries_of_limits_are_within_them() {
        for more in [
            "body_seconds = 1\nbody_mebibytes = 4",
            "body_seconds = 600\nbody_mebibytes = 2047",
            "connections = 1",
        ] {
            let text = format!("{MINIMAL}[limits]\n{more}");
            assert!(Settings::parse(&text).is_ok(), "{more}");
        }
    }

    const MINIMAL: &str = "reached_as = ['hub.example.com:8444']\n";
}
