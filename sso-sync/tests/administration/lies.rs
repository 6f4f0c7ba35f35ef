//! A hub that lies is refused, by the name of the lie.

use bytes::Bytes;
use sso_sync::Digest;
use sso_sync::admin::client::SignInError;
use sso_sync::admin::{Invitation, SystemRandomness};
use sso_sync::administration::{AdministrationError, Administrator, NoCode, Office, Saving};
use sso_sync::chain::{Permissions, Refusal};
use sso_sync::feed::HubHead;
use sso_sync::store::{DomainId, Seq};
use sso_sync::wire::{Message as _, Signed, Statements};

use crate::world::{World, alice, bob, document, named, node, password, program, save, who};

#[tokio::test]
async fn another_domain_under_the_name() {
    let (world, _) = World::founded().await;
    let (_, other) = World::founded().await;
    tell(&world, other.statements());
    let refused = world.sign_in(alice(), None).await.unwrap_err();
    assert!(is_chain(&refused, 0, &Refusal::WrongGenesis), "{refused}");
}

#[tokio::test]
async fn a_statement_of_another_domain() {
    let (world, founder) = World::founded().await;
    let (_, mut other) = World::founded().await;
    save(&mut other, 0, &[("a", "1")]).await;
    let spliced = [
        founder.statements()[0].clone(),
        other.statements()[1].clone(),
    ];
    tell(&world, &spliced);
    let refused = world.sign_in(alice(), None).await.unwrap_err();
    assert!(is_chain(&refused, 1, &Refusal::OtherDomain), "{refused}");
}

#[tokio::test]
async fn a_changed_statement() {
    let (world, mut founder) = World::founded().await;
    save(&mut founder, 0, &[("a", "1")]).await;
    let mut statements = founder.statements().to_vec();
    let mut changed = statements[1].to_vec();
    *changed.last_mut().unwrap() ^= 1;
    statements[1] = changed.into();
    tell(&world, &statements);
    let refused = world.sign_in(alice(), None).await.unwrap_err();
    assert!(
        is_chain(&refused, 1, &Refusal::ForgedSignature),
        "{refused}"
    );
}

#[tokio::test]
async fn an_earlier_chain_than_at_the_last_sign_in() {
    let (world, mut founder) = World::founded().await;
    let early = founder.statements().to_vec();
    save(&mut founder, 0, &[("a", "1")]).await;
    let known = founder.known();
    tell(&world, &early);
    world.sign_in(alice(), None).await.unwrap();
    let refused = world.sign_in(alice(), Some(&known)).await.unwrap_err();
    assert!(
        matches!(
            refused,
            AdministrationError::HubWentBack { found: 1, known: 2 }
        ),
        "{refused}"
    );
    let refused = founder.refresh().await.unwrap_err();
    assert!(
        matches!(
            refused,
            AdministrationError::HubWentBack { found: 1, known: 2 }
        ),
        "{refused}"
    );
    let resumed = world
        .office()
        .resume(&founder.to_session())
        .await
        .unwrap_err();
    assert!(
        matches!(resumed, AdministrationError::HubWentBack { .. }),
        "{resumed}"
    );
    world.link.be_honest();
    founder.refresh().await.unwrap();
}

#[tokio::test]
async fn another_history_than_at_the_last_sign_in() {
    let (world, mut here, mut there) = forked().await;
    save(&mut here, 0, &[("a", "1")]).await;
    save(&mut there, 0, &[("a", "2")]).await;
    tell(&world, there.statements());
    let refused = world
        .sign_in(alice(), Some(&here.known()))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, AdministrationError::Fork { position: 1 }),
        "{refused}"
    );
    let refused = here.save(1, &document(&[("a", "3")])).await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::Fork { position: 1 }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_domain_that_this_machine_does_not_know_under_the_name() {
    let (world, founder) = World::founded().await;
    let mut known = founder.known();
    known.seen.genesis = DomainId::new([9; 32]);
    let refused = world.sign_in(alice(), Some(&known)).await.unwrap_err();
    let AdministrationError::SignIn(error) = refused else {
        panic!("{refused}");
    };
    assert!(matches!(error, SignInError::AnotherDomain { .. }));
}

#[tokio::test]
async fn an_earlier_registration() {
    let (world, founder) = World::founded().await;
    let mut known = founder.known();
    known.seen.generation += 1;
    let refused = world.sign_in(alice(), Some(&known)).await.unwrap_err();
    let AdministrationError::SignIn(error) = refused else {
        panic!("{refused}");
    };
    assert_eq!(error, SignInError::RolledBack { found: 1, seen: 2 });
}

#[tokio::test]
async fn a_password_that_is_cheap_to_guess() {
    let (world, _) = World::founded().await;
    let (link, clock) = (world.link.clone() as _, world.clock.clone() as _);
    let strict = Office::new(link, clock, program("1.0.0"));
    let who = who("example", alice());
    let refused = strict.sign_in(who, password(), None, &mut NoCode).await;
    let Err(AdministrationError::SignIn(error)) = refused else {
        panic!("{refused:?}");
    };
    assert!(matches!(error, SignInError::Stretching(_)));
}

#[tokio::test]
async fn an_end_of_the_feed_that_no_server_signed() {
    let (world, mut founder) = World::founded().await;
    let head = HubHead {
        seq: Seq::new(5),
        envelope: vec![0x82, 0x41, 0x00, 0x40],
        ..head(founder.statements())
    };
    world.link.lie("/head", head.bytes().into());
    let refused = founder.refresh().await.unwrap_err();
    assert!(matches!(refused, AdministrationError::Feed(_)), "{refused}");
    let refused = founder.enrol("sso1", &node(1)).await.unwrap_err();
    assert!(matches!(refused, AdministrationError::Feed(_)), "{refused}");
}

#[tokio::test]
async fn a_statement_that_was_taken_and_is_not_there() {
    let (world, mut founder) = World::founded().await;
    let before = head(founder.statements());
    world.link.lie("position=1", before.bytes().into());
    let saved = founder.save(0, &document(&[("a", "1")])).await.unwrap();
    assert!(matches!(saved, Saving::Saved(_)));
    let found = founder.refresh().await.unwrap_err();
    assert!(
        matches!(
            found,
            AdministrationError::HubWentBack { found: 1, known: 2 }
        ),
        "{found}"
    );
}

#[tokio::test]
async fn keys_of_its_own_in_place_of_an_invited_person() {
    let (world, mut founder) = World::founded().await;
    let invited = founder.invite(&bob(), Invitation::LIFE).await.unwrap();
    let random = &mut SystemRandomness;
    let genesis = Some(founder.domain());
    let expires = world.now().later(Invitation::LIFE);
    let forged = Invitation::new(named("example"), bob(), genesis, expires, random);
    world.desk.invite(&forged, random).await.unwrap();
    let office = world.office();
    office.accept(&forged, &password()).await.unwrap();
    let added = founder
        .add_administrator(&bob(), &invited.id, Permissions::ALL)
        .await;
    let refused = added.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::NotIntroduced(_)),
        "{refused}"
    );
    assert_eq!(founder.administrators().len(), 1);
}

/// The same domain at two hubs: the first is the one that is asked.
async fn forked() -> (World, Administrator, Administrator) {
    let (here, there) = (World::new(), World::new());
    let papers = here.papers("example").await;
    let founding = here.founding(&papers);
    let one = here.begin(&founding, &papers).await.unwrap();
    let papers = there.papers("example").await;
    let other = there.begin(&founding, &papers).await.unwrap();
    (here, one.administrator, other.administrator)
}

/// Has the hub say that these are all statements.
fn tell(world: &World, statements: &[Bytes]) {
    world.link.lie("/head", head(statements).bytes().into());
    let statements = statements.iter().cloned().map(Signed::stored);
    let statements = Statements(statements.collect());
    world.link.lie("/chain?from=", statements.to_bytes().into());
}

fn head(statements: &[Bytes]) -> HubHead {
    let hash = |bytes: &Bytes| sso_sync::chain::Statement::parse(bytes).unwrap().hash();
    HubHead {
        statements: statements.len() as u64,
        chain: statements.last().map_or(Digest::ZERO, hash),
        seq: Seq::START,
        envelope: Vec::new(),
        compacted: Seq::START,
    }
}

fn is_chain(error: &AdministrationError, at: u64, why: &Refusal) -> bool {
    matches!(error, AdministrationError::Chain { position, refusal }
        if *position == at && refusal == why)
}
