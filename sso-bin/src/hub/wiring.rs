//! Puts a hub together: the only place that names its concrete backends.

use std::path::Path;
use std::sync::Arc;

use sso_core::StoreError;
use sso_sync::admin::SystemRandomness;
use sso_sync::admin::desk::Desk;
use sso_sync::admin::hub::Hub as Reception;
use sso_sync::hub::{Audit, Hub, HubSettings};
use sso_sync::store::sqlite::SqliteStore;
use sso_sync::store::{DomainStore, KvStore};

use super::settings::{Postgres, Settings};
use super::{AuditLog, HubError, keys};
use crate::data_dir::{DataDir, KeyFile};
use crate::failure::Failure;

/// What a hub keeps everything in.
#[derive(Clone, Debug)]
pub struct Stores {
    /// Chains and feeds.
    pub domains: Arc<dyn DomainStore>,
    /// What the hub knows beside them.
    pub documents: Arc<dyn KvStore>,
}

impl Stores {
    fn of<S: DomainStore + KvStore + Clone>(store: &S) -> Self {
        Self {
            domains: Arc::new(store.clone()),
            documents: Arc::new(store.clone()),
        }
    }

    /// Asks both a small question.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if one does not answer.
    pub async fn health(&self) -> Result<(), StoreError> {
        self.domains.health().await?;
        self.documents.health().await
    }
}

/// A hub and what is around it.
#[derive(Debug)]
pub struct Assembled {
    /// The hub itself.
    pub hub: Hub,
    /// Where it receives administrators.
    pub desk: Desk,
    /// What both keep everything in.
    pub stores: Stores,
    /// What the operator reads afterwards.
    pub audit: Arc<AuditLog>,
}

/// Puts a hub together, and makes sure that its keys are those of its storage.
///
/// # Errors
///
/// A [`Failure`] if keys, storage or audit log cannot be used.
pub async fn assemble(dir: &DataDir, settings: &Settings) -> Result<Assembled, Failure> {
    let keys = keys::load(dir)?;
    let stores = open(dir, settings).await?;
    let desk = Desk::new(Reception::new(keys), Arc::clone(&stores.documents));
    desk.check_keys(&mut SystemRandomness)
        .await
        .map_err(|error| HubError::of_desk(error, &dir.key_file(KeyFile::Hub)))?;
    let audit = Arc::new(AuditLog::open(&audit_file(dir))?);
    let hub = Hub::new(
        hub_settings(settings),
        Arc::clone(&stores.domains),
        Arc::clone(&stores.documents),
        Arc::clone(&audit) as Arc<dyn Audit>,
    )
    .map_err(|_| HubError::Randomness)?;
    Ok(Assembled {
        hub: hub.with_administrators(Arc::new(desk.clone())),
        desk,
        stores,
        audit,
    })
}

/// Makes an empty database in the folder, unless there is one or the settings name another.
///
/// # Errors
///
/// A [`Failure`] naming the file.
pub fn create_database(dir: &DataDir, settings: &Settings) -> Result<(), Failure> {
    if settings.postgres.is_none() {
        SqliteStore::open(&dir.database())?;
    }
    Ok(())
}

/// Copies the database of the folder to a new file, while it is in use.
///
/// # Errors
///
/// A [`Failure`] naming the file; or the database is not in the folder.
pub async fn back_up(dir: &DataDir, settings: &Settings, target: &Path) -> Result<(), Failure> {
    if settings.postgres.is_some() {
        return Err(Failure::refused(
            "the hub keeps everything in PostgreSQL",
            "pg_dump, or what you back up your databases with",
        ));
    }
    dir.expect_database()?;
    Ok(SqliteStore::open(&dir.database())?.backup(target).await?)
}

async fn open(dir: &DataDir, settings: &Settings) -> Result<Stores, Failure> {
    match &settings.postgres {
        Some(postgres) => Ok(open_postgres(dir, postgres).await?),
        None => {
            dir.expect_database()?;
            Ok(Stores::of(&SqliteStore::open(&dir.database())?))
        }
    }
}

#[cfg(feature = "postgres")]
async fn open_postgres(dir: &DataDir, postgres: &Postgres) -> Result<Stores, HubError> {
    use sso_sync::store::postgres::{PostgresSettings, PostgresStore};

    let invalid = |reason: String| HubError::Settings {
        path: dir.settings_file(),
        reason,
    };
    let mut settings =
        PostgresSettings::new(&postgres.address).map_err(|error| invalid(error.to_string()))?;
    if settings.has_password() {
        return Err(invalid(PASSWORD_IN_ADDRESS.into()));
    }
    if let Some(file) = &postgres.password_file {
        settings = settings.password_file(dir.root().join(file));
    }
    if let Some(variable) = &postgres.password_variable {
        settings = settings.password_variable(variable);
    }
    if let Some(file) = &postgres.authorities {
        settings = settings.authorities(dir.root().join(file));
    }
    if let Some(schema) = &postgres.schema {
        settings = settings.schema(schema);
    }
    if let Some(connections) = postgres.connections {
        settings = settings.connections(connections);
    }
    let store = PostgresStore::open(&settings).await;
    let store = store.map_err(|error| HubError::Database {
        reason: error.to_string(),
    })?;
    Ok(Stores::of(&store))
}

#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "as with the feature")]
async fn open_postgres(dir: &DataDir, _: &Postgres) -> Result<Stores, HubError> {
    Err(HubError::Settings {
        path: dir.settings_file(),
        reason: "this program was built without its feature `postgres`: remove [postgres], or \
                 install one with it"
            .into(),
    })
}

fn hub_settings(settings: &Settings) -> HubSettings {
    let limits = &settings.limits;
    let mut authorities = settings.reached_as.iter().map(ToString::to_string);
    let first = authorities.next().unwrap_or_default();
    let hub = HubSettings::new(first, crate::version::version())
        .source_limit_of(limits.address_per_second, limits.address_at_once)
        .member_limit_of(limits.member_per_second, limits.member_at_once);
    authorities.fold(hub, HubSettings::also_reached_as)
}

/// Where the audit log of a hub is.
#[must_use]
pub fn audit_file(dir: &DataDir) -> std::path::PathBuf {
    dir.root().join("audit.jsonl")
}

#[cfg(feature = "postgres")]
const PASSWORD_IN_ADDRESS: &str = "postgres.address holds a password: remove it, and name a file or an environment variable with \
     it by password_file or password_variable";
