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

/// A server of its own brings its configuration and its users.
#[tokio::test]
async fn a_server_of_its_own_becomes_the_first_of_a_domain() {
    let world = World::new();
    let papers = world.papers().await;
    let sso1 = world.server("sso1");
    let init = "init --base-url https://sso.example.com:8443";
    sso1.give(init, []).await;
    sso1.know(&["alice", "bob", "carol"]).await;
    let said = sso1
        .give("domain found --name sso1", founding(&papers))
        .await;
    let about_users: Vec<_> = said
        .is_done()
        .lines()
        .filter(|line| line.contains("sers") || line.contains("This server"))
        .collect();
    insta::assert_snapshot!(about_users.join("\n"), @r"
    This server had a configuration of its own. From now on that of example counts. What is replaced is kept beside, with .before-example behind its name.
    Users of this server: 3. 3 come along with their secrets.
    users of this server: 0 of 3 (0 %)
    Users of this server: all 3 of 3 users are in example now, with the same ids and secrets.
    This server is sso1 of the domain example now.
    User data: all 6 of 6 users, digest equal (HEX…).
    ");
    assert!(sso1.root.join("config.toml.before-example").exists());
    assert!(sso1.root.join("sso.sqlite3.before-example").exists());
    assert!(!sso1.root.join("config.toml").exists());
    assert_eq!(sso1.knows().await, 0);
}

#[tokio::test]
async fn users_can_be_left_behind() {
    let world = World::new();
    let papers = world.papers().await;
    let sso1 = world.server("sso1");
    sso1.give("init --base-url https://sso.example.com", [])
        .await;
    sso1.know(&["alice"]).await;
    let line = "domain found --name sso1 --leave-users-behind";
    let said = sso1.give(line, founding(&papers)).await;
    let text = said.is_done();
    assert!(text.contains("1 of its users are left behind"), "{text}");
    assert!(text.contains("all 0 of 0 users"), "{text}");
    assert!(sso1.root.join("sso.sqlite3.before-example").exists());
}

/// Somebody who is new there meanwhile would be lost.
#[tokio::test]
async fn a_server_that_runs_is_to_be_stopped_first() {
    let world = World::new();
    let papers = world.papers().await;
    let sso1 = world.server("sso1");
    sso1.give("init --base-url https://sso.example.com", [])
        .await;
    sso1.know(&["alice"]).await;
    let runs = sso1.open_database().await;
    let said = sso1
        .give("domain found --name sso1", founding(&papers))
        .await;
    let refusal = said.refusal();
    assert!(refusal.contains("a server works with"), "{refusal}");
    assert!(refusal.contains("to mend it: stop it"), "{refusal}");
    drop(runs);
    assert!(!sso1.root.join("domain.toml").exists());
}

/// Until everybody is in the domain, the server is what it was.
#[tokio::test]
async fn a_server_whose_hub_goes_away_stays_what_it_was_and_goes_on_with_the_same_command() {
    let world = World::new();
    let papers = world.papers().await;
    let sso1 = world.server("sso1");
    sso1.give("init --base-url https://sso.example.com", [])
        .await;
    let names: Vec<_> = (0..600).map(|number| format!("user-{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    sso1.know(&names).await;
    world.cut_after_commits(2);
    let said = sso1
        .give("domain found --name sso1", founding(&papers))
        .await;
    let refusal = said.refusal();
    assert!(
        refusal.contains("of 600 users are in the domain"),
        "{refusal}"
    );
    assert!(refusal.contains("goes on where it was"), "{refusal}");
    assert!(!sso1.root.join("domain.toml").exists());
    assert!(sso1.root.join("config.toml").exists());
    assert_eq!(sso1.knows().await, 600);
    world.cut(false);
    let said = sso1
        .give("domain found --name sso1", founding(&papers))
        .await;
    let text = said.is_done();
    assert!(text.contains("all 600 of 600 users"), "{text}");
    assert!(sso1.root.join("domain.toml").exists());
}
