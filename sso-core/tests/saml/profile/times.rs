//! When an assertion holds: from its beginning minus the skew until just before its end plus the
//! skew, on every comparison alike (SAML Core 2.5.1.2).

use std::time::Duration;

use proptest::prelude::*;
use sso_core::UnixTime;
use sso_core::testkit::{FakeResponse, NOON};

use crate::desk::Desk;

const SKEW: Duration = Duration::from_secs(180);
const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);
const INSTANT: Duration = Duration::from_nanos(1);

/// A response all of whose ends are far away.
fn lasting(desk: &Desk) -> FakeResponse {
    desk.response().with(|it| {
        it.assertion.not_on_or_after = Some(NOON.later(24 * HOUR));
        it.assertion.confirmation.not_on_or_after = Some(NOON.later(24 * HOUR));
    })
}

/// Checks that `response` holds until `end` and not a nanosecond longer.
#[track_caller]
fn ends_at(end: UnixTime, response: impl Fn(&Desk) -> FakeResponse) {
    let desk = Desk::new().at(end.earlier(INSTANT));
    desk.accepts(&response(&desk));
    let desk = desk.at(end);
    desk.refuses(&response(&desk), "time.expired");
}

/// Checks that `response` holds from `begin` on and not a nanosecond sooner.
#[track_caller]
fn begins_at(begin: UnixTime, response: impl Fn(&Desk) -> FakeResponse) {
    let desk = Desk::new().at(begin);
    desk.accepts(&response(&desk));
    let desk = desk.at(begin.earlier(INSTANT));
    desk.refuses(&response(&desk), "time.not_yet");
}

#[test]
fn pro_17_conditions_end_when_the_skew_is_used_up() {
    let end = NOON.later(MINUTE);
    ends_at(end.later(SKEW), |desk| {
        lasting(desk).with(|it| it.assertion.not_on_or_after = Some(end))
    });
}

#[test]
fn pro_17_conditions_begin_when_the_skew_reaches_them() {
    let begin = NOON.later(10 * MINUTE);
    begins_at(begin.earlier(SKEW), |desk| {
        lasting(desk).with(|it| it.assertion.not_before = Some(begin))
    });
}

#[test]
fn pro_05_confirmations_end_when_the_skew_is_used_up() {
    let end = NOON.later(MINUTE);
    ends_at(end.later(SKEW), |desk| {
        lasting(desk).with(|it| it.assertion.confirmation.not_on_or_after = Some(end))
    });
}

#[test]
fn pro_16_an_assertion_from_the_future_is_refused() {
    begins_at(NOON.earlier(SKEW), lasting);
}

#[test]
fn pro_16_a_response_from_the_future_is_refused() {
    let issued = NOON.later(10 * MINUTE);
    begins_at(issued.earlier(SKEW), |desk| lasting(desk).with(|it| it.issue_instant = issued));
}

#[test]
fn pro_30_an_assertion_grows_old_however_long_it_says_it_lasts() {
    ends_at(NOON.later(HOUR).later(SKEW), |desk| {
        desk.response().with(|it| {
            it.issue_instant = NOON.later(50 * MINUTE);
            it.assertion.not_on_or_after = Some(NOON.later(24 * 3650 * HOUR));
            it.assertion.confirmation.not_on_or_after = Some(NOON.later(24 * 3650 * HOUR));
        })
    });
}

#[test]
fn the_accepted_age_is_a_setting() {
    let configured = |now| {
        Desk::new().at(now).configured(|it| it.with_max_assertion_age(5 * MINUTE).unwrap())
    };
    let end = NOON.later(5 * MINUTE).later(SKEW);
    let desk = configured(end.earlier(INSTANT));
    desk.accepts(&lasting(&desk));
    let desk = configured(end);
    desk.refuses(&lasting(&desk), "time.expired");
}

#[test]
fn the_skew_is_a_setting() {
    let configured = |now| Desk::new().at(now).configured(|it| it.with_clock_skew(Duration::ZERO).unwrap());
    let end = NOON.later(5 * MINUTE);
    let desk = configured(end.earlier(INSTANT));
    desk.accepts(&desk.response());
    let desk = configured(end);
    desk.refuses(&desk.response(), "time.expired");
    let desk = configured(NOON.earlier(INSTANT));
    desk.refuses(&desk.response(), "time.not_yet");
}

#[test]
fn pro_17_an_end_before_the_beginning_never_holds() {
    let desk = Desk::new();
    for end in [NOON, NOON.earlier(MINUTE)] {
        let response = desk.response().with(|it| {
            it.assertion.not_before = Some(NOON);
            it.assertion.not_on_or_after = Some(end);
        });
        desk.refuses(&response, "time.window");
    }
}

#[test]
fn pro_17_conditions_may_leave_the_times_to_the_confirmation() {
    let desk = Desk::new();
    desk.accepts(&desk.response().with(|it| {
        it.assertion.not_before = None;
        it.assertion.not_on_or_after = None;
    }));
}

#[test]
fn pro_26_a_session_that_is_over_signs_nobody_in() {
    let end = NOON.later(MINUTE);
    ends_at(end.later(SKEW), |desk| {
        lasting(desk).with(|it| {
            it.assertion.authn.as_mut().unwrap().session_not_on_or_after = Some(end);
        })
    });
}

#[test]
fn pro_26_the_end_of_the_session_is_handed_on() {
    let desk = Desk::new();
    let end = NOON.later(24 * HOUR);
    let assertion = desk.accepts(&desk.response().with(|it| {
        it.assertion.authn.as_mut().unwrap().session_not_on_or_after = Some(end);
    }));
    assert_eq!(assertion.authn.session_not_on_or_after, Some(end));
}

#[test]
fn an_authentication_from_the_future_is_refused() {
    let instant = NOON.later(10 * MINUTE);
    begins_at(instant.earlier(SKEW), |desk| {
        lasting(desk).with(|it| it.assertion.authn.as_mut().unwrap().instant = instant)
    });
}

#[test]
fn a_session_of_yesterday_at_the_provider_is_no_reason_to_refuse() {
    let desk = Desk::new();
    desk.accepts(&desk.response().with(|it| {
        it.assertion.authn.as_mut().unwrap().instant = NOON.earlier(24 * HOUR);
    }));
}

#[test]
fn pro_16_moments_are_moments() {
    let desk = Desk::new();
    let noon = "2027-01-15T12:00:00Z";
    for attribute in ["IssueInstant", "NotBefore", "NotOnOrAfter", "AuthnInstant"] {
        for odd in ["", "now", "2027-01-15T12:00:00", "2027-01-15", "9999999999-01-01T00:00:00Z"] {
            let response = desk.response().edit(move |xml| {
                let assertion = xml.find("<saml:Assertion").unwrap();
                let (head, assertion) = xml.split_at(assertion);
                let place = assertion.find(&format!(" {attribute}=\"")).unwrap();
                let (before, rest) = assertion.split_at(place + attribute.len() + 3);
                let end = rest.find('"').unwrap();
                [head, before, odd, &rest[end..]].concat()
            });
            desk.refuses(&response, "time.format");
        }
    }
    desk.accepts(&desk.response().edit(move |xml| xml.replace(noon, "2027-01-15T13:00:00+01:00")));
}

#[test]
fn pro_16_the_times_of_issue_must_be_there() {
    let desk = Desk::new();
    let missing = |part: &'static str| {
        desk.response().edit(move |xml| {
            let start = xml.find(part).unwrap();
            let (before, part) = xml.split_at(start);
            let issued = r#" IssueInstant="2027-01-15T12:00:00Z""#;
            format!("{before}{}", crate::forge::swap(part, issued, ""))
        })
    };
    desk.refuses(&missing("<samlp:Response"), "time.format");
    desk.refuses(&missing("<saml:Assertion"), "time.format");
}

#[test]
fn an_assertion_is_remembered_until_its_last_confirmation_has_ended() {
    let desk = Desk::new();
    let end = |it: u32| Some(NOON.later(it * MINUTE));
    let response = lasting(&desk).with(|it| {
        it.assertion.not_on_or_after = end(40);
        it.assertion.confirmation.not_on_or_after = end(20);
    });
    assert_eq!(desk.accepts(&response).usable_until, NOON.later(20 * MINUTE).later(SKEW));

    let mut second = response.assertion.confirmation.clone();
    second.not_on_or_after = end(30);
    let response = response.insert(sso_core::testkit::Place::SubjectEnd, second.to_xml());
    assert_eq!(desk.accepts(&response).usable_until, NOON.later(30 * MINUTE).later(SKEW));

    second.not_on_or_after = end(50);
    let response = response.insert(sso_core::testkit::Place::SubjectEnd, second.to_xml());
    assert_eq!(desk.accepts(&response).usable_until, NOON.later(40 * MINUTE).later(SKEW));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Row PRO-05b: the skew widens the window on both sides, whatever the times.
    #[test]
    fn pro_05b_the_window_is_widened_on_both_sides(
        begin in 0_u64..1200,
        length in 1_u64..1200,
        now in 0_u64..2400,
        skew in 0_u64..=300,
    ) {
        let at = |seconds| NOON.later(Duration::from_secs(seconds));
        let desk = Desk::new().at(at(now)).configured(|it| {
            it.with_clock_skew(Duration::from_secs(skew)).unwrap()
        });
        let response = lasting(&desk).with(|it| {
            it.assertion.not_before = Some(at(begin));
            it.assertion.not_on_or_after = Some(at(begin + length));
        });
        let is_inside = now + skew >= begin && now < begin + length + skew;
        let accepted = desk.verify(response.to_xml().as_bytes());
        prop_assert_eq!(accepted.is_ok(), is_inside, "{:?}", accepted.err());
    }
}
