//! A domain whose private keys are on the token of each server: SoftHSM.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use http::StatusCode;

use crate::domain::{Domain, Founding, user};
use crate::process::give;
use crate::stories::until;

#[tokio::test]
async fn servers_whose_tokens_hold_the_keys_serve_a_domain_that_shares_certificates_alone() {
    let domain = Domain::of_prepared_servers(|one, two| {
        fs::create_dir(two).unwrap();
        fs::set_permissions(two, fs::Permissions::from_mode(0o700)).unwrap();
        for server in [one, two] {
            make_token(server, one);
        }
        forget_keys(one);
    });
    signs_in(&domain).await;
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    let (mut browser, again) = domain.signed_in(&domain.two, "alice").await;
    assert_eq!(again, alice);
    assert_eq!(user(&mut browser).await, Some(alice));
    for server in ["one", "two"] {
        let keys = domain.folder(server).join("keys");
        for (file, _) in KEYS
            .into_iter()
            .chain([("data.key", ""), ("keeper.key", "")])
        {
            assert!(!keys.join(file).exists(), "{server}: {file}");
        }
    }
}

#[test]
fn a_server_without_the_key_refuses_the_revision_and_says_why() {
    let founding = Founding::prepare();
    let one = founding.folder("one");
    make_token(&one, &one);
    forget_keys(&one);
    give(&one, &founding.words());
    let said = give(&founding.folder("two"), &founding.enrolment());
    let why = "revision 1 cannot be used by this server";
    assert!(said.contains(why), "{said}");
    let why = "tls: found a certificate without its private key, expected the key in the \
               configuration, or on the token of each server";
    assert!(said.contains(why), "{said}");
}

#[tokio::test]
async fn a_server_whose_token_holds_other_keys_uses_those_that_are_shared() {
    let domain = Domain::of_prepared_servers(|one, _| {
        let other = one.with_file_name("other");
        give(&other, &["init", "--base-url", "https://localhost:8443"]);
        make_token(one, &other);
    });
    signs_in(&domain).await;
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    let (_, again) = domain.signed_in(&domain.two, "alice").await;
    assert_eq!(again, alice);
}

/// A server that has just been started may still be on its way to the hub.
async fn signs_in(domain: &Domain) {
    until(async || {
        let mut browser = domain.browser(&domain.one);
        let answer = domain.sign_in(&mut browser, "alice").await;
        answer.status == StatusCode::SEE_OTHER
    })
    .await;
}

/// A token for the server of `folder`, with the keys that `from` has in files.
fn make_token(folder: &Path, from: &Path) {
    let tokens = folder.with_extension("tokens");
    fs::create_dir(&tokens).unwrap();
    let settings = format!("directories.tokendir = {}\n", tokens.display());
    fs::write(folder.with_extension("softhsm2"), settings).unwrap();
    softhsm(folder, &["--init-token", "--free", "--label", "sso"]);
    for (id, (file, label)) in KEYS.into_iter().enumerate() {
        let (file, id) = (from.join("keys").join(file), format!("0{id}"));
        let import = ["--import", file.to_str().unwrap(), "--token", "sso"];
        softhsm(
            folder,
            &[&import[..], &["--label", label, "--id", &id]].concat(),
        );
    }
    let pin = folder.with_extension("pin");
    fs::write(&pin, "1234\n").unwrap();
    fs::set_permissions(&pin, fs::Permissions::from_mode(0o600)).unwrap();
    let settings = format!(
        "[token]\nmodule = '{MODULE}'\nlabel = 'sso'\npin_file = '{}'\ntls_key = 'tls'\n\
         signing_key = 'saml'\ndecryption_key = 'decryption'\nsealing_key = 'sealing'\n",
        pin.display()
    );
    let path = folder.join("local.toml");
    fs::write(&path, settings).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// The keys are on the token and nowhere else.
fn forget_keys(folder: &Path) {
    for (file, _) in KEYS {
        fs::remove_file(folder.join("keys").join(file)).unwrap();
    }
}

fn softhsm(folder: &Path, arguments: &[&str]) {
    let output = Command::new("softhsm2-util")
        .args(arguments)
        .args(["--so-pin", "123456", "--pin", "1234"])
        .env("SOFTHSM2_CONF", folder.with_extension("softhsm2"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

const KEYS: [(&str, &str); 3] = [
    ("tls.key", "tls"),
    ("saml-signing.key", "saml"),
    ("saml-decryption.key", "decryption"),
];

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
