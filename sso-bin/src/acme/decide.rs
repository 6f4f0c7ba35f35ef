//! What is to be done next about the certificate.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use sso_core::UnixTime;
use sso_core::cert::{Coverage, Validity, certificates, covers};
use sso_core::config::AcmeSettings;

use super::shelf::Shared;

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Order a certificate, after a lease was put on the shelf.
    Order,
    /// Nothing for so long.
    Wait(Duration),
}

/// What is on the shelf, and since when it has been there unchanged, by the clock of who looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight<'a> {
    pub(super) shared: &'a Shared,
    pub(super) since: UnixTime,
}

/// What `server` does at `now` for a service of these `names`, the present one first.
pub(super) fn decide(
    Sight { shared, since }: Sight<'_>,
    settings: &AcmeSettings,
    names: &[String],
    server: &str,
    now: UnixTime,
) -> Next {
    let idle = since.later(LEASE);
    if let Some(lease) = &shared.lease
        && lease.holder != server
        && now < idle
    {
        return wait_until(idle.as_secs(), now);
    }
    if now.as_secs() < shared.not_before && !shared.wanted {
        return wait_until(shared.not_before, now);
    }
    // A lease that is there now has run out, or is this server's own of before.
    let is_unfinished = shared.failures > 0 || shared.lease.is_some();
    let is_other = shared.directory != settings.directory();
    let due = match shared.wanted || is_unfinished || is_other {
        true => 0,
        false => renewal(shared, names).map_or(0, UnixTime::as_secs),
    };
    match now.as_secs() < due {
        true => wait_until(due, now),
        false => Next::Order,
    }
}

/// The names that a certificate is ordered for: without those that the authority could not see to be
/// ours; the present one is never left out.
pub(super) fn wanted_names(shared: &Shared, names: &[String]) -> Vec<String> {
    let is_in = |(place, name): &(usize, &String)| *place == 0 || !shared.left_out.contains(name);
    let all = names.iter().enumerate().filter(is_in);
    all.map(|(_, name)| name.clone()).collect()
}

/// Leaves the name out that the authority objects to, if the service goes by another one by now.
pub(super) fn leave_out(shared: &mut Shared, objected: Option<&str>, names: &[String]) {
    let former = names.iter().skip(1).find(|it| objected == Some(it));
    shared.left_out.extend(former.cloned());
}

/// When the certificate is renewed; `None` if there is none for all of these `names`.
///
/// When two thirds of its life are over, and up to a twelfth of it earlier, by a draw that is in
/// the certificate itself: certificates of one day do not come to the authority at one moment.
pub(super) fn renewal(shared: &Shared, names: &[String]) -> Option<UnixTime> {
    let pair = shared.certificate.as_ref()?;
    let first = certificates(&pair.certificate).ok()?.into_iter().next()?;
    let is_covered = |name: &String| matches!(covers(&first, name), Ok(Coverage::Covered));
    if !wanted_names(shared, names).iter().all(is_covered) {
        return None;
    }
    let Validity { from, until, .. } = Validity::of(&first).ok()?;
    let life = until.since(from);
    let draw = digest(&SHA256, &first);
    let draw = draw.as_ref().first().copied().unwrap_or_default();
    Some(until.earlier(life / 3 + life / 12 * u32::from(draw) / 255))
}

/// How long after `failures` in a row: a minute, doubled each time, a day at the most; and not before
/// the authority allows it.
pub(super) fn pause(failures: u32, asked: Option<Duration>) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(11));
    let own = doubled.min(LONGEST_PAUSE);
    // An authority that asks for weeks must not keep the certificate from being renewed at all.
    asked.map_or(own, |asked| own.max(asked.min(LONGEST_ASKED)))
}

fn wait_until(moment: u64, now: UnixTime) -> Next {
    Next::Wait(UnixTime::from_secs(moment).since(now))
}

/// How long a server that orders may say nothing before another one takes over.
pub(super) const LEASE: Duration = Duration::from_secs(45);

const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_hours(24);
const LONGEST_ASKED: Duration = Duration::from_hours(7 * 24);

#[cfg(test)]
mod tests {
    use sso_core::cert::SelfSigned;
    use sso_core::config::document::{AcmeDocument, KeyPairDocument};

    use super::*;
    use crate::acme::Lease;

    #[test]
    fn without_a_certificate_for_the_name_one_is_ordered() {
        assert!(orders(&Shared::default(), "a", NOW));
        assert!(!orders(&with_certificate(), "a", NOW));
        assert!(orders_for(&with_certificate(), &["new.example.com"], NOW));
    }

    #[test]
    fn a_certificate_is_for_the_present_name_and_the_former_ones_that_serve() {
        let mut shared = with_certificate();
        assert!(orders_for(&shared, &[HOST, "old.example.com"], NOW));
        shared.left_out = vec!["old.example.com".into(), HOST.into()];
        let names = [HOST, "old.example.com", "older.example.com"].map(String::from);
        assert_eq!(wanted_names(&shared, &names), [HOST, "older.example.com"]);
        assert!(!orders_for(&shared, &[HOST, "old.example.com"], NOW));
        assert!(orders_for(&shared, &[HOST, "older.example.com"], NOW));
    }

    #[test]
    fn only_a_former_name_that_the_authority_objects_to_is_left_out() {
        let names = [HOST, "old.example.com"].map(String::from);
        let left_out = |objected: Option<&str>| {
            let mut shared = Shared::default();
            leave_out(&mut shared, objected, &names);
            shared.left_out
        };
        assert_eq!(left_out(Some("old.example.com")), ["old.example.com"]);
        for objected in [None, Some(HOST), Some("elsewhere.example"), Some("")] {
            assert!(left_out(objected).is_empty(), "{objected:?}");
        }
    }

    #[test]
    fn another_authority_or_an_administrator_is_a_reason_to_order() {
        let mut shared = with_certificate();
        shared.wanted = true;
        assert!(orders(&shared, "a", NOW));
        let mut shared = with_certificate();
        shared.directory = "https://other.example/dir".into();
        assert!(orders(&shared, "a", NOW));
    }

    #[test]
    fn an_order_that_failed_is_tried_again_though_the_certificate_lasts() {
        let mut shared = with_certificate();
        shared.failures = 1;
        shared.not_before = NOW.as_secs();
        assert!(!orders(&shared, "a", NOW.earlier(Duration::from_secs(1))));
        assert!(orders(&shared, "a", NOW));
    }

    #[test]
    fn one_server_orders_and_the_others_wait_until_it_says_nothing_any_more() {
        let shared = Shared {
            lease: Some(Lease {
                holder: "a".into(),
                name: "sso1".into(),
                // Nobody else believes its clock.
                until: 0,
            }),
            ..Shared::default()
        };
        let (until, second) = (NOW.later(LEASE), Duration::from_secs(1));
        assert!(orders(&shared, "a", NOW), "it goes on after a restart");
        assert!(!orders(&shared, "b", until.earlier(second)));
        assert!(orders(&shared, "b", until));
    }

    #[test]
    fn a_certificate_is_renewed_in_the_last_third_of_its_life_or_a_little_earlier() {
        let shared = with_certificate();
        let renewal = renewal(&shared, &[HOST.into()]).unwrap();
        // A year and a day, from the day before.
        let life = Duration::from_hours(366 * 24);
        let end = NOW.earlier(Duration::from_hours(24)).later(life);
        assert!(renewal <= end.earlier(life / 3));
        assert!(renewal >= end.earlier(life / 3 + life / 12));
        assert!(!orders(
            &shared,
            "a",
            renewal.earlier(Duration::from_secs(1))
        ));
        assert!(orders(&shared, "a", renewal));
    }

    #[test]
    fn after_a_failure_nothing_is_tried_until_the_pause_is_over() {
        let mut shared = Shared {
            not_before: NOW.as_secs() + 60,
            ..Shared::default()
        };
        let next = decide(seen(&shared), &settings(), &[HOST.into()], "a", NOW);
        assert_eq!(next, Next::Wait(Duration::from_mins(1)));
        assert!(orders(&shared, "a", NOW.later(Duration::from_mins(1))));
        shared.wanted = true;
        assert!(orders(&shared, "a", NOW), "an administrator does not wait");
    }

    #[test]
    fn pauses_double_up_to_a_day_and_heed_the_authority() {
        let minutes = |failures| pause(failures, None).as_secs() / 60;
        assert_eq!(
            [1, 2, 3, 11, 12, 99].map(minutes),
            [1, 2, 4, 1024, 1440, 1440]
        );
        let hour = Duration::from_hours(1);
        assert_eq!(pause(1, Some(hour)), hour);
        assert_eq!(pause(12, Some(hour)), LONGEST_PAUSE);
        assert_eq!(pause(1, Some(hour * 1000)), LONGEST_ASKED);
    }

    fn orders(shared: &Shared, server: &str, now: UnixTime) -> bool {
        let next = decide(seen(shared), &settings(), &[HOST.into()], server, now);
        next == Next::Order
    }

    fn orders_for(shared: &Shared, names: &[&str], now: UnixTime) -> bool {
        let names: Vec<_> = names.iter().map(|&it| it.to_owned()).collect();
        decide(seen(shared), &settings(), &names, "a", now) == Next::Order
    }

    fn seen(shared: &Shared) -> Sight<'_> {
        Sight { shared, since: NOW }
    }

    fn with_certificate() -> Shared {
        let made = SelfSigned::for_tls(&[HOST], NOW).unwrap();
        Shared {
            certificate: Some(KeyPairDocument::new(made.certificate_pem(), made.key_pem())),
            directory: DIRECTORY.into(),
            ..Shared::default()
        }
    }

    fn settings() -> AcmeSettings {
        AcmeSettings::of(&AcmeDocument::new(DIRECTORY)).unwrap()
    }

    const HOST: &str = "sso.example.com";
    const DIRECTORY: &str = "https://ca.example/dir";
    const NOW: UnixTime = UnixTime::from_secs(1_800_014_400);
}
