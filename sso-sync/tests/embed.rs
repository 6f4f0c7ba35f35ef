//! A user directory over the records of a domain.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error;
use std::sync::Arc;

use futures_executor::block_on;
use proptest::prelude::*;
use sso_core::StoreError;
use sso_core::user::{AccountKey, Created, Profile, User, UserDirectory, UserId, UserSecret};
use sso_sync::embed::{Arrival, ReplicatedUsers, bring_along};
use sso_sync::node::Records as _;
use sso_sync::seal::{Content, DomainKey, KeyRing, SealedUser};
use sso_sync::store::DomainId;
use sso_sync::testkit::{Hub, MemoryRecords};

sso_core::user_directory_tests!(async || (directory(&records()), ()));

#[test]
fn users_are_the_same_at_every_server() {
    let records = records();
    let [here, there] = [(); 2].map(|()| directory(&records));
    let alice = create(&here, "alice");
    assert_eq!(create(&there, "alice"), alice);
    assert_eq!(
        block_on(there.by_id(&alice.id)).unwrap(),
        Some(alice.clone())
    );
    let [one, other] = [&here, &there].map(|it| block_on(it.secret(&alice.id)).unwrap());
    assert_eq!(one.unwrap().expose(), other.unwrap().expose());
}

#[test]
fn without_the_hub_known_users_go_on_and_new_ones_are_told_why() {
    let records = records();
    let users = directory(&records);
    let alice = create(&users, "alice");
    records.set_hub(Hub::Away);
    assert_eq!(
        block_on(users.find(&account("alice"))).unwrap(),
        Some(alice.clone())
    );
    assert!(block_on(users.secret(&alice.id)).unwrap().is_some());
    block_on(users.update(&alice.id, &named("Alice"))).unwrap();

    let refused = block_on(users.create(&account("bob"), &Profile::default())).unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)));
    insta::assert_snapshot!(refused.source().unwrap(), @"the hub cannot be reached, and a new user needs it, so that no two servers make two of them. Who signed in before can go on; see: sso-connect status");

    records.set_hub(Hub::Here);
    assert_eq!(profile(&users, &alice), named("Alice"));
    create(&users, "bob");
}

#[test]
fn a_lost_answer_makes_no_second_user() {
    let records = records();
    let users = directory(&records);
    records.set_hub(Hub::LosesAnswers);
    let created = block_on(users.create(&account("alice"), &Profile::default())).unwrap();
    let alice = block_on(users.find(&account("alice"))).unwrap().unwrap();
    assert_eq!(created, Created::Existing(alice.clone()));
    assert_eq!(
        records.version(&records.ring().record_id(&alice.account)),
        1
    );
}

#[test]
fn whoever_was_removed_and_comes_back_is_another_user_with_another_secret() {
    let records = records();
    let users = directory(&records);
    let before = create(&users, "alice");
    let secret_before = secret(&users, &before);
    records.remove(&records.ring().record_id(&before.account));
    assert_eq!(block_on(users.find(&before.account)).unwrap(), None);
    assert_eq!(block_on(users.by_id(&before.id)).unwrap(), None);
    assert!(block_on(users.secret(&before.id)).unwrap().is_none());

    let after = create(&users, "alice");
    assert_ne!(after.id, before.id);
    assert_ne!(secret(&users, &after).expose(), secret_before.expose());
    assert_eq!(block_on(users.by_id(&before.id)).unwrap(), None);
    assert_eq!(block_on(users.by_id(&after.id)).unwrap(), Some(after));
}

#[test]
fn a_sign_in_that_changes_nothing_writes_nothing() {
    let records = records();
    let users = directory(&records);
    let alice = create(&users, "alice");
    let record = records.ring().record_id(&alice.account);
    block_on(users.update(&alice.id, &alice.profile)).unwrap();
    assert_eq!(records.version(&record), 1);
    block_on(users.update(&alice.id, &named("Alice"))).unwrap();
    block_on(users.update(&alice.id, &named("Alice"))).unwrap();
    assert_eq!(records.version(&record), 2);
}

#[test]
fn of_several_changes_under_way_the_last_counts_even_if_it_is_the_first_again() {
    let records = records();
    let users = directory(&records);
    let alice = create(&users, "alice");
    records.set_hub(Hub::Away);
    block_on(users.update(&alice.id, &named("Alicia"))).unwrap();
    block_on(users.update(&alice.id, &alice.profile)).unwrap();
    records.set_hub(Hub::Here);
    assert_eq!(profile(&users, &alice), alice.profile);
    assert_eq!(records.waiting(), 0);
}

#[test]
fn a_user_who_was_brought_along_keeps_id_and_secret() {
    let records = records();
    let users = directory(&records);
    let old = old_user("old");
    assert_eq!(bring(&records, &old, 7), Arrival::Brought);
    assert_eq!(bring(&records, &old, 7), Arrival::Same);
    assert_eq!(block_on(users.by_id(&old.id)).unwrap(), Some(old.clone()));
    assert_eq!(create(&users, "old"), old);
    assert_eq!(secret(&users, &old).expose(), &[7; 32]);
    block_on(users.update(&old.id, &named("Older"))).unwrap();
    assert_eq!(profile(&users, &old), named("Older"));
    assert_eq!(bring(&records, &old, 7), Arrival::Same);
    assert_eq!(profile(&users, &old), named("Older"));
}

#[test]
fn of_two_servers_that_bring_one_person_the_first_decides_id_and_secret() {
    let records = records();
    let users = directory(&records);
    let (first, second) = (old_user("alice"), old_user("alice"));
    assert_eq!(bring(&records, &first, 1), Arrival::Brought);
    assert_eq!(bring(&records, &second, 2), Arrival::Other);
    assert_eq!(bring(&records, &first, 2), Arrival::Other);
    assert_eq!(create(&users, "alice"), first);
    assert_eq!(secret(&users, &first).expose(), &[1; 32]);
    assert_eq!(block_on(users.by_id(&second.id)).unwrap(), None);
}

#[test]
fn whom_the_domain_made_itself_keeps_the_secret_of_the_domain() {
    let records = records();
    let users = directory(&records);
    let alice = create(&users, "alice");
    let before = secret(&users, &alice);
    let old = old_user("alice");
    assert_eq!(bring(&records, &old, 7), Arrival::Other);
    assert_eq!(secret(&users, &alice).expose(), before.expose());
    assert_eq!(block_on(users.by_id(&old.id)).unwrap(), None);
}

#[test]
fn a_lost_answer_brings_a_user_once() {
    let records = records();
    let users = directory(&records);
    let old = old_user("old");
    for hub in [Hub::LosesAnswers, Hub::Here] {
        records.set_hub(hub);
        bring(&records, &old, 7);
    }
    let record = records.ring().record_id(&old.account);
    assert_eq!(records.version(&record), 1);
    assert_eq!(block_on(users.by_id(&old.id)).unwrap(), Some(old));
}

#[test]
fn a_bringing_that_was_cut_short_goes_on() {
    let records = records();
    let users = directory(&records);
    let old = old_user("old");
    let ring = records.ring();
    let record = ring.record_id(&old.account);
    // Only the first half was written.
    let signpost = Content::Signpost {
        user: old.id.clone(),
        record,
    };
    records.overwrite(ring.signpost_id(&old.id), signpost);
    assert_eq!(block_on(users.by_id(&old.id)).unwrap(), None);
    assert_eq!(bring(&records, &old, 7), Arrival::Brought);
    assert_eq!(block_on(users.by_id(&old.id)).unwrap(), Some(old));
}

#[test]
fn without_the_hub_nobody_is_brought_along() {
    let records = records();
    records.set_hub(Hub::Away);
    let old = old_user("old");
    let secret = UserSecret::from_bytes([7; 32]);
    let brought = block_on(bring_along(&records, &old, &secret));
    assert!(matches!(brought, Err(StoreError::Unavailable(_))));
    records.set_hub(Hub::Here);
    assert_eq!(bring(&records, &old, 7), Arrival::Brought);
}

#[test]
fn a_signpost_to_somebody_else_is_not_believed() {
    let records = records();
    let users = directory(&records);
    let alice = create(&users, "alice");
    let stranger = UserId::random();
    let ring = records.ring();
    let signpost = Content::Signpost {
        user: stranger.clone(),
        record: ring.record_id(&alice.account),
    };
    records.overwrite(ring.signpost_id(&stranger), signpost);
    assert_eq!(block_on(users.by_id(&stranger)).unwrap(), None);
    assert!(block_on(users.secret(&stranger)).unwrap().is_none());
}

#[test]
fn a_secret_that_another_server_made_up_is_not_handed_out() {
    let records = records();
    let users = directory(&records);
    let ring = records.ring();
    let record = ring.record_id(&account("alice"));
    let (id, _) = ring.mint(1, &record, 1).unwrap();
    let minted = (id.clone(), UserSecret::from_bytes([1; 32]));
    let user = SealedUser::minted(minted, 1, 1, account("alice"), Profile::default());
    records.overwrite(record, Content::User(user));
    assert!(matches!(
        block_on(users.secret(&id)),
        Err(StoreError::Corrupt(_))
    ));
    let created = block_on(users.create(&account("alice"), &Profile::default()));
    assert!(matches!(created, Err(StoreError::Corrupt(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn whatever_the_hub_does_an_account_has_one_user(steps in proptest::collection::vec(
        (0_usize..2, "[ab]", 0_u8..3), 1..20,
    )) {
        let records = records();
        let servers = [directory(&records), directory(&records)];
        let mut known = std::collections::BTreeMap::<String, User>::new();
        for (server, name, hub) in steps {
            records.set_hub(match hub {
                0 => Hub::Away,
                1 => Hub::Here,
                _ => Hub::LosesAnswers,
            });
            let created = block_on(servers[server].create(&account(&name), &Profile::default()));
            match (known.get(&name), created) {
                (Some(user), created) => prop_assert_eq!(&created.unwrap().into_user(), user),
                (None, Ok(created)) => drop(known.insert(name, created.into_user())),
                (None, Err(_)) => prop_assert_eq!(hub, 0),
            }
        }
    }
}

fn records() -> MemoryRecords {
    let key = DomainKey::from_bytes([1; 32]);
    MemoryRecords::new(KeyRing::first(DomainId::new([8; 32]), key).unwrap())
}

fn directory(records: &MemoryRecords) -> ReplicatedUsers {
    ReplicatedUsers::new(Arc::new(records.clone()))
}

fn old_user(name: &str) -> User {
    User::new(UserId::random(), account(name), named("Old"))
}

fn bring(records: &MemoryRecords, user: &User, secret: u8) -> Arrival {
    let secret = UserSecret::from_bytes([secret; 32]);
    block_on(bring_along(records, user, &secret)).unwrap()
}

fn create(users: &ReplicatedUsers, name: &str) -> User {
    let created = block_on(users.create(&account(name), &Profile::default()));
    created.unwrap().into_user()
}

fn profile(users: &ReplicatedUsers, user: &User) -> Profile {
    block_on(users.by_id(&user.id)).unwrap().unwrap().profile
}

fn secret(users: &ReplicatedUsers, user: &User) -> UserSecret {
    block_on(users.secret(&user.id)).unwrap().unwrap()
}

fn account(name: &str) -> AccountKey {
    AccountKey::new("https://idp.example", "persistent", name)
}

fn named(first: &str) -> Profile {
    let mut profile = Profile::default();
    profile.first = Some(first.into());
    profile
}
