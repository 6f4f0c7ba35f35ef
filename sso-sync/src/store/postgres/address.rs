//! The address of a database, as libpq writes it.

use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::PostgresOpenError;

/// What an address says.
#[derive(Debug)]
pub(super) struct Address {
    /// All but the encryption.
    pub(super) config: Config,
    /// `sslmode=disable`.
    pub(super) plain: bool,
    /// `sslrootcert`.
    pub(super) authorities: Option<PathBuf>,
}

impl Address {
    /// Reads a URL (`postgres://…`) or pairs (`host=… user=…`).
    ///
    /// The driver does not know all that libpq knows about encryption, and some of its complaints
    /// quote the address. So the names of the options are looked at here first.
    pub(super) fn parse(text: &str) -> Result<Self, PostgresOpenError> {
        let mut options = if is_url(text) {
            split_url(text)
        } else {
            split_pairs(text)?
        };
        let plain = match options.take("sslmode").as_deref() {
            None | Some("require" | "verify-full") => false,
            Some("disable") => true,
            Some(_) => return Err(PostgresOpenError::address(SSL_MODES)),
        };
        let authorities = options.take("sslrootcert").map(PathBuf::from);
        options.check()?;
        let config = parse_config(&options.text())?;
        Ok(Self {
            config,
            plain,
            authorities,
        })
    }
}

fn parse_config(text: &str) -> Result<Config, PostgresOpenError> {
    let config: Config = text.parse().map_err(|_| {
        PostgresOpenError::address(
            "write postgres://USER@HOST:PORT/DATABASE, or pairs as in host=HOST user=USER; \
             special characters of a URL as %40 for @, of a pair's value between single quotes",
        )
    })?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(PostgresOpenError::address("it names no host"));
    }
    if config.get_hosts().iter().any(has_at_sign) {
        return Err(PostgresOpenError::address(
            "there is more than one @ in it: write %40 for an @ in a user name or password",
        ));
    }
    Ok(config)
}

fn has_at_sign(host: &Host) -> bool {
    matches!(host, Host::Tcp(name) if name.contains('@'))
}

/// The options of an address, as they were written.
struct Options<'a> {
    /// What comes before them: of a URL, all up to the question mark.
    before: &'a str,
    /// Names, values, and the text of both.
    options: Vec<(&'a str, String, &'a str)>,
    between: &'static str,
}

impl Options<'_> {
    /// The last value of an option, which is thereby no longer among them.
    fn take(&mut self, name: &str) -> Option<String> {
        let taken = self.options.extract_if(.., |(it, ..)| *it == name);
        taken.last().map(|(_, value, _)| value)
    }

    fn check(&self) -> Result<(), PostgresOpenError> {
        let unknown = |(name, ..): &(&str, String, &str)| !KNOWN.contains(name);
        match self.options.iter().position(unknown) {
            None => Ok(()),
            // It may be a part of a password.
            Some(_) => Err(PostgresOpenError::address(format!(
                "it has an option that is not known; known are {}",
                KNOWN.join(", ")
            ))),
        }
    }

    fn text(&self) -> String {
        let texts: Vec<_> = self.options.iter().map(|(.., text)| *text).collect();
        let texts = texts.join(self.between);
        match self.before {
            "" => texts,
            before if texts.is_empty() => before.to_owned(),
            before => format!("{before}?{texts}"),
        }
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// A question mark in the password is none that begins the options.
fn split_url(text: &str) -> Options<'_> {
    let host = text.find('@').unwrap_or(0);
    let query = text.get(host..).and_then(|rest| rest.find('?'));
    let (before, query) = match query {
        Some(at) => text.split_at(host + at),
        None => (text, ""),
    };
    let options = query
        .trim_start_matches('?')
        .split('&')
        .filter(|option| !option.is_empty())
        .map(|option| {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            (name, decode_percent(value), option)
        })
        .collect();
    Options {
        before,
        options,
        between: "&",
    }
}

fn decode_percent(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        let digits = escaped.get(..2);
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(b'%'));
        rest = escaped.get(byte.map_or(0, |_| 2)..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

fn split_pairs(text: &str) -> Result<Options<'_>, PostgresOpenError> {
    let mut options = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest
            .split_once('=')
            .ok_or_else(|| PostgresOpenError::address("an option has no value"))?;
        let (value, left) = take_value(after.trim_start());
        let whole = rest.get(..rest.len() - left.len()).unwrap_or(rest);
        options.push((name.trim_end(), value, whole.trim_end()));
        rest = left.trim_start();
    }
    Ok(Options {
        before: "",
        options,
        between: " ",
    })
}

/// The value that a text begins with, between quotes or up to a space, and what follows.
fn take_value(text: &str) -> (String, &str) {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut characters = text.char_indices().skip(usize::from(quoted));
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return (value, text.get(at + 1..).unwrap_or_default()),
            _ if !quoted && character.is_whitespace() => {
                return (value, text.get(at..).unwrap_or_default());
            }
            _ => value.push(character),
        }
    }
    (value, "")
}

const SSL_MODES: &str = "sslmode is verify-full (which is what is done without it), require (the \
     same) or disable; for a server whose certificate cannot be checked, mend the certificate or \
     name its authority by sslrootcert";

const KNOWN: &[&str] = &[
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "load_balance_hosts",
    "password",
    "port",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read() {
        let address = read("postgres://me:p%40ss@db.example.com:5433/hub?sslrootcert=%2Fca.pem");
        let config = &address.config;
        assert_eq!(config.get_hosts(), [Host::Tcp("db.example.com".into())]);
        assert_eq!(config.get_ports(), [5433]);
        assert_eq!(config.get_user(), Some("me"));
        assert_eq!(config.get_password(), Some(b"p@ss".as_slice()));
        assert_eq!(config.get_dbname(), Some("hub"));
        assert_eq!(address.authorities, Some("/ca.pem".into()));
        assert!(!address.plain);
    }

    #[test]
    fn pairs_are_read() {
        let address =
            read(r"host=/run/db user = me password='it\'s = \\' sslmode=disable dbname=hub");
        let config = &address.config;
        assert_eq!(config.get_hosts(), [Host::Unix("/run/db".into())]);
        assert_eq!(config.get_user(), Some("me"));
        assert_eq!(config.get_password(), Some(br"it's = \".as_slice()));
        assert_eq!(config.get_dbname(), Some("hub"));
        assert!(address.plain);
    }

    #[test]
    fn encryption_is_the_default_and_never_optional() {
        for (address, plain) in [
            ("host=db", false),
            ("host=db sslmode=require", false),
            ("host=db sslmode=verify-full", false),
            ("host=db sslmode=disable", true),
            ("postgres://db?sslmode=disable&connect_timeout=3", true),
        ] {
            assert_eq!(read(address).plain, plain, "{address}");
        }
        for mode in ["allow", "prefer", "verify-ca", ""] {
            let refused = refuse(&format!("host=db sslmode='{mode}'"));
            assert!(refused.contains("verify-full"), "{refused}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_being_quoted() {
        for address in [
            "host=db password=hunter2 hunter2=x",
            "host=db password=hunter2 hunter2",
            "host=db password='hunter2",
            "user=hunter2",
            "postgres://me:x@hunter2@db/hub",
            "postgres://me:hunter2@db:hunter2/hub",
            "postgres://db?hunter2=1",
            "hunter2",
        ] {
            let refused = refuse(address);
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }

    fn read(address: &str) -> Address {
        Address::parse(address).unwrap()
    }

    fn refuse(address: &str) -> String {
        Address::parse(address).unwrap_err().to_string()
    }
}
