//! A hub, its operator, and the people of a company.

use std::sync::Arc;
use std::time::Duration;

use sso_core::testkit::ManualClock;
use sso_core::{Clock as _, UnixTime};
use sso_sync::admin::desk::Desk;
use sso_sync::admin::hub::{Hub as Reception, HubKeys};
use sso_sync::admin::{
    AdministratorName, DomainName, Invitation, Password, StretchingBounds, SystemRandomness,
};
use sso_sync::administration::{
    AdministrationError, Administrator, Founded, Founding, Known, NoCode, Office, Program, Saved,
    Saving, Who,
};
use sso_sync::chain::Permissions;
use sso_sync::hub::{Hub, HubSettings, InvitationCode, NoAudit};
use sso_sync::link::DirectLink;
use sso_sync::seal::{ConfigDocument, MemberKeys};
use sso_sync::store::{KvStore, MemoryStore, OnKv};
use zeroize::Zeroizing;

use crate::link::TestLink;

pub(crate) struct World {
    pub(crate) hub: Arc<Hub>,
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) link: Arc<TestLink>,
}

/// What the hub's operator hands out.
pub(crate) struct Papers {
    pub(crate) invitation: Invitation,
    pub(crate) code: InvitationCode,
}

impl World {
    pub(crate) fn new() -> Self {
        let documents: Arc<dyn KvStore> = Arc::new(MemoryStore::new());
        let keys = HubKeys::random(&mut SystemRandomness).unwrap();
        let desk = Desk::new(Reception::new(keys), Arc::clone(&documents));
        let desk = desk.dangerously_accept(BOUNDS);
        let settings = HubSettings::new(AUTHORITY, "1.0.0")
            .source_limit_of(1_000_000, 1_000_000)
            .member_limit_of(1_000_000, 1_000_000);
        let store = Arc::new(OnKv::new(MemoryStore::new()));
        let hub = Hub::new(settings, store, documents, Arc::new(NoAudit)).unwrap();
        let hub = Arc::new(hub.with_administrators(Arc::new(desk.clone())));
        let clock = Arc::new(ManualClock::at(NOON));
        let direct = DirectLink::new(Arc::clone(&hub), AUTHORITY, Arc::clone(&clock) as _);
        let link = Arc::new(TestLink::new(Arc::new(direct)));
        Self {
            hub,
            desk,
            clock,
            link,
        }
    }

    /// A world with the domain *example*, and alice who began it.
    pub(crate) async fn founded() -> (Self, Administrator) {
        let world = Self::new();
        let alice = world.found("example").await.administrator;
        (world, alice)
    }

    pub(crate) async fn found(&self, domain: &str) -> Founded {
        let papers = self.papers(domain).await;
        let founding = self.founding(&papers);
        self.begin(&founding, &papers).await.unwrap()
    }

    /// The hub's operator invites alice to make a domain.
    pub(crate) async fn papers(&self, domain: &str) -> Papers {
        let expires = self.now().later(Invitation::LIFE);
        let random = &mut SystemRandomness;
        let invitation = Invitation::new(named(domain), alice(), None, expires, random);
        self.desk.invite(&invitation, random).await.unwrap();
        let code = self.hub.invite(domain, Invitation::LIFE, self.now());
        let code = code.await.unwrap();
        Papers { invitation, code }
    }

    pub(crate) fn founding(&self, papers: &Papers) -> Founding {
        Founding::new(&papers.invitation, &program("1.0.0"), self.now()).unwrap()
    }

    pub(crate) async fn begin(
        &self,
        founding: &Founding,
        Papers { invitation, code }: &Papers,
    ) -> Result<Founded, AdministrationError> {
        let office = self.office();
        office.found(founding, invitation, code, &password()).await
    }

    /// Bob becomes an administrator too.
    pub(crate) async fn with_bob(
        &self,
        alice: &mut Administrator,
        permissions: Permissions,
    ) -> Administrator {
        let invited = alice.invite(&bob(), Invitation::LIFE).await.unwrap();
        let office = self.office();
        let accepted = office.accept(&invited.invitation, &password()).await;
        accepted.unwrap();
        let added = alice
            .add_administrator(&bob(), &invited.id, permissions)
            .await;
        added.unwrap();
        self.sign_in(bob(), None).await.unwrap()
    }

    pub(crate) fn office(&self) -> Office {
        self.office_of("1.0.0")
    }

    pub(crate) fn office_of(&self, version: &str) -> Office {
        let (link, clock) = (Arc::clone(&self.link) as _, Arc::clone(&self.clock) as _);
        Office::new(link, clock, program(version)).dangerously_accept(BOUNDS)
    }

    pub(crate) async fn sign_in(
        &self,
        name: AdministratorName,
        known: Option<&Known>,
    ) -> Result<Administrator, AdministrationError> {
        let office = self.office();
        office
            .sign_in(who("example", name), password(), known, &mut NoCode)
            .await
    }

    /// Alice at a program of another version.
    pub(crate) async fn alice_with(&self, version: &str) -> Administrator {
        let office = self.office_of(version);
        let signed_in = office
            .sign_in(who("example", alice()), password(), None, &mut NoCode)
            .await;
        signed_in.unwrap()
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    pub(crate) fn wait(&self, duration: Duration) {
        self.clock.advance(duration);
    }
}

pub(crate) fn who(domain: &str, administrator: AdministratorName) -> Who {
    Who {
        domain: named(domain),
        administrator,
    }
}

pub(crate) fn named(domain: &str) -> DomainName {
    DomainName::parse(domain).unwrap()
}

pub(crate) fn alice() -> AdministratorName {
    AdministratorName::parse("alice@example.com").unwrap()
}

pub(crate) fn bob() -> AdministratorName {
    AdministratorName::parse("bob@example.com").unwrap()
}

pub(crate) fn password() -> Password {
    typed("correct horse battery")
}

pub(crate) fn typed(text: &str) -> Password {
    Password::to_register(Zeroizing::new(text.into())).unwrap()
}

pub(crate) fn program(version: &str) -> Program {
    Program {
        version: version.into(),
        schema: 1,
    }
}

/// The keys of a server.
pub(crate) fn node(number: u8) -> Arc<MemberKeys> {
    Arc::new(MemberKeys::from_secrets(&[number; 32], &[number; 32]).unwrap())
}

pub(crate) fn document(fields: &[(&str, &str)]) -> ConfigDocument {
    let fields = fields.iter();
    fields.fold(ConfigDocument::new(), |document, (path, value)| {
        document.with(*path, *value)
    })
}

pub(crate) async fn save(
    administrator: &mut Administrator,
    base: u64,
    fields: &[(&str, &str)],
) -> Saved {
    let saved = administrator.save(base, &document(fields)).await.unwrap();
    match saved {
        Saving::Saved(saved) => saved,
        Saving::Overlaps(overlaps) => panic!("{overlaps:?}"),
    }
}

pub(crate) const AUTHORITY: &str = "hub.example.com:443";
pub(crate) const BOUNDS: StretchingBounds = StretchingBounds::DANGEROUSLY_LOW;
pub(crate) const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);
pub(crate) const HOUR: Duration = Duration::from_hours(1);
