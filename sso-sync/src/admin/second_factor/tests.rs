use std::time::Duration;

use super::*;
use crate::admin::random::SystemRandomness;

const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);

#[test]
fn counts_from_the_first_right_code_on() {
    let fixture = Fixture::new();
    let (proposed, secret) = fixture.propose(&SecondFactor::default());
    assert!(!proposed.is_active());
    assert!(
        fixture.confirm(&proposed, "000000", NOON).is_none() || secret.code_at(NOON) == "000000"
    );
    let (active, codes) = fixture
        .confirm(&proposed, &secret.code_at(NOON), NOON)
        .unwrap();
    assert!(active.is_active());
    assert_eq!(codes.to_texts().count(), 10);
    assert_eq!(active.backup_codes_left(), 10);
}

#[test]
fn the_code_that_confirmed_does_not_sign_in() {
    let fixture = Fixture::new();
    let (active, secret, _) = fixture.active();
    assert!(
        fixture
            .accept(&active, &secret.code_at(NOON), NOON)
            .is_none()
    );
    let next = NOON.later(Duration::from_secs(30));
    let used = fixture
        .accept(&active, &secret.code_at(next), next)
        .unwrap();
    assert!(fixture.accept(&used, &secret.code_at(next), next).is_none());
}

#[test]
fn a_proposal_ends_after_ten_minutes() {
    let fixture = Fixture::new();
    let (proposed, secret) = fixture.propose(&SecondFactor::default());
    let late = |seconds| {
        let now = NOON.later(Duration::from_secs(seconds));
        fixture.confirm(&proposed, &secret.code_at(now), now)
    };
    assert!(late(599).is_some());
    assert!(late(600).is_none());
}

#[test]
fn a_proposal_leaves_the_present_one_in_force() {
    let fixture = Fixture::new();
    let (active, old, _) = fixture.active();
    let (proposed, new) = fixture.propose(&active);
    let next = NOON.later(Duration::from_secs(30));
    assert!(
        fixture
            .accept(&proposed, &new.code_at(next), next)
            .is_none()
    );
    assert!(
        fixture
            .accept(&proposed, &old.code_at(next), next)
            .is_some()
    );
    let (replaced, _) = fixture
        .confirm(&proposed, &new.code_at(next), next)
        .unwrap();
    let later = NOON.later(Duration::from_secs(90));
    assert!(
        fixture
            .accept(&replaced, &old.code_at(later), later)
            .is_none()
    );
    assert!(
        fixture
            .accept(&replaced, &new.code_at(later), later)
            .is_some()
    );
}

#[test]
fn a_backup_code_works_once() {
    let fixture = Fixture::new();
    let (active, _, codes) = fixture.active();
    let code = codes.to_texts().next().unwrap();
    let used = fixture.accept(&active, &code, NOON).unwrap();
    assert_eq!(used.backup_codes_left(), 9);
    assert!(fixture.accept(&used, &code, NOON).is_none());
}

#[test]
fn a_secret_of_one_administrator_opens_for_no_other() {
    let fixture = Fixture::new();
    let (active, secret, codes) = fixture.active();
    let other = Fixture {
        administrator: AdministratorName::parse("bob@example.com").unwrap(),
        ..fixture
    };
    let next = NOON.later(Duration::from_secs(30));
    assert!(other.accept(&active, &secret.code_at(next), next).is_none());
    assert!(
        other
            .accept(&active, &codes.to_texts().next().unwrap(), next)
            .is_none()
    );
}

#[test]
fn the_stored_record_does_not_hold_the_secret() {
    let fixture = Fixture::new();
    let (active, secret, codes) = fixture.active();
    let bytes = minicbor::to_vec(&active).unwrap();
    assert_eq!(minicbor::decode::<SecondFactor>(&bytes).unwrap(), active);
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(!holds(secret.as_bytes()));
    for code in codes.to_texts() {
        let code = crate::admin::base32::decode(&code).unwrap();
        assert!(!holds(&code));
    }
}

struct Fixture {
    key: Key,
    domain: DomainName,
    administrator: AdministratorName,
}

impl Fixture {
    fn new() -> Self {
        Self {
            key: Key::new([5; 32]),
            domain: DomainName::parse("example").unwrap(),
            administrator: AdministratorName::parse("alice@example.com").unwrap(),
        }
    }

    fn vault(&self) -> Vault<'_> {
        Vault {
            key: &self.key,
            domain: &self.domain,
            administrator: &self.administrator,
        }
    }

    fn propose(&self, before: &SecondFactor) -> (SecondFactor, TotpSecret) {
        before
            .propose(&self.vault(), NOON, &mut SystemRandomness)
            .unwrap()
    }

    fn confirm(
        &self,
        before: &SecondFactor,
        code: &str,
        now: UnixTime,
    ) -> Option<(SecondFactor, BackupCodes)> {
        let code = SecondFactorCode::parse(code).unwrap();
        before.confirm(&self.vault(), &code, now, &mut SystemRandomness)
    }

    fn accept(&self, before: &SecondFactor, code: &str, now: UnixTime) -> Option<SecondFactor> {
        before.accept(&self.vault(), &SecondFactorCode::parse(code).unwrap(), now)
    }

    fn active(&self) -> (SecondFactor, TotpSecret, BackupCodes) {
        let (proposed, secret) = self.propose(&SecondFactor::default());
        let (active, codes) = self
            .confirm(&proposed, &secret.code_at(NOON), NOON)
            .unwrap();
        (active, secret, codes)
    }
}
