//! What is left to do when a server has gone, and who does it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::Serialize;
use sso_core::cert::HostName;
use sso_core::config::Service;
use sso_sync::administration::Administrator;

use crate::cli::Context;
use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::local_settings::LocalSettings;

/// Something that another person, or another machine, has to do.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Task {
    /// Who does it.
    who: String,
    /// What.
    what: String,
}

impl Task {
    fn new(who: &str, what: impl Into<String>) -> Self {
        Self {
            who: who.into(),
            what: what.into(),
        }
    }

    pub(super) fn text(&self) -> String {
        format!("  {}: {}\n", self.who, self.what)
    }
}

/// Where browsers are led, and where this machine is.
#[derive(Debug, Default)]
pub(super) struct Places {
    host: String,
    led_to: BTreeSet<IpAddr>,
    here: BTreeSet<IpAddr>,
}

impl Places {
    /// Asks the DNS for the host name of the domain's configuration. What cannot be found out is
    /// left to the person.
    pub(super) async fn of(context: &Context, administrator: &Administrator) -> Self {
        let Some(host) = host(administrator) else {
            return Self::default();
        };
        Self {
            host: host.ascii(),
            led_to: context.names.answers(&host).await.addresses().collect(),
            here: context.names.here(),
        }
    }

    /// What is left to do after the server of `dir` has gone.
    pub(super) fn remaining(&self, dir: &DataDir, settings: &DomainSettings) -> Vec<Task> {
        let local = LocalSettings::load(dir).unwrap_or_default();
        let name = &settings.server;
        let mut tasks = vec![
            Task::new(
                "administrator of the load balancer",
                format!("take {name} (port {}) out", local.listen().port()),
            ),
            self.of_dns(),
            Task::new(
                "identity provider",
                "nothing: it knows the service, not its servers",
            ),
            Task::new(
                "you",
                "systemctl disable sso-connect, and destroy backups and snapshots of this machine: \
                 they have its keys",
            ),
        ];
        if local.token.is_some() {
            let what = "destroy the keys of this server on its PKCS#11 token";
            tasks.push(Task::new("administrator of the token", what));
        }
        tasks
    }

    fn of_dns(&self) -> Task {
        let who = "administrator of DNS";
        let host = &self.host;
        let own: Vec<_> = self.led_to.intersection(&self.here).collect();
        match (own.first(), self.led_to.is_empty()) {
            (Some(own), _) => Task::new(
                who,
                format!("{host} leads to this machine ({own}): let it lead to another server"),
            ),
            (None, true) => Task::new(who, "see that no name leads to this machine any more"),
            (None, false) => Task::new(who, format!("nothing: {host} does not lead here")),
        }
    }
}

fn host(administrator: &Administrator) -> Option<HostName> {
    let (_, document) = administrator.current().ok()?;
    let base = str::from_utf8(document.value("base_url")?).ok()?;
    Service::new(base).ok()?.host().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_here_has_to_lead_elsewhere() {
        let here: IpAddr = "192.0.2.1".parse().unwrap();
        let there: IpAddr = "192.0.2.2".parse().unwrap();
        let of = |led_to: &[IpAddr]| {
            let places = Places {
                host: "sso.example.com".into(),
                led_to: led_to.iter().copied().collect(),
                here: BTreeSet::from([here]),
            };
            places.of_dns().text()
        };
        assert!(of(&[there, here]).contains("leads to this machine (192.0.2.1)"));
        assert!(of(&[there]).contains("nothing: sso.example.com does not lead here"));
        assert!(of(&[]).contains("see that no name leads to this machine"));
    }
}
