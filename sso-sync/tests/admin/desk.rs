//! The desk keeps its promises when many come at once, to several processes of one hub.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sso_sync::admin::client::{Outcome, Registration, SignInError};
use sso_sync::admin::desk::{Desk, DeskError};
use sso_sync::admin::hub::{Account, Hub, HubKeys, Visit};
use sso_sync::admin::second_factor::{SecondFactorCode, TotpSecret};
use sso_sync::admin::wire::{self, WireError};
use sso_sync::admin::{Answer, DomainName, Invitation, SystemRandomness};
use sso_sync::store::{Caps, Entry, Expect, KvStore, MemoryStore, Page, StoreError, Version};
use sso_sync::testkit::{Loss, LostReplies};
use tokio::task::JoinSet;

use crate::world::{BOUNDS, GENESIS, NOON, PASSWORD};
use crate::world::{begin, credentials, domain, name, new_password, read, weakly};

#[tokio::test]
async fn of_many_guesses_at_once_five_are_answered() {
    let desks = two_desks_with_alice().await;
    let mut guesses = JoinSet::new();
    for number in 0..40 {
        let desk = desks[number % 2].clone();
        let (_, message) = begin("alice", "a wrong password");
        guesses.spawn(async move { ask(&desk, &wire::encode(&message)).await });
    }
    let answers = guesses.join_all().await;
    let challenges = answers
        .iter()
        .filter(|it| matches!(it, Answer::Challenge(_)));
    let (challenges, others) = (challenges.count(), answers.len());
    // Two counters are stored one after the other, so a conflict may count a guess twice.
    assert!((1..=5).contains(&challenges), "{challenges} of {others}");
    let waits = answers
        .iter()
        .filter(|it| matches!(it, Answer::TryLater(_)));
    assert_eq!(challenges + waits.count(), others);
}

#[tokio::test]
async fn a_replay_that_comes_at_once_signs_in_once() {
    let desks = two_desks_with_alice().await;
    let (waiting, message) = begin("alice", PASSWORD);
    let challenge = ask(&desks[0], &wire::encode(&message)).await;
    let proven = waiting.prove(&challenge, &mut SystemRandomness).unwrap();
    let finish = wire::encode(&proven.finish(None));
    assert_eq!(granted(&desks, &finish).await, 1);
}

#[tokio::test]
async fn a_code_that_comes_at_once_in_many_sign_ins_signs_in_once() {
    let desks = two_desks_with_alice().await;
    assert_eq!(granted_with_one_code(&desks).await, 1);
}

/// The writes of two sign-ins with one code are alike; who lost the answer must still know whose
/// write it was.
#[tokio::test]
async fn a_code_signs_in_once_even_if_answers_of_the_store_are_lost() {
    let store = LostReplies::new(MemoryStore::new()).every(2, Loss::Answer);
    let desks = desks_on(store);
    let invitation = invite(&desks[0]).await;
    assert!(accept(&desks[0], &invitation).await);
    let granted = granted_with_one_code(&desks).await;
    assert!(granted <= 1, "{granted} of one code");
}

#[tokio::test]
async fn lost_answers_of_the_store_keep_nobody_out() {
    for loss in [Loss::Answer, Loss::Request] {
        let store = LostReplies::new(MemoryStore::new()).every(2, loss);
        let desks = desks_on(store);
        let invitation = invite(&desks[0]).await;
        assert!(accept(&desks[0], &invitation).await, "{loss:?}");
        for desk in desks.iter().cycle().take(6) {
            assert!(sign_in(desk).await.is_ok(), "{loss:?}");
        }
    }
}

#[tokio::test]
async fn an_invitation_that_comes_at_once_registers_one() {
    let desks = two_desks();
    let invitation = invite(&desks[0]).await;
    let mut registrations = JoinSet::new();
    for desk in &desks {
        let (desk, invitation) = (desk.clone(), invitation.clone());
        registrations.spawn(async move { accept(&desk, &invitation).await });
    }
    let registered = registrations.join_all().await;
    assert_eq!(registered.iter().filter(|it| **it).count(), 1);
}

#[tokio::test]
async fn a_session_is_found_until_it_is_signed_out() {
    let desks = two_desks_with_alice().await;
    let session = sign_in(&desks[0]).await.unwrap();
    let found = desks[1].session(&session, NOON).await.unwrap();
    let (session_record, account) = found.unwrap();
    assert_eq!(*session_record.administrator(), name("alice"));
    assert_eq!(*account.administrator(), name("alice"));
    desks[0]
        .sign_out(&session, &mut SystemRandomness)
        .await
        .unwrap();
    assert_eq!(desks[1].session(&session, NOON).await.unwrap(), None);
}

#[tokio::test]
async fn the_accounts_of_a_domain_are_listed() {
    let desks = two_desks_with_alice().await;
    let accounts = desks[1].accounts(&domain()).await.unwrap();
    let names: Vec<_> = accounts.iter().map(Account::administrator).collect();
    assert_eq!(names, [&name("alice")]);
    let other = DomainName::parse("other").unwrap();
    assert_eq!(desks[1].accounts(&other).await.unwrap(), []);
}

#[tokio::test]
async fn who_was_revoked_signs_in_no_more_until_invited_again() {
    let desks = two_desks();
    let invitation = invite(&desks[0]).await;
    assert!(accept(&desks[0], &invitation).await);
    let session = sign_in(&desks[0]).await.unwrap();
    let (waiting, message) = begin("alice", PASSWORD);
    let challenge = ask(&desks[0], &wire::encode(&message)).await;
    let proven = waiting.prove(&challenge, &mut SystemRandomness).unwrap();

    let (domain, alice) = (domain(), name("alice"));
    let revoked = desks[1]
        .revoke(&domain, &alice, &mut SystemRandomness)
        .await;
    revoked.unwrap();
    assert_eq!(desks[0].session(&session, NOON).await.unwrap(), None);
    let under_way = ask(&desks[0], &wire::encode(&proven.finish(None))).await;
    assert_eq!(under_way, Answer::Refused);
    assert_eq!(sign_in(&desks[0]).await, Err(SignInError::WrongPassword));
    assert!(
        !accept(&desks[0], &invitation).await,
        "the invitation is used"
    );
    assert_eq!(desks[0].accounts(&domain).await.unwrap(), []);

    let invitation = invite(&desks[0]).await;
    assert!(accept(&desks[0], &invitation).await);
    assert!(sign_in(&desks[0]).await.is_ok());
}

#[tokio::test]
async fn a_store_belongs_to_the_keys_that_used_it_first() {
    let store = Arc::new(MemoryStore::new());
    let desk = |keys: &HubKeys| {
        let keys = HubKeys::from_bytes(&keys.to_bytes().unwrap()).unwrap();
        Desk::new(Hub::new(keys), store.clone())
    };
    let [ours, others] = [(), ()].map(|()| HubKeys::random(&mut SystemRandomness).unwrap());
    for _ in 0..2 {
        desk(&ours).check_keys(&mut SystemRandomness).await.unwrap();
    }
    let refused = desk(&others).check_keys(&mut SystemRandomness).await;
    assert!(matches!(refused, Err(DeskError::OtherKeys)), "{refused:?}");
}

#[tokio::test]
async fn invitations_are_listed_until_they_are_used_expired_or_taken_back() {
    let desks = two_desks();
    let listed = async |now| {
        let found = desks[1].invitations(&domain(), now).await.unwrap();
        found.len()
    };
    let used = invite(&desks[0]).await;
    let unused = invite(&desks[0]).await;
    assert_eq!(listed(NOON).await, 2);
    assert!(accept(&desks[0], &used).await);
    assert_eq!(listed(NOON).await, 1);
    assert_eq!(listed(unused.expires()).await, 0);
    let other = DomainName::parse("other").unwrap();
    assert_eq!(desks[0].invitations(&other, NOON).await.unwrap(), []);

    let withdrawn = desks[1].withdraw(&domain(), &name("alice"), NOON).await;
    assert_eq!(withdrawn.unwrap(), 1);
    assert_eq!(listed(NOON).await, 0);
    assert!(!accept(&desks[0], &unused).await, "it was taken back");
}

#[tokio::test]
async fn what_is_no_message_is_named() {
    let [desk, _] = two_desks();
    let answer = |bytes: Vec<u8>| {
        let desk = desk.clone();
        async move {
            desk.answer(&bytes, &visit(NOON), &mut SystemRandomness)
                .await
                .unwrap_err()
        }
    };
    let error = answer(b"GET / HTTP/1.1".to_vec()).await;
    assert!(
        matches!(error, DeskError::Wire(WireError::Malformed)),
        "{error}"
    );
    let error = answer(wire::encode(&Answer::Refused)).await;
    assert!(
        matches!(error, DeskError::Wire(WireError::Kind(100))),
        "{error}"
    );
}

/// Alice gets a second factor, and one code of it ends three sign-ins at once.
async fn granted_with_one_code(desks: &[Desk; 2]) -> usize {
    let secret = with_second_factor(&desks[0]).await;
    let later = NOON.later(std::time::Duration::from_secs(2 * 24 * 3600));
    let code = || Some(SecondFactorCode::parse(&secret.code_at(later)).unwrap());
    let mut finishes = Vec::new();
    for desk in desks.iter().cycle().take(3) {
        let (waiting, message) = begin("alice", PASSWORD);
        let challenge = ask_at(desk, &wire::encode(&message), later).await;
        let proven = waiting.prove(&challenge, &mut SystemRandomness).unwrap();
        finishes.push((desk.clone(), wire::encode(&proven.finish(code()))));
    }
    let mut ends = JoinSet::new();
    for (desk, finish) in finishes {
        ends.spawn(async move { ask_at(&desk, &finish, later).await });
    }
    let answers = ends.join_all().await;
    answers
        .iter()
        .filter(|it| matches!(it, Answer::Granted(_)))
        .count()
}

async fn granted(desks: &[Desk; 2], finish: &[u8]) -> usize {
    let mut ends = JoinSet::new();
    for desk in desks.iter().cycle().take(8) {
        let (desk, finish) = (desk.clone(), finish.to_vec());
        ends.spawn(async move { ask(&desk, &finish).await });
    }
    let answers = ends.join_all().await;
    answers
        .iter()
        .filter(|it| matches!(it, Answer::Granted(_)))
        .count()
}

async fn sign_in(desk: &Desk) -> Result<sso_sync::admin::SessionId, SignInError> {
    Ok(signed_in(desk).await?.session.id())
}

async fn signed_in(desk: &Desk) -> Result<sso_sync::admin::client::SignedIn, SignInError> {
    let (waiting, message) = begin("alice", PASSWORD);
    let challenge = ask(desk, &wire::encode(&message)).await;
    let proven = waiting.prove(&challenge, &mut SystemRandomness)?;
    let answer = ask(desk, &wire::encode(&proven.finish(None))).await;
    match proven.take(&answer, None, NOON)? {
        Outcome::SignedIn(signed_in) => Ok(*signed_in),
        Outcome::SecondFactorNeeded => panic!("there is no second factor"),
    }
}

async fn with_second_factor(desk: &Desk) -> TotpSecret {
    use sso_sync::admin::client::SecondFactorAnswer;
    let session = signed_in(desk).await.unwrap().session;
    let request = session.propose_second_factor(None, NOON);
    let answer = ask(desk, &wire::encode(&request)).await;
    let Ok(SecondFactorAnswer::Proposed(secret)) = session.take(&answer) else {
        panic!("not proposed: {answer:?}");
    };
    let code = SecondFactorCode::parse(&secret.code_at(NOON)).unwrap();
    let request = session.confirm_second_factor(code, NOON);
    let answer = ask(desk, &wire::encode(&request)).await;
    assert!(matches!(
        session.take(&answer),
        Ok(SecondFactorAnswer::Active(_))
    ));
    secret
}

async fn two_desks_with_alice() -> [Desk; 2] {
    let desks = two_desks();
    let invitation = invite(&desks[0]).await;
    assert!(accept(&desks[0], &invitation).await);
    desks
}

/// Two processes of one hub.
fn two_desks() -> [Desk; 2] {
    desks_on(MemoryStore::new())
}

fn desks_on(store: impl KvStore) -> [Desk; 2] {
    let store: Arc<dyn KvStore> = Arc::new(Crowded(store));
    let keys = HubKeys::random(&mut SystemRandomness).unwrap();
    [(); 2].map(|()| {
        let keys = HubKeys::from_bytes(&keys.to_bytes().unwrap()).unwrap();
        Desk::new(Hub::new(keys), Arc::clone(&store)).dangerously_accept(BOUNDS)
    })
}

async fn invite(desk: &Desk) -> Invitation {
    let expires = NOON.later(Invitation::LIFE);
    let invitation = Invitation::new(
        domain(),
        name("alice"),
        Some(GENESIS),
        expires,
        &mut SystemRandomness,
    );
    desk.invite(&invitation, &mut SystemRandomness)
        .await
        .unwrap();
    invitation
}

async fn accept(desk: &Desk, invitation: &Invitation) -> bool {
    let credentials = credentials();
    let begun = Registration::by_invitation(
        invitation,
        &credentials,
        new_password(PASSWORD),
        &mut SystemRandomness,
    );
    let (waiting, message) = begun.unwrap();
    let open = ask(desk, &wire::encode(&message)).await;
    let Ok((done, message)) = waiting.seal(&open, weakly(), &mut SystemRandomness) else {
        return false;
    };
    done.take(&ask(desk, &wire::encode(&message)).await).is_ok()
}

async fn ask(desk: &Desk, message: &[u8]) -> Answer {
    ask_at(desk, message, NOON).await
}

async fn ask_at(desk: &Desk, message: &[u8], now: sso_core::UnixTime) -> Answer {
    let answer = desk
        .answer(message, &visit(now), &mut SystemRandomness)
        .await;
    read(&answer.unwrap())
}

/// A store whose readers let others go first, so that all who come at once have read before one
/// of them writes.
#[derive(Debug)]
struct Crowded<S>(S);

#[async_trait]
impl<S: KvStore> KvStore for Crowded<S> {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let answer = self.0.get(key).await;
        tokio::task::yield_now().await;
        answer
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        self.0.put(key, value, expect).await
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        self.0.delete(key, expect).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.0.list(prefix, after, limit).await
    }

    fn caps(&self) -> Caps {
        self.0.caps()
    }
}

fn visit(now: sso_core::UnixTime) -> Visit {
    Visit::new("192.0.2.1".parse().unwrap(), now)
}
