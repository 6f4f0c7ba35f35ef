//! Sessions as members meet them.

use super::*;

#[test]
fn a_session_is_recognised_for_its_domain_and_member_for_a_day() {
    let sessions = Sessions::new().unwrap();
    let session = sessions.open(HERE, ALICE, NOON);
    let recognised = |domain, member, now| sessions.recognise(session, domain, member, now);
    assert!(recognised(HERE, ALICE, NOON).is_ok());
    assert!(recognised(HERE, ALICE, NOON.later(LIFE - NANOSECOND)).is_ok());
    assert_eq!(
        recognised(HERE, ALICE, NOON.later(LIFE)).err(),
        Some(UNKNOWN)
    );
    assert_eq!(recognised(HERE, BOB, NOON).err(), Some(UNKNOWN));
    assert_eq!(recognised(THERE, ALICE, NOON).err(), Some(UNKNOWN));
}

#[test]
fn a_session_of_another_process_is_unknown() {
    let session = Sessions::new().unwrap().open(HERE, ALICE, NOON);
    let other = Sessions::new().unwrap();
    let recognised = other.recognise(session, HERE, ALICE, NOON);
    assert_eq!(recognised.err(), Some(UNKNOWN));
}

#[test]
fn no_bit_of_a_session_can_be_changed() {
    let sessions = Sessions::new().unwrap();
    let session = sessions.open(HERE, ALICE, NOON);
    for bit in 0..256 {
        let mut bytes = *session.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let changed = sessions.recognise(SessionId::new(bytes), HERE, ALICE, NOON);
        assert_eq!(changed.err(), Some(UNKNOWN), "bit {bit}");
    }
}

#[test]
fn a_counter_is_taken_once_in_each_session() {
    let sessions = Sessions::new().unwrap();
    let (one, other) = (open(&sessions, ALICE), open(&sessions, ALICE));
    assert_eq!(sessions.take(&one, 7, NOON), Ok(()));
    assert_eq!(sessions.take(&one, 7, NOON), Err(Code::ReplayedRequest));
    assert_eq!(sessions.take(&other, 7, NOON), Ok(()));
}

#[test]
fn the_oldest_session_ends_for_good_when_a_member_has_too_many() {
    let sessions = Sessions::new().unwrap();
    let all: Vec<_> = (0..=MAX_SESSIONS_OF_A_MEMBER)
        .map(|_| open(&sessions, ALICE))
        .collect();
    for session in &all[..MAX_SESSIONS_OF_A_MEMBER] {
        assert_eq!(sessions.take(session, 1, NOON), Ok(()));
    }
    assert_eq!(sessions.take(&all[0], 2, NOON), Ok(()));
    assert_eq!(
        sessions.take(&all[MAX_SESSIONS_OF_A_MEMBER], 1, NOON),
        Ok(())
    );
    assert_eq!(sessions.take(&all[0], 3, NOON), Err(UNKNOWN));
    assert_eq!(sessions.take(&all[0], 1, NOON), Err(UNKNOWN));
    assert_eq!(sessions.take(&all[1], 2, NOON), Ok(()));
}

#[test]
fn sessions_that_nobody_uses_cost_nothing() {
    let sessions = Sessions::new().unwrap();
    for _ in 0..10_000 {
        open(&sessions, ALICE);
    }
    assert_eq!(sessions.members(), 0);
}

#[test]
fn a_domain_has_so_many_members_with_sessions_and_room_again_after_a_day() {
    let sessions = Sessions::new().unwrap();
    let member = |number: usize| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        open(&sessions, MemberId::new(id))
    };
    for number in 0..MAX_MEMBERS_OF_A_DOMAIN {
        assert_eq!(sessions.take(&member(number), 1, NOON), Ok(()));
    }
    let late = member(MAX_MEMBERS_OF_A_DOMAIN);
    assert_eq!(sessions.take(&late, 1, NOON), Err(Code::Busy));
    let tomorrow = NOON.later(LIFE + Duration::from_secs(1));
    assert_eq!(sessions.take(&late, 1, tomorrow), Ok(()));
}

#[test]
fn a_sign_in_of_the_same_moment_is_another_session() {
    let sessions = Sessions::new().unwrap();
    let sign_in = |number| {
        let session = SessionId::new([number; 32]);
        Sessions::signed_in(session, HERE, ALICE, NOON, NOON).unwrap()
    };
    assert_eq!(sessions.take(&sign_in(1), 7, NOON), Ok(()));
    assert_eq!(sessions.take(&sign_in(2), 7, NOON), Ok(()));
    assert_eq!(
        sessions.take(&sign_in(1), 7, NOON),
        Err(Code::ReplayedRequest)
    );
}

fn open(sessions: &Sessions, member: MemberId) -> Opened {
    let session = sessions.open(HERE, member, NOON);
    sessions.recognise(session, HERE, member, NOON).unwrap()
}

const HERE: DomainId = DomainId::new([1; 32]);
const THERE: DomainId = DomainId::new([2; 32]);
const ALICE: MemberId = MemberId::new([1; 16]);
const BOB: MemberId = MemberId::new([2; 16]);
const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);
const NANOSECOND: Duration = Duration::from_nanos(1);
