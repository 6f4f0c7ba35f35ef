//! `sso-connect check`: says whether the server would start, and what is in the way.

use sso_core::config::SharedConfig;

use super::print;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::{key_files, settings, tls, wiring};

pub(super) fn run(dir: &DataDir) -> Result<(), Failure> {
    let local = LocalSettings::load(dir)?;
    let config = settings::load(dir, wiring::now())?;
    key_files::sealing_keys(dir)?;
    key_files::data_key(dir)?;
    tls::load(dir)?;
    print(&summary(&local, &config))?;
    print(&tls::advice(dir, config.service(), wiring::now())?)
}

fn summary(local: &LocalSettings, config: &SharedConfig) -> String {
    let service = config.service();
    let providers = config.identity_providers();
    let mut lines = format!(
        "The configuration is valid.\n  base URL            {}\n  entity ID           {}\n  \
         listens on          {}\n  identity providers  {}\n",
        service.base_url(),
        service.entity_id(),
        local.listen(),
        providers.len(),
    );
    for provider in providers {
        lines.push_str(&super::idp::line(provider));
    }
    lines
}
