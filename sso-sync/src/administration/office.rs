//! Where an administrator sits.

use std::sync::Arc;

use sso_core::{Clock, UnixTime};

use super::AdministrationError;
use crate::admin::wire::{self, Message};
use crate::admin::{AdministratorName, Answer, DomainName, Stretching, StretchingBounds};
use crate::link::{self, Link};
use crate::seal::MemberId;

/// Where an administrator sits: a link to the hub, a clock, and the program that is used. Cheap to
/// clone.
#[derive(Clone, Debug)]
pub struct Office {
    link: Arc<dyn Link>,
    clock: Arc<dyn Clock>,
    program: Program,
    via: MemberId,
    stretching: Stretching,
    bounds: StretchingBounds,
}

/// The program that is used: what the domain's policy is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by every program")]
pub struct Program {
    /// Its version, as policies name it.
    pub version: String,
    /// The newest schema of records and configurations that it knows.
    pub schema: u64,
}

/// Who signs in, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "two names")]
pub struct Who {
    /// The domain.
    pub domain: DomainName,
    /// The administrator.
    pub administrator: AdministratorName,
}

impl Office {
    /// An office with a link to the hub.
    #[must_use]
    pub fn new(link: Arc<dyn Link>, clock: Arc<dyn Clock>, program: Program) -> Self {
        Self {
            link,
            clock,
            program,
            via: MemberId::NOBODY,
            stretching: Stretching::DEFAULT,
            bounds: StretchingBounds::DEFAULT,
        }
    }

    /// The server at which the office is, as the history shows it. Default: at none.
    #[must_use]
    pub const fn at(mut self, server: MemberId) -> Self {
        self.via = server;
        self
    }

    /// Registers passwords that are cheap to guess, and signs in with them. For tests that sign in
    /// often.
    #[cfg(any(test, feature = "testkit"))]
    #[must_use]
    pub const fn dangerously_accept(mut self, bounds: StretchingBounds) -> Self {
        self.bounds = bounds;
        self.stretching = Stretching::DANGEROUSLY_WEAK;
        self
    }

    pub(super) const fn link(&self) -> &Arc<dyn Link> {
        &self.link
    }

    pub(super) const fn program(&self) -> &Program {
        &self.program
    }

    pub(super) const fn via(&self) -> MemberId {
        self.via
    }

    pub(super) const fn stretching(&self) -> (Stretching, StretchingBounds) {
        (self.stretching, self.bounds)
    }

    pub(super) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Sends a message about an account and reads the answer.
    pub(super) async fn talk<M: Message + Sync>(
        &self,
        message: &M,
    ) -> Result<Answer, AdministrationError> {
        let message = wire::encode(message).into();
        let answer = link::administrators(&*self.link, message).await?;
        Ok(wire::decode(&answer)?)
    }
}
