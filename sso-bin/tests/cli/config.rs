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
    insta::assert_snapshot!(said.is_done(), @r"
    + session_lifetime: 4h
    Save this as revision 2? yes
    Saved as revision 2.
    The servers take it up within seconds, or say why not: sso-connect servers list
    ");
    let said = sso1.give("config get session_lifetime", []).await;
    insta::assert_snapshot!(said.is_done(), @"session_lifetime: 4h");
    let said = sso1.give("config diff", []).await;
    insta::assert_snapshot!(said.is_done(), @r"
    From revision 1 to revision 2:
    + session_lifetime: 4h
    ");
    let said = sso1.give("config history", []).await;
    insta::assert_snapshot!(said.is_done(), @r"
    REVISION  SAVED                 BY                 AT
    2         2027-01-15 09:00 CET  alice@example.com  sso1
    1         2027-01-15 09:00 CET  alice@example.com  sso1
    ");
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
    insta::assert_snapshot!(said.is_done(), @r"
    ~ base_url: https://sso.example.com:8443 → https://new.example.com:8443
    https://sso.example.com:8443 stops working at once, with the sign-ins that are under way there and the sessions. To have both names for a while: sso-connect hostname change https://new.example.com:8443
    Save this as revision 2? yes
    Saved as revision 2.
    The servers take it up within seconds, or say why not: sso-connect servers list
    ");
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
    insta::assert_snapshot!(said.is_done(), @r"
    nothing was saved, since the configuration would be invalid: line 1: unknown field `bass_url`, expected one of `base_url`, `entity_id`, `former_base_urls`, `former_entity_id`, `destinations`, `home`, `session_lifetime`, `keys`, `tls`, `former_tls`, `next_tls`, `acme`, `identity_providers`
    Edit it again? yes
    Nothing changed.
    ");
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
    insta::assert_snapshot!(said.is_done(), @r"
    - session_lifetime: 4h
    Make revision 1 the newest again? yes
    Saved as revision 3.
    The servers take it up within seconds, or say why not: sso-connect servers list
    ");
    let history = sso1.give("config history", []).await;
    assert!(
        history.is_done().contains("3 (again 1)"),
        "{}",
        history.text
    );
    let unknown = sso1.give("config rollback 7", []).await;
    insta::assert_snapshot!(unknown.refusal(), @r"
    there is no revision 7 of the configuration; the newest is 3
    to mend it: sso-connect config history
    ");
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
    insta::assert_snapshot!(said.is_done(), @r"
    ~ base_url: https://sso.example.com:8443 → https://mine.example.com:8443
    https://sso.example.com:8443 stops working at once, with the sign-ins that are under way there and the sessions. To have both names for a while: sso-connect hostname change https://mine.example.com:8443
    Save this as revision 2? yes
    alice@example.com saved revision 2 meanwhile, and changed the same:

    base_url
      before  https://sso.example.com:8443
      theirs  https://theirs.example.com:8443
      mine    https://mine.example.com:8443
    Which one? (mine / theirs / something else / stop, save nothing): mine
    Saved as revision 3.
    The servers take it up within seconds, or say why not: sso-connect servers list
    ");
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
    insta::assert_snapshot!(said.is_done(), @"The configuration is valid: https://sso.example.com with 0 identity providers.");
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
    insta::assert_snapshot!(said.refusal(), @r"
    nothing was saved, since the configuration would be invalid: bass_url: found no setting of this name, expected the path of a setting. Did you mean base_url?
    to mend it: -
    ");
}

#[tokio::test]
async fn a_private_key_is_no_argument() {
    let (_world, sso1) = World::configured().await;
    let said = sso1.give("config set tls.key PRIVATE", []).await;
    insta::assert_snapshot!(said.refusal(), @r"
    tls.key is secret, and everybody on this machine can read the arguments of a command; what was given here is not secret any more
    to mend it: --file FILE, with another key
    ");
}

#[tokio::test]
async fn without_the_hub_a_change_is_kept_as_a_draft_and_saved_later() {
    let (world, _sso1) = World::configured().await;
    let sso2 = world.server("sso2");
    sso2.give("enrol", enrolment("sso2")).await.is_done();
    sso2.login().await;
    world.cut(true);
    let said = sso2.give("config set session_lifetime 4h --yes", []).await;
    insta::assert_snapshot!(said.text, @r"
    The hub is out of reach: this is revision 1, the newest that this server has.
    + session_lifetime: 4h
    The hub is out of reach, so it is kept as a draft on this machine. When the hub is back:
      sso-connect config save-draft
    ");
    assert!(said.failure.is_some());
    world.cut(false);
    let turns = [Turn::confirm("Save this as revision", true)];
    let said = sso2.give("config save-draft", turns).await;
    assert!(
        said.is_done().contains("Saved as revision 2."),
        "{}",
        said.text
    );
    let again = sso2.give("config save-draft", []).await;
    assert!(again.refusal().contains("there is no draft"));
}
