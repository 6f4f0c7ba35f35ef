//! Rolling upgrades: a window from one version to the next, in which servers of both serve and
//! write.

use std::time::Duration;

use super::{AdministrationError, Administrator, Server, Told};
use crate::chain::{Action, Policy};
use crate::seal::MemberId;

/// How far an upgrade has come, or that there is none.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Upgrade {
    /// With which versions servers join and write; two, while an upgrade is under way.
    pub policy: Policy,
    /// The servers of the domain, by name.
    pub servers: Vec<Server>,
}

impl Upgrade {
    /// The servers that do not run `version`, as far as the chain says.
    pub fn not_on(&self, version: &str) -> impl Iterator<Item = &Server> {
        self.servers.iter().filter(move |it| it.program != version)
    }
}

impl Administrator {
    /// How far the upgrade has come.
    ///
    /// # Errors
    ///
    /// An [`AdministrationError`] if the hub cannot be asked.
    pub async fn upgrade(&mut self) -> Result<Upgrade, AdministrationError> {
        let servers = self.servers().await?;
        let policy = self.chain().policy().clone();
        Ok(Upgrade { policy, servers })
    }

    /// Opens a window to the version `to`: from now on servers of both versions join and write, in
    /// the schema that there is. If it is open already, nothing is stated.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::UpgradeUnderWay`] to another version,
    /// [`AdministrationError::SameVersion`] if servers run `to` already.
    pub async fn start_upgrade(&mut self, to: &str) -> Result<(), AdministrationError> {
        self.state(|office| {
            office.require_sso()?;
            let policy = office.chain().policy();
            match (policy.is_pinned(), policy.to() == to) {
                (true, false) => {}
                (false, true) => return Ok(None),
                (true, true) => return Err(AdministrationError::SameVersion(to.into())),
                (false, false) => {
                    return Err(AdministrationError::UpgradeUnderWay {
                        from: policy.from().into(),
                        to: policy.to().into(),
                    });
                }
            }
            let policy = Policy::window(policy.schema(), policy.from(), to);
            Ok(Some(Action::PolicySet { policy }))
        })
        .await?;
        Ok(())
    }

    /// Closes the window on the new version. From now on servers write in its schema. Those of
    /// `without` may be on another version: they serve, read-only, until they are updated.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::NoUpgrade`] if no window is open;
    /// [`AdministrationError::OtherProgram`] if this program is not the new version, and so does
    /// not know its schema; [`AdministrationError::NotUpdated`] with the servers that would be
    /// left behind; [`AdministrationError::StillAlive`] if one of `without` is running.
    pub async fn finalize_upgrade(
        &mut self,
        without: &[MemberId],
    ) -> Result<(), AdministrationError> {
        let policy = self.open_window()?;
        let program = self.office().program().clone();
        if program.version != policy.to() {
            return Err(AdministrationError::OtherProgram {
                program: program.version,
                to: policy.to().into(),
            });
        }
        let next = Policy::pinned(program.schema, policy.to());
        self.close(&policy, &next, without).await
    }

    /// Closes the window on the old version, as if it had never been opened: nothing was written
    /// that the old version does not read.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::NoUpgrade`] if no window is open;
    /// [`AdministrationError::NotUpdated`] with the servers that run the new version already;
    /// [`AdministrationError::StillAlive`] if one of `without` is running.
    pub async fn abort_upgrade(&mut self, without: &[MemberId]) -> Result<(), AdministrationError> {
        let policy = self.open_window()?;
        let next = Policy::pinned(policy.schema(), policy.from());
        self.close(&policy, &next, without).await
    }

    /// The window that is open.
    fn open_window(&self) -> Result<Policy, AdministrationError> {
        let policy = self.chain().policy();
        match policy.is_pinned() {
            true => Err(AdministrationError::NoUpgrade(policy.to().into())),
            false => Ok(policy.clone()),
        }
    }

    async fn close(
        &mut self,
        window: &Policy,
        next: &Policy,
        without: &[MemberId],
    ) -> Result<(), AdministrationError> {
        let upgrade = self.upgrade().await?;
        let now = self.office().now().as_secs();
        let (left, others): (Vec<_>, Vec<_>) = upgrade
            .not_on(next.to())
            // Who is behind already stays there.
            .filter(|it| window.admits(&it.program))
            .partition(|it| without.contains(&it.id));
        if let Some(alive) = left.iter().find(|it| is_alive(it, now)) {
            return Err(AdministrationError::StillAlive(alive.name.clone()));
        }
        if !others.is_empty() {
            return Err(AdministrationError::NotUpdated {
                to: next.to().into(),
                servers: others.into_iter().map(described).collect(),
            });
        }
        let mut left: Vec<_> = left.into_iter().map(|it| it.id).collect();
        left.sort_unstable();
        self.state_policy(window, next, &left).await
    }

    /// Nothing is stated if the window is not the one any more that was looked at.
    async fn state_policy(
        &mut self,
        window: &Policy,
        next: &Policy,
        without: &[MemberId],
    ) -> Result<(), AdministrationError> {
        self.state(|office| {
            office.require_sso()?;
            let current = office.chain().policy();
            if current == next {
                return Ok(None);
            }
            if current != window {
                return Err(AdministrationError::NoUpgrade(current.to().into()));
            }
            let (policy, without) = (next.clone(), without.to_vec());
            Ok(Some(match without.is_empty() {
                true => Action::PolicySet { policy },
                false => Action::PolicySetWithout { policy, without },
            }))
        })
        .await?;
        Ok(())
    }
}

/// A server and its version, for people.
fn described(server: &Server) -> String {
    format!("{} ({})", server.name, server.program)
}

/// Whether a server said something not long ago.
fn is_alive(server: &Server, now: u64) -> bool {
    match &server.told {
        Told::Status { status, .. } => now.saturating_sub(status.time) < SILENCE.as_secs(),
        Told::Disbelieved | Told::Nothing => false,
    }
}

/// So long a server that runs is never silent: ten beats.
const SILENCE: Duration = Duration::from_mins(10);
