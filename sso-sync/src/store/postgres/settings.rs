//! Where the database is, and how it is used.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use zeroize::Zeroizing;

use super::PostgresOpenError;
use super::address::Address;
use super::tls::{Tls, Trust};

/// Where the database is, and how it is used.
///
/// ```
/// # fn main() -> Result<(), sso_sync::store::postgres::PostgresOpenError> {
/// use sso_sync::store::postgres::PostgresSettings;
///
/// let settings = PostgresSettings::new("postgres://hub@db.example.com/hub")?
///     .authorities("/etc/sso-connect/db-ca.pem")
///     .password_file("/run/credentials/db-password");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresSettings {
    config: Config,
    encryption: Encryption,
    authorities: Option<PathBuf>,
    password: Password,
    schema: String,
    connections: usize,
    connect_timeout: Duration,
    statement_timeout: Duration,
    notifications: Notifications,
}

/// Whether connections are encrypted, and the certificate of the server looked at.
#[derive(Clone, Copy, Debug)]
enum Encryption {
    Checked,
    None,
    Unchecked,
}

/// Where the password comes from.
#[derive(Clone, Debug)]
enum Password {
    /// In the address, or none.
    AsAddressed,
    File(PathBuf),
    Variable(String),
}

/// How a store learns what other processes have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notifications {
    /// By `LISTEN` on a connection of its own, if a trial shows that the server's words arrive; by
    /// asking once a second beside it and instead of it. Behind a pooler that hands out
    /// transactions they do not arrive, and another trial is made every ten minutes.
    Listen,
    /// By asking once a second.
    Poll,
}

impl PostgresSettings {
    /// Takes an address as libpq does: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`
    /// or `host=HOST user=USER …`. Several hosts are tried in turn, until one takes writes.
    ///
    /// The connection is encrypted, and the server's certificate must be from one of the
    /// [`authorities`](Self::authorities) and for the host. Only `sslmode=disable` changes that:
    /// use it within one machine. A socket in the file system is never encrypted.
    ///
    /// # Errors
    ///
    /// [`PostgresOpenError::Address`].
    pub fn new(address: &str) -> Result<Self, PostgresOpenError> {
        let address = Address::parse(address)?;
        let encryption = if address.plain || is_local(&address.config) {
            Encryption::None
        } else {
            Encryption::Checked
        };
        Ok(Self {
            config: address.config,
            encryption,
            authorities: address.authorities,
            password: Password::AsAddressed,
            schema: "sso_connect".to_owned(),
            connections: 8,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            notifications: Notifications::Listen,
        })
    }

    /// The PEM file with the certificates of those who may vouch for the server; `sslrootcert` in
    /// the address says the same. Without one no encrypted connection is made.
    #[must_use]
    pub fn authorities(mut self, file: impl AsRef<Path>) -> Self {
        self.authorities = Some(file.as_ref().into());
        self
    }

    /// Believes whoever answers to be the server: everything that is sent to the database can be
    /// read and changed by who stands in between.
    #[must_use]
    pub fn dangerous_accept_any_certificate(mut self) -> Self {
        if matches!(self.encryption, Encryption::Checked) {
            self.encryption = Encryption::Unchecked;
        }
        self
    }

    /// Whether a password is in the address.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    /// Reads the password from a file when the store is opened. A line end after it is not part
    /// of it.
    #[must_use]
    pub fn password_file(mut self, file: impl AsRef<Path>) -> Self {
        self.password = Password::File(file.as_ref().into());
        self
    }

    /// Reads the password from an environment variable when the store is opened.
    #[must_use]
    pub fn password_variable(mut self, name: impl Into<String>) -> Self {
        self.password = Password::Variable(name.into());
        self
    }

    /// The schema that holds the tables, made if it is missing. Default: `sso_connect`. At most 63
    /// of a–z, 0–9 and _, not a digit first.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// How many connections are used at once, at least 1. Default: 8, and one more to listen on.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// How long it may take to get a connection. Default: 5 s.
    #[must_use]
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long the server may take for one statement; it is then asked to stop. Default: 30 s.
    #[must_use]
    pub const fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// How the store learns what others have written. Default: [`Notifications::Listen`].
    #[must_use]
    pub const fn notifications(mut self, notifications: Notifications) -> Self {
        self.notifications = notifications;
        self
    }

    /// Reads the files, and checks the settings as a whole.
    pub(super) fn resolve(&self) -> Result<Resolved, PostgresOpenError> {
        check_schema(&self.schema)?;
        Ok(Resolved {
            config: self.resolve_config()?,
            tls: self.resolve_tls()?,
            server: server(&self.config),
            schema: self.schema.clone(),
            connections: self.connections,
            connect_timeout: self.connect_timeout,
            statement_timeout: self.statement_timeout,
            notifications: self.notifications,
        })
    }

    /// A reply that never comes must be noticed, so that a connection on which nothing happens is
    /// tried once a minute. A server that takes no writes is the copy of another.
    fn resolve_config(&self) -> Result<Config, PostgresOpenError> {
        let mut config = self.config.clone();
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.connect_timeout(self.connect_timeout);
        config.keepalives_idle(config.get_keepalives_idle().min(KEEPALIVE));
        config.ssl_mode(match self.encryption {
            Encryption::None => SslMode::Disable,
            Encryption::Checked | Encryption::Unchecked => SslMode::Require,
        });
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(self.statement_timeout);
        }
        if config.get_application_name().is_none() {
            config.application_name("sso-connect");
        }
        if let Some(password) = self.password.read()? {
            config.password(password.as_bytes());
        }
        Ok(config)
    }

    fn resolve_tls(&self) -> Result<Tls, PostgresOpenError> {
        match self.encryption {
            Encryption::None => Tls::unused(),
            Encryption::Unchecked => Tls::new(Trust::Anybody),
            Encryption::Checked => match &self.authorities {
                Some(file) => Tls::new(Trust::Authorities(file)),
                None => Err(PostgresOpenError::address(
                    "the connection is to be encrypted, but nothing says whose certificate to \
                     believe: add sslrootcert=FILE, or sslmode=disable for a server on this \
                     machine",
                )),
            },
        }
    }
}

impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSettings")
            .field("server", &server(&self.config))
            .field("database", &self.config.get_dbname())
            .field("user", &self.config.get_user())
            .field("encryption", &self.encryption)
            .field("authorities", &self.authorities)
            .field("schema", &self.schema)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// Settings that were checked, with all that they name.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub(super) config: Config,
    pub(super) tls: Tls,
    /// Hosts and ports, for people.
    pub(super) server: String,
    pub(super) schema: String,
    pub(super) connections: usize,
    pub(super) connect_timeout: Duration,
    pub(super) statement_timeout: Duration,
    pub(super) notifications: Notifications,
}

impl Password {
    fn read(&self) -> Result<Option<Zeroizing<String>>, PostgresOpenError> {
        match self {
            Self::AsAddressed => Ok(None),
            Self::File(path) => fs::read_to_string(path)
                .map(|text| {
                    Some(Zeroizing::new(
                        text.trim_end_matches(['\r', '\n']).to_owned(),
                    ))
                })
                .map_err(|source| PostgresOpenError::PasswordFile {
                    path: path.clone(),
                    source,
                }),
            Self::Variable(name) => std::env::var(name)
                .map(|text| Some(Zeroizing::new(text)))
                .map_err(|_| PostgresOpenError::PasswordVariable {
                    variable: name.clone(),
                }),
        }
    }
}

fn is_local(config: &Config) -> bool {
    let hosts = config.get_hosts();
    !hosts.is_empty() && hosts.iter().all(|host| !matches!(host, Host::Tcp(_)))
}

fn server(config: &Config) -> String {
    let names: Vec<_> = config.get_hosts().iter().map(host_name).collect();
    let names = if names.is_empty() {
        let addresses = config.get_hostaddrs().iter();
        addresses.map(ToString::to_string).collect()
    } else {
        names
    };
    let with_port = |(at, name): (usize, String)| {
        let ports = config.get_ports();
        let port = ports.get(at).or_else(|| ports.first()).unwrap_or(&5432);
        format!("{name}:{port}")
    };
    let servers: Vec<_> = names.into_iter().enumerate().map(with_port).collect();
    format!("the database at {}", servers.join(", "))
}

fn host_name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

/// Names that need no quotes anywhere, and that are the name of a channel as well.
fn check_schema(name: &str) -> Result<(), PostgresOpenError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let fits = (1..=63).contains(&name.len())
        && name.bytes().all(plain)
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.starts_with("pg_");
    if fits {
        return Ok(());
    }
    Err(PostgresOpenError::SchemaName { name: name.into() })
}

const KEEPALIVE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let settings =
            PostgresSettings::new("postgres://me:hunter2@db/hub?sslmode=disable").unwrap();
        let resolved = settings.resolve().unwrap();
        for shown in [format!("{settings:?}"), format!("{resolved:?}")] {
            assert!(
                shown.contains("db:5432") && !shown.contains("hunter2"),
                "{shown}"
            );
        }
    }

    #[test]
    fn an_encrypted_connection_needs_somebody_to_believe() {
        let settings = PostgresSettings::new("postgres://me@db/hub").unwrap();
        let refused = settings.resolve().unwrap_err().to_string();
        assert!(refused.contains("sslrootcert=FILE"), "{refused}");
        let dangerous = settings.dangerous_accept_any_certificate();
        assert!(dangerous.resolve().is_ok());
    }

    #[test]
    fn a_password_is_read_from_a_file_without_its_line_end() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("password");
        fs::write(&file, "hunter2 \r\n").unwrap();
        let config = local().password_file(&file).resolve().unwrap().config;
        assert_eq!(config.get_password(), Some(b"hunter2 ".as_slice()));
    }

    #[test]
    fn a_missing_password_is_missed_by_name() {
        let refused = local().password_file("/nowhere/password").resolve();
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("/nowhere/password"), "{refused}");
        let refused = local().password_variable("SSO_NO_SUCH_VARIABLE").resolve();
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("SSO_NO_SUCH_VARIABLE"), "{refused}");
    }

    #[test]
    fn a_schema_has_a_plain_name() {
        let long = "s".repeat(63);
        for name in ["sso_connect", "_", "a1", &long] {
            assert!(local().schema(name).resolve().is_ok(), "{name}");
        }
        let longer = "s".repeat(64);
        for name in ["", "1a", "A", "a-b", "a\"b", "é", "pg_hub", &longer] {
            let refused = local().schema(name).resolve();
            assert!(
                matches!(refused, Err(PostgresOpenError::SchemaName { .. })),
                "{name}"
            );
        }
    }

    fn local() -> PostgresSettings {
        PostgresSettings::new("host=/run/db user=me").unwrap()
    }
}
