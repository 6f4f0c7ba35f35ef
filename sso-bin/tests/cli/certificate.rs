use std::fs;

use sso_bin::terminal::Turn;
use sso_core::Clock as _;
use sso_core::cert::SelfSigned;

use crate::world::{Server, World};

#[tokio::test]
async fn a_certificate_is_looked_at_before_it_is_saved_for_all_servers() {
    let (world, sso1) = World::configured().await;
    let file = write(
        &world,
        &sso1,
        "new.pem",
        &["sso.example.com", "www.example.com"],
    );
    let turns = [Turn::confirm("Save this as revision 2?", true)];
    let said = sso1
        .give(&format!("certificate import tls {file}"), turns)
        .await;
    let text = said.is_done();
    for expected in [
        "New certificate for TLS:\n  subject    CN=sso.example.com\n  issuer     itself\n  for        sso.example.com, www.example.com\n",
        "  valid from 2027-01-14 ",
        " CET (+01:00)\n",
        "There is none in use so far.\n",
        "Warning: it signed itself: browsers warn unless they were told to trust it.\n",
        "It will be in force on every server of the domain, for new connections; those that are open go on.\n",
        "Saved as revision 2.",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let other = write(&world, &sso1, "other.pem", &["sso.example.com"]);
    let turns = [Turn::confirm("Save this as revision 3?", false)];
    let said = sso1
        .give(&format!("certificate import tls {other}"), turns)
        .await;
    let text = said.is_done();
    assert!(text.contains("In place of the one in use:\n  - for        sso.example.com, www.example.com\n  + for        sso.example.com\n"), "{text}");
    assert!(text.ends_with("Nothing was saved."), "{text}");
}

#[tokio::test]
async fn the_next_key_waits_until_it_is_activated() {
    let (world, sso1) = World::configured().await;
    for (purpose, path) in [
        ("saml-signing", "keys.signing"),
        ("saml-decryption", "keys.decryption.10"),
    ] {
        let first = write_saml(&world, &sso1, "first.pem");
        let second = write_saml(&world, &sso1, "second.pem");
        let import = |file, option| format!("certificate import {purpose} {file} {option} --yes");
        sso1.give(&import(first, ""), []).await.is_done();
        let said = sso1.give(&import(second, "--next"), []).await;
        let text = said.is_done();
        let waits = format!("sso-connect certificate activate-next {purpose}\n");
        assert!(text.contains(&waits), "{text}");
        let before = sso1.give(&format!("config get {path}"), []).await;
        let line = format!("certificate activate-next {purpose} --yes");
        sso1.give(&line, []).await.is_done();
        let after = sso1.give(&format!("config get {path}"), []).await;
        before.is_done();
        after.is_done();
        let changed = before.raw != after.raw;
        // The decryption key before keeps its place and decrypts on behind the new one.
        assert_eq!(changed, purpose == "saml-signing");
        let again = sso1.give(&line, []).await.refusal();
        assert!(again.contains("no certificate waits for SAML"), "{again}");
    }
}

#[tokio::test]
async fn a_server_by_itself_keeps_its_certificates_in_files() {
    let world = World::new();
    let alone = world.server("alone");
    alone
        .give("init --base-url https://sso.example.com:8443", [])
        .await
        .is_done();
    let file = write(&world, &alone, "new.pem", &["sso.example.com"]);
    let keys = alone.root.join("keys");
    let before = fs::read_to_string(keys.join("tls.pem")).unwrap();
    let turns = [Turn::confirm("Save this?", true)];
    let said = alone
        .give(&format!("certificate import tls {file} --next"), turns)
        .await;
    assert!(
        said.is_done()
            .ends_with("Saved. A running server takes it up at SIGHUP.")
    );
    assert_eq!(fs::read_to_string(keys.join("tls.pem")).unwrap(), before);
    let next = fs::read_to_string(keys.join("tls-next.pem")).unwrap();
    let shown = alone.give("certificate show tls", []).await;
    assert!(shown.is_done().contains("TLS, in use:\n") && shown.is_done().contains("TLS, next:\n"));
    alone
        .give("certificate activate-next tls --yes", [])
        .await
        .is_done();
    assert_eq!(fs::read_to_string(keys.join("tls.pem")).unwrap(), next);
    assert!(!keys.join("tls-next.pem").exists() && !keys.join("tls-next.key").exists());
}

#[tokio::test]
async fn a_decryption_key_that_was_replaced_decrypts_on() {
    let world = World::new();
    let alone = world.server("alone");
    alone
        .give("init --base-url https://sso.example.com:8443", [])
        .await
        .is_done();
    let keys = alone.root.join("keys");
    let first = fs::read_to_string(keys.join("saml-decryption.pem")).unwrap();
    let file = write_saml(&world, &alone, "new.pem");
    alone
        .give(&format!("certificate import decryption {file} --yes"), [])
        .await
        .is_done();
    let before = fs::read_to_string(keys.join("saml-decryption-before.pem")).unwrap();
    assert_eq!(before, first);
    let shown = alone.give("certificate show saml-decryption", []).await;
    assert!(shown.is_done().contains("SAML decryption, before:\n"));
}

#[tokio::test]
async fn one_key_for_two_uses_is_warned_of() {
    let (world, sso1) = World::configured().await;
    let file = write_saml(&world, &sso1, "new.pem");
    sso1.give(&format!("certificate import signing {file} --yes"), [])
        .await
        .is_done();
    let said = sso1
        .give(&format!("certificate import decryption {file} --yes"), [])
        .await;
    let warning =
        "Warning: this is the key for SAML signing as well; make one for SAML decryption alone.\n";
    assert!(said.is_done().contains(warning), "{}", said.text);
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_with_the_way_out() {
    let (world, sso1) = World::configured().await;
    let good = write(&world, &sso1, "good.pem", &["sso.example.com"]);
    let other = write(&world, &sso1, "other.pem", &["other.example.com"]);
    let text = fs::read_to_string(sso1.root.join("good.pem")).unwrap();
    let (certificate, _) = text.split_once("-----BEGIN PRIVATE").unwrap();
    fs::write(sso1.root.join("half.pem"), certificate).unwrap();
    fs::write(sso1.root.join("noise"), "hello").unwrap();
    let root = sso1.root.to_str().unwrap().to_owned();
    let refused = async |line: String| {
        let refusal = sso1.give_alone(&line).await.refusal();
        refusal.replace(&root, "DATA")
    };
    insta::assert_snapshot!(refused(format!("certificate import tls {other}")).await, @r"
    this certificate is not fit for TLS: it is for other.example.com, not for sso.example.com
    to mend it: sso-connect certificate import tls FILE…, with another one
    ");
    insta::assert_snapshot!(refused(format!("certificate import tls {root}/half.pem")).await, @r"
    there is no private key with it
    to mend it: sso-connect certificate import tls FILE --key KEY
    ");
    insta::assert_snapshot!(refused(format!("certificate import tls {root}/noise")).await, @r"
    DATA/noise: it is neither PEM, nor DER, nor PKCS#12, nor JKS
    to mend it: get the file again from who issued the certificate
    ");
    insta::assert_snapshot!(refused(format!("certificate import tls {root}/absent")).await, @r"
    DATA/absent: No such file or directory (os error 2)
    to mend it: ls -l DATA/absent
    ");
    insta::assert_snapshot!(refused(format!("certificate import tls {good}")).await, @r"
    there is no terminal to ask in: Save this?
    to mend it: add --yes
    ");
    insta::assert_snapshot!(refused("certificate activate-next tls".into()).await, @r"
    no certificate waits for TLS
    to mend it: sso-connect certificate import tls FILE… --next
    ");
}

/// Certificate and key in one file, whose path is answered.
fn write(world: &World, server: &Server, name: &str, names: &[&str]) -> String {
    keep(
        server,
        name,
        &SelfSigned::for_tls(names, world.clock.now()).unwrap(),
    )
}

fn write_saml(world: &World, server: &Server, name: &str) -> String {
    keep(
        server,
        name,
        &SelfSigned::for_saml("sso.example.com", world.clock.now()).unwrap(),
    )
}

fn keep(server: &Server, name: &str, made: &SelfSigned) -> String {
    let path = server.root.join(name);
    fs::write(&path, [made.certificate_pem(), made.key_pem()].concat()).unwrap();
    path.to_str().unwrap().to_owned()
}
