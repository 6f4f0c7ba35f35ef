//! Conditions of an assertion, and times in general (SAML Core 2.5).
//!
//! One skew for every comparison: something holds from its beginning minus the skew until just
//! before its end plus the skew.

use std::time::Duration;

use super::response::moment_if_any;
use super::{Rejection, SAML};
use crate::UnixTime;
use crate::config::IdentityProvider;
use crate::excerpt::excerpt;
use crate::xml::Element;

/// Checks all conditions. Answers until when they hold, skew included.
pub(super) fn check_conditions(
    assertion: Element<'_>,
    names: &[&str],
    skew: Duration,
    now: UnixTime,
) -> Result<UnixTime, Rejection> {
    let mut all = assertion.children_named(SAML, "Conditions");
    let (conditions, others) = (all.next(), all.count());
    let (Some(conditions), 0) = (conditions, others) else {
        let found = usize::from(conditions.is_some()) + others;
        return Err(Rejection::Conditions {
            name: "Conditions",
            expected: "1",
            found,
        });
    };
    let limit = check_validity(conditions, skew, now)?;
    check_each_is_known(conditions)?;
    check_audiences(conditions, names)?;
    Ok(limit)
}

fn check_validity(
    conditions: Element<'_>,
    skew: Duration,
    now: UnixTime,
) -> Result<UnixTime, Rejection> {
    let begin = moment_if_any(conditions, "NotBefore")?;
    let end = moment_if_any(conditions, "NotOnOrAfter")?;
    check_window(begin, end)?;
    if let Some(begin) = begin {
        check_begin("the validity of the assertion", begin, skew, now)?;
    }
    match end {
        Some(end) => check_end("the validity of the assertion", end, skew, now),
        None => Ok(UnixTime::from_epoch(Duration::MAX)),
    }
}

/// The end comes after the beginning (SAML Core 2.5.1.2): the skew makes no window out of none.
fn check_window(begin: Option<UnixTime>, end: Option<UnixTime>) -> Result<(), Rejection> {
    match begin.zip(end) {
        Some((begin, end)) if end <= begin => Err(Rejection::Window { begin, end }),
        _ => Ok(()),
    }
}

/// A condition that nobody knows makes the whole assertion indeterminate (SAML Core 2.5.1).
fn check_each_is_known(conditions: Element<'_>) -> Result<(), Rejection> {
    for condition in conditions.children() {
        let known = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];
        if condition.namespace() != SAML || !known.contains(&condition.local_name()) {
            return Err(Rejection::ConditionUnknown {
                found: excerpt(condition.local_name()),
            });
        }
    }
    for name in ["OneTimeUse", "ProxyRestriction"] {
        let found = conditions.children_named(SAML, name).count();
        if found > 1 {
            return Err(Rejection::Conditions {
                name,
                expected: "at most 1",
                found,
            });
        }
    }
    Ok(())
}

/// Every restriction must name us; within one, any audience may (SAML Core 2.5.1.4).
fn check_audiences(conditions: Element<'_>, names: &[&str]) -> Result<(), Rejection> {
    let mut restrictions = conditions
        .children_named(SAML, "AudienceRestriction")
        .peekable();
    if restrictions.peek().is_none() {
        let expected = names.first().copied().unwrap_or_default().to_owned();
        return Err(Rejection::AudienceMissing { expected });
    }
    for restriction in restrictions {
        let audiences: Result<Vec<_>, _> = restriction
            .children_named(SAML, "Audience")
            .map(|it| it.text())
            .collect();
        let audiences = audiences.map_err(Rejection::Schema)?;
        if !audiences.iter().any(|audience| names.contains(audience)) {
            return Err(Rejection::AudienceMismatch {
                found: audiences.into_iter().take(8).map(excerpt).collect(),
                expected: names.iter().map(|&name| name.to_owned()).collect(),
            });
        }
    }
    Ok(())
}

/// A message or assertion was made in the past, and not too long ago. Answers until when it is
/// young enough, skew included.
pub(super) fn check_issued(
    issued: UnixTime,
    provider: &IdentityProvider,
    now: UnixTime,
) -> Result<UnixTime, Rejection> {
    let skew = provider.clock_skew();
    check_begin("the validity of the message", issued, skew, now)?;
    let end = issued.later(provider.max_assertion_age());
    check_end("the accepted age of the message", end, skew, now)
}

/// `begin` has come, or comes within the skew.
pub(super) fn check_begin(
    what: &'static str,
    begin: UnixTime,
    skew: Duration,
    now: UnixTime,
) -> Result<(), Rejection> {
    if now.later(skew) < begin {
        return Err(Rejection::NotYet {
            what,
            begin,
            now,
            skew,
        });
    }
    Ok(())
}

/// `end` has not come, or came within the skew. Answers when the skew is used up too.
pub(super) fn check_end(
    what: &'static str,
    end: UnixTime,
    skew: Duration,
    now: UnixTime,
) -> Result<UnixTime, Rejection> {
    let end = end.later(skew);
    if now >= end {
        return Err(Rejection::Expired {
            what,
            end,
            now,
            skew,
        });
    }
    Ok(end)
}
