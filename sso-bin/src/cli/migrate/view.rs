//! What is known of a domain from one of its servers.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sso_core::UnixTime;
use url::Url;

use crate::address::{self, addresses_of_this_machine};
use crate::cli::Context;
use crate::control::{Client, Report, ServerLine};
use crate::domain::DomainSettings;
use crate::failure::Failure;
use crate::local_settings::LocalSettings;

/// Everything that the steps are judged by, at one moment.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) now: UnixTime,
    /// The server that goes.
    pub(super) from: Option<String>,
    /// Of a server of a domain.
    pub(super) settings: Option<DomainSettings>,
    pub(super) local: LocalSettings,
    /// Why the address of this machine's settings cannot be used, and what mends it.
    pub(super) address: Option<(String, String)>,
    /// What the running server says.
    pub(super) report: Option<Report>,
    /// All servers of the domain, this one included.
    pub(super) servers: Vec<ServerLine>,
    /// Where the name of the service leads; nothing if it leads nowhere.
    pub(super) led_to: BTreeSet<IpAddr>,
    /// The addresses of this machine.
    pub(super) here: BTreeSet<IpAddr>,
}

impl View {
    /// Looks at this machine, asks the running server, and the DNS.
    pub(super) async fn gather(context: &Context, from: Option<&str>) -> Result<Self, Failure> {
        let mut view = Self {
            now: context.now(),
            from: from.map(Into::into),
            here: addresses_of_this_machine(),
            ..Self::default()
        };
        let Some((dir, settings)) = context.membership()? else {
            return Ok(view);
        };
        view.settings = Some(settings);
        view.local = LocalSettings::load(&dir)?;
        if let Some(client) = Client::find(&dir).await? {
            view.report = Some(client.report().await?);
            view.servers = client.servers().await?;
        } else if let Err(error) = address::bind(view.local.listen()) {
            view.address = Some((error.to_string(), error.fix()));
        }
        if let Some((host, port)) = view.host() {
            let found = tokio::net::lookup_host((host.as_str(), port)).await;
            view.led_to =
                found.map_or_else(|_| BTreeSet::new(), |it| it.map(|it| it.ip()).collect());
        }
        Ok(view)
    }

    /// The host and port that browsers are led to.
    pub(super) fn host(&self) -> Option<(String, u16)> {
        let url = Url::parse(&self.report.as_ref()?.base_url).ok()?;
        let port = url.port_or_known_default()?;
        Some((url.host_str()?.to_owned(), port))
    }

    /// The server that was asked, in the list.
    pub(super) fn this(&self) -> Option<&ServerLine> {
        self.servers.iter().find(|line| line.this)
    }

    /// The servers that stay.
    pub(super) fn staying(&self) -> impl Iterator<Item = &ServerLine> {
        let goes = |line: &&ServerLine| self.from.as_ref() != Some(&line.name);
        self.servers.iter().filter(goes)
    }
}
