//! `domain delete`, `domain confirm-deletion` and `domain cancel-deletion`.

use std::time::Duration;

use sso_core::UnixTime;
use sso_sync::administration::Administrator;
use sso_sync::chain::{Deletion, Refusal};

use super::agree;
use crate::args::{DomainConfirmArgs, DomainDeleteArgs, LoginArgs};
use crate::cli::{Context, servers, sign_in};
use crate::failure::Failure;

/// Announces that the domain is going to be deleted.
pub(super) async fn announce(context: &Context, args: &DomainDeleteArgs) -> Result<(), Failure> {
    let mut administrator = fresh(context, &args.login).await?;
    if administrator.chain().deletion() != Deletion::None {
        return Err(Failure::refused(
            "nothing was changed: the deletion of the domain was announced before",
            "sso-connect domain status",
        ));
    }
    show(context, &mut administrator).await?;
    // It is signed a moment after the time was looked up.
    let delay = args.grace.saturating_add(MOMENT);
    let what = format!(
        "From {} on the domain can be deleted for good. Until then every server and every \
         administrator is told, any administrator takes it back, and nothing else changes. To move \
         to another server nothing has to be deleted: sso-connect enrol.",
        context.zone.show(context.now().later(delay))
    );
    let name = administrator.chain().name();
    agree(context, &what, name, YES, args.yes_delete.as_deref())?;
    let ways = ("--reason TEXT", "SSO_CONNECT_REASON");
    let reason = context.obtain("Reason", args.reason.as_deref(), ways, None)?;
    administrator
        .announce_deletion(reason.trim(), delay)
        .await?;
    context.print(&announced(context, &administrator))
}

fn announced(context: &Context, administrator: &Administrator) -> String {
    let ending = administrator.chain().ending();
    let not_before = ending.map_or(0, |ending| ending.not_before);
    format!(
        "Announced: {} can be deleted from {} on.\nTo take it back: sso-connect domain \
         cancel-deletion\nTo delete it then: sso-connect domain confirm-deletion\n",
        administrator.chain().name(),
        context.zone.show(UnixTime::from_secs(not_before))
    )
}

/// Deletes the domain, if that was announced and the time is over.
pub(super) async fn confirm(context: &Context, args: &DomainConfirmArgs) -> Result<(), Failure> {
    let mut administrator = fresh(context, &args.login).await?;
    let name = administrator.chain().name().to_owned();
    match administrator.chain().deletion() {
        Deletion::Announced { not_before, .. } => expect_time(context, not_before)?,
        Deletion::Confirmed => return context.print(&format!("{name} was deleted before.\n")),
        Deletion::None => return Err(not_announced(&name)),
    }
    show(context, &mut administrator).await?;
    let what = "From now on nothing is written in this domain: no new user, no new configuration. \
                Users who are known sign in as long as the servers run. The hub erases what it has \
                in 30 days; until then any administrator takes it back.";
    agree(context, what, &name, YES, args.yes_delete.as_deref())?;
    administrator.confirm_deletion().await?;
    context.print(&format!(
        "Deleted {name}. The hub keeps what it has for 30 days.\nTo take it back until then: \
         sso-connect domain cancel-deletion\n"
    ))
}

/// Takes a deletion back.
pub(super) async fn cancel(context: &Context, args: &LoginArgs) -> Result<(), Failure> {
    let mut administrator = sign_in::administrator(context, args).await?;
    let name = administrator.chain().name().to_owned();
    if administrator.chain().deletion() == Deletion::None {
        return context.print(&format!("Nobody wants {name} deleted.\n"));
    }
    administrator.cancel_deletion().await?;
    context.print(&format!(
        "{name} goes on: the deletion was taken back, and every server is told.\n"
    ))
}

/// Password and second factor are asked for, whatever session was kept.
async fn fresh(context: &Context, args: &LoginArgs) -> Result<Administrator, Failure> {
    sign_in::sign_in(context, args).await
}

/// Who and what goes with it.
async fn show(context: &Context, administrator: &mut Administrator) -> Result<(), Failure> {
    let live = administrator.live_records().await?;
    let found = administrator.servers().await?;
    let this = context
        .membership()?
        .and_then(|(_, settings)| settings.node_id());
    let lines: Vec<_> = found.iter().map(|it| servers::line(it, this)).collect();
    let name = administrator.chain().name();
    context.print(&format!(
        "{name} has {live} users and these servers:\n\n{}\n",
        servers::short(context, &lines)
    ))
}

fn expect_time(context: &Context, not_before: u64) -> Result<(), Failure> {
    let not_before = UnixTime::from_secs(not_before);
    if context.now() >= not_before {
        return Ok(());
    }
    Err(Failure::refused(
        format!(
            "{}: it can be confirmed from {} on",
            Refusal::DeletionTooEarly,
            context.zone.show(not_before)
        ),
        "wait, or take it back: sso-connect domain cancel-deletion",
    ))
}

fn not_announced(name: &str) -> Failure {
    Failure::refused(
        format!("nothing was deleted: nobody has announced the deletion of {name}"),
        "sso-connect domain delete",
    )
}

/// Whoever is not asked says it so.
const YES: &str = "--yes-delete";

const MOMENT: Duration = Duration::from_mins(1);
