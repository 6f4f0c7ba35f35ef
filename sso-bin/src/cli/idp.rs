//! `sso-connect idp`: lists, adds and removes identity providers.

use sso_core::config::document::{IdentityProviderDocument, SharedConfigDocument};
use sso_core::config::{IdentityProvider, ProviderState};

use super::{print, provider_metadata};
use crate::args::{IdpAddArgs, IdpCommand, RequestBinding, RequireSigned};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::settings::SettingsError;
use crate::{settings, wiring};

pub(super) async fn run(dir: &DataDir, command: &IdpCommand) -> Result<(), Failure> {
    match command {
        IdpCommand::Add(args) => add(dir, args).await,
        IdpCommand::List => list(dir),
        IdpCommand::Remove { name } => remove(dir, name),
    }
}

/// One provider, in one line.
pub(super) fn line(provider: &IdentityProvider) -> String {
    let state = match provider.state() {
        ProviderState::Disabled => "disabled",
        ProviderState::Enabled => "enabled",
    };
    format!(
        "{:<16} {state:<9} {}\n",
        provider.name().as_str(),
        provider.entity_id()
    )
}

async fn add(dir: &DataDir, args: &IdpAddArgs) -> Result<(), Failure> {
    let provider = document(args, provider_metadata::read(&args.metadata).await?);
    let mut config = settings::read(dir)?;
    let replaced = take(&mut config, &args.name);
    if replaced && !args.replace {
        return Err(Failure::refused(
            format!("there is an identity provider called {}", args.name),
            "choose another name, or add --replace",
        ));
    }
    config.identity_providers.push(provider.clone());
    settings::check(dir, config.clone(), wiring::now()).map_err(SettingsError::of_candidate)?;
    match replaced {
        true => settings::write(dir, &config)?,
        false => settings::append(dir, provider)?,
    }
    print(&format!(
        "Added {}. A running server takes it up at SIGHUP.\n",
        args.name
    ))
}

fn list(dir: &DataDir) -> Result<(), Failure> {
    let config = settings::load(dir, wiring::now())?;
    let lines: String = config.identity_providers().iter().map(line).collect();
    print(&lines)
}

fn remove(dir: &DataDir, name: &str) -> Result<(), Failure> {
    let mut config = settings::read(dir)?;
    if !take(&mut config, name) {
        return Err(Failure::refused(
            format!("there is no identity provider called {name}"),
            format!("sso-connect idp list --data-dir {}", dir.root().display()),
        ));
    }
    settings::write(dir, &config)?;
    print(&format!(
        "Removed {name}. A running server lets go of it at SIGHUP.\n"
    ))
}

/// Takes the provider called `name` out, if there is one.
fn take(config: &mut SharedConfigDocument, name: &str) -> bool {
    let before = config.identity_providers.len();
    config
        .identity_providers
        .retain(|provider| provider.name != name);
    config.identity_providers.len() < before
}

fn document(args: &IdpAddArgs, metadata: String) -> IdentityProviderDocument {
    let mut provider = IdentityProviderDocument::new(&args.name, metadata);
    provider.signed_part = match args.require_signed {
        RequireSigned::Assertion => Some("assertion".into()),
        RequireSigned::Both => Some("both".into()),
        RequireSigned::Either => None,
        RequireSigned::Response => Some("response".into()),
    };
    provider.request_binding = args.request_binding.map(|binding| match binding {
        RequestBinding::Post => "post".into(),
        RequestBinding::Redirect => "redirect".into(),
    });
    provider.attributes.first.clone_from(&args.first);
    provider.attributes.last.clone_from(&args.last);
    provider.attributes.email.clone_from(&args.email);
    provider.attributes.groups.clone_from(&args.groups);
    provider.dangerous.accept_sha1 = args.dangerous_accept_sha1;
    provider.dangerous.accept_cbc_encryption = args.dangerous_accept_cbc;
    provider.dangerous.accept_unsolicited_responses = args.dangerous_accept_idp_initiated;
    provider
}
