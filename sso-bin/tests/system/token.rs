//! A server whose keys are on a token: SoftHSM, with a folder of tokens for each test.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::program;
use crate::server::Service;

#[tokio::test]
async fn a_server_without_key_files_serves_https_with_the_keys_on_its_token() {
    let service = Service::new();
    let token = Token::new(&service);
    token.take("keys/tls.key", "tls", "01");
    token.take("keys/saml-signing.key", "saml", "02");
    token.settings("tls_key = 'tls'\nsigning_key = 'saml'");

    let signed = service.command(&["metadata", "--sign"]);
    assert!(signed.contains("SignatureValue"), "{signed}");
    let server = service.serve().await;
    let mut browser = server.browser();
    assert_eq!(server.session(&mut browser).await, None);
}

#[test]
fn a_key_that_is_not_on_the_token_is_named_with_its_setting() {
    let service = Service::new();
    let token = Token::new(&service);
    token.settings("tls_key = 'tls'");
    let refused = service.refused(&["check"]);
    let text = "token.tls_key in local.toml: the token sso has no EC private key labelled tls";
    assert!(refused.contains(text), "{refused}");
    assert!(refused.contains("pkcs11-tool"), "{refused}");
}

#[test]
fn a_token_with_another_key_is_refused_before_anybody_connects() {
    let service = Service::new();
    let token = Token::new(&service);
    let kept = fs::read(service.file("keys/saml-signing.pem")).unwrap();
    token.take("keys/saml-signing.key", "saml", "01");
    fs::write(service.file("keys/saml-signing.pem"), own_certificate()).unwrap();
    token.settings("signing_key = 'saml'");
    let refused = service.refused(&["check"]);
    assert!(
        refused.contains("is not for the private key saml"),
        "{refused}"
    );

    fs::write(service.file("keys/saml-signing.pem"), kept).unwrap();
    service.command(&["check"]);
}

#[tokio::test]
async fn the_key_of_the_database_is_sealed_by_the_token_at_the_next_start() {
    let service = Service::new();
    let token = Token::new(&service);
    let kept = fs::read(service.file("keys/data.key")).unwrap();
    token.settings("sealing_key = 'sealing'");
    let told = service.command(&["keys", "status"]);
    let before = "data key    in the file keys/data.key until the server starts the next time";
    assert!(told.contains(before), "{told}");
    drop(service.start().await);
    assert!(!service.file("keys/data.key").exists());
    let told = service.command(&["keys", "status"]);
    let sealed = "data key    sealed by PKCS#11 token sso, key sealing";
    assert!(told.contains(sealed), "{told}");

    // Killed before the file was removed.
    token.restore("keys/data.key", &kept);
    service.command(&["check"]);
    drop(service.start().await);
    assert!(!service.file("keys/data.key").exists());
    token.settings("");
    let refused = service.refused(&["check"]);
    let why = "it was sealed by PKCS#11 token sso, key sealing, but the settings say key file";
    assert!(refused.contains(why), "{refused}");
}

/// A token for one data folder.
#[derive(Debug)]
struct Token<'a> {
    service: &'a Service,
}

impl<'a> Token<'a> {
    fn new(service: &'a Service) -> Self {
        let token = Self { service };
        let tokens = service.file("../tokens");
        fs::create_dir(&tokens).unwrap();
        let settings = format!("directories.tokendir = {}\n", tokens.display());
        fs::write(service.file("../softhsm2.conf"), settings).unwrap();
        token.softhsm(&["--init-token", "--free", "--label", "sso"]);
        let pin = service.file("token.pin");
        fs::write(&pin, "1234\n").unwrap();
        fs::set_permissions(&pin, fs::Permissions::from_mode(0o600)).unwrap();
        token
    }

    /// Moves a key out of the data folder onto the token.
    fn take(&self, file: &str, label: &str, id: &str) {
        let path = self.service.file(file);
        let import = path.to_str().unwrap();
        self.softhsm(&[
            "--import", import, "--token", "sso", "--label", label, "--id", id,
        ]);
        fs::remove_file(path).unwrap();
    }

    fn restore(&self, file: &str, content: &[u8]) {
        let path = self.service.file(file);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn settings(&self, keys: &str) {
        let pin = self.service.file("token.pin");
        let path = self.service.file("local.toml");
        let text = format!(
            "[token]\nmodule = '{MODULE}'\nlabel = 'sso'\npin_file = '{}'\n{keys}\n",
            pin.display()
        );
        fs::write(path, text).unwrap();
    }

    fn softhsm(&self, arguments: &[&str]) {
        program::run(
            Command::new("softhsm2-util")
                .args(arguments)
                .args(["--so-pin", "123456", "--pin", "1234"])
                .env("SOFTHSM2_CONF", self.service.file("../softhsm2.conf")),
        );
    }
}

/// A certificate of nobody's.
fn own_certificate() -> String {
    let now = sso_core::UnixTime::from_secs(1_800_014_400);
    let made = sso_core::cert::SelfSigned::for_saml("localhost", now).unwrap();
    made.certificate_pem().to_owned()
}

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
