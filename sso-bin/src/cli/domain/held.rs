//! What this server holds of its domain, verified.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use sso_core::config::fields::Fields;
use sso_core::user::{User, UserSecret};
use sso_sync::administration::unlock;
use sso_sync::mirror::{Mirror, SqlitePlace};
use sso_sync::seal::{Content, KeyRing, MemberKeys, SealedUser};

use crate::cli::enrol;
use crate::data_dir::DataDir;
use crate::domain::{DomainSettings, Vault};
use crate::failure::Failure;

/// The copy of the domain on this server's disk: everything, with the digest that the servers of
/// the domain have signed.
pub(super) struct Held {
    mirror: Mirror,
    statements: Vec<Bytes>,
    keys: MemberKeys,
    ring: KeyRing,
}

impl Held {
    /// Opens `folder`, and reads it once to see whether it is whole.
    pub(super) async fn open(
        dir: &DataDir,
        settings: &DomainSettings,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let domain = settings.domain_id();
        let domain = domain.ok_or_else(|| unusable(&"domain.toml names no domain"))?;
        let keys = Vault::open(dir)?.node_keys(domain).await?;
        let keys = keys.ok_or_else(|| unusable(&"keys/node.sealed is missing"))?;
        let place = SqlitePlace::open(folder)?;
        let mut mirror = Mirror::open(Arc::new(place), domain)
            .await
            .map_err(|error| unusable(&error))?;
        verify(&mut mirror).await?;
        let statements = statements(&mirror).await?;
        let ring = unlock(mirror.chain(), &statements, &keys);
        let ring = ring.map_err(|error| unusable(&error))?;
        Ok(Self {
            mirror,
            statements,
            keys,
            ring,
        })
    }

    /// The authority chain as it was sent.
    pub(super) fn statements(&self) -> &[Bytes] {
        &self.statements
    }

    /// The newest configuration, and its number; 0 if there is none.
    pub(super) fn configuration(&self) -> Result<(u64, Fields), Failure> {
        enrol::configuration(self.mirror.chain(), &self.statements, &self.keys)
    }

    /// How many records there are, those of removed users included.
    pub(super) fn live(&self) -> u64 {
        self.mirror.follower().head().live
    }

    /// Every user, some at a time.
    pub(super) async fn users(
        &self,
        mut look: impl AsyncFnMut(Vec<SealedUser>) -> Result<(), Failure>,
    ) -> Result<u64, Failure> {
        let (reader, mut count) = (self.mirror.reader(), 0);
        for bucket in 0..=u8::MAX {
            let mut after = None;
            loop {
                let page = reader.walk(bucket, after.as_ref()).await;
                let page = page.map_err(|error| unusable(&error))?;
                let Some(last) = page.last() else { break };
                after = Some(last.record.id);
                let mut users = Vec::new();
                for stored in &page {
                    let opened = self.ring.open_record(&stored.record);
                    let (_, content) = opened.map_err(|error| unusable(&error))?;
                    if let Content::User(user) = content {
                        users.push(user);
                    }
                }
                count += users.len() as u64;
                look(users).await?;
            }
        }
        Ok(count)
    }
}

/// A user as a server of its own keeps one.
pub(super) fn with_secret(user: &SealedUser) -> (User, UserSecret) {
    (user.to_user(), user.secret().clone())
}

async fn verify(mirror: &mut Mirror) -> Result<(), Failure> {
    mirror.ready().await;
    let audit = mirror.audit();
    let audit = audit.await.map_err(|error| unusable(&error))?;
    let taken = mirror.take_audit(audit).await;
    match taken.map_err(|error| unusable(&error))? {
        true => Ok(()),
        false => Err(unusable(
            &"the users on the disk are not those that were signed",
        )),
    }
}

async fn statements(mirror: &Mirror) -> Result<Vec<Bytes>, Failure> {
    let mut all = Vec::new();
    while (all.len() as u64) < mirror.chain().len() {
        let page = mirror.statements(all.len() as u64).await;
        let page = page.map_err(|error| unusable(&error))?;
        if page.is_empty() {
            return Err(unusable(&"statements of the chain are missing"));
        }
        all.extend(page);
    }
    Ok(all)
}

fn unusable(why: &dyn std::fmt::Display) -> Failure {
    Failure::refused(
        format!("this server's copy of the domain cannot be used for that: {why}"),
        "take another server that has all users: sso-connect servers list",
    )
}
