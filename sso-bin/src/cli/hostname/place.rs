//! Where the configuration is that a command looks at or changes: the domain's, or this server's.

use sso_core::config::fields::Fields;
use sso_core::config::{SharedConfig, SharedConfigDocument};

use crate::args::LoginArgs;
use crate::cli::Context;
use crate::cli::config::begin::{self, Begun};
use crate::cli::config::save::Review;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::settings::{self, SettingsError};

/// A configuration that is about to be changed.
pub(super) enum Place {
    /// That of a domain.
    Domain(Box<Begun>),
    /// That of a server of its own.
    Own(DataDir, Box<SharedConfigDocument>),
}

impl Place {
    /// The newest that can be had.
    pub(super) async fn of(context: &Context, login: &LoginArgs) -> Result<Self, Failure> {
        if context.membership()?.is_some() {
            let begun = begin::begin(context, login).await?;
            return Ok(Self::Domain(Box::new(begun)));
        }
        let dir = context.dir()?;
        let document = settings::read(&dir)?;
        Ok(Self::Own(dir, Box::new(document)))
    }

    pub(super) fn document(&self) -> Result<SharedConfigDocument, Failure> {
        match self {
            Self::Domain(begun) => document(&begun.fields),
            Self::Own(_, document) => Ok((**document).clone()),
        }
    }

    /// Checked, with the keys that belong to it.
    pub(super) fn config(&self, context: &Context) -> Result<SharedConfig, Failure> {
        match self {
            Self::Domain(begun) => checked(context, &begun.fields),
            Self::Own(dir, document) => {
                Ok(settings::check(dir, (**document).clone(), context.now())?)
            }
        }
    }

    /// Shows what changes, asks, and saves.
    pub(super) async fn save(
        self,
        context: &Context,
        after: &SharedConfigDocument,
        review: Review,
    ) -> Result<(), Failure> {
        match self {
            Self::Domain(begun) => {
                let mut fields = begun.fields.clone();
                fields.apply(after).map_err(SettingsError::of_shared)?;
                begin::finish(context, *begun, fields, review).await
            }
            Self::Own(dir, _) => {
                settings::check(&dir, after.clone(), context.now())
                    .map_err(SettingsError::of_candidate)?;
                if review == Review::Ask && !confirmed(context)? {
                    return context.print("Nothing was saved.\n");
                }
                settings::write(&dir, after)?;
                context
                    .print("Saved in config.toml. It is used after: systemctl reload sso-connect\n")
            }
        }
    }
}

/// The configuration in force as far as this machine knows; only if it knows none, the hub is asked.
pub(super) async fn config(context: &Context) -> Result<SharedConfig, Failure> {
    if context.membership()?.is_none() {
        return Ok(settings::load(&context.dir()?, context.now())?);
    }
    match begin::own_copy(context).await? {
        Some((revision, fields)) if revision > 0 => checked(context, &fields),
        Some(_) | None => {
            let begun = begin::begin(context, &LoginArgs::default()).await?;
            checked(context, &begun.fields)
        }
    }
}

fn document(fields: &Fields) -> Result<SharedConfigDocument, Failure> {
    Ok(fields.document().map_err(SettingsError::of_shared)?)
}

fn checked(context: &Context, fields: &Fields) -> Result<SharedConfig, Failure> {
    let checked = fields.check(context.now());
    Ok(checked.map_err(SettingsError::of_shared)?)
}

fn confirmed(context: &Context) -> Result<bool, Failure> {
    if !context.terminal.is_interactive() {
        return Err(Failure::unasked("Save this?", "add --yes"));
    }
    context.terminal.confirm("Save this?", true)
}
