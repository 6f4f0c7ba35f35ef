//! `sso-connect hub`: what the operator of a hub does.

mod admin;
mod domain;
mod init;
mod list;
mod serve;
mod status;

use std::path::Path;

use sso_sync::admin::{AdministratorName, DomainName, NameError};
use sso_sync::hub::DomainEntry;

use super::print;
use crate::data_dir::{DataDir, Program};
use crate::failure::Failure;
use crate::hub::HubError;
use crate::hub::args::HubCommand;
use crate::hub::settings::Settings;
use crate::hub::wiring::{self, Assembled};

pub(super) async fn run(root: &Path, command: &HubCommand) -> Result<(), Failure> {
    if let HubCommand::Init(args) = command {
        return init::run(root, args);
    }
    let dir = DataDir::open_of(Program::Hub, root)?;
    let settings = Settings::load(&dir)?;
    match command {
        HubCommand::Admin(command) => {
            admin::run(&Office::open(&dir, &settings).await?, command).await
        }
        HubCommand::Backup { file } => back_up(&dir, &settings, file).await,
        HubCommand::Domain(command) => {
            domain::run(&Office::open(&dir, &settings).await?, command).await
        }
        HubCommand::Serve(args) => serve::run(&dir, &settings, args).await,
        HubCommand::Status => status::run(&settings).await,
        HubCommand::Init(_) => Ok(()),
    }
}

async fn back_up(dir: &DataDir, settings: &Settings, file: &Path) -> Result<(), Failure> {
    wiring::back_up(dir, settings, file).await?;
    print(&format!(
        "Copied everything to {}. Keep it together with a copy of {}.\n",
        file.display(),
        dir.root().join("keys").display()
    ))
}

/// A hub as its operator works on it, whether it runs or not.
struct Office {
    assembled: Assembled,
    /// Where it is reached.
    hub: String,
}

impl Office {
    async fn open(dir: &DataDir, settings: &Settings) -> Result<Self, Failure> {
        let hub = settings.reached_as.first();
        Ok(Self {
            assembled: wiring::assemble(dir, settings).await?,
            hub: hub.map(ToString::to_string).unwrap_or_default(),
        })
    }

    /// The domain of a name.
    async fn domain(&self, name: &DomainName) -> Result<DomainEntry, Failure> {
        let hub = &self.assembled.hub;
        let found = hub.domain_named(name.as_str()).await;
        found.map_err(HubError::from)?.ok_or_else(|| {
            Failure::refused(
                format!("there is no domain {name} at this hub"),
                "sso-connect hub domain list",
            )
        })
    }
}

fn domain_name(text: &str) -> Result<DomainName, Failure> {
    DomainName::parse(text).map_err(|error| name_refused(text, &error))
}

fn administrator_name(text: &str) -> Result<AdministratorName, Failure> {
    AdministratorName::parse(text).map_err(|error| name_refused(text, &error))
}

fn name_refused(text: &str, error: &NameError) -> Failure {
    Failure::because(format!("{text:?}: {error}"))
}
