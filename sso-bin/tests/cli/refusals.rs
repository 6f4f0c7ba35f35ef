use crate::world::{ALICE, World, enrolment};

#[tokio::test]
async fn without_a_terminal_every_question_is_a_refusal_that_names_the_other_ways() {
    let (world, sso1) = World::founded().await;
    let server = world.server("alone");
    let refused = |line: &str| {
        let line = line.to_owned();
        let server = &server;
        async move { server.give_alone(&line).await.refusal() }
    };
    insta::assert_snapshot!(refused("enrol").await, @r"
    there is no terminal to ask in: Hub
    to mend it: --hub URL, or the environment variable SSO_CONNECT_HUB
    ");
    insta::assert_snapshot!(refused("enrol --hub h --domain example").await, @r"
    there is no terminal to ask in: E-mail address
    to mend it: --email ADDRESS, or the environment variable SSO_CONNECT_EMAIL
    ");
    let known = format!("enrol --hub h --domain example --name x --email {ALICE}");
    insta::assert_snapshot!(refused(&known).await, @r"
    there is no terminal to ask in: Password
    to mend it: --password-file FILE with it in the first line, or the environment variable SSO_CONNECT_PASSWORD
    ");
    insta::assert_snapshot!(refused("domain found").await, @r"
    there is no terminal to ask in: Text from the operator of the hub
    to mend it: --founding-file FILE with it in the first line, or the environment variable SSO_CONNECT_FOUNDING
    ");
    insta::assert_snapshot!(sso1.give_alone("config edit").await.refusal(), @r"
    there is no terminal to ask in: the editor
    to mend it: sso-connect config set PATH VALUE --yes
    ");
}

#[tokio::test]
async fn a_password_of_a_proxy_is_no_argument() {
    let world = World::new();
    let line = "enrol --hub h --domain example --proxy http://user:x@proxy.example.com";
    let said = world.server("sso1").give(line, []).await;
    insta::assert_snapshot!(said.refusal(), @r"
    --proxy has a user name or password in it, which everybody on this machine could read
    to mend it: give it in the environment variable SSO_CONNECT_PROXY
    ");
}

#[tokio::test]
async fn a_hub_out_of_reach_is_said_with_what_to_look_at() {
    let (world, _sso1) = World::founded().await;
    world.cut(true);
    let said = world.server("sso2").give("enrol", enrolment("sso2")).await;
    insta::assert_snapshot!(said.refusal(), @r"
    the hub at hub.example.com:443 cannot be reached: check its address, the network and the firewall, and that it runs (no route to host)
    to mend it: see whether the hub runs and whether a firewall or proxy is between; sign-ins go on meanwhile
    ");
}

#[tokio::test]
async fn commands_of_a_server_of_its_own_lead_a_member_to_the_right_one() {
    let (_world, sso1) = World::founded().await;
    insta::assert_snapshot!(sso1.give("idp list", []).await.refusal(), @r"
    this server belongs to the domain example, whose servers share one configuration
    to mend it: sso-connect config edit, or config validate FILE
    ");
}

#[tokio::test]
async fn a_server_that_does_not_run_is_stopped_with_the_command_that_starts_it() {
    let (_world, sso1) = World::founded().await;
    let said = sso1.give("status", []).await;
    let root = sso1.root.display().to_string();
    insta::assert_snapshot!(said.text.replace(&root, "DATA"), @r"
    status         Stopped
    reason         no server runs on DATA
    to mend it     systemctl start sso-connect, or: sso-connect serve --data-dir DATA
    ");
    let said = sso1.give("sync", []).await;
    insta::assert_snapshot!(said.refusal().replace(&root, "DATA"), @r"
    no server runs on DATA
    to mend it: systemctl start sso-connect, or: sso-connect serve --data-dir DATA
    ");
}
