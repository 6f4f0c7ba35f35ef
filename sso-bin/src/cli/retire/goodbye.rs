//! What a server says when it leaves as planned.

use std::sync::Arc;

use sso_core::UnixTime;
use sso_sync::administration::Administrator;
use sso_sync::driver::sign_outs;
use sso_sync::mirror::{Mirror, SqlitePlace};
use sso_sync::seal::MemberKeys;
use sso_sync::status::Revocation;
use sso_sync::store::DomainId;

use crate::cli::Context;
use crate::data_dir::DataDir;
use crate::domain::{DomainSettings, Vault};
use crate::failure::Failure;

/// A server that is about to say goodbye, with its own keys.
pub(super) struct Goodbye {
    server: String,
    domain: DomainId,
    keys: MemberKeys,
}

impl Goodbye {
    /// Sees whether the server can: its keys open.
    pub(super) async fn prepare(dir: &DataDir, settings: &DomainSettings) -> Result<Self, Failure> {
        let server = settings.server.clone();
        let domain = settings.domain_id();
        let domain = domain.ok_or_else(|| silent(&server, &"domain.toml names no domain"))?;
        let keys = Vault::open(dir)?.node_keys(domain).await;
        let keys = keys.map_err(|error| silent(&server, &error))?;
        let keys = keys.ok_or_else(|| silent(&server, &"keys/node.sealed is missing"))?;
        Ok(Self {
            server,
            domain,
            keys,
        })
    }

    /// Says so: the domain goes on without the server. It must have ended, so that nobody signs out
    /// there any more.
    pub(super) async fn say(
        &self,
        dir: &DataDir,
        administrator: &mut Administrator,
    ) -> Result<u64, Failure> {
        let told = self.sign_outs(dir).await?;
        let retired = administrator.retire_server(&self.keys, &told).await;
        retired.map_err(|error| {
            let (failure, fix) = (Failure::from(error), AGAIN);
            Failure::refused(format!("the server is not retired: {failure}"), fix)
        })
    }

    /// Who signed out at this server: the others go on refusing those sessions.
    async fn sign_outs(&self, dir: &DataDir) -> Result<Vec<Revocation>, Failure> {
        let unread = |error: &dyn std::fmt::Display| silent(&self.server, error);
        let place = SqlitePlace::open(&dir.node_folder()).map_err(|error| unread(&error))?;
        let mirror = Mirror::open(Arc::new(place), self.domain).await;
        let mirror = mirror.map_err(|error| unread(&error))?;
        sign_outs(&mirror).await.map_err(|error| unread(&error))
    }
}

/// Says so if people are signed in here by keys that no other server ever had.
pub(super) fn remark_former_sessions(context: &Context, settings: &DomainSettings) {
    let until = UnixTime::from_secs(settings.former_sessions_until.unwrap_or_default());
    if context.now() < until {
        context.terminal.remark(&format!(
            "Who signed in here before this server belonged to {} signs in again at the others: \
             they never had those keys. Nobody does from {} on.",
            settings.domain,
            context.zone.show(until)
        ));
    }
}

fn silent(server: &str, why: &dyn std::fmt::Display) -> Failure {
    Failure::refused(
        format!("{server} cannot say goodbye, so sessions cannot outlive it: {why}"),
        format!(
            "sso-connect servers revoke {server}, after which everybody signs in again; then this \
             again, to destroy what is left here"
        ),
    )
}

const AGAIN: &str = "start it again, or give this command again when the hub answers";
