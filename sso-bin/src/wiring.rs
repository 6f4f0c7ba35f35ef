//! Puts the program together: the only place that names concrete backends.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sso_core::config::ConfigSource;
use sso_core::sso::Sso;
use sso_core::{Clock as _, StoreError, SystemClock, UnixTime};
use sso_sync::keeper::pkcs11::TokenSealer;
use sso_sync::keeper::{KeyFile, Sealer, SystemdCredential};
use sso_sync::local::{DataKey, Frozen, LocalStore, OpenError};
use sso_sync::mirror::SqlitePlace;

use crate::current_config::CurrentConfig;
use crate::data_dir::{self, DataDir};
use crate::domain::DomainSettings;
use crate::failure::Failure;
use crate::handover::RsaPadding;
use crate::http::{App, Parts};
use crate::local_settings::LocalSettings;
use crate::member::Member;
use crate::status::Storage;
use crate::token::TokenKeyError;
use crate::{data_key, key_files, settings};

/// The routes' state and the configuration that they work with.
///
/// # Errors
///
/// A [`Failure`] if the configuration, a key or the database cannot be used.
pub fn assemble(
    dir: &DataDir,
    local: &LocalSettings,
    data_key: &DataKey,
) -> Result<(App, Arc<CurrentConfig>), Failure> {
    let config = Arc::new(CurrentConfig::new(settings::load(dir, now())?));
    let store = Arc::new(open_store(dir, data_key)?);
    let source: Arc<dyn ConfigSource> = config.clone();
    let sso = Sso::builder(source, key_files::sealing_keys(dir)?, store.clone())
        .replay_log(store.clone())
        .session_store(store.clone())
        .build();
    let app = App::new(Parts {
        sso,
        config: config.clone(),
        storage: store,
        sync: None,
        rsa_padding: rsa_padding(local),
        trusted_proxies: local.trusted_proxies.as_slice().into(),
        body_timeout: BODY_TIMEOUT,
    });
    Ok((app, config))
}

/// Starts the node of a server that belongs to a domain, with its own database.
///
/// # Errors
///
/// A [`Failure`] if a key, the database or the copy of the domain cannot be used.
pub async fn start_member(
    dir: &DataDir,
    local: &LocalSettings,
    settings: &DomainSettings,
) -> Result<(Member, Arc<OwnStore>), Failure> {
    data_key::ensure(dir, &*sealer(dir, local)?).await?;
    let data_key = sealed_data_key(dir, local).await?;
    let store = Arc::new(open_store(dir, &data_key)?);
    let place = Arc::new(SqlitePlace::open(&dir.node_folder())?);
    let member = Member::start(dir, (settings, local), place, store.clone()).await?;
    Ok((member, store))
}

/// The routes' state of a server that belongs to a domain, as soon as that has a configuration.
pub async fn assemble_member(
    local: &LocalSettings,
    member: &Member,
    store: Arc<OwnStore>,
) -> (App, Arc<CurrentConfig>) {
    let config = member.configuration().await;
    let source: Arc<dyn ConfigSource> = config.clone();
    let sso = Sso::builder(source, member.session_keys(), Arc::new(member.users()))
        .replay_log(store.clone())
        .session_store(member.sign_outs())
        .history(member.history())
        .build();
    let app = App::new(Parts {
        sso,
        config: config.clone(),
        storage: store,
        sync: Some(member.status()),
        rsa_padding: rsa_padding(local),
        trusted_proxies: local.trusted_proxies.as_slice().into(),
        body_timeout: BODY_TIMEOUT,
    });
    member.serves(app.clone());
    (app, config)
}

/// What seals the secrets that this machine keeps to itself.
///
/// # Errors
///
/// A [`TokenKeyError`] if the library of a token cannot be loaded.
pub fn sealer(dir: &DataDir, local: &LocalSettings) -> Result<Arc<dyn Sealer>, TokenKeyError> {
    if let Some(token) = &local.token
        && let Some(key) = &token.sealing_key
    {
        return Ok(Arc::new(TokenSealer::new(token.open()?, key)));
    }
    Ok(match &local.sealing.systemd_credential {
        Some(name) => Arc::new(SystemdCredential::new(name)),
        None => Arc::new(KeyFile::new(&dir.key_file(data_dir::KeyFile::Keeper))),
    })
}

/// The key of the database, which is sealed first if that was not done yet.
///
/// # Errors
///
/// A [`Failure`] if it cannot be read, sealed or unsealed.
pub async fn sealed_data_key(dir: &DataDir, local: &LocalSettings) -> Result<DataKey, Failure> {
    let sealer = sealer(dir, local)?;
    data_key::seal(dir, &*sealer).await?;
    data_key::load(dir, &*sealer).await
}

/// The key of the database as it is.
///
/// # Errors
///
/// A [`Failure`] if it cannot be read or unsealed.
pub async fn data_key(dir: &DataDir, local: &LocalSettings) -> Result<DataKey, Failure> {
    data_key::load(dir, &*sealer(dir, local)?).await
}

/// Users, used assertions and ended sessions of a server of its own.
pub type OwnStore = LocalStore;

/// The database of a server of its own that nobody works with.
///
/// # Errors
///
/// A [`Failure`] naming the file, if its key cannot be read or unsealed, also if a running server has it open.
pub async fn own_store(dir: &DataDir, local: &LocalSettings) -> Result<OwnStore, Failure> {
    dir.expect_database()?;
    match LocalStore::expect_unused(&dir.database()) {
        Err(OpenError::InUse { path }) => {
            return Err(Failure::refused(
                format!(
                    "a server works with {}, and users may come meanwhile",
                    path.display()
                ),
                "stop it, then give the command again",
            ));
        }
        unused => unused?,
    }
    Ok(open_store(dir, &data_key(dir, local).await?)?)
}

/// Makes an empty database, unless there is one.
///
/// # Errors
///
/// A [`Failure`] naming the file.
pub fn create_database(dir: &DataDir, data_key: &DataKey) -> Result<(), Failure> {
    open_store(dir, data_key)?;
    Ok(())
}

/// Looks whether the database is there and whole, and whether the data key is the right one.
///
/// # Errors
///
/// A [`Failure`] naming the file.
pub async fn check_database(dir: &DataDir, local: &LocalSettings) -> Result<(), Failure> {
    dir.expect_database()?;
    open_store(dir, &data_key(dir, local).await?)?;
    Ok(())
}

fn open_store(dir: &DataDir, data_key: &DataKey) -> Result<LocalStore, OpenError> {
    let store = LocalStore::open_by(&dir.database(), data_key, crate::version::version())?;
    if let Some(frozen) = store.frozen() {
        tracing::warn!(reason = frozen.to_string(), "the database is only read");
    }
    Ok(store)
}

/// The present moment.
#[must_use]
pub fn now() -> UnixTime {
    SystemClock.now()
}

const fn rsa_padding(local: &LocalSettings) -> RsaPadding {
    match local.dangerous_allow_pkcs1v15_handover {
        true => RsaPadding::DangerousPkcs1v15,
        false => RsaPadding::Oaep,
    }
}

#[async_trait]
impl Storage for LocalStore {
    async fn health(&self) -> Result<(), StoreError> {
        Self::health(self).await
    }

    fn frozen(&self) -> Option<&Frozen> {
        Self::frozen(self)
    }
}

/// For a form of at most 512 KiB.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
