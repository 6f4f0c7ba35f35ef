//! What members know that this hub has lost.

use minicbor::{Decode, Encode};

use super::caller::Caller;
use super::document;
use crate::seal::MemberId;
use crate::store::{DomainId, KvStore, Mark, Seq, StoreError};
use crate::wire::{Code, Problem};

/// What members have told of a domain that goes beyond what the hub has.
///
/// It is kept where all processes of the hub see it, and until they know as much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Claims {
    /// How many statements somebody knows.
    #[n(0)]
    statements: u64,
    /// The place of the last record that somebody knows.
    #[n(1)]
    seq: u64,
    /// Who knows more: they bring it back.
    #[n(2)]
    members: Vec<MemberId>,
}

/// Which log is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    Chain,
    Feed,
}

impl Claims {
    /// What is claimed of a domain.
    pub(super) async fn read(
        documents: &dyn KvStore,
        domain: DomainId,
    ) -> Result<Option<Self>, StoreError> {
        let found = document::read(documents, &key(domain)).await?;
        Ok(found.map(|(claims, _)| claims))
    }

    /// Whether this caller may write: if nobody knows more, or if it is one who does and brings
    /// it back. The word of those who were revoked does not count.
    ///
    /// # Errors
    ///
    /// [`Code::Behind`].
    pub(super) fn check(&self, caller: &Caller, log: Log) -> Result<(), Problem> {
        let mark = caller.view.head.mark();
        let beyond = match log {
            Log::Chain => self.statements > mark.statements,
            Log::Feed => self.seq > mark.seq.number(),
        };
        let counts = |member: &MemberId| {
            let standing = caller.view.chain.standing(*member);
            standing.is_some_and(|it| it.revoked().is_none())
        };
        let mine = self.members.contains(&caller.member_id());
        if beyond && !mine && self.members.iter().any(counts) {
            return Err(Code::Behind.into());
        }
        Ok(())
    }

    /// Whether this caller brings back the statement at `position`, which the hub has lost.
    pub(super) fn bring_back(&self, caller: &Caller, position: u64) -> bool {
        self.statements > position && self.members.contains(&caller.member_id())
    }

    /// Whether the hub has everything again.
    pub(super) const fn are_met(&self, mark: Mark) -> bool {
        self.statements <= mark.statements && self.seq <= mark.seq.number()
    }

    /// With what a member knows; `None` if that is nothing new.
    fn with(&self, member: MemberId, known: Mark) -> Option<Self> {
        let mut claims = self.clone();
        claims.statements = claims.statements.max(known.statements);
        claims.seq = claims.seq.max(known.seq.number());
        if !claims.members.contains(&member) && claims.members.len() < MAX_MEMBERS {
            claims.members.push(member);
        }
        (claims != *self).then_some(claims)
    }
}

/// Takes down that a member knows more than the hub; answers whether that is news.
pub(super) async fn claim(
    documents: &dyn KvStore,
    domain: DomainId,
    member: MemberId,
    known: Mark,
) -> Result<bool, StoreError> {
    for _ in 0..document::TRIES {
        let found = document::read::<Claims>(documents, &key(domain)).await?;
        let (claims, version) = match found {
            Some((claims, version)) => (claims, Some(version)),
            None => (Claims::default(), None),
        };
        let Some(claims) = claims.with(member, known) else {
            return Ok(false);
        };
        match document::write(documents, &key(domain), &claims, version).await {
            Err(StoreError::Conflict | StoreError::Unknown(_)) => {}
            written => return written.map(|()| true),
        }
    }
    Err(StoreError::unavailable("others write the same document"))
}

/// Takes back the word of a member that knows no more than the hub: it went over to what the hub
/// holds. If nobody is left, nothing is claimed any more.
pub(super) async fn withdraw(
    documents: &dyn KvStore,
    domain: DomainId,
    member: MemberId,
) -> Result<(), StoreError> {
    for _ in 0..document::TRIES {
        let found = document::read::<Claims>(documents, &key(domain)).await?;
        let Some((mut claims, version)) = found.filter(|(it, _)| it.members.contains(&member))
        else {
            return Ok(());
        };
        claims.members.retain(|it| *it != member);
        if claims.members.is_empty() {
            return settle(documents, domain).await;
        }
        match document::write(documents, &key(domain), &claims, Some(version)).await {
            Err(StoreError::Conflict | StoreError::Unknown(_)) => {}
            written => return written,
        }
    }
    Err(StoreError::unavailable("others write the same document"))
}

/// Forgets what was claimed of a domain.
pub(super) async fn settle(documents: &dyn KvStore, domain: DomainId) -> Result<(), StoreError> {
    let Some(entry) = documents.get(&key(domain)).await? else {
        return Ok(());
    };
    match documents.delete(&key(domain), entry.version).await {
        // Somebody else has settled it, or claimed something new.
        Err(StoreError::Conflict) => Ok(()),
        deleted => deleted,
    }
}

/// Whether a member knows more than the hub.
pub(super) const fn is_beyond(known: Mark, mark: Mark) -> bool {
    known.statements > mark.statements || known.seq.number() > mark.seq.number()
}

/// What a member says it has seen.
pub(super) const fn known(statements: u64, seq: Seq) -> Mark {
    Mark { statements, seq }
}

fn key(domain: DomainId) -> String {
    format!("hub/behind/{domain}")
}

/// More than a domain has.
const MAX_MEMBERS: usize = 500;
