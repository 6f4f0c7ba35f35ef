//! Taking in statements.

use std::collections::{BTreeMap, BTreeSet};

use super::epochs::check_wraps;
use super::members::check_name;
use super::statement::Header;
use super::{
    Action, Chain, Deletion, Judgement, Permissions, Refusal, Role, Standing, Statement, permission,
};
use crate::Digest;
use crate::seal::MemberId;
use crate::store::{DomainId, Seq};

impl Chain {
    /// Begins the chain of `domain` with its first statement.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongGenesis`] if that domain does not begin so, or another [`Refusal`] if no
    /// domain does.
    pub fn open(domain: DomainId, genesis: &[u8]) -> Result<Self, Refusal> {
        let chain = Self::begin(genesis)?;
        if chain.domain != domain {
            return Err(Refusal::WrongGenesis);
        }
        Ok(chain)
    }

    /// Begins the chain of whatever domain begins so: for who has just made it, and for a hub.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] if no domain begins so.
    pub fn begin(genesis: &[u8]) -> Result<Self, Refusal> {
        let statement = Statement::parse(genesis)?;
        check_is_first(statement.header())?;
        let Action::Genesis {
            name,
            administrator,
            policy,
            epoch,
            ..
        } = statement.action()?
        else {
            return Err(Refusal::WrongGenesis);
        };
        let id = administrator.id();
        if statement.signer() != id {
            return Err(Refusal::UnknownSigner(statement.signer()));
        }
        if !statement.is_signed_by(&administrator) {
            return Err(Refusal::ForgedSignature);
        }
        check_name(&name)?;
        check_name(administrator.name())?;
        policy.check()?;
        if epoch.number() != 1 {
            let found = epoch.number();
            return Err(Refusal::WrongEpoch { current: 0, found });
        }
        check_wraps(&epoch, &BTreeSet::from([id]))?;
        let role = Role::Administrator {
            permissions: Permissions::ALL,
        };
        Ok(Self {
            domain: DomainId::new(*statement.hash().as_bytes()),
            name,
            hashes: vec![statement.hash()],
            members: BTreeMap::from([(id, Standing::new(administrator, role, 0))]),
            epochs: vec![(0, epoch)],
            policies: Vec::new(),
            first_policy: policy,
            revisions: Vec::new(),
            configuration: None,
            deletion: Deletion::None,
            ending: None,
            judged: BTreeMap::new(),
            retired: BTreeMap::new(),
        })
    }

    /// Takes in the next statement.
    ///
    /// # Errors
    ///
    /// A [`Refusal`]; nothing has changed then.
    pub fn append(&mut self, bytes: &[u8]) -> Result<Statement, Refusal> {
        let statement = Statement::parse(bytes)?;
        self.check_place(statement.header())?;
        let signer = self.signer(statement.signer())?;
        if !statement.is_signed_by(signer.member()) {
            return Err(Refusal::ForgedSignature);
        }
        let action = statement.action()?;
        if self.deletion == Deletion::Confirmed && action != Action::DeletionCancelled {
            return Err(Refusal::DomainDeleted);
        }
        if matches!(action, Action::Genesis { .. }) {
            return Err(Refusal::WrongGenesis);
        }
        permission::check(signer, &action)?;
        self.apply(&statement, action)?;
        self.hashes.push(statement.hash());
        Ok(statement)
    }

    fn check_place(&self, header: &Header) -> Result<(), Refusal> {
        if header.domain != self.domain {
            return Err(Refusal::OtherDomain);
        }
        let (expected, found) = (self.len(), header.position);
        if found != expected {
            return Err(Refusal::WrongPosition { expected, found });
        }
        if header.previous != self.head().1 {
            return Err(Refusal::WrongPrevious);
        }
        Ok(())
    }

    fn signer(&self, id: MemberId) -> Result<&Standing, Refusal> {
        let standing = self.standing(id).ok_or(Refusal::UnknownSigner(id))?;
        match standing.revoked() {
            Some(_) => Err(Refusal::RevokedSigner(id)),
            None => Ok(standing),
        }
    }

    /// Checks that the action fits, then does it.
    fn apply(&mut self, statement: &Statement, action: Action) -> Result<(), Refusal> {
        let position = statement.position();
        match action {
            Action::Genesis { .. } => Err(Refusal::WrongGenesis),
            Action::AdministratorAdded {
                member,
                permissions,
                wrap,
            } => self.add_administrator(statement, member, permissions, &wrap),
            Action::AdministratorRevoked { member, epoch } => {
                self.revoke_administrator(position, member, epoch)
            }
            Action::NodeAdded {
                member,
                program,
                wrap,
            } => self.add_node(statement, member, program, &wrap),
            Action::NodeRevoked { member, epoch } => self.revoke_node(position, member, epoch),
            Action::NodeRetired {
                member,
                epoch,
                farewell,
            } => self.retire_node(statement, member, epoch, &farewell),
            Action::EpochStarted { epoch } => self.start_epoch(position, epoch, None),
            Action::ConfigurationRevised { revision } => self.revise(statement, revision),
            Action::PolicySet { policy } => self.set_policy(position, policy, &[]),
            Action::PolicySetWithout { policy, without } => {
                self.set_policy_without(position, policy, &without)
            }
            Action::NodeUpdated { program } => self.update_node(statement.signer(), program),
            Action::TokenMinted {
                member,
                expires,
                wrap,
            } => self.mint_token(position, member, expires, &wrap),
            Action::TokenWithdrawn { member } => self.withdraw_token(position, member),
            Action::DeletionAnnounced { not_before, reason } => {
                self.announce_deletion(statement, not_before, &reason)
            }
            Action::DeletionCancelled => self.cancel_deletion(),
            Action::DeletionConfirmed { announced } => self.confirm_deletion(statement, announced),
            Action::BatchJudged {
                hash,
                commitment,
                live,
                ..
            } => {
                self.judged.insert(hash, Judgement { commitment, live });
                Ok(())
            }
        }
    }
}

/// What comes first has nothing before it.
fn check_is_first(header: &Header) -> Result<(), Refusal> {
    let nothing_before = header.position == 0
        && header.domain == DomainId::new([0; 32])
        && header.previous == Digest::ZERO
        && header.mark.seq == Seq::START
        && header.mark.hash == Digest::ZERO;
    if nothing_before {
        Ok(())
    } else {
        Err(Refusal::WrongGenesis)
    }
}
