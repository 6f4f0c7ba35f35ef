use sso_bin::terminal::Turn;

use crate::world::{PASSWORD, World, founding};

#[tokio::test]
async fn a_domain_begins_with_the_text_of_the_operator_and_a_password() {
    let world = World::new();
    let papers = world.papers().await;
    let mut turns = founding(&papers);
    turns.insert(1, Turn::keep("Name of this server"));
    let said = world.server("sso1").give("domain found", turns).await;
    insta::assert_snapshot!(said.is_done(), @r"
    Text from the operator of the hub: (hidden)
    Name of this server [sso1]: sso1
    New password of the administrator: (hidden)
    The domain example has begun; its administrator is alice@example.com.

    Recovery code, for when the password is lost:

        CODE

    Print it and lock it away: it is shown once, and whoever has it is the administrator.

    Made the keys of this server, kept by key file DATA/keys/keeper.key.
      Note: the key is a file beside what it seals: whoever copies this machine's disk, or a backup of it, has both. Prefer a PKCS#11 token or a systemd credential.
    This server is sso1 of the domain example now.
    The domain has no configuration yet: sso-connect config edit
    User data: all 0 of 0 users, digest equal (HEX…).

    Next:
      sso-connect serve --data-dir DATA
    ");
}

#[tokio::test]
async fn a_password_that_is_too_short_is_asked_for_again() {
    let world = World::new();
    let papers = world.papers().await;
    let turns = [
        Turn::hidden("Text", &papers),
        Turn::hidden("New password", "short"),
        Turn::hidden("New password", PASSWORD),
    ];
    let said = world
        .server("sso1")
        .give("domain found --name sso1", turns)
        .await;
    assert!(said.is_done().contains("at least 12 characters"));
}

#[tokio::test]
async fn a_text_that_is_not_whole_is_refused() {
    let world = World::new();
    let papers = world.papers().await;
    let half = papers.get(..papers.len() / 2).unwrap();
    let said = world
        .server("sso1")
        .give("domain found", [Turn::hidden("Text", half)])
        .await;
    insta::assert_snapshot!(said.refusal(), @r"
    this is not what `sso-connect hub domain create` printed, or not all of it; it begins with TEXT and is one long word
    to mend it: paste the whole line, or put it into a file: --founding-file FILE
    ");
}

/// The beginning is kept before the hub hears of it.
#[tokio::test]
async fn a_founding_that_was_interrupted_goes_on_with_the_same_command() {
    let world = World::new();
    let papers = world.papers().await;
    let sso1 = world.server("sso1");
    world.cut(true);
    let said = sso1
        .give("domain found --name sso1", founding(&papers))
        .await;
    insta::assert_snapshot!(said.refusal(), @r"
    the hub at hub.example.com:443 cannot be reached: check its address, the network and the firewall, and that it runs (no route to host)
    to mend it: see whether the hub runs and whether a firewall or proxy is between; sign-ins go on meanwhile
    ");
    assert!(sso1.root.join("founding.sealed").exists());
    world.cut(false);
    let said = sso1
        .give("domain found --name sso1", founding(&papers))
        .await;
    said.is_done();
    assert!(!sso1.root.join("founding.sealed").exists());
}

/// A server of its own brings its configuration, and says what becomes of its users.
#[tokio::test]
async fn a_server_of_its_own_becomes_the_first_of_a_domain() {
    let world = World::new();
    let papers = world.papers().await;
    let sso1 = world.server("sso1");
    let init = "init --base-url https://sso.example.com:8443";
    sso1.give(init, []).await;
    let mut turns = vec![Turn::confirm(
        "Its users get the secrets of the domain",
        true,
    )];
    turns.extend(founding(&papers));
    turns.swap(0, 1);
    let said = sso1.give("domain found --name sso1", turns).await;
    said.is_done();
    assert!(said.text.contains("Saved as revision 1."), "{}", said.text);
    assert!(sso1.root.join("config.toml.before-example").exists());
    assert!(sso1.root.join("sso.sqlite3.before-example").exists());
    assert!(!sso1.root.join("config.toml").exists());
}
