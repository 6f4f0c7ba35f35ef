//! The chain of a domain as the hub gives it out, checked from its first statement on.

use std::time::Duration;

use bytes::Bytes;

use super::AdministrationError;
use crate::Digest;
use crate::chain::{Action, Chain, FeedMark, Occasion, Refusal, Statement};
use crate::feed::HubHead;
use crate::link::{CallError, HubClient};
use crate::seal::MemberKeys;
use crate::store::{DomainId, Seq};
use crate::wire::WireError;

/// A chain with the bytes of its statements, and the end of the feed.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    chain: Chain,
    statements: Vec<Bytes>,
    mark: FeedMark,
}

impl Ledger {
    /// Fetches the chain of `domain` whole, and believes what follows from its id only.
    pub(super) async fn fetch(
        client: &HubClient,
        domain: DomainId,
    ) -> Result<Self, AdministrationError> {
        let statements = client.statements(0).await?;
        let genesis = statements.first().ok_or(NOTHING)?.clone();
        let chain = Chain::open(domain, &genesis).map_err(|refusal| disbelieved(0, refusal))?;
        let mut ledger = Self {
            chain,
            statements: vec![genesis],
            mark: FeedMark {
                seq: Seq::START,
                hash: Digest::new(*domain.as_bytes()),
            },
        };
        ledger.take_all(statements.into_iter().skip(1))?;
        ledger.refresh(client).await?;
        Ok(ledger)
    }

    /// Fetches what has come since.
    pub(super) async fn refresh(&mut self, client: &HubClient) -> Result<(), AdministrationError> {
        let head = client.head(None, Duration::ZERO).await?;
        let (found, known) = (head.statements, self.chain.len());
        self.check_same(&head)?;
        if found < known {
            return Err(AdministrationError::HubWentBack { found, known });
        }
        while self.chain.len() < head.statements {
            let page = client.statements(self.chain.len()).await?;
            if page.is_empty() {
                return Err(NOTHING.into());
            }
            self.take_all(page)?;
        }
        self.check_same(&head)?;
        if let Some(mark) = head.believed_mark(&self.chain)?
            && mark.seq >= self.mark.seq
        {
            self.mark = mark;
        }
        Ok(())
    }

    /// Signs what is to become the next statement; nobody is told yet.
    pub(super) fn sign(
        &self,
        keys: &MemberKeys,
        action: &Action,
        occasion: impl FnOnce(FeedMark) -> Occasion,
    ) -> Result<Bytes, AdministrationError> {
        let statement = self.chain.sign(keys, action, occasion(self.mark));
        let statement = statement.map_err(AdministrationError::Refused)?;
        let mut chain = self.chain.clone();
        let taken = chain.append(&statement);
        taken.map_err(AdministrationError::Refused)?;
        Ok(statement.into())
    }

    /// Takes in the next statement.
    pub(super) fn take(&mut self, statement: Bytes) -> Result<(), AdministrationError> {
        let position = self.chain.len();
        let taken = self.chain.append(&statement);
        taken.map_err(|refusal| disbelieved(position, refusal))?;
        self.statements.push(statement);
        Ok(())
    }

    /// Whether this very statement stands there.
    pub(super) fn holds(&self, position: u64, statement: &Bytes) -> bool {
        self.bytes_at(position) == Some(statement)
    }

    pub(super) const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The end of the feed that was last seen.
    pub(super) const fn mark(&self) -> FeedMark {
        self.mark
    }

    pub(super) fn statements(&self) -> &[Bytes] {
        &self.statements
    }

    /// The statement at a position, read.
    pub(super) fn statement(&self, position: u64) -> Option<Statement> {
        Statement::parse(self.bytes_at(position)?).ok()
    }

    fn bytes_at(&self, position: u64) -> Option<&Bytes> {
        self.statements.get(usize::try_from(position).ok()?)
    }

    fn take_all(
        &mut self,
        statements: impl IntoIterator<Item = Bytes>,
    ) -> Result<(), AdministrationError> {
        let mut statements = statements.into_iter();
        statements.try_for_each(|statement| self.take(statement))
    }

    /// Whether the hub's last statement is the one that is held there.
    fn check_same(&self, head: &HubHead) -> Result<(), AdministrationError> {
        let position = head.statements.saturating_sub(1);
        match self.chain.hash_at(position) {
            Some(hash) if hash != head.chain => Err(AdministrationError::Fork { position }),
            Some(_) | None => Ok(()),
        }
    }
}

const fn disbelieved(position: u64, refusal: Refusal) -> AdministrationError {
    AdministrationError::Chain { position, refusal }
}

/// A hub has the first statement of every domain, and as many as it says.
const NOTHING: CallError = CallError::Malformed(WireError::Malformed);
