//! Whether servers can take over, judged by what each said of itself last.

use std::time::Duration;

use sso_core::UnixTime;

use crate::control::ServerLine;

/// Why a server cannot take over; `None` if it can: it is alive, has every user, and works with
/// `newest`, the newest revision of the configuration.
pub(super) fn objection(line: &ServerLine, newest: u64, now: UnixTime) -> Option<String> {
    if !is_alive(line, now) {
        return Some("is silent: it was not heard for three minutes".into());
    }
    if !matches!(line.state.as_str(), "level" | "behind") {
        return Some(match users(line) {
            Some(users) => format!("is {}, with {users}", line.state),
            None => format!("is {}", line.state),
        });
    }
    if line.users != line.of {
        return users(line).map(|users| format!("has {users}"));
    }
    if let Some(refused) = &line.refused {
        let (revision, why) = (refused.revision, &refused.why);
        return Some(format!("cannot use revision {revision}: {why}"));
    }
    let revision = line.revision.unwrap_or_default();
    (revision < newest).then(|| format!("works with revision {revision}, the newest is {newest}"))
}

/// Whether a server was heard lately; the one that was asked speaks for itself.
pub(super) fn is_alive(line: &ServerLine, now: UnixTime) -> bool {
    line.this && line.state != "silent"
        || line
            .seen
            .is_some_and(|seen| now.since(seen.0) <= LONGEST_SILENCE)
}

/// The newest revision that any of them works with.
pub(super) fn newest(lines: &[ServerLine]) -> u64 {
    let revisions = lines.iter().filter_map(|line| line.revision);
    revisions.max().unwrap_or_default()
}

/// How many users it has, of how many.
pub(super) fn users(line: &ServerLine) -> Option<String> {
    let (users, of) = line.users.zip(line.of)?;
    Some(format!("{users} of {of} users"))
}

/// Three times as long as between two beats.
const LONGEST_SILENCE: Duration = Duration::from_mins(3);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Moment, RefusedConfiguration};

    #[test]
    fn a_complete_server_that_was_heard_lately_can_take_over() {
        assert_eq!(judged(|_| ()), None);
        assert_eq!(judged(|line| line.state = "behind".into()), None);
        assert_eq!(judged(|line| line.seen = seen(180)), None);
    }

    #[test]
    fn everything_else_is_a_reason_against_it() {
        let reasons = [
            judged(|line| line.seen = seen(181)),
            judged(|line| line.seen = None),
            judged(|line| {
                line.state = "filling".into();
                line.users = Some(3);
            }),
            judged(|line| line.users = Some(9)),
            judged(|line| line.state = "frozen".into()),
            judged(|line| line.revision = Some(6)),
            judged(|line| {
                line.refused = Some(RefusedConfiguration {
                    revision: 8,
                    why: "the key does not fit".into(),
                });
            }),
        ];
        let reasons: Vec<_> = reasons.into_iter().map(Option::unwrap).collect();
        insta::assert_snapshot!(reasons.join("\n"), @r"
        is silent: it was not heard for three minutes
        is silent: it was not heard for three minutes
        is filling, with 3 of 10 users
        has 9 of 10 users
        is frozen, with 10 of 10 users
        works with revision 6, the newest is 7
        cannot use revision 8: the key does not fit
        ");
    }

    fn judged(change: impl FnOnce(&mut ServerLine)) -> Option<String> {
        let mut line = line();
        change(&mut line);
        objection(&line, 7, NOW)
    }

    fn seen(ago: u64) -> Option<Moment> {
        Some(Moment(NOW.earlier(Duration::from_secs(ago))))
    }

    fn line() -> ServerLine {
        ServerLine {
            id: "01".into(),
            name: "sso1".into(),
            version: "1.0.0".into(),
            revision: Some(7),
            lag: Some(1),
            state: "level".into(),
            users: Some(10),
            of: Some(10),
            seen: seen(5),
            address: None,
            certificate: None,
            refused: None,
            former_sign_in: None,
            this: false,
        }
    }

    const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
}
