use std::fs;

use sso_bin::terminal::Turn;

use crate::world::{World, enrolment};

#[tokio::test]
async fn a_setting_is_changed_after_a_look_at_what_changes() {
    let (_world, sso1) = World::configured().await;
    let line = "config set session_lifetime 4h";
    let said = sso1
        .give(line, [Turn::confirm("Save this as revision 2?", true)])
        .await;
    insta::assert_snapshot!(said.is_done(), @"");
    let said = sso1.give("config get session_lifetime", []).await;
    insta::assert_snapshot!(said.is_done(), @"");
    let said = sso1.give("config diff", []).await;
    insta::assert_snapshot!(said.is_done(), @"");
    let said = sso1.give("config history", []).await;
    insta::assert_snapshot!(said.is_done(), @"");
}

#[tokio::test]
async fn the_whole_configuration_is_edited_as_toml() {
    let (_world, sso1) = World::configured().await;
    let turns = [
        Turn::edit(
            "https://sso.example.com:8443",
            "https://new.example.com:8443",
        ),
        Turn::confirm("Save this as revision 2?", true),
    ];
    let said = sso1.give("config edit", turns).await;
    insta::assert_snapshot!(said.is_done(), @"");
}

/// What was typed is not lost.
#[tokio::test]
async fn a_mistake_in_the_editor_is_said_and_edited_again() {
    let (_world, sso1) = World::configured().await;
    let turns = [
        Turn::edit("base_url", "bass_url"),
        Turn::confirm("Edit it again?", true),
        Turn::edit("bass_url", "base_url"),
    ];
    let said = sso1.give("config edit", turns).await;
    insta::assert_snapshot!(said.is_done(), @"");
    let said = sso1.give("config edit", [Turn::leave_editor()]).await;
    assert_eq!(said.is_done().trim(), "Nothing was saved.");
}

#[tokio::test]
async fn an_earlier_revision_becomes_the_newest_again() {
    let (_world, sso1) = World::configured().await;
    sso1.give("config set session_lifetime 4h --yes", [])
        .await
        .is_done();
    let turns = [Turn::confirm("Make revision 1 the newest again?", true)];
    let said = sso1.give("config rollback 1", turns).await;
    insta::assert_snapshot!(said.is_done(), @"");
    let history = sso1.give("config history", []).await;
    assert!(
        history.is_done().contains("3 (again 1)"),
        "{}",
        history.text
    );
    let unknown = sso1.give("config rollback 7", []).await;
    insta::assert_snapshot!(unknown.refusal(), @"");
}

/// The hub goes away while somebody types, and another administrator saves the same setting
/// meanwhile.
#[tokio::test]
async fn what_two_changed_at_once_is_decided_by_a_person() {
    let (world, sso1) = World::configured().await;
    let sso2 = world.server("sso2");
    sso2.give("enrol", enrolment("sso2")).await.is_done();
    sso1.keep_draft(1, "https://mine.example.com:8443").await;
    sso2.login().await;
    let theirs = "config set base_url https://theirs.example.com:8443 --yes";
    sso2.give(theirs, []).await.is_done();
    let turns = [
        Turn::confirm("Save this as revision", true),
        Turn::choose("Which one?", "mine"),
    ];
    let said = sso1.give("config save-draft", turns).await;
    insta::assert_snapshot!(said.is_done(), @"");
}

#[tokio::test]
async fn a_configuration_is_checked_without_a_hub() {
    let world = World::new();
    let server = world.server("nowhere");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let line = format!("config validate {}", file.display());
    fs::write(&file, "base_url = 'https://sso.example.com'").unwrap();
    let said = server.give_alone(&line).await;
    insta::assert_snapshot!(said.is_done(), @"");
    fs::write(&file, "base_url = 'http://sso.example.com'").unwrap();
    assert!(server.give_alone(&line).await.failure.is_some());
    fs::write(&file, "key = \"PRIVATE").unwrap();
    let said = server.give_alone(&line).await;
    assert!(!said.refusal().contains("PRIVATE"), "{}", said.refusal());
}

#[tokio::test]
async fn a_setting_that_does_not_exist_is_named_with_one_that_does() {
    let (_world, sso1) = World::configured().await;
    let said = sso1.give("config set bass_url x", []).await;
    insta::assert_snapshot!(said.refusal(), @"");
}

#[tokio::test]
async fn a_private_key_is_no_argument() {
    let (_world, sso1) = World::configured().await;
    let said = sso1.give("config set tls.key PRIVATE", []).await;
    insta::assert_snapshot!(said.refusal(), @"");
}
