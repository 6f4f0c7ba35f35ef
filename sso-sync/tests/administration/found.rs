//! The first administrator.

use sso_sync::admin::client::RegisterError;
use sso_sync::administration::{AdministrationError, Founding, FoundingError};
use sso_sync::wire::Code;

use crate::world::{World, alice, password, typed};

#[tokio::test]
async fn an_invitation_makes_a_domain_and_its_administrator() {
    let world = World::new();
    let papers = world.papers("example").await;
    let founding = world.founding(&papers);
    let founded = world.begin(&founding, &papers).await.unwrap();
    assert_eq!(founded.administrator.domain(), founding.domain());
    assert_eq!(founded.administrator.chain().name(), "example");
    assert!(founded.administrator.chain().policy().admits("1.0.0"));
    world.sign_in(alice(), None).await.unwrap();
}

#[tokio::test]
async fn who_begins_again_gets_another_recovery_code_and_the_same_domain() {
    let world = World::new();
    let papers = world.papers("example").await;
    let founding = world.founding(&papers);
    let kept = founding.to_bytes();
    let first = world.begin(&founding, &papers).await.unwrap();
    let founding = Founding::from_bytes(&kept).unwrap();
    let again = world.begin(&founding, &papers).await.unwrap();
    assert_eq!(again.administrator.id(), first.administrator.id());
    assert_eq!(again.administrator.domain(), first.administrator.domain());
    assert!(again.recovery_code != first.recovery_code);
}

#[tokio::test]
async fn a_used_invitation_makes_no_second_domain() {
    let world = World::new();
    let papers = world.papers("example").await;
    world
        .begin(&world.founding(&papers), &papers)
        .await
        .unwrap();
    let refused = world.begin(&world.founding(&papers), &papers).await;
    let refused = refused.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::StartedElsewhere { .. }),
        "{refused}"
    );
    let office = world.office();
    let founding = world.founding(&papers);
    let typed = typed("some other password");
    let refused = office
        .found(&founding, &papers.invitation, &papers.code, &typed)
        .await;
    let Err(AdministrationError::Register(error)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(error, RegisterError::InvitationOver);
}

#[tokio::test]
async fn the_code_of_another_name_makes_no_domain() {
    let world = World::new();
    let papers = world.papers("example").await;
    let other = world.papers("other").await;
    let founding = world.founding(&papers);
    let office = world.office();
    let refused = office
        .found(&founding, &papers.invitation, &other.code, &password())
        .await;
    let Err(AdministrationError::Call(error)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(error.code(), Some(Code::NotPermitted));
    world.begin(&founding, &papers).await.unwrap();
}

#[tokio::test]
async fn what_was_cut_off_is_no_founding() {
    let world = World::new();
    let papers = world.papers("example").await;
    let founding = world.founding(&papers);
    let bytes = founding.to_bytes();
    assert_eq!(
        Founding::from_bytes(&bytes).unwrap().domain(),
        founding.domain()
    );
    for end in [0, 1, 40, bytes.len() - 1] {
        assert_eq!(
            Founding::from_bytes(&bytes[..end]).unwrap_err(),
            FoundingError
        );
    }
    assert_eq!(
        format!("{founding:?}"),
        format!("Founding({}, …)", founding.domain())
    );
}
