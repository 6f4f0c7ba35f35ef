//! The service gets another name while people sign in.

use std::fs;

use serde_json::Value;

use super::site::{FIRST, SECOND, Site, until};
use crate::demo::made;
use crate::failure::Failure;

impl Site {
    /// Both names work from now on, and people come by the second one in the end.
    pub(super) async fn rename(&mut self) -> Result<String, Failure> {
        let (certificate, key) = (
            self.machines.text("second.pem"),
            self.machines.text("second.key"),
        );
        let second = &self.certificates.second;
        made(fs::write(&certificate, second.certificate_pem()))?;
        made(fs::write(&key, second.key_pem()))?;
        let pair = ["--certificate", &certificate, "--key", &key];
        let acs_url = self.check_name(&certificate).await?;
        // There is no DNS here: browsers know where the name leads.
        let change = ["hostname", "change", SECOND, "--anyway", "--yes"];
        let change = [&change[..], &pair].concat();
        self.machines.give("sso2", &change).await?;
        self.spread().await?;
        self.acs_urls.learn(acs_url);
        self.name = SECOND;
        self.balancer.ask_by(SECOND)?;
        self.lead_to_second().await?;
        Ok(format!("people come by {SECOND}, and {FIRST} works too"))
    }

    /// What the identity provider has to be told of the second name: where to send people back to.
    async fn check_name(&self, certificate: &str) -> Result<String, Failure> {
        let check = ["hostname", "check", SECOND, "--certificate", certificate];
        let found = self.machines.look("sso2", &check).await?;
        let text = |place| found.pointer(place).and_then(Value::as_str);
        let covered = text("/certificate/covered_by");
        let acs_url = text("/identity_providers/0/new_acs_url");
        match (covered, acs_url) {
            (Some(SECOND), Some(acs_url)) => Ok(acs_url.to_owned()),
            _ => Err(Failure::because(format!("hostname check says: {found}"))),
        }
    }

    /// First people come by both names, then by the second one alone.
    async fn lead_to_second(&self) -> Result<(), Failure> {
        let second = self.way()?;
        until(async || second.is_let_in().await).await?;
        let both = self.first_way.iter().chain([&second]);
        self.crowd.come_by(&both.collect::<Vec<_>>());
        self.crowd.more(50).await?;
        self.crowd.come_by(&[&second]);
        self.crowd.more(50).await
    }

    /// The first name is gone, after the last one who came by it.
    pub(super) async fn retire_name(&mut self) -> Result<String, Failure> {
        if let Some(first) = self.first_way.take() {
            self.crowd.have_left(first).await;
        }
        let retire = ["hostname", "retire", FIRST, "--unused", "0", "--yes"];
        // It is refused until every server has told when somebody came by that name last.
        until(async || self.machines.give("sso2", &retire).await.is_ok()).await?;
        self.spread().await?;
        self.crowd.more(50).await?;
        Ok(format!("{SECOND} is the only name"))
    }
}
