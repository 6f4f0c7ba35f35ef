//! Staying signed in.

use std::time::Duration;

use sso_sync::administration::{AdministrationError, SessionOverError};

use crate::world::{HOUR, World, document, node, save};

#[tokio::test]
async fn another_process_goes_on_with_a_session() {
    let (world, mut founder) = World::founded().await;
    save(&mut founder, 0, &[("a", "1")]).await;
    let kept = founder.to_session();
    let mut one = world.office().resume(&kept).await.unwrap();
    assert_eq!(one.id(), founder.id());
    assert_eq!(one.remaining(), HOUR);
    one.enrol("sso1", &node(1)).await.unwrap();
    world.wait(SECOND);
    let mut other = world.office().resume(&kept).await.unwrap();
    other.enrol("sso2", &node(2)).await.unwrap();
    world.wait(SECOND);
    one.enrol("sso3", &node(3)).await.unwrap();
    world.wait(SECOND);
    save(&mut founder, 1, &[("a", "2")]).await;
    one.refresh().await.unwrap();
    assert_eq!(one.chain().nodes().count(), 3);
    assert_eq!(one.current().unwrap(), (2, document(&[("a", "2")])));
}

#[tokio::test]
async fn a_session_lasts_an_hour() {
    let (world, founder) = World::founded().await;
    let kept = founder.to_session();
    world.wait(HOUR - Duration::from_secs(1));
    let resumed = world.office().resume(&kept).await.unwrap();
    assert_eq!(resumed.remaining(), Duration::from_secs(1));
    world.wait(Duration::from_secs(1));
    let over = world.office().resume(&kept).await.unwrap_err();
    assert!(
        matches!(over, AdministrationError::SessionOver(SessionOverError)),
        "{over}"
    );
}

#[tokio::test]
async fn a_session_that_was_signed_out_is_over_everywhere() {
    let (world, mut founder) = World::founded().await;
    let kept = founder.to_session();
    let resumed = world.office().resume(&kept).await.unwrap();
    resumed.sign_out().await.unwrap();
    assert!(founder.refresh().await.is_err());
    let over = world.office().resume(&kept).await.unwrap_err();
    assert!(
        matches!(over, AdministrationError::SessionOver(_)),
        "{over}"
    );
    founder.sign_out().await.unwrap();
}

#[tokio::test]
async fn what_was_cut_off_is_no_session() {
    let (world, founder) = World::founded().await;
    let kept = founder.to_session();
    for end in [0, 1, 30, kept.len() - 1] {
        let over = world.office().resume(&kept[..end]).await.unwrap_err();
        assert!(
            matches!(over, AdministrationError::SessionOver(_)),
            "{over}"
        );
    }
}

const SECOND: Duration = Duration::from_secs(1);
