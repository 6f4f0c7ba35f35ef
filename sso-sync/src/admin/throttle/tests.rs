use std::time::Duration;

use proptest::prelude::*;

use super::*;

const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);
const HOME: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.1";

#[test]
fn five_tries_are_free_and_the_sixth_waits() {
    let mut lane = Lane::default();
    for _ in 0..5 {
        lane = lane.charge(NOON).unwrap();
    }
    assert_eq!(lane.charge(NOON).unwrap_err().as_secs(), 10);
    assert_eq!(lane.charge(after(9)).unwrap_err().as_secs(), 1);
    assert!(lane.charge(after(10)).is_ok());
}

#[test]
fn a_wait_is_rounded_up() {
    let lane = tried(5);
    let almost = after(10).earlier(Duration::from_millis(1));
    assert_eq!(lane.charge(almost).unwrap_err().as_secs(), 1);
}

#[test]
fn waits_double_up_to_a_quarter_of_an_hour() {
    let mut lane = tried(5);
    let mut now = NOON;
    let mut waits = Vec::new();
    for _ in 0..9 {
        let wait = lane.charge(now).unwrap_err().as_secs();
        waits.push(wait);
        now = now.later(Duration::from_secs(wait));
        lane = lane.charge(now).unwrap();
    }
    assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 900, 900]);
}

#[test]
fn a_day_without_a_try_forgets_all_of_them() {
    let lane = tried(5);
    let day = 24 * 3600;
    assert!(!lane.is_idle(after(day - 1)));
    assert!(lane.is_idle(after(day)));
    assert_eq!(lane.charge(after(day)), Lane::default().charge(after(day)));
}

#[test]
fn a_clock_that_ran_ahead_locks_nobody_out() {
    let mut lane = Lane::default();
    for _ in 0..5 {
        lane = lane.charge(after(365 * 24 * 3600)).unwrap();
    }
    let back = lane.charge(NOON).unwrap();
    assert!(back.charge(NOON).is_err(), "the count has to stay");
}

#[test]
fn strangers_share_one_lane() {
    let mut tries = AccountTries::default();
    for last in 1..=5 {
        tries = tries
            .charge(&source(&format!("203.0.{last}.1")), NOON)
            .unwrap();
    }
    assert!(tries.charge(&source(ELSEWHERE), NOON).is_err());
}

#[test]
fn an_attacker_elsewhere_locks_nobody_out_at_home() {
    let mut tries = AccountTries::default().succeed(&source(HOME), NOON);
    for _ in 0..5 {
        tries = tries.charge(&source(ELSEWHERE), NOON).unwrap();
    }
    assert!(tries.charge(&source(ELSEWHERE), NOON).is_err());
    assert!(tries.charge(&source(HOME), NOON).is_ok());
}

#[test]
fn a_known_source_has_five_tries_as_well() {
    let mut tries = AccountTries::default().succeed(&source(HOME), NOON);
    for _ in 0..5 {
        tries = tries.charge(&source(HOME), NOON).unwrap();
    }
    assert!(tries.charge(&source(HOME), NOON).is_err());
    let reset = tries.succeed(&source(HOME), NOON);
    assert!(reset.charge(&source(HOME), NOON).is_ok());
}

#[test]
fn a_success_at_home_gives_strangers_no_new_tries() {
    let mut tries = AccountTries::default().succeed(&source(HOME), NOON);
    for _ in 0..5 {
        tries = tries.charge(&source(ELSEWHERE), NOON).unwrap();
    }
    let tries = tries.succeed(&source(HOME), NOON);
    assert!(tries.charge(&source(ELSEWHERE), NOON).is_err());
}

#[test]
fn a_source_is_known_for_ninety_days() {
    let tries = AccountTries::default().succeed(&source(HOME), NOON);
    let end = 90 * 24 * 3600;
    assert!(!tries.is_idle(after(end - 1)));
    assert!(tries.is_idle(after(end)));
}

#[test]
fn eight_sources_are_known_and_the_ninth_drives_the_first_out() {
    let mut tries = AccountTries::default();
    for place in 0..9 {
        tries = tries.succeed(&source(&format!("203.0.{place}.1")), NOON);
    }
    let mut strangers_wait = tries;
    for _ in 0..5 {
        strangers_wait = strangers_wait.charge(&source(ELSEWHERE), NOON).unwrap();
    }
    assert!(strangers_wait.charge(&source("203.0.0.1"), NOON).is_err());
    assert!(strangers_wait.charge(&source("203.0.1.1"), NOON).is_ok());
}

#[test]
fn a_refusal_of_one_record_counts_on_neither() {
    let tries = AccountTries::default();
    let wait = charge(&tries, tried(5), &source(HOME), NOON).unwrap_err();
    assert_eq!(wait.as_secs(), 10);
    let (account, from_source) = charge(&tries, tried(4), &source(HOME), NOON).unwrap();
    assert_eq!(account, tries.charge(&source(HOME), NOON).unwrap());
    assert_eq!(from_source, tried(5));
}

#[test]
fn the_records_are_kept_as_they_always_were() {
    let tries = AccountTries::default()
        .charge(&source(ELSEWHERE), NOON)
        .unwrap()
        .succeed(&source(HOME), NOON);
    let bytes = minicbor::to_vec(&tries).unwrap();
    insta::assert_snapshot!(minicbor::display(&bytes), @"[[0, 0], [[h'cd b3 49 9a d8 ab df d0 e8 83 24 3f 00 68 19 d5', [0, 0], 1800000000]]]");
    assert_eq!(minicbor::decode::<AccountTries>(&bytes).unwrap(), tries);
}

proptest! {
    /// However tries are spread over a day, no more come through than the waits allow.
    #[test]
    fn a_day_of_guessing_is_bounded(gaps in proptest::collection::vec(0u64..2000, 1..400)) {
        let (mut lane, mut now, mut passed) = (Lane::default(), NOON, 0u64);
        for gap in gaps {
            now = now.later(Duration::from_secs(gap));
            if let Ok(charged) = lane.charge(now) {
                lane = charged;
                passed += 1;
            }
        }
        // Five free ones, seven while the waits double, then one every quarter of an hour.
        let elapsed = now.since(NOON).as_secs();
        prop_assert!(passed <= 12 + elapsed / 900 + 1, "{passed} in {elapsed} s");
    }

    /// Who waits as long as was said is let in, and not a second earlier.
    #[test]
    fn a_wait_is_what_it_says(tries in 5u32..100, passed in 0u64..1000) {
        let lane = tried(tries);
        if let Err(wait) = lane.charge(after(passed)) {
            prop_assert!(wait.as_secs() <= 900);
            prop_assert!(lane.charge(after(passed + wait.as_secs())).is_ok());
            prop_assert!(lane.charge(after(passed + wait.as_secs() - 1)).is_err());
        }
    }
}

/// A lane whose last try was at noon.
fn tried(tries: u32) -> Lane {
    minicbor::decode(&minicbor::to_vec((tries, NOON.as_secs())).unwrap()).unwrap()
}

fn after(seconds: u64) -> UnixTime {
    NOON.later(Duration::from_secs(seconds))
}

fn source(address: &str) -> SourceDigest {
    Source::of(address.parse().unwrap()).digest(&[0; 32])
}
