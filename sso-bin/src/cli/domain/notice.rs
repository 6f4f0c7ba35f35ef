//! What everybody is told of a domain that is going to be deleted, or was.

use sso_sync::chain::Chain;

use crate::cli::Context;
use crate::control::DeletionReport;

/// Tells whoever gave a command, beside its answer, if somebody wants the domain deleted.
pub(in crate::cli) fn remark(context: &Context, chain: &Chain) {
    let ending = chain.ending().map(DeletionReport::of);
    of_report(context, chain.name(), ending.as_ref());
}

/// The same as a running server tells it.
pub(in crate::cli) fn of_report(
    context: &Context,
    domain: &str,
    deletion: Option<&DeletionReport>,
) {
    if let Some(deletion) = deletion {
        context.terminal.remark(&text(context, domain, deletion));
    }
}

/// Two lines: what is going to happen, and what stops it.
pub(in crate::cli) fn text(context: &Context, domain: &str, deletion: &DeletionReport) -> String {
    let DeletionReport { by, reason, .. } = deletion;
    match &deletion.confirmed {
        None => format!(
            "! The domain {domain} is going to be deleted: {by} announced it ({reason}). It can be \
             confirmed from {} on.\n! Any administrator takes it back: sso-connect domain \
             cancel-deletion",
            context.zone.show(deletion.not_before.0)
        ),
        Some(confirmed) => format!(
            "! The domain {domain} was deleted on {} ({reason}): known users sign in, nothing is \
             written any more.\n! For 30 days any administrator takes it back: sso-connect domain \
             cancel-deletion",
            context.zone.show(confirmed.at.0)
        ),
    }
}
