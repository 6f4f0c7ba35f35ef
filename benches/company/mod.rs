//! A hub on a file, a company's domain on it, and the ways there.
//!
//! Hub and servers are in one process and talk over a [`DirectLink`]: what is measured is the work
//! of both, without TLS and sockets, and what is counted as bytes are the bodies that would cross
//! the network. Administrators sign in with the work that the floor demands.

mod link;
mod servers;
mod users;

use std::path::PathBuf;
use std::sync::Arc;

use sso_core::{Clock, SystemClock};
use sso_sync::admin::desk::Desk;
use sso_sync::admin::hub::{Hub as Reception, HubKeys};
use sso_sync::admin::{AdministratorName, DomainName, Invitation, Password, SystemRandomness};
use sso_sync::administration::{Administrator, Founding, NoCode, Office, Program, Saving, Who};
use sso_sync::hub::{Hub, HubSettings, InvitationCode, NoAudit};
use sso_sync::link::{DirectLink, Link};
use sso_sync::seal::{ConfigDocument, Content, MemberKeys};
use sso_sync::store::sqlite::SqliteStore;
use sso_sync::store::{DomainStore, MemoryStore};
use tempfile::TempDir;
use zeroize::Zeroizing;

pub(crate) use link::Counted;
pub(crate) use servers::Fresh;
pub(crate) use users::{Writer, fill, record_of};

/// A hub with one domain, and its administrator.
pub(crate) struct Company {
    pub(crate) hub: Arc<Hub>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) administrator: Administrator,
    desk: Desk,
    folder: Arc<TempDir>,
}

impl Company {
    /// A domain with a first configuration, and no server.
    pub(crate) async fn found() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(&folder.path().join("hub")).unwrap());
        let documents = Arc::new(MemoryStore::new());
        let keys = HubKeys::random(&mut SystemRandomness).unwrap();
        let desk = Desk::new(Reception::new(keys), Arc::clone(&documents) as _);
        let settings = HubSettings::new(AUTHORITY, PROGRAM)
            .source_limit_of(1_000_000, 1_000_000)
            .member_limit_of(1_000_000, 1_000_000);
        let domains: Arc<dyn DomainStore> = Arc::clone(&store) as _;
        let hub = Hub::new(settings, domains, documents, Arc::new(NoAudit)).unwrap();
        let hub = Arc::new(hub.with_administrators(Arc::new(desk.clone())));
        let administrator = begin(&hub, &desk, "example").await;
        let mut company = Self {
            hub,
            desk,
            store,
            administrator,
            folder: Arc::new(folder),
        };
        company.save(0).await;
        company
    }

    /// Another company at the same hub.
    pub(crate) async fn another(&self) -> Self {
        let name = format!("other-{}", Arc::strong_count(&self.folder));
        let administrator = begin(&self.hub, &self.desk, &name).await;
        Self {
            hub: Arc::clone(&self.hub),
            desk: self.desk.clone(),
            store: Arc::clone(&self.store),
            administrator,
            folder: Arc::clone(&self.folder),
        }
    }

    /// Saves the next revision after `base`; its number.
    pub(crate) async fn save(&mut self, base: u64) -> u64 {
        save(&mut self.administrator, base).await
    }

    /// A way to the hub that counts.
    pub(crate) fn link(&self) -> Arc<Counted> {
        counted(&self.hub)
    }

    /// A folder of a server.
    pub(crate) fn folder_of(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The operator of the hub invites, and the domain is made.
async fn begin(hub: &Arc<Hub>, desk: &Desk, name: &str) -> Administrator {
    let now = SystemClock.now();
    let (expires, random) = (now.later(Invitation::LIFE), &mut SystemRandomness);
    let invitation = Invitation::new(domain(name), alice(), None, expires, random);
    desk.invite(&invitation, random).await.unwrap();
    let code = hub.invite(name, Invitation::LIFE, now).await.unwrap();
    found_over(counted(hub), &invitation, &code).await
}

/// Whoever is invited makes the domain, and signs in.
pub(crate) async fn found_over(
    link: Arc<dyn Link>,
    invitation: &Invitation,
    code: &InvitationCode,
) -> Administrator {
    let founding = Founding::new(invitation, &program(), SystemClock.now()).unwrap();
    let (office, password) = (office(Arc::clone(&link)), password());
    let founded = office.found(&founding, invitation, code, &password);
    founded.await.unwrap();
    sign_in_as(link, Who::invited(invitation)).await
}

/// The administrator types the password.
pub(crate) async fn sign_in(link: Arc<dyn Link>) -> Administrator {
    let (domain, administrator) = (domain("example"), alice());
    let who = Who {
        domain,
        administrator,
    };
    sign_in_as(link, who).await
}

async fn sign_in_as(link: Arc<dyn Link>, who: Who) -> Administrator {
    let (office, mut no_code) = (office(link), NoCode);
    let signed_in = office.sign_in(who, password(), None, &mut no_code);
    signed_in.await.unwrap()
}

/// Saves the next revision after `base`; its number.
pub(crate) async fn save(administrator: &mut Administrator, base: u64) -> u64 {
    let document = ConfigDocument::new().with("host", format!("sso-{base}.example.com"));
    let saving = administrator.save(base, &document).await.unwrap();
    let Saving::Saved(saved) = saving else {
        unreachable!("nobody else saves");
    };
    saved.revision
}

/// The keys of a server.
pub(crate) fn keys(number: u8) -> Arc<MemberKeys> {
    Arc::new(MemberKeys::from_secrets(&[number; 32], &[number; 32]).unwrap())
}

fn office(link: Arc<dyn Link>) -> Office {
    Office::new(link, Arc::new(SystemClock), program())
}

fn counted(hub: &Arc<Hub>) -> Arc<Counted> {
    let direct = DirectLink::new(Arc::clone(hub), AUTHORITY, Arc::new(SystemClock));
    Arc::new(Counted::new(direct))
}

fn program() -> Program {
    Program {
        version: PROGRAM.into(),
        schema: Content::SCHEMA,
    }
}

fn domain(name: &str) -> DomainName {
    DomainName::parse(name).unwrap()
}

fn alice() -> AdministratorName {
    AdministratorName::parse("alice@example.com").unwrap()
}

fn password() -> Password {
    Password::to_register(Zeroizing::new("correct horse battery".into())).unwrap()
}

const AUTHORITY: &str = "hub.example.com:443";
const PROGRAM: &str = "1.0.0";
