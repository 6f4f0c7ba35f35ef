//! What is to be done next about the certificate.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use sso_core::UnixTime;
use sso_core::cert::{Coverage, Validity, certificates, covers};
use sso_core::config::AcmeSettings;

use super::shelf::{Lease, Shared};

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Order a certificate, after this was put on the shelf.
    Order(Lease),
    /// Nothing for so long.
    Wait(Duration),
}

/// What `server` does at `now`.
pub(super) fn decide(
    shared: &Shared,
    settings: &AcmeSettings,
    host: &str,
    server: &str,
    now: UnixTime,
) -> Next {
    if let Some(lease) = &shared.lease
        && lease.holder != server
        && now.as_secs() < lease.until
    {
        return wait_until(lease.until, now);
    }
    if now.as_secs() < shared.not_before && !shared.wanted {
        return wait_until(shared.not_before, now);
    }
    // A lease that is there now has run out, or is this server's own of before.
    let is_unfinished = shared.failures > 0 || shared.lease.is_some();
    let is_other = shared.directory != settings.directory();
    let due = match shared.wanted || is_unfinished || is_other {
        true => 0,
        false => renewal(shared, host).map_or(0, UnixTime::as_secs),
    };
    match now.as_secs() < due {
        true => wait_until(due, now),
        false => Next::Order(Lease {
            holder: server.into(),
            until: now.later(LEASE).as_secs(),
        }),
    }
}

/// When the certificate is renewed; `None` if there is none for `host`.
///
/// When two thirds of its life are over, and up to a twelfth of it earlier, by a draw that is in
/// the certificate itself: certificates of one day do not come to the authority at one moment.
pub(crate) fn renewal(shared: &Shared, host: &str) -> Option<UnixTime> {
    let pair = shared.certificate.as_ref()?;
    let first = certificates(&pair.certificate).ok()?.into_iter().next()?;
    let Ok(Coverage::Covered) = covers(&first, host) else {
        return None;
    };
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

/// How long an order may take before somebody else takes over.
pub(super) const LEASE: Duration = Duration::from_mins(5);

const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_hours(24);
const LONGEST_ASKED: Duration = Duration::from_hours(7 * 24);

#[cfg(test)]
mod tests {
    use sso_core::cert::SelfSigned;
    use sso_core::config::document::{AcmeDocument, KeyPairDocument};

    use super::*;

    #[test]
    fn without_a_certificate_for_the_name_one_is_ordered() {
        assert!(orders(&Shared::default(), "a", NOW));
        assert!(!orders(&with_certificate(), "a", NOW));
        let next = decide(
            &with_certificate(),
            &settings(),
            "new.example.com",
            "a",
            NOW,
        );
        assert!(matches!(next, Next::Order(_)));
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
    fn one_server_orders_and_the_others_wait_until_its_lease_ends() {
        let until = NOW.later(LEASE);
        let shared = Shared {
            lease: Some(Lease {
                holder: "a".into(),
                until: until.as_secs(),
            }),
            ..Shared::default()
        };
        let second = Duration::from_secs(1);
        assert!(orders(&shared, "a", NOW), "it goes on after a restart");
        assert!(!orders(&shared, "b", until.earlier(second)));
        assert!(orders(&shared, "b", until));
    }

    #[test]
    fn a_certificate_is_renewed_in_the_last_third_of_its_life_or_a_little_earlier() {
        let shared = with_certificate();
        let renewal = renewal(&shared, "sso.example.com").unwrap();
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
        assert_eq!(
            decide(&shared, &settings(), HOST, "a", NOW),
            Next::Wait(Duration::from_mins(1))
        );
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
        matches!(
            decide(shared, &settings(), HOST, server, now),
            Next::Order(_)
        )
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
