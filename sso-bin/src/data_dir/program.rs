//! Whose data folder it is.

/// Whose data folder it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// A hub's.
    Hub,
    /// A server's.
    Server,
}

impl Program {
    pub(super) const fn settings_file(self) -> &'static str {
        match self {
            Self::Hub => "hub.toml",
            Self::Server => "config.toml",
        }
    }

    pub(super) const fn database(self) -> &'static str {
        match self {
            Self::Hub => "hub.db",
            Self::Server => "sso.sqlite3",
        }
    }

    /// What the database holds.
    pub(super) const fn content(self) -> &'static str {
        match self {
            Self::Hub => "the domains and their administrators",
            Self::Server => "the users and their secrets",
        }
    }

    pub(super) const fn init(self) -> &'static str {
        match self {
            Self::Hub => "sso-connect hub init --reached-as hub.example.com:8444",
            Self::Server => "sso-connect init --base-url https://sso.example.com:8443",
        }
    }

    /// When an empty database does no harm, and the command that makes it.
    pub(super) const fn new_database(self) -> &'static str {
        match self {
            Self::Hub => "if there never was a domain: sso-connect hub serve --new-database",
            Self::Server => "if there never was a user: sso-connect serve --new-database",
        }
    }
}
