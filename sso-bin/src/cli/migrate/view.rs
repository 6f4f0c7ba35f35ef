//! What is known of a domain from one of its servers.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sso_core::UnixTime;
use sso_core::cert::HostName;
use sso_core::config::{Service, SharedConfig};

use crate::address;
use crate::args::PlanArgs;
use crate::cli::config::begin;
use crate::cli::{Context, hostname};
use crate::control::{Client, Report, ServerLine};
use crate::domain::DomainSettings;
use crate::failure::Failure;
use crate::hostname::Examination;
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
    /// Base URLs of the names that people came by before, and that still work.
    pub(super) former: Vec<String>,
    /// What was found out about a name that is to come.
    pub(super) coming: Option<Examination>,
    /// Where the name of the service leads; nothing if it leads nowhere.
    pub(super) led_to: BTreeSet<IpAddr>,
    /// What DNS has to say about that.
    pub(super) trouble: Option<String>,
    /// The addresses of this machine.
    pub(super) here: BTreeSet<IpAddr>,
}

impl View {
    /// Looks at this machine, asks the running server, and the DNS.
    pub(super) async fn gather(context: &Context, args: &PlanArgs) -> Result<Self, Failure> {
        let mut view = Self {
            now: context.now(),
            from: args.from.clone(),
            here: context.names.here(),
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
        if let Some(host) = view.host() {
            let answers = context.names.answers(&host).await;
            view.led_to = answers.addresses().collect();
            view.trouble = answers.trouble;
        }
        view.gather_names(context, args.hostname.as_deref()).await?;
        Ok(view)
    }

    async fn gather_names(&mut self, context: &Context, new: Option<&str>) -> Result<(), Failure> {
        let Some(config) = configuration(context).await else {
            return Ok(());
        };
        let former = config.services().filter(|it| config.is_former(it));
        self.former = former.map(|it| it.base_url().to_owned()).collect();
        if let Some(new) = new {
            self.coming = hostname::of_change(context, &config, new).await?;
        }
        Ok(())
    }

    /// The name that browsers are led by.
    pub(super) fn host(&self) -> Option<HostName> {
        let service = Service::new(&self.report.as_ref()?.base_url).ok()?;
        service.host().ok()
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

/// The configuration in this server's copy of the domain, as far as it can be used.
async fn configuration(context: &Context) -> Option<SharedConfig> {
    let (_, fields) = begin::own_copy(context).await.ok()??;
    fields.check(context.now()).ok()
}
