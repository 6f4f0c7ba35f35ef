//! A server of its own that joins a domain: nothing of it is lost without a word.

use std::path::{Path, PathBuf};

use sso_core::StoreError;
use sso_sync::administration::Administrator;

use super::known::{Domain, Forecast};
use super::{Joined, bring};
use crate::args::OwnUsersOptions;
use crate::cli::Context;
use crate::data_dir::{DataDir, KeyFile};
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::wiring::OwnStore;
use crate::{key_files, wiring};

/// What a server of its own has in its folder.
#[derive(Debug)]
pub(crate) struct Standalone {
    dir: DataDir,
    has_configuration: bool,
    own: Option<OwnUsers>,
    options: OwnUsersOptions,
}

/// Its users; at least one.
#[derive(Debug)]
pub(super) struct OwnUsers {
    pub(super) store: OwnStore,
    pub(super) count: u64,
}

impl Standalone {
    /// Looks what is there. Nobody may work with it meanwhile.
    pub(crate) async fn find(context: &Context, options: OwnUsersOptions) -> Result<Self, Failure> {
        let dir = DataDir::ensure(&context.root)?;
        finish_setting_aside(&dir)?;
        Ok(Self {
            has_configuration: dir.config_file().exists(),
            own: OwnUsers::find(&dir).await?,
            options,
            dir,
        })
    }

    /// Whether this server signed people in by itself.
    pub(crate) fn is_one(&self) -> bool {
        self.has_configuration || self.own.is_some()
    }

    /// Says what happens with it, and asks, if users are left behind.
    pub(crate) fn announce(&self, context: &Context, domain: &str) -> Result<(), Failure> {
        if !self.is_one() {
            return Ok(());
        }
        context.terminal.remark(&format!(
            "This server had a configuration of its own. From now on that of {domain} counts. What \
             is replaced is kept beside, with .before-{domain} behind its name."
        ));
        if let Some(own) = self
            .own
            .as_ref()
            .filter(|_| self.options.leave_users_behind)
        {
            context.terminal.remark(&format!(
                "{} of its users are left behind: they get the secrets of {domain}, and what \
                 applications encrypted with the old ones stays closed.",
                own.count
            ));
        }
        Ok(())
    }

    /// Says whom the domain knows already, as an administrator sees it, and asks if secrets would be
    /// lost.
    pub(crate) async fn ask(
        &self,
        context: &Context,
        administrator: &Administrator,
    ) -> Result<(), Failure> {
        self.ask_of(context, &Domain::of_administrator(administrator))
            .await
    }

    /// The same, as this server sees it.
    pub(crate) async fn ask_as_server(
        &self,
        context: &Context,
        joined: &Joined,
    ) -> Result<(), Failure> {
        self.ask_of(context, &Domain::of_server(context, joined)?)
            .await
    }

    async fn ask_of(&self, context: &Context, domain: &Domain<'_>) -> Result<(), Failure> {
        let Some(own) = self.coming() else {
            return Ok(());
        };
        let forecast = Forecast::of(domain, own).await?;
        context.print(&forecast.text(own.count, domain.name()))?;
        match self.options.dangerously_lose_old_secrets {
            true => Ok(()),
            false => forecast.ask(context, domain.name()),
        }
    }

    /// Makes its users users of the domain.
    pub(crate) async fn bring_along(
        &self,
        context: &Context,
        joined: &Joined,
    ) -> Result<(), Failure> {
        match self.coming() {
            Some(own) => bring::bring_along(context, joined, own).await,
            None => Ok(()),
        }
    }

    /// Whether people who are signed in here stay it.
    pub(super) fn has_sessions(&self) -> Result<bool, Failure> {
        Ok(self.is_one() && key_files::is_present(&self.dir, KeyFile::Cookies)?)
    }

    /// Gives the files other names, once the server belongs to the domain and its users do. Used
    /// assertions and ended sessions go on to count.
    pub(crate) async fn set_aside(self, joined: &Joined) -> Result<(), Failure> {
        let domain = joined.chain()?.name().to_owned();
        if let Some(own) = self.own {
            let (database, kept) = (self.dir.database(), kept(&self.dir.database(), &domain)?);
            let anew = anew(&self.dir);
            let local = LocalSettings::load(&self.dir)?;
            let key = wiring::data_key(&self.dir, &local).await?;
            own.store.without_users(&anew, &key).await?;
            drop(own);
            drop(wiring::own_store(&self.dir, &local).await?);
            self.dir.rename(&database, &kept)?;
            self.dir.rename(&anew, &database)?;
        }
        if self.has_configuration {
            let config = self.dir.config_file();
            self.dir.rename(&config, &kept(&config, &domain)?)?;
        }
        Ok(())
    }

    /// The users who are brought along.
    fn coming(&self) -> Option<&OwnUsers> {
        let own = self.own.as_ref();
        own.filter(|_| !self.options.leave_users_behind)
    }
}

impl OwnUsers {
    async fn find(dir: &DataDir) -> Result<Option<Self>, Failure> {
        if !dir.database().exists() {
            return Ok(None);
        }
        let store = wiring::own_store(dir, &LocalSettings::load(dir)?).await?;
        let count = store
            .user_count()
            .await
            .map_err(|error| unreadable(&error))?;
        Ok((count > 0).then_some(Self { store, count }))
    }
}

/// The users of this server cannot be read.
pub(super) fn unreadable(error: &StoreError) -> Failure {
    Failure::refused(
        format!("the users of this server cannot be read: {error}"),
        "sso-connect check; nothing of them was changed",
    )
}

/// An earlier command may have come as far as between the two names.
fn finish_setting_aside(dir: &DataDir) -> Result<(), Failure> {
    if !dir.database().exists() {
        dir.rename(&anew(dir), &dir.database())?;
    }
    Ok(())
}

fn anew(dir: &DataDir) -> PathBuf {
    dir.database().with_added_extension("new")
}

/// Never over something.
fn kept(file: &Path, domain: &str) -> Result<PathBuf, Failure> {
    let mut name = file.to_path_buf().into_os_string();
    name.push(format!(".before-{domain}"));
    let kept = PathBuf::from(name);
    match kept.exists() {
        false => Ok(kept),
        true => Err(Failure::refused(
            format!("{} is there already", kept.display()),
            "rename it, and give the command again",
        )),
    }
}
