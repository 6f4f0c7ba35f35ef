//! How the program ends when it cannot do what it was told.

use std::error::Error;
use std::process::ExitCode;

use sso_sync::local::OpenError;

use crate::address::AddressError;
use crate::data_dir::DataDirError;
use crate::domain::DomainSettingsError;
use crate::hub::HubError;
use crate::local_settings::LocalSettingsError;
use crate::settings::SettingsError;
use crate::tls::TlsError;
use crate::token::TokenKeyError;

/// Why a command failed, with what mends it.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server cannot listen.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The data folder cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A hub cannot be run or asked.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// Something about the domain or its hub is in the way.
    #[error("{what}")]
    Domain {
        /// Which kind, and so which exit code.
        trouble: Trouble,
        /// What, and why.
        what: String,
        /// What to do about it, if that is known.
        fix: Option<String>,
    },
    /// `domain.toml` cannot be used.
    #[error(transparent)]
    DomainSettings(#[from] DomainSettingsError),
    /// The person pressed Ctrl-C, or closed the terminal.
    #[error("interrupted; nothing more was done")]
    Interrupted,
    /// `local.toml` cannot be used.
    #[error(transparent)]
    LocalSettings(#[from] LocalSettingsError),
    /// Something was refused or is out of reach.
    #[error("{what}")]
    Refused {
        /// What, and why.
        what: String,
        /// What to do about it, if that is known.
        fix: Option<String>,
    },
    /// What seals the secrets of this server cannot be used.
    #[error("{what}")]
    Sealer {
        /// What, and why.
        what: String,
        /// What to do about it, if that is known.
        fix: Option<String>,
    },
    /// `config.toml` or a key cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The public address has no TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A key on a token cannot be used.
    #[error(transparent)]
    Token(#[from] TokenKeyError),
}

impl Failure {
    /// A failure of its own kind.
    pub(crate) fn refused(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::Refused {
            what: what.into(),
            fix: Some(fix.into()),
        }
    }

    /// A failure that nothing here can mend.
    pub(crate) fn because(what: impl Into<String>) -> Self {
        Self::Refused {
            what: what.into(),
            fix: None,
        }
    }

    /// A failure about the domain or its hub.
    pub(crate) fn domain(
        trouble: Trouble,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::Domain {
            trouble,
            what: what.into(),
            fix: Some(fix.into()),
        }
    }

    /// There is a question, and nobody to ask.
    pub(crate) fn unasked(question: &str, ways: &str) -> Self {
        let what = format!("there is no terminal to ask in: {question}");
        Self::domain(Trouble::Unasked, what, ways)
    }

    /// Whether a newer program wrote a file in a way that this one cannot read.
    pub(crate) const fn is_newer_file(&self) -> bool {
        matches!(self, Self::Store(OpenError::NewerSchema { .. }))
    }

    /// The exit code, as `--help` promises it.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// The command, or the line in a file, that mends it.
    #[must_use]
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::Address(error) => Some(error.fix()),
            Self::DataDir(error) => Some(error.fix()),
            Self::Hub(error) => error.fix(),
            Self::Domain { fix, .. } => fix.clone(),
            Self::DomainSettings(error) => Some(error.fix()),
            Self::Interrupted => None,
            Self::LocalSettings(error) => Some(error.fix()),
            Self::Refused { fix, .. } | Self::Sealer { fix, .. } => fix.clone(),
            Self::Settings(error) => error.fix(),
            Self::Store(error) => fix_store(error),
            Self::Tls(error) => Some(error.fix()),
            Self::Token(error) => Some(error.fix()),
        }
    }

    fn code(&self) -> u8 {
        match self {
            Self::Domain { trouble, .. } => trouble.code(),
            Self::Interrupted => INTERRUPTED,
            Self::Refused { .. } => FAILED,
            Self::Address(_) => ADDRESS,
            Self::DomainSettings(DomainSettingsError::DataDir(_))
            | Self::LocalSettings(LocalSettingsError::DataDir(_))
            | Self::DataDir(_)
            | Self::Sealer { .. }
            | Self::Store(_)
            | Self::Tls(_)
            | Self::Token(_) => DATA_FOLDER,
            Self::Hub(error) if error.is_about_an_address() => ADDRESS,
            Self::Hub(error) if error.is_about_data() => DATA_FOLDER,
            Self::Hub(error) if error.is_about_settings() => CONFIGURATION,
            Self::Hub(_) => FAILED,
            Self::DomainSettings(_) | Self::LocalSettings(_) => CONFIGURATION,
            Self::Settings(error) if error.is_about_a_file() => DATA_FOLDER,
            Self::Settings(_) => CONFIGURATION,
        }
    }
}

/// What kind of trouble there is with the domain or its hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// Somebody else changed the same.
    Conflict,
    /// The hub, the server or the person who asks is not allowed to, or gave the wrong password.
    Denied,
    /// The hub contradicts what is known of the domain; nothing that it said was used.
    Dishonest,
    /// The session of the administrator is over, or there is none.
    NotSignedIn,
    /// The hub, or the running server, does not answer.
    Unreachable,
    /// Something has to be asked, and there is nobody to ask.
    Unasked,
    /// This program has another version than the servers of the domain.
    Version,
}

impl Trouble {
    const fn code(self) -> u8 {
        match self {
            Self::Denied => 6,
            Self::NotSignedIn => 7,
            Self::Conflict => 8,
            Self::Version => 9,
            Self::Unreachable => 10,
            Self::Dishonest => 11,
            Self::Unasked => 12,
        }
    }
}

/// The innermost error says what happened; the outer ones only where.
pub(crate) fn root_cause(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |error| (*error).source())
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The innermost error, unless `error` says by itself what it says.
pub(crate) fn deeper_cause(error: &dyn Error) -> Option<String> {
    let cause = root_cause(error);
    let known = error.to_string().contains(&cause);
    (!known).then_some(cause)
}

fn fix_store(error: &OpenError) -> Option<String> {
    match error {
        OpenError::Damaged { path, .. } if path.extension() == Some("beside".as_ref()) => {
            Some(format!(
                "move {0} away, and start without the sign-outs and used assertions that an older \
                 version remembered there; what can still be read: sqlite3 {0} .recover",
                path.display()
            ))
        }
        OpenError::Damaged { path, .. } => Some(format!(
            "stop the server and restore {0} from a backup; what can still be read: \
             sqlite3 {0} .recover",
            path.display()
        )),
        OpenError::Io { path, .. } => Some(format!("ls -l {}", path.display())),
        OpenError::NewerSchema { path, .. } => Some(format!(
            "a newer version of sso-connect wrote {}: install that version again; nothing was \
             changed",
            path.display()
        )),
        OpenError::WrongKey { .. } => {
            let fix = "restore keys/data.key or keys/data.sealed from the backup that the database \
                       is from";
            Some(fix.into())
        }
        _ => None,
    }
}

const FAILED: u8 = 1;
const CONFIGURATION: u8 = 3;
const ADDRESS: u8 = 4;
const DATA_FOLDER: u8 = 5;

/// As shells have it: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;
