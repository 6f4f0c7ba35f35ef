//! Enrolment tokens: how a machine without a person becomes a server of the domain.

use std::sync::Arc;

use sso_core::UnixTime;

use super::enrol::{check_name, check_program, is_enrolled};
use super::history::name_of;
use super::ledger::Ledger;
use super::{AdministrationError, Administrator, Enrolled, Office, unlock};
use crate::admin::{EnrolmentToken, SystemRandomness};
use crate::chain::{Action, Chain, FeedMark, Occasion, Role, Standing};
use crate::link::HubClient;
use crate::seal::{Member, MemberId, MemberKeys, Wrap};
use crate::wire::Code;

/// A token that counts.
#[derive(Debug)]
#[non_exhaustive]
pub struct Minted {
    /// The right to enrol one server, to be handed to it.
    pub token: EnrolmentToken,
    /// By which it is listed and withdrawn.
    pub id: MemberId,
}

/// A token as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token {
    /// By which it is withdrawn.
    pub id: MemberId,
    /// What it was minted for, in words for people.
    pub name: String,
    /// Until when it is good, in seconds since 1970.
    pub expires: u64,
    /// Who minted it.
    pub by: String,
    /// Whether it can still enrol a server, but for `expires`.
    pub is_good: bool,
}

impl Administrator {
    /// Mints a token that enrols one server, until `expires` or the end of the key epoch. `name`
    /// says what for.
    ///
    /// If it was interrupted there may be a token that nobody has: it is listed, and can be
    /// withdrawn.
    ///
    /// # Errors
    ///
    /// An [`AdministrationError`].
    pub async fn mint_token(
        &mut self,
        name: &str,
        expires: UnixTime,
    ) -> Result<Minted, AdministrationError> {
        let token = EnrolmentToken::new(&self.domain(), &mut SystemRandomness);
        let member = token.keys()?.member(name);
        self.state(|office| {
            office.require_sso()?;
            if office.chain().standing(member.id()).is_some() {
                return Ok(None);
            }
            Ok(Some(Action::TokenMinted {
                wrap: office.wrap(&member)?,
                member: member.clone(),
                expires: expires.as_secs(),
            }))
        })
        .await?;
        let id = member.id();
        Ok(Minted { token, id })
    }

    /// The tokens that were not withdrawn, as far as the chain was [fetched](Self::refresh).
    #[must_use]
    pub fn tokens(&self) -> Vec<Token> {
        let members = self.chain().members();
        members
            .filter_map(|standing| self.token(standing))
            .collect()
    }

    /// Makes a token worthless; one that was withdrawn already stays so.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::UnknownMember`] if there never was such a token.
    pub async fn withdraw_token(&mut self, member: MemberId) -> Result<(), AdministrationError> {
        self.state(|office| {
            office.require_sso()?;
            let is_left = office.is_left(member, |role| matches!(role, Role::Token { .. }))?;
            Ok(is_left.then_some(Action::TokenWithdrawn { member }))
        })
        .await?;
        Ok(())
    }

    fn token(&self, standing: &Standing) -> Option<Token> {
        let Role::Token {
            epoch,
            expires,
            spent,
        } = standing.role()
        else {
            return None;
        };
        let minted = self.ledger().statement(standing.added())?;
        Some(Token {
            id: standing.member().id(),
            name: standing.member().name().into(),
            expires: *expires,
            by: name_of(self.chain(), minted.signer()),
            is_good: !*spent && *epoch == self.chain().epoch(),
        })
    }
}

impl Office {
    /// Makes a server one of the domain that minted `token`, under a name for people, without an
    /// administrator.
    ///
    /// Keep the keys of the server, sealed, **before** this is called. If it was interrupted, call
    /// it again with the same keys: a server that was added already is found.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::OutsidePolicy`] and [`AdministrationError::NewerSchema`] before
    /// anything else is looked at; [`AdministrationError::TokenSpent`],
    /// [`AdministrationError::TokenEnded`], [`AdministrationError::TokenWithdrawn`],
    /// [`AdministrationError::TokenUnknown`]; [`AdministrationError::TokenRefused`] with the words
    /// of the hub, if it does not let the token in: most of all when it has expired.
    pub async fn enrol_by_token(
        &self,
        token: &EnrolmentToken,
        name: &str,
        node: &Arc<MemberKeys>,
    ) -> Result<Enrolled, AdministrationError> {
        let member = node.member(name);
        let keys = Arc::new(token.keys()?);
        let client = HubClient::new(Arc::clone(self.link()), token.domain(), Arc::clone(&keys));
        let error = match self.add_by_token(&client, &keys, &member).await {
            Ok(ledger) => return Ok(enrolled(&ledger, &member)),
            Err(error) => error,
        };
        // The token may be over because it did its work: then the server itself is let in.
        match self.found_enrolled(token, node, &member).await {
            Some(ledger) => Ok(enrolled(&ledger, &member)),
            None => Err(refused(error)),
        }
    }

    async fn add_by_token(
        &self,
        client: &HubClient,
        token: &MemberKeys,
        member: &Member,
    ) -> Result<Ledger, AdministrationError> {
        let mut ledger = Ledger::fetch(client, client.domain()).await?;
        for _ in 0..ROUNDS {
            check_program(self.program(), ledger.chain())?;
            if is_enrolled(member, ledger.chain())? {
                return Ok(ledger);
            }
            check_token(token.id(), ledger.chain())?;
            check_name(member, ledger.chain())?;
            let statement = self.added_by_token(&ledger, token, member)?;
            let position = ledger.chain().len();
            let appended = client.append(position, statement.clone()).await;
            ledger.refresh(client).await?;
            match appended {
                Err(error) if ledger.chain().len() == position => return Err(error.into()),
                Ok(_) | Err(_) => {}
            }
        }
        Err(AdministrationError::Busy)
    }

    /// The token itself signs that the server is added.
    fn added_by_token(
        &self,
        ledger: &Ledger,
        token: &MemberKeys,
        member: &Member,
    ) -> Result<bytes::Bytes, AdministrationError> {
        let chain = ledger.chain();
        let ring = unlock(chain, ledger.statements(), token)?;
        let epoch = ring.newest();
        let action = Action::NodeAdded {
            wrap: Wrap::new(&chain.domain(), epoch, ring.key(epoch)?, member)?,
            member: member.clone(),
            program: self.program().version.clone(),
        };
        let time = self.now().as_secs();
        let occasion = |mark: FeedMark| Occasion {
            time,
            via: MemberId::NOBODY,
            mark,
        };
        ledger.sign(token, &action, occasion)
    }

    /// The chain, if these keys are a server of the domain already.
    async fn found_enrolled(
        &self,
        token: &EnrolmentToken,
        node: &Arc<MemberKeys>,
        member: &Member,
    ) -> Option<Ledger> {
        let link = Arc::clone(self.link());
        let client = HubClient::new(link, token.domain(), Arc::clone(node));
        let ledger = Ledger::fetch(&client, token.domain()).await.ok()?;
        is_enrolled(member, ledger.chain())
            .unwrap_or_default()
            .then_some(ledger)
    }
}

fn enrolled(ledger: &Ledger, member: &Member) -> Enrolled {
    Enrolled {
        domain: ledger.chain().domain(),
        node: member.id(),
        statements: ledger.statements().to_vec(),
    }
}

fn check_token(token: MemberId, chain: &Chain) -> Result<(), AdministrationError> {
    let standing = chain.standing(token);
    let standing = standing.ok_or(AdministrationError::TokenUnknown)?;
    if standing.revoked().is_some() {
        return Err(AdministrationError::TokenWithdrawn);
    }
    match standing.role() {
        Role::Token { spent: true, .. } => Err(AdministrationError::TokenSpent),
        Role::Token { epoch, .. } if *epoch != chain.epoch() => {
            Err(AdministrationError::TokenEnded)
        }
        Role::Token { .. } => Ok(()),
        Role::Administrator { .. } | Role::Node { .. } => Err(AdministrationError::TokenUnknown),
    }
}

/// What the hub's refusal of the token itself means.
fn refused(error: AdministrationError) -> AdministrationError {
    let AdministrationError::Call(call) = &error else {
        return error;
    };
    match call.code() {
        Some(Code::Revoked) => AdministrationError::TokenWithdrawn,
        Some(Code::NotPermitted) => AdministrationError::TokenRefused(call.to_string()),
        _ => error,
    }
}

/// So often somebody else may come first.
const ROUNDS: usize = 32;
