//! A configuration that waits to be saved, since the hub was out of reach.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sso_core::config::fields::Fields;
use zeroize::{Zeroize as _, Zeroizing};

use super::save::{self, Change, Review};
use crate::args::LoginArgs;
use crate::cli::{Context, sign_in};
use crate::domain::Vault;
use crate::failure::Failure;

#[derive(Serialize, Deserialize)]
struct Kept {
    base: u64,
    fields: BTreeMap<String, String>,
}

/// Keeps `change` in the data folder, sealed, in place of an earlier draft.
pub(super) async fn keep(context: &Context, change: &Change) -> Result<(), Failure> {
    let fields = change.fields.iter();
    let kept = Kept {
        base: change.base,
        fields: fields
            .map(|(path, value)| (path.into(), value.into()))
            .collect(),
    };
    let bytes = serde_json::to_vec(&kept).map(Zeroizing::new);
    let bytes = bytes.map_err(|error| Failure::because(error.to_string()))?;
    Vault::of_folder(&context.root)?
        .store(DRAFT, &bytes)
        .await?;
    context.print(
        "The hub is out of reach, so it is kept as a draft on this machine. When the hub is back:\n\
         \x20 sso-connect config save-draft\n",
    )
}

/// Saves the draft, as if it had been made just now from the revision that it was made from.
pub(super) async fn save(context: &Context, args: &LoginArgs) -> Result<(), Failure> {
    let vault = Vault::of_folder(&context.root)?;
    let Some(bytes) = vault.load(DRAFT).await? else {
        return Err(none());
    };
    let change = read(&bytes)?;
    let mut administrator = sign_in::administrator(context, args).await?;
    save::save(context, &mut administrator, &change, Review::Ask).await?;
    vault.remove(DRAFT)
}

pub(super) async fn discard(context: &Context) -> Result<(), Failure> {
    let vault = Vault::of_folder(&context.root)?;
    if vault.load(DRAFT).await?.is_none() {
        return Err(none());
    }
    vault.remove(DRAFT)?;
    context.print("The draft is gone.\n")
}

/// Says that there is a draft, before somebody begins with something else.
pub(super) async fn warn(context: &Context) -> Result<(), Failure> {
    if Vault::of_folder(&context.root)?
        .load(DRAFT)
        .await?
        .is_some()
    {
        context.terminal.remark(
            "There is a draft that was not saved yet: sso-connect config save-draft, or \
             discard-draft.",
        );
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Result<Change, Failure> {
    let mut kept: Kept = serde_json::from_slice(bytes).map_err(|_| {
        Failure::refused("the draft is damaged", "sso-connect config discard-draft")
    })?;
    let fields = Fields::from_iter(&kept.fields);
    kept.fields.values_mut().for_each(|value| value.zeroize());
    Ok(Change {
        base: kept.base,
        fields,
    })
}

fn none() -> Failure {
    Failure::refused("there is no draft", "sso-connect config edit")
}

const DRAFT: &str = "draft";
