//! A server becomes one of the domain.

use bytes::Bytes;

use super::{AdministrationError, Administrator, Program};
use crate::chain::{Action, Chain, Role};
use crate::seal::{Member, MemberId, MemberKeys};
use crate::store::DomainId;

/// A server that belongs to the domain now.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Enrolled {
    /// The domain.
    pub domain: DomainId,
    /// The server.
    pub node: MemberId,
    /// The chain from its first statement on, up to the one that added the server at least.
    pub statements: Vec<Bytes>,
}

impl Administrator {
    /// Makes a server one of the domain, under a name for people.
    ///
    /// Keep the keys of the server, sealed, **before** this is called. If it was interrupted, call
    /// it again with the same keys: a server that was added already is found.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::OutsidePolicy`] and [`AdministrationError::NewerSchema`] if this
    /// program is not one that the domain works with, before anything else is looked at;
    /// [`AdministrationError::Lacks`], [`AdministrationError::NameTaken`],
    /// [`AdministrationError::Revoked`] if these keys belonged to a server that was revoked.
    pub async fn enrol(
        &mut self,
        name: &str,
        node: &MemberKeys,
    ) -> Result<Enrolled, AdministrationError> {
        let member = node.member(name);
        self.state(|office| {
            let program = office.office().program();
            check_program(program, office.chain())?;
            if is_enrolled(&member, office.chain())? {
                return Ok(None);
            }
            office.require_sso()?;
            check_name(&member, office.chain())?;
            Ok(Some(Action::NodeAdded {
                wrap: office.wrap(&member)?,
                member: member.clone(),
                program: program.version.clone(),
            }))
        })
        .await?;
        Ok(Enrolled {
            domain: self.domain(),
            node: member.id(),
            statements: self.statements().to_vec(),
        })
    }
}

/// The version gate: all servers of a domain run what its policy names.
pub(super) fn check_program(program: &Program, chain: &Chain) -> Result<(), AdministrationError> {
    let policy = chain.policy();
    if !policy.admits(&program.version) {
        return Err(AdministrationError::OutsidePolicy {
            program: program.version.clone(),
            from: policy.from().into(),
            to: policy.to().into(),
        });
    }
    if policy.schema() > program.schema {
        return Err(AdministrationError::NewerSchema {
            known: program.schema,
            domain: policy.schema(),
        });
    }
    Ok(())
}

/// Whether these very keys are a server of the domain.
pub(super) fn is_enrolled(member: &Member, chain: &Chain) -> Result<bool, AdministrationError> {
    let id = member.id();
    let Some(standing) = chain.standing(id) else {
        return Ok(false);
    };
    if standing.revoked().is_some() || !matches!(standing.role(), Role::Node { .. }) {
        return Err(AdministrationError::Revoked(id));
    }
    Ok(true)
}

/// Servers are told apart by their names.
pub(super) fn check_name(member: &Member, chain: &Chain) -> Result<(), AdministrationError> {
    let mut nodes = chain.nodes().map(|(node, _)| node.member());
    match nodes.find(|node| node.name() == member.name()) {
        None => Ok(()),
        Some(other) => Err(AdministrationError::NameTaken {
            name: other.name().into(),
            id: other.id(),
        }),
    }
}
