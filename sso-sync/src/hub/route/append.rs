//! `POST /domains/{domain}/chain?position=N`: the next statement, or the first of a new domain.

use std::time::Duration;

use bytes::Bytes;

use crate::admin::DomainName;
use crate::chain::{Action, Chain, MIN_DELAY_SECONDS, Statement};
use crate::hub::behind::{Claims, Log};
use crate::hub::caller::{Caller, Rank};
use crate::hub::domain::{Appended, View};
use crate::hub::request::{self, Asked};
use crate::hub::{AuditEvent, Hub, InvitationCode, invitation, registry};
use crate::store::{DomainId, StoreError};
use crate::wire::{Code, Problem};

pub(super) async fn answer(
    hub: &Hub,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Bytes, Problem> {
    let position = asked.number("position")?;
    let claims = Claims::read(&*hub.documents, caller.id).await?;
    if let Some(claims) = &claims {
        claims.check(caller, Log::Chain)?;
    }
    // What comes back was checked when it was stated, whenever that was. Servers bring it: the
    // word of an administrator would be a way around the check.
    let comes_back = caller.rank == Rank::Node
        && claims
            .as_ref()
            .is_some_and(|claims| claims.bring_back(caller, position));
    if !comes_back {
        check_deletion(asked, caller)?;
    }
    let (store, quotas) = (&*hub.store, hub.settings.quotas());
    let (view, appended) = caller
        .domain
        .append(store, quotas, &caller.view, position, asked.body)
        .await?;
    if let Appended::New(statement) = appended {
        hub.record_statement(caller.id, &statement);
    }
    hub.settle(caller.id, claims.as_ref(), &view).await?;
    request::answer(&view.hub_head())
}

/// Whether a domain is to be made. Nobody is a member of it yet: an invitation stands in place of
/// a signature.
pub(super) fn is_first(asked: &Asked<'_>) -> bool {
    asked.authorization.starts_with(SCHEME)
}

pub(super) async fn first(
    hub: &Hub,
    asked: &Asked<'_>,
    domain: DomainId,
) -> Result<Bytes, Problem> {
    if asked.query.text("position") != "0" {
        return Err(Code::Malformed.into());
    }
    let code = asked.authorization.strip_prefix(SCHEME);
    let code = code.and_then(InvitationCode::parse);
    let code = code.ok_or(Code::NotPermitted)?;
    let chain = Chain::open(domain, asked.body)?;
    check_name(chain.name())?;
    let documents = &*hub.documents;
    invitation::spend(documents, &code, chain.name(), domain, asked.now).await?;
    registry::register(documents, chain.name(), domain, asked.now).await?;
    let created = match hub.store.append(&domain, 0, asked.body.clone()).await {
        Err(StoreError::Conflict) => false,
        appended => appended.map(|()| true)?,
    };
    if created {
        let name = chain.name().into();
        hub.audit
            .record(&AuditEvent::DomainCreated { domain, name });
        hub.counters.count_statement();
    }
    let view = hub.domains.of(domain).view(&*hub.store).await?;
    request::answer(&view.hub_head())
}

/// Administrators sign in by the name, so it has one spelling.
fn check_name(name: &str) -> Result<(), Problem> {
    match DomainName::parse(name) {
        Ok(parsed) if parsed.as_str() == name => Ok(()),
        _ => Err(Problem::new(Code::Refused("bad-name")).because(BAD_NAME)),
    }
}

/// What brings a domain closer to its end takes a fresh sign-in, and waits by the clock of the hub
/// as well as by that of whoever signs.
fn check_deletion(asked: &Asked<'_>, caller: &Caller) -> Result<(), Problem> {
    let action = Statement::parse(asked.body).and_then(|statement| statement.action());
    let skewed = asked.now.later(CLOCK_SKEW).as_secs();
    let is_early = match action {
        Ok(Action::DeletionAnnounced { not_before, .. }) => {
            not_before < skewed.saturating_sub(2 * CLOCK_SKEW.as_secs()) + MIN_DELAY_SECONDS
        }
        Ok(Action::DeletionConfirmed { .. }) => {
            let ending = caller.view.chain.ending();
            ending.is_some_and(|ending| skewed < ending.not_before)
        }
        _ => return Ok(()),
    };
    match is_early {
        true => Err(Problem::new(Code::Refused(TOO_EARLY)).because(BY_THE_HUB)),
        false => caller.check_fresh(),
    }
}

impl Hub {
    fn record_statement(&self, domain: DomainId, statement: &Statement) {
        self.counters.count_statement();
        self.audit.record(&AuditEvent::StatementTaken {
            domain,
            signer: statement.signer(),
            action: statement.action().map_or("", |action| action.name()),
            position: statement.position(),
        });
    }

    /// Forgets what was claimed once the hub knows as much.
    pub(super) async fn settle(
        &self,
        domain: DomainId,
        claims: Option<&Claims>,
        view: &View,
    ) -> Result<(), Problem> {
        let mut mark = view.head.mark();
        mark.statements = view.chain.len();
        if claims.is_some_and(|claims| claims.are_met(mark)) {
            crate::hub::behind::settle(&*self.documents, domain).await?;
            self.audit.record(&AuditEvent::Reseeded { domain });
        }
        Ok(())
    }
}

/// How far the clocks of administrators may be off.
const CLOCK_SKEW: Duration = Duration::from_mins(5);
const TOO_EARLY: &str = "deletion-too-early";
const BY_THE_HUB: &str =
    "by the clock of the hub the time of a deletion is not over: it takes seven days";
const BAD_NAME: &str =
    "at a hub, a domain is named by small letters, digits, hyphens and single dots, 63 at most";
const SCHEME: &str = "SSO-Connect-Invitation ";
