//! A hub in memory; one that stays is made of another `KvStore` and of keys that are kept.

use std::sync::Arc;

use sso_core::{Clock as _, SystemClock};
use sso_sync::admin::desk::Desk;
use sso_sync::admin::hub::{Hub as Reception, HubKeys};
use sso_sync::admin::{AdministratorName, DomainName, Invitation, Password, SystemRandomness};
use sso_sync::administration::{Administrator, Founding, Office, Program};
use sso_sync::hub::{Hub, HubSettings, NoAudit};
use sso_sync::link::{DirectLink, Link};
use sso_sync::store::{KvStore, MemoryStore, OnKv};

use super::{Outcome, PROGRAM};

/// A hub, and a domain of it with its first administrator.
pub(crate) async fn found(domain: &str) -> Outcome<(Arc<dyn Link>, Administrator)> {
    let (clock, random) = (Arc::new(SystemClock), &mut SystemRandomness);
    let documents: Arc<dyn KvStore> = Arc::new(MemoryStore::new());
    let desk = Desk::new(Reception::new(HubKeys::random(random)?), documents.clone());
    let (settings, store) = (
        HubSettings::new(HUB, PROGRAM),
        OnKv::new(MemoryStore::new()),
    );
    let hub = Hub::new(settings, Arc::new(store), documents, Arc::new(NoAudit))?;
    let hub = Arc::new(hub.with_administrators(Arc::new(desk.clone())));

    // What the hub's operator does, and hands out.
    let (now, life) = (clock.now(), Invitation::LIFE);
    let (name, alice) = (DomainName::parse(domain)?, AdministratorName::parse(ALICE)?);
    let invitation = Invitation::new(name, alice, None, now.later(life), random);
    desk.invite(&invitation, random).await?;
    let code = hub.invite(domain, life, now).await?;

    // What the administrator makes of it. A real one keeps the founding until it has succeeded.
    let link: Arc<dyn Link> = Arc::new(DirectLink::new(hub, HUB, clock.clone()));
    let program = Program {
        version: PROGRAM.into(),
        schema: 1,
    };
    let founding = Founding::new(&invitation, &program, now)?;
    let password = Password::to_register("correct horse battery".to_owned().into())?;
    let office = Office::new(link.clone(), clock, program);
    let founded = office
        .found(&founding, &invitation, &code, &password)
        .await?;
    Ok((link, founded.administrator))
}

const HUB: &str = "hub.example.com:443";
const ALICE: &str = "alice@example.com";
