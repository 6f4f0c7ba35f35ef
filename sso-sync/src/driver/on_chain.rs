//! What follows from the authority chain.

use std::sync::Arc;

use super::core::Core;
use super::known::Farewells;
use super::trouble::Trouble;
use crate::chain::{Action, Chain, Occasion, Revision, Role, Statement};
use crate::mirror::Mirror;
use crate::node::NodeSettings;
use crate::node::membership::Membership;
use crate::node::unlock::unlock;
use crate::seal::{KeyRing, MemberId, MemberKeys, SealError};
use crate::wire::Code;

impl Core {
    /// Does what follows from new statements: whether this server belongs to the domain, the
    /// domain keys, the configuration.
    pub(super) async fn on_chain(&self) -> Result<(), Trouble> {
        let chain = Arc::clone(self.mirror.lock().await.chain());
        let membership = Membership::of(&chain, self.me, &self.settings);
        if membership == Membership::Revoked {
            self.remember_revocation().await?;
        }
        self.know(|known| {
            known.hearing.forget_revoked(&chain);
            known.membership = membership;
        });
        let opened = self.open_keys(&chain).await;
        self.open_farewells(&chain);
        self.tell_revocations();
        opened?;
        self.offer_configuration(&chain).await
    }

    /// Opens the keys of new epochs.
    async fn open_keys(&self, chain: &Chain) -> Result<(), Trouble> {
        if self.ring().newest() >= chain.epoch() {
            return Ok(());
        }
        let ring = ring(&*self.mirror.lock().await, &self.keys, &self.settings).await?;
        let opened = ring.newest();
        self.set_ring(ring);
        self.know(|known| {
            known.opened = opened;
            known.to_reseal = None;
        });
        // The first honest batch after a revocation closes the door behind who was revoked.
        self.more.notify_one();
        Ok(())
    }

    /// Opens what servers told that left as planned. Each began an epoch.
    fn open_farewells(&self, chain: &Chain) {
        let ring = self.ring();
        if self.known().farewells.are_of(chain, &ring) {
            return;
        }
        let farewells = Farewells::open(chain, &ring);
        self.known().farewells = farewells;
    }

    /// Offers the newest configuration, if it was not offered yet and is none of before.
    pub(super) async fn offer_configuration(&self, chain: &Chain) -> Result<(), Trouble> {
        let served = self.mirror.lock().await.served();
        let offers = self.known().offers.clone();
        let Some(revision) = offers.next(chain, served) else {
            return Ok(());
        };
        let number = revision.number;
        self.offer(number, revision).await
    }

    /// Offers what was served last, before the newest is: that may be one which this machine
    /// cannot use. Whatever was about to be served comes first: it may have been.
    pub(super) async fn offer_last_served(&self, chain: &Chain) -> Result<(), Trouble> {
        let (served, intended) = {
            let mirror = self.mirror.lock().await;
            (mirror.served(), mirror.intended().await?)
        };
        if intended > served {
            self.offer_again(chain, intended).await?;
        }
        let is_in_force = self.known().offers.in_force > 0;
        if is_in_force || served == chain.revisions().len() as u64 {
            return Ok(());
        }
        self.offer_again(chain, served).await
    }

    async fn offer_again(&self, chain: &Chain, number: u64) -> Result<(), Trouble> {
        let revised = chain.revisions().iter().find(|it| it.number == number);
        let Some(revised) = revised else {
            return Ok(());
        };
        let statements = self.mirror.lock().await.statements(revised.position);
        let statements = statements.await?;
        let statement = statements.first().and_then(|it| Statement::parse(it).ok());
        match statement.map(|it| it.action()) {
            Some(Ok(Action::ConfigurationRevised { revision })) => {
                self.offer(number, &revision).await
            }
            _ => Ok(()),
        }
    }

    async fn offer(&self, number: u64, revision: &Revision) -> Result<(), Trouble> {
        let Revision { epoch, schema, .. } = *revision;
        let opened = self
            .ring()
            .open_document(number, epoch, schema, &revision.sealed);
        // Not before it is on the disk: after a crash in between none of before comes back.
        self.mirror.lock().await.intend(number).await?;
        let answer = match opened {
            Ok(document) => self.configurations.offer(number, &document).await,
            Err(SealError::NoKey { epoch }) => return Err(SealError::NoKey { epoch }.into()),
            Err(error) => Err(error.to_string()),
        };
        let is_taken = answer.is_ok();
        self.know(|known| known.offers.offered(number, answer));
        let mut mirror = self.mirror.lock().await;
        match is_taken {
            // From now on none of before comes back, whatever the hub shows.
            true => mirror.serve(number).await?,
            false => mirror.intend(mirror.served()).await?,
        }
        Ok(())
    }

    /// Remembers since when this server knows that it was revoked, over restarts.
    async fn remember_revocation(&self) -> Result<(), Trouble> {
        let mirror = self.mirror.lock().await;
        let kept = mirror.fact(REVOKED).await?;
        let kept = kept.and_then(|it| Some(u64::from_be_bytes(it.as_ref().try_into().ok()?)));
        let since = kept.unwrap_or_else(|| self.now().as_secs());
        if kept.is_none() {
            let bytes = since.to_be_bytes().to_vec();
            mirror.set_fact(REVOKED, bytes.into()).await?;
        }
        self.know(|known| known.revoked_since = Some(sso_core::UnixTime::from_secs(since)));
        Ok(())
    }

    /// States what this server has to state; whether there was something.
    pub(super) async fn state_what_is_due(&self) -> Result<bool, Trouble> {
        let (chain, mark) = {
            let mirror = self.mirror.lock().await;
            (Arc::clone(mirror.chain()), mirror.follower().head().mark)
        };
        let Some(action) = self.due(&chain) else {
            return Ok(false);
        };
        let occasion = Occasion {
            time: self.now().as_secs(),
            via: MemberId::NOBODY,
            mark,
        };
        let Ok(statement) = chain.sign(&self.keys, &action, occasion) else {
            return Ok(false);
        };
        let appended = self.client.append(chain.len(), statement.into());
        match self.ask(appended).await {
            Ok(_) => Ok(true),
            // Somebody else came first: the next head says so.
            Err(trouble) if trouble.code() == Some(Code::Conflict) => Ok(true),
            Err(trouble) if trouble.code().is_some() => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }

    /// The version of this program, if another one is known; the end of a token whose time is up.
    fn due(&self, chain: &Chain) -> Option<Action> {
        let membership = self.known().membership.clone();
        let now = self.now().as_secs();
        match membership {
            Membership::Updated => Some(Action::NodeUpdated {
                program: self.settings.program().into(),
            }),
            Membership::Good => {
                let token = chain.members().find(|it| is_over(it.role(), now))?;
                let member = token.member().id();
                Some(Action::TokenWithdrawn { member })
            }
            _ => None,
        }
    }
}

const fn is_over(role: &Role, now: u64) -> bool {
    matches!(role, Role::Token { expires, spent: false, .. } if *expires <= now)
}

/// Opens the domain keys with what was handed to this server.
pub(super) async fn ring(
    mirror: &Mirror,
    keys: &MemberKeys,
    settings: &NodeSettings,
) -> Result<KeyRing, Trouble> {
    let chain = mirror.chain();
    let added = chain.standing(keys.id()).map(|it| it.added());
    let statement = match added {
        Some(position) => mirror.statements(position).await?,
        None => Vec::new(),
    };
    let statement = statement.first().and_then(|it| Statement::parse(it).ok());
    let ring = unlock(chain, keys, statement.as_ref())?;
    Ok(ring.reading(settings.schema))
}

const REVOKED: &str = "node/revoked";
