//! The authority chain on the disk, and the configuration that was served.

use std::sync::Arc;

use bytes::Bytes;

use super::{INTENDED, Mirror, MirrorError, SERVED};
use crate::chain::{Action, Chain, Statement};
use crate::feed::Event;
use crate::store::Retry;
use crate::wire::PAGE_BYTES;

impl Mirror {
    /// Takes in the next statements: each is checked, kept, and counts from then on. Those that are
    /// held already are passed over. Answers the new ones.
    ///
    /// What a signer knew of the feed is a witness: see [`follower`](Self::follower) for a fork.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Chain`] or [`MirrorError::Store`]; the statements before the one that
    /// failed count.
    pub async fn take_statements(
        &mut self,
        statements: &[Bytes],
    ) -> Result<Vec<Statement>, MirrorError> {
        self.look_again().await?;
        let mut taken = Vec::new();
        for bytes in statements {
            if !self.is_held(bytes)? {
                taken.push(self.take_statement(bytes).await?);
            }
        }
        self.look_for_conditions();
        for statement in &taken {
            let witness = Event::Witness(statement.mark());
            self.follower.on_event(&self.chain, witness);
        }
        Ok(taken)
    }

    async fn take_statement(&mut self, bytes: &Bytes) -> Result<Statement, MirrorError> {
        let position = self.chain.len();
        let mut chain = Chain::clone(&self.chain);
        let statement = chain.append(bytes)?;
        let store = self.place.chain();
        self.is_doubtful = true;
        let appended = Retry::default()
            .append(&*store, &self.domain, position, bytes.clone())
            .await;
        match appended {
            Ok(()) => {
                self.is_doubtful = false;
                self.chain = Arc::new(chain);
                if revokes(&statement) {
                    self.follower.forget_witnesses();
                }
                Ok(statement)
            }
            Err(failed) => Err(self.after_failure(failed).await),
        }
    }

    /// Whether a statement is held; an error if another one is held at its place.
    fn is_held(&self, bytes: &[u8]) -> Result<bool, MirrorError> {
        let statement = Statement::parse(bytes)?;
        let held = self.chain.hash_at(statement.position());
        Ok(held == Some(statement.hash()))
    }

    /// The statements from a position on, as many as fit into a page: to seed a hub again.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub fn statements(
        &self,
        from: u64,
    ) -> impl Future<Output = Result<Vec<Bytes>, MirrorError>> + Send + use<> {
        let (store, domain) = (self.place.chain(), self.domain);
        async move { Ok(store.statements(&domain, from, PAGE_BYTES).await?) }
    }

    /// The newest revision of the configuration that was served; 0 if none was.
    #[must_use]
    pub const fn served(&self) -> u64 {
        self.served
    }

    /// Remembers that this revision is about to be served: after a crash in between it may have been.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`] if it cannot be remembered. It is not to be served then.
    pub async fn intend(&self, revision: u64) -> Result<(), MirrorError> {
        Ok(self.facts.set_number(INTENDED, revision).await?)
    }

    /// The revision that was about to be served last; 0 if there was none.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn intended(&self) -> Result<u64, MirrorError> {
        Ok(self.facts.number(INTENDED).await?)
    }

    /// Remembers that this revision is served.
    ///
    /// # Errors
    ///
    /// [`MirrorError::OlderConfiguration`] if a newer one was served, whatever the chain on the
    /// disk says; [`MirrorError::Store`] if it cannot be remembered.
    pub async fn serve(&mut self, revision: u64) -> Result<(), MirrorError> {
        let (offered, served) = (revision, self.served);
        if offered < served {
            return Err(MirrorError::OlderConfiguration { offered, served });
        }
        if offered > served {
            self.facts.set_number(SERVED, offered).await?;
            self.served = offered;
        }
        Ok(())
    }
}

/// Whether somebody is not believed any more.
fn revokes(statement: &Statement) -> bool {
    matches!(
        statement.action(),
        Ok(Action::AdministratorRevoked { .. }
            | Action::NodeRetired { .. }
            | Action::NodeRevoked { .. })
    )
}
