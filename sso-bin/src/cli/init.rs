//! `sso-connect init`: makes the data folder.

use std::path::Path;

use sso_core::config::Service;
use sso_core::config::document::{IdentityProviderDocument, SharedConfigDocument};
use url::Url;

use super::print;
use super::provider_metadata::read_file;
use crate::args::InitArgs;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::settings::SettingsError;
use crate::{key_files, local_settings, settings, wiring};

pub(super) async fn run(root: &Path, args: &InitArgs) -> Result<(), Failure> {
    let service = Service::new(&args.base_url).map_err(|error| {
        Failure::refused(error.to_string(), "--base-url https://sso.example.com:8443")
    })?;
    let document = document(args)?;
    check_before_keys(document.clone())?;
    let dir = DataDir::create(root)?;
    key_files::create(&dir, &host(service.base_url()), wiring::now())?;
    settings::check(&dir, document.clone(), wiring::now())?;
    let local = LocalSettings::load(&dir)?;
    wiring::create_database(&dir, &wiring::data_key(&dir, &local).await?)?;
    dir.write(&dir.local_file(), local_settings::TEMPLATE)?;
    // Last, since it is what makes the folder a data folder.
    settings::write(&dir, &document)?;
    print(&next_steps(&dir, &service, args))
}

/// Keys that are made stay, so that a mistyped command line must not get as far as that.
fn check_before_keys(mut document: SharedConfigDocument) -> Result<(), SettingsError> {
    for provider in &mut document.identity_providers {
        // What signs requests is not there yet.
        provider.sign_requests = Some(false);
    }
    match document.check(wiring::now()) {
        Ok(_) => Ok(()),
        Err(problems) => Err(SettingsError::Candidate { problems }),
    }
}

fn document(args: &InitArgs) -> Result<SharedConfigDocument, Failure> {
    let mut document = SharedConfigDocument::new(&args.base_url);
    document.destinations.clone_from(&args.allow_dest);
    for named in &args.idp {
        let metadata = read_file(&named.file)?;
        document
            .identity_providers
            .push(IdentityProviderDocument::new(&named.name, metadata));
    }
    Ok(document)
}

/// The host of a checked base URL.
fn host(base_url: &str) -> String {
    let url = Url::parse(base_url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}

fn next_steps(dir: &DataDir, service: &Service, args: &InitArgs) -> String {
    let folder = dir.root().display();
    let add = match args.idp.is_empty() {
        true => format!("  sso-connect idp add NAME --metadata FILE|URL --data-dir {folder}\n"),
        false => String::new(),
    };
    format!(
        "Made {folder}.\n\n\
         For the identity provider:\n\
         \x20 entity ID   {}\n\
         \x20 ACS         {}\n\
         \x20 metadata    sso-connect metadata --data-dir {folder}\n\n\
         Next:\n{add}\
         \x20 sso-connect serve --data-dir {folder}\n\n\
         The TLS certificate is self-signed and browsers warn of it: replace keys/tls.pem and\n\
         keys/tls.key by those of the host name.\n",
        service.entity_id(),
        service.acs_url(),
    )
}
