//! Killed, cut off, or left without an answer, at every exchange with the hub: whoever calls again
//! comes to the end, and nothing has happened twice.

use sso_sync::admin::{EnrolmentToken, Invitation};
use sso_sync::administration::{AdministrationError, Founding, NoCode, Saving};
use sso_sync::chain::{Deletion, Permissions};

use crate::link::CUTS;
use crate::world::{HOUR, World, alice, bob, document, node, password, save, typed, who};

#[tokio::test]
async fn founding_comes_to_its_end() {
    everywhere(
        async || {
            let world = World::new();
            let papers = world.papers("example").await;
            let founding = world.founding(&papers).to_bytes();
            (world, (papers, founding))
        },
        async |world, (papers, founding)| {
            let founding = Founding::from_bytes(founding).unwrap();
            world.begin(&founding, papers).await
        },
        async |world, (_, founding), founded| {
            let founding = Founding::from_bytes(founding).unwrap();
            let founded = founded.unwrap();
            assert_eq!(founded.administrator.domain(), founding.domain());
            let who = who("example", alice());
            let code = &founded.recovery_code;
            let office = world.office();
            let recovered = office.recover(&who, code, &password(), &mut NoCode).await;
            recovered.unwrap();
        },
    )
    .await;
}

#[tokio::test]
async fn enrolling_comes_to_its_end() {
    everywhere(
        async || World::founded().await,
        async |_, alice| alice.enrol("sso1", &node(1)).await,
        async |_, alice, enrolled| {
            assert_eq!(enrolled.unwrap().statements.len(), 2);
            assert_eq!(alice.chain().len(), 2);
        },
    )
    .await;
}

#[tokio::test]
async fn enrolling_by_token_comes_to_its_end() {
    everywhere(
        async || {
            let (world, mut alice) = World::founded().await;
            let minted = alice.mint_token("autoscaling", world.now().later(HOUR));
            let text = minted.await.unwrap().token.to_text();
            (world, EnrolmentToken::parse(&text).unwrap())
        },
        async |world, token| world.office().enrol_by_token(token, "sso1", &node(1)).await,
        async |_, _, enrolled| assert_eq!(enrolled.unwrap().statements.len(), 3),
    )
    .await;
}

#[tokio::test]
async fn saving_comes_to_its_end() {
    everywhere(
        async || {
            let (world, mut alice) = World::founded().await;
            save(&mut alice, 0, &[("a", "1")]).await;
            (world, alice)
        },
        async |_, alice| alice.save(1, &document(&[("a", "2")])).await,
        async |_, alice, saved| {
            assert!(matches!(saved.unwrap(), Saving::Saved(saved) if saved.revision == 2));
            assert_eq!(alice.chain().revisions().len(), 2);
        },
    )
    .await;
}

#[tokio::test]
async fn rolling_back_comes_to_its_end() {
    everywhere(
        async || {
            let (world, mut alice) = World::founded().await;
            save(&mut alice, 0, &[("a", "1")]).await;
            save(&mut alice, 1, &[("a", "2")]).await;
            (world, alice)
        },
        async |_, alice| alice.rollback(1).await,
        async |_, alice, saved| {
            assert_eq!(saved.unwrap().revision, 3);
            assert_eq!(alice.chain().revisions().len(), 3);
        },
    )
    .await;
}

#[tokio::test]
async fn revoking_a_server_comes_to_its_end() {
    everywhere(
        async || {
            let (world, mut alice) = World::founded().await;
            alice.enrol("sso1", &node(1)).await.unwrap();
            (world, alice)
        },
        async |_, alice| alice.revoke_server(node(1).id()).await,
        async |_, alice, epoch| {
            assert_eq!((epoch.unwrap(), alice.ring().newest()), (2, 2));
            save(alice, 0, &[("a", "1")]).await;
        },
    )
    .await;
}

#[tokio::test]
async fn accepting_an_invitation_comes_to_its_end() {
    everywhere(
        async || {
            let (world, mut alice) = World::founded().await;
            let invited = alice.invite(&bob(), Invitation::LIFE).await.unwrap();
            (world, (alice, invited))
        },
        async |world, (_, invited)| {
            world
                .office()
                .accept(&invited.invitation, &password())
                .await
        },
        async |world, (alice, invited), accepted| {
            let accepted = accepted.unwrap();
            let added = alice
                .add_administrator(&bob(), &invited.id, Permissions::SSO)
                .await;
            assert_eq!(added.unwrap(), accepted.id);
            world.sign_in(bob(), None).await.unwrap();
        },
    )
    .await;
}

#[tokio::test]
async fn adding_an_administrator_comes_to_its_end() {
    everywhere(
        async || {
            let (world, mut alice) = World::founded().await;
            let invited = alice.invite(&bob(), Invitation::LIFE).await.unwrap();
            let office = world.office();
            let accepted = office.accept(&invited.invitation, &password()).await;
            accepted.unwrap();
            (world, (alice, invited))
        },
        async |_, (alice, invited)| {
            alice
                .add_administrator(&bob(), &invited.id, Permissions::SSO)
                .await
        },
        async |_, (alice, _), added| {
            added.unwrap();
            assert_eq!((alice.administrators().len(), alice.chain().len()), (2, 2));
        },
    )
    .await;
}

#[tokio::test]
async fn recovering_comes_to_its_end() {
    everywhere(
        async || {
            let world = World::new();
            let code = world.found("example").await.recovery_code;
            (world, code)
        },
        async |world, code| {
            let who = who("example", alice());
            let office = world.office();
            office
                .recover(&who, code, &typed("a new password"), &mut NoCode)
                .await
        },
        async |world, _, next| {
            let who = who("example", alice());
            let office = world.office();
            let again = office
                .recover(&who, &next.unwrap(), &password(), &mut NoCode)
                .await;
            again.unwrap();
            world.sign_in(alice(), None).await.unwrap();
        },
    )
    .await;
}

#[tokio::test]
async fn announcing_and_cancelling_a_deletion_come_to_their_end() {
    everywhere(
        async || World::founded().await,
        async |_, alice| {
            let announced = alice.announce_deletion("moved away", 7 * 24 * HOUR).await?;
            assert!(matches!(announced, Deletion::Announced { .. }));
            alice.cancel_deletion().await
        },
        async |_, alice, done| {
            done.unwrap();
            assert_eq!(alice.chain().deletion(), Deletion::None);
        },
    )
    .await;
}

#[tokio::test]
async fn a_password_is_changed_or_not() {
    for cut in CUTS {
        for exchanges in 0.. {
            let (world, alice) = World::founded().await;
            world.link.cut_after(exchanges, cut);
            let new = typed("a new password");
            let changed = world.link.until_killed(alice.change_password(new)).await;
            if !world.link.mend() {
                changed.unwrap().unwrap();
                break;
            }
            assert!(exchanges < MANY, "it does not come to an end");
            let mut good = Vec::new();
            for typed in [password(), typed("a new password")] {
                let office = world.office();
                let who = who("example", crate::world::alice());
                good.push(office.sign_in(who, typed, None, &mut NoCode).await.is_ok());
            }
            assert_eq!(
                good.iter().filter(|good| **good).count(),
                1,
                "{cut:?} {exchanges}"
            );
        }
    }
}

#[tokio::test]
async fn a_lost_token_can_be_withdrawn() {
    everywhere(
        async || World::founded().await,
        async |world, alice| alice.mint_token("x", world.now().later(HOUR)).await,
        async |_, alice, minted| {
            let minted = minted.unwrap();
            assert!(alice.tokens().len() <= 2);
            for token in alice.tokens() {
                alice.withdraw_token(token.id).await.unwrap();
            }
            assert!(alice.tokens().iter().all(|it| it.id != minted.id));
        },
    )
    .await;
}

/// Runs `flow` with the link cut at each exchange in each way, and then once more on a good one.
async fn everywhere<S, T>(
    prepare: impl AsyncFn() -> (World, S),
    flow: impl AsyncFn(&World, &mut S) -> Result<T, AdministrationError>,
    check: impl AsyncFn(&World, &mut S, Result<T, AdministrationError>),
) {
    for cut in CUTS {
        for exchanges in 0.. {
            let (world, mut state) = prepare().await;
            world.link.cut_after(exchanges, cut);
            let done = world.link.until_killed(flow(&world, &mut state)).await;
            if !world.link.mend() {
                check(&world, &mut state, done.unwrap()).await;
                break;
            }
            assert!(exchanges < MANY, "it does not come to an end");
            let again = flow(&world, &mut state).await;
            check(&world, &mut state, again).await;
        }
    }
}

/// More exchanges than anything here takes.
const MANY: usize = 60;
