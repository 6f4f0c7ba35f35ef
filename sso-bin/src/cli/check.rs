//! `sso-connect check`: says whether the server would start, and what is in the way.

use std::net::SocketAddr;

use sso_core::config::SharedConfig;
use url::Url;

use super::print;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::{address, key_files, settings, tls, wiring};

pub(super) async fn run(dir: &DataDir) -> Result<(), Failure> {
    let local = LocalSettings::load(dir)?;
    let config = settings::load(dir, wiring::now())?;
    // A running server has the port, so that any port shows whether the address is ours.
    address::bind(SocketAddr::new(local.listen().ip(), 0))?;
    key_files::sealing_keys(dir)?;
    wiring::check_database(dir, &local).await?;
    tls::load(dir)?;
    print(&summary(&local, &config))?;
    print(&advice(dir, &local, &config))?;
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
        lines.push_str("    ");
        lines.push_str(&super::idp::line(provider));
    }
    lines
}

/// What is no mistake, and yet keeps people from signing in.
fn advice(dir: &DataDir, local: &LocalSettings, config: &SharedConfig) -> String {
    let mut lines = String::new();
    if config.identity_providers().is_empty() {
        lines += &format!(
            "Nobody can sign in yet: sso-connect idp add NAME --metadata FILE|URL --data-dir {}\n",
            dir.root().display()
        );
    }
    let ports = (public_port(config), local.listen().port());
    if let (Some(public), private) = ports
        && public != private
    {
        lines += &format!(
            "Browsers are told to come to port {public}, and the server listens on port {private}: \
             a proxy has to lead from one to the other, or private_port in local.toml has to be \
             {public}.\n"
        );
    }
    lines
}

fn public_port(config: &SharedConfig) -> Option<u16> {
    let url = Url::parse(config.service().base_url()).ok()?;
    url.port_or_known_default()
}
