use std::fs;

use sso_bin::terminal::Turn;

use crate::world::{ALICE, PASSWORD, World, enrolment};

#[tokio::test]
async fn a_second_server_joins_with_five_answers() {
    let (world, _sso1) = World::configured().await;
    let said = world.server("sso2").give("enrol", enrolment("sso2")).await;
    insta::assert_snapshot!(said.is_done(), @r"
    Hub: hub.example.com
    Domain: example
    E-mail address: alice@example.com
    Name of this server [sso2]: sso2
    Password: (hidden)
    Signed in as alice@example.com.
    Domain example: 1 server (sso1), version 0.1.0.
    Made the keys of this server, kept by key file DATA/keys/keeper.key.
      Note: the key is a file beside what it seals: whoever copies this machine's disk, or a backup of it, has both. Prefer a PKCS#11 token or a systemd credential.
    This server is sso2 of the domain example now.
    Configuration: revision 1, https://sso.example.com:8443.
    Certificate: the domain shares none. This server makes a self-signed one in keys/tls.pem;
      replace it, or share one: sso-connect config set tls.certificate --file FILE
    User data: all 0 of 0 users, digest equal (HEX…).

    Next:
      sso-connect serve --data-dir DATA
    ");
}

#[tokio::test]
async fn nothing_is_asked_if_everything_is_given() {
    let (world, _sso1) = World::configured().await;
    let sso2 = world.server("sso2");
    let folder = tempfile::tempdir().unwrap();
    let (answers, password) = (folder.path().join("a.toml"), folder.path().join("p"));
    fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let text = format!(
        "hub = 'hub.example.com'\ndomain = 'example'\nemail = '{ALICE}'\nname = 'sso2'\n\
         password_file = '{}'\n",
        password.display()
    );
    fs::write(&answers, text).unwrap();
    let line = format!("enrol --answers {}", answers.display());
    let said = sso2.give_alone(&line).await;
    assert!(
        said.is_done().contains("This server is sso2"),
        "{}",
        said.text
    );
}

#[tokio::test]
async fn variables_take_the_place_of_answers() {
    let (world, _sso1) = World::configured().await;
    let sso2 = world
        .server("sso2")
        .with_variable("SSO_CONNECT_HUB", "hub.example.com")
        .with_variable("SSO_CONNECT_DOMAIN", "example")
        .with_variable("SSO_CONNECT_EMAIL", ALICE)
        .with_variable("SSO_CONNECT_PASSWORD", PASSWORD);
    sso2.give_alone("enrol").await.is_done();
}

#[tokio::test]
async fn a_machine_joins_by_a_token_that_works_once() {
    let (world, sso1) = World::configured().await;
    let minted = sso1.give("tokens mint --for autoscaling", []).await;
    insta::assert_snapshot!(minted.is_done(), @r"
    TEXT

    One server may join with it until 2027-01-16 09:00 CET:
      sso-connect enrol --hub https://hub.example.com --token-file FILE
    It deserves the care of a password, and is not shown again. To make it worthless before:
      sso-connect tokens withdraw HEX
    ");
    let token = minted.word("sso1.");
    let machine = |name| {
        world
            .server(name)
            .with_variable("SSO_CONNECT_HUB", "hub.example.com")
            .with_variable("SSO_CONNECT_TOKEN", &token)
    };
    let said = machine("auto1").give_alone("enrol").await;
    insta::assert_snapshot!(said.is_done(), @r"
    Made the keys of this server, kept by key file DATA/keys/keeper.key.
      Note: the key is a file beside what it seals: whoever copies this machine's disk, or a backup of it, has both. Prefer a PKCS#11 token or a systemd credential.
    This server is auto1 of the domain example now.
    Domain example: 2 servers (auto1, sso1), version 0.1.0.
    Configuration: revision 1, https://sso.example.com:8443.
    Certificate: the domain shares none. This server makes a self-signed one in keys/tls.pem;
      replace it, or share one: sso-connect config set tls.certificate --file FILE
    User data: all 0 of 0 users, digest equal (HEX…).

    Next:
      sso-connect serve --data-dir DATA
    ");
    let again = machine("auto2").give_alone("enrol").await;
    insta::assert_snapshot!(again.refusal(), @r"
    the enrolment token was used already, for another server; mint another one
    to mend it: -
    ");
}

#[tokio::test]
async fn an_enrolment_that_was_interrupted_goes_on_with_the_same_command() {
    let (world, _sso1) = World::configured().await;
    let sso2 = world.server("sso2");
    sso2.give("enrol", enrolment("sso2")).await.is_done();
    let again = [Turn::keep("E-mail address"), crate::world::password()];
    let said = sso2.give("enrol", again).await;
    assert!(!said.is_done().contains("Made the keys"), "{}", said.text);
}

/// Nothing is made on a machine whose version does not fit.
#[tokio::test]
async fn another_version_is_told_so_in_one_message() {
    let (world, _sso1) = World::configured().await;
    world.install("9.9.9");
    let sso2 = world.server("sso2");
    let said = sso2.give("enrol", enrolment("sso2")).await;
    insta::assert_snapshot!(said.refusal(), @r"
    this is version 9.9.9, the domain works with version 0.1.0; nothing was changed. Either install version 0.1.0 here, or open a window in which servers of version 9.9.9 join too, on a server of the domain: sso-connect upgrade start --to 9.9.9
    to mend it: -
    ");
    assert!(!sso2.root.join("domain.toml").exists());
}

#[tokio::test]
async fn a_name_belongs_to_one_server() {
    let (world, _sso1) = World::configured().await;
    let said = world.server("sso2").give("enrol", enrolment("sso1")).await;
    let refusal = said.refusal();
    assert!(
        refusal.contains("has a server named sso1 already"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_server_of_its_own_brings_its_users_along() {
    let (world, _sso1) = World::configured().await;
    let sso2 = world.standalone("sso2", &["alice", "bob"]).await;
    let said = sso2.give("enrol", enrolment("sso2")).await;
    let text = said.is_done();
    let come = "Users of this server: 2. With their secrets come along: 2.";
    assert!(text.contains(come), "{text}");
    let there =
        "Users of this server: all 2 of 2 users are in example now, with the same ids and secrets.";
    assert!(text.contains(there), "{text}");
    assert!(sso2.root.join("sso.sqlite3.before-example").exists());
    assert_eq!(sso2.knows().await, 0);
}

/// The same person with two secrets: it is said before anything is done.
#[tokio::test]
async fn whoever_would_lose_a_secret_is_named_and_it_is_asked() {
    let (world, _sso1) = World::configured().await;
    let sso2 = world.standalone("sso2", &["alice", "bob"]).await;
    sso2.give("enrol", enrolment("sso2")).await.is_done();
    let sso3 = world.standalone("sso3", &["bob", "carol"]).await;
    let mut turns = enrolment("sso3");
    turns.push(Turn::confirm(
        "example has other secrets for 1 of these users",
        false,
    ));
    let said = sso3.give("enrol", turns).await;
    insta::assert_snapshot!(said.refusal(), @r"
    no user was changed, and this server goes on as it was
    to mend it: sso-connect serve; the old secrets stay in sso.sqlite3 as long as nobody removes it
    ");
    let known =
        "With their secrets come along: 1. Known to example already, with other secrets: 1 (bob).";
    assert!(said.text.contains(known), "{}", said.text);
    assert!(sso3.root.join("config.toml").exists());
    assert!(!sso3.root.join("domain.toml").exists());
    assert_eq!(sso3.knows().await, 2);

    let mut turns = enrolment("sso3");
    turns.push(Turn::confirm(
        "example has other secrets for 1 of these users",
        true,
    ));
    let said = sso3.give("enrol", turns).await;
    let kept = "for 1 the secrets of example count, and those of this server are kept in sso.sqlite3.before-example";
    assert!(said.is_done().contains(kept), "{}", said.text);
}

#[tokio::test]
async fn where_nobody_can_be_asked_a_flag_has_to_agree_to_lose_secrets() {
    let (world, sso1) = World::configured().await;
    let sso2 = world.standalone("sso2", &["bob"]).await;
    sso2.give("enrol", enrolment("sso2")).await.is_done();
    let minted = sso1.give("tokens mint --for autoscaling", []).await;
    let token = minted.word("sso1.");
    let sso3 = world.standalone("sso3", &["bob", "carol"]).await;
    let sso3 = sso3
        .with_variable("SSO_CONNECT_HUB", "hub.example.com")
        .with_variable("SSO_CONNECT_TOKEN", &token);
    let said = sso3.give_alone("enrol").await;
    insta::assert_snapshot!(said.refusal(), @r"
    there is no terminal to ask in: example has other secrets for 1 of these users, and those count from now on: what applications encrypted with the secrets of this server stays closed, and sessions of these users end. Go on?
    to mend it: add --dangerously-lose-old-secrets
    ");
    assert!(!sso3.root.join("domain.toml").exists());
    let said = sso3
        .give_alone("enrol --dangerously-lose-old-secrets")
        .await;
    let text = said.is_done();
    assert!(text.contains("1 of 2 users are in example now"), "{text}");
}
