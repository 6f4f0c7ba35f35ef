//! `sso-connect metadata`: prints what identity providers need to know about us.

use sso_core::config::SharedConfig;
use sso_core::saml::metadata::PublishError;

use super::print;
use crate::args::MetadataArgs;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::{settings, wiring};

pub(super) async fn run(dir: &DataDir, args: &MetadataArgs) -> Result<(), Failure> {
    let config = settings::load(dir, wiring::now())?;
    let published = match args.sign {
        true => signed(&config).await,
        false => config.metadata().to_xml().map(Some),
    };
    let xml = published.map_err(|error| Failure::because(format!("no metadata: {error}")))?;
    let xml = xml.ok_or_else(|| {
        Failure::refused(
            "there is no key to sign with",
            "restore keys/saml-signing.key",
        )
    })?;
    print(&format!("{}\n", xml.trim_end()))
}

async fn signed(config: &SharedConfig) -> Result<Option<String>, PublishError> {
    match config.keys().signer() {
        Some(signer) => config.metadata().sign(signer.as_ref()).await.map(Some),
        None => Ok(None),
    }
}
