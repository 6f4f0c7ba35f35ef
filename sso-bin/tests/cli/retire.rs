use sso_bin::terminal::Turn;

use crate::world::{World, enrolment};

#[tokio::test]
async fn the_last_complete_server_is_not_retired_unless_one_says_so() {
    let (world, sso1) = World::configured().await;
    let sso2 = world.server("sso2");
    sso2.give("enrol", enrolment("sso2")).await.is_done();
    let said = sso1.give("retire --yes", []).await;
    insta::assert_snapshot!(said.refusal(), @r"
    no other server could take over: nobody could sign in any more; nothing was changed
    to mend it: sso-connect migrate plan on the new server says what is missing there; to retire it all the same: --even-the-last
    ");
    assert!(said.text.contains("sso2 is silent"), "{}", said.text);

    let no = [Turn::text("Type sso1 to go on", "sso2")];
    let said = sso1.give("retire --even-the-last", no).await;
    assert!(said.refusal().contains("not confirmed"), "{}", said.text);
    assert!(sso1.root.join("keys/node.sealed").exists());

    let yes = [Turn::text("Type sso1 to go on", "sso1")];
    let said = sso1.give("retire --even-the-last", yes).await;
    // What the DNS says of the name differs from machine to machine.
    let told = said.is_done().split("administrator of DNS").next();
    insta::assert_snapshot!(told.unwrap(), @r"
      sso2 is silent: it was not heard for three minutes
    sso1 leaves for good, and its keys are destroyed: keeper.key, node.sealed, session.sealed. Who is signed in stays signed in at the other servers. If these keys may be in other hands, do not go on: sso-connect servers revoke sso1 signs everybody out.
    Type sso1 to go on: sso1
    No server runs here: there is nothing to finish.
    sso1 is retired: it has said goodbye (key epoch 2 has begun), who was signed in stays so at the other servers, 3 key files destroyed, user data kept in the folder retired, where nobody can read the secrets.
    Left to do:
      administrator of the load balancer: take sso1 (port 8443) out
    ");
    assert!(!sso1.root.join("keys/node.sealed").exists());
    assert!(!sso1.root.join("domain.toml").exists());
    assert!(sso1.root.join("retired/domain.toml").exists());
}

#[tokio::test]
async fn another_server_is_retired_from_afar() {
    let (world, sso1) = World::configured().await;
    let sso2 = world.server("sso2");
    sso2.give("enrol", enrolment("sso2")).await.is_done();
    let said = sso1.give("servers retire sso2 --yes", []).await;
    assert!(said.refusal().contains("no other server"), "{}", said.text);
    let line = "servers retire sso2 --yes --even-the-last";
    let said = sso1.give(line, []).await;
    insta::assert_snapshot!(said.is_done(), @r"
      sso1 is silent: it was not heard for three minutes
    sso2 is retired: it can fetch nothing more, and key epoch 2 has begun. Who was signed in signs in again.
    Left to do:
      on sso2: sso-connect retire destroys its keys; or wipe its disk
      load balancer and DNS: lead nobody to sso2 any more
    ");
    // What is left there is destroyed by the same command.
    let turns = [Turn::keep("E-mail address"), crate::world::password()];
    let said = sso2.give("retire --yes", turns).await;
    assert!(
        said.is_done().contains("it had left before"),
        "{}",
        said.text
    );
    assert!(!sso2.root.join("keys/node.sealed").exists());
}
