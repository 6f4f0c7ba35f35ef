//! Saving a configuration: check, show what changes, ask, save, and settle overlaps.

use sso_core::config::fields::Fields;
use sso_sync::administration::{Administrator, Saved, Saving};
use sso_sync::seal::ConfigDocument;

use super::overlaps::resolve;
use super::{document_of, draft, fields_of, lines, revision};
use crate::cli::{Context, hostname, spread};
use crate::failure::{Failure, Trouble};
use crate::settings::SettingsError;

/// Whether a person looks at the changes before they are saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Review {
    /// They are shown, and saved if the person says so.
    Ask,
    /// They are shown and saved.
    Yes,
}

/// A configuration that was made from a revision.
#[derive(Debug)]
pub(crate) struct Change {
    /// The revision that it was made from.
    pub(crate) base: u64,
    /// What it is now.
    pub(crate) fields: Fields,
}

/// Saves a change, if it is one, and says what came of it.
pub(crate) async fn save(
    context: &Context,
    administrator: &mut Administrator,
    change: &Change,
    review: Review,
) -> Result<(), Failure> {
    let before = revision(administrator, change.base)?;
    let lines = lines(&before, &change.fields);
    if lines.is_empty() {
        return context.print("Nothing changed.\n");
    }
    check(context, &change.fields)?;
    context.print(&lines)?;
    hostname::warn(context, &before, &change.fields).await?;
    if review == Review::Ask && !confirmed(context, change.base)? {
        return context.print("Nothing was saved.\n");
    }
    match commit(context, administrator, change).await {
        Ok(saved) => told(context, administrator, &saved).await,
        Err(failure) if is_away(&failure) => {
            draft::keep(context, change).await?;
            Err(failure)
        }
        Err(failure) => Err(failure),
    }
}

/// Checks a configuration as every server will, with the keys on the token of this one.
pub(crate) fn check(context: &Context, fields: &Fields) -> Result<(), Failure> {
    let checked = fields.check_with_keys(context.now(), &context.token_keys()?);
    checked
        .map(drop)
        .map_err(|problems| SettingsError::of_shared(problems).into())
}

fn confirmed(context: &Context, base: u64) -> Result<bool, Failure> {
    if !context.terminal.is_interactive() {
        return Err(Failure::unasked("Save this?", "add --yes"));
    }
    let question = format!("Save this as revision {}?", base.saturating_add(1));
    context.terminal.confirm(&question, true)
}

/// Until it is saved, or the person gives up. Whoever saved meanwhile is asked about.
async fn commit(
    context: &Context,
    administrator: &mut Administrator,
    change: &Change,
) -> Result<Saved, Failure> {
    let mut base = change.base;
    let mut mine: ConfigDocument = document_of(&change.fields);
    loop {
        match administrator.save(base, &mine).await? {
            Saving::Saved(saved) => return Ok(saved),
            Saving::Overlaps(overlaps) => {
                mine = resolve(context, administrator, &overlaps)?;
                base = overlaps.theirs;
                check(context, &fields_of(&mine)?)?;
            }
        }
    }
}

/// Says what was saved, and who has it already.
pub(super) async fn told(
    context: &Context,
    administrator: &mut Administrator,
    saved: &Saved,
) -> Result<(), Failure> {
    if !saved.is_new {
        return context.print(&format!(
            "Revision {} says the same: nothing had to be saved.\n",
            saved.revision
        ));
    }
    let mut text = format!("Saved as revision {}.\n", saved.revision);
    if !saved.taken.is_empty() {
        text += &format!(
            "Joined with what others changed meanwhile: {}.\n",
            saved.taken.join(", ")
        );
    }
    context.print(&text)?;
    spread::tell(context, administrator, saved.revision).await
}

pub(super) fn is_away(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Domain {
            trouble: Trouble::Unreachable,
            ..
        }
    )
}
