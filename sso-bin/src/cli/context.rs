//! What a command works with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sso_core::{Clock, SystemClock, UnixTime};
use sso_sync::administration::Office;

use crate::data_dir::DataDir;
use crate::domain::{DomainSettings, HubAddress, Hubs, RealHubs};
use crate::failure::Failure;
use crate::hostname::{Names, RealNames};
use crate::terminal::{Console, Environment, Terminal, Zone};
use crate::token::TokenKeys;

/// What a command works with: a folder, a person, a clock and the way to hubs. Tests bring their
/// own.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests make their own")]
pub struct Context {
    /// The data folder.
    pub root: PathBuf,
    /// Whoever gave the command.
    pub terminal: Arc<dyn Terminal>,
    /// Variables that are read in place of questions.
    pub environment: Environment,
    /// The zone in which moments are shown.
    pub zone: Zone,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The way to hubs.
    pub hubs: Arc<dyn Hubs>,
    /// What is known of names outside.
    pub names: Arc<dyn Names>,
    /// The name of this machine.
    pub machine: String,
}

impl Context {
    /// That of this process.
    #[must_use]
    pub fn of_process(root: &Path) -> Self {
        Self {
            root: root.into(),
            terminal: Arc::new(Console::new()),
            environment: Environment::of_process(),
            zone: Zone::of_machine(),
            clock: Arc::new(SystemClock),
            hubs: Arc::new(RealHubs),
            names: Arc::new(RealNames),
            machine: crate::network::host_name(),
        }
    }

    /// The present moment.
    pub(super) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// A place from which somebody works with the hub at `address`.
    pub(super) fn office_at(&self, address: &HubAddress) -> Result<Office, Failure> {
        self.hubs.office(address, Arc::clone(&self.clock))
    }

    /// Writes what was asked for.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        self.terminal.print(text)
    }

    /// The data folder of a server, whichever kind.
    pub(super) fn dir(&self) -> Result<DataDir, Failure> {
        Ok(DataDir::open(&self.root)?)
    }

    /// The keys on the token of this machine, if the folder is that of a server.
    pub(super) fn token_keys(&self) -> Result<TokenKeys, Failure> {
        if !self.root.exists() {
            return Ok(TokenKeys::default());
        }
        Ok(TokenKeys::load(&DataDir::ensure(&self.root)?)?)
    }

    /// The data folder, if it is that of a server of a domain, and what it says of the domain.
    pub(super) fn membership(&self) -> Result<Option<(DataDir, DomainSettings)>, Failure> {
        if !self.root.exists() {
            return Ok(None);
        }
        let dir = DataDir::ensure(&self.root)?;
        let settings = DomainSettings::load(&dir)?;
        Ok(settings.map(|settings| (dir, settings)))
    }

    /// The value of an option, else of a variable, else what the person types; Enter keeps the
    /// default.
    pub(super) fn obtain(
        &self,
        question: &str,
        given: Option<&str>,
        (option, variable): (&str, &str),
        default: Option<&str>,
    ) -> Result<String, Failure> {
        if let Some(given) = given {
            return Ok(given.to_owned());
        }
        if let Some(value) = self.environment.get(variable) {
            return Ok(value.as_str().to_owned());
        }
        match (self.terminal.is_interactive(), default) {
            (true, default) => self.terminal.ask(question, default),
            (false, Some(default)) => Ok(default.to_owned()),
            (false, None) => Err(Failure::unasked(
                question,
                &format!("{option}, or the environment variable {variable}"),
            )),
        }
    }
}
