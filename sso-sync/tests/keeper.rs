//! Our sealers keep the promises of a sealer, and the kit notices one that does not.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use async_trait::async_trait;
use sso_sync::keeper::{
    Envelope, Header, KeeperError, KeyFile, Label, Protection, Sealer, SealerKind,
    SystemdCredential,
};
use sso_sync::testkit::{Place, run, sealer};
use tempfile::TempDir;
use zeroize::Zeroizing;

mod key_file {
    sso_sync::sealer_tests!(super::InFile);
}

mod systemd_credential {
    sso_sync::sealer_tests!(super::InCredential);
}

mod one_that_a_host_brings_along {
    use super::{Home, RIGHT};

    sso_sync::sealer_tests!(Home<RIGHT>);
}

#[test]
fn a_sealer_that_does_not_look_at_the_label_is_caught() {
    is_caught::<BLIND>(sealer::another_label_does_not_open);
    is_caught::<BLIND>(sealer::another_domain_does_not_open);
}

#[test]
fn a_sealer_that_forgets_its_key_is_caught() {
    is_caught::<FORGETFUL>(sealer::a_restarted_server_unseals);
    is_caught::<FORGETFUL>(
        sealer::of_servers_that_start_at_once_each_unseals_what_the_other_sealed,
    );
}

#[test]
fn a_sealer_that_does_not_seal_is_caught() {
    is_caught::<OPEN>(sealer::a_secret_does_not_stand_in_what_is_sealed);
    is_caught::<OPEN>(sealer::no_changed_or_missing_byte_opens);
    is_caught::<OPEN>(sealer::the_same_secret_never_looks_the_same);
    is_caught::<OPEN>(sealer::it_says_what_sealed_it);
    is_caught::<OPEN>(sealer::more_than_the_limit_is_too_large);
}

#[test]
fn a_sealer_that_hides_whose_key_it_has_is_caught() {
    is_caught::<NAMELESS>(sealer::another_key_does_not_open);
}

#[tokio::test]
async fn what_another_sealer_sealed_is_refused_by_both_names() {
    let (file, credential) = (InFile::fresh().await, InCredential::fresh().await);
    let (file, credential) = (file.open().await, credential.open().await);
    let label = Label::new("x");
    let sealed = credential.seal(&label, b"secret").await.unwrap();
    let refused = file.unseal(&label, &sealed).await.unwrap_err();
    let text = format!(
        "it was sealed by systemd credential sso-connect, but the settings say {}",
        file.protection()
    );
    assert_eq!(refused.to_string(), text);
    let fix = "let local.toml name systemd credential sso-connect again";
    assert_eq!(refused.fix().as_deref(), Some(fix));
}

fn is_caught<const FLAW: u8>(case: impl AsyncFnOnce(Home<FLAW>)) {
    let caught = catch_unwind(AssertUnwindSafe(|| run(case)));
    assert!(caught.is_err(), "the flaw was not noticed");
}

/// A folder for a key file.
#[derive(Debug)]
struct InFile(TempDir);

impl Place for InFile {
    type Store = KeyFile;

    async fn fresh() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> KeyFile {
        KeyFile::new(&self.0.path().join("keeper.key"))
    }
}

/// A folder as systemd makes it for a service.
#[derive(Debug)]
struct InCredential(TempDir);

impl Place for InCredential {
    type Store = SystemdCredential;

    async fn fresh() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sso-connect"), random_key()).unwrap();
        Self(folder)
    }

    async fn open(&self) -> SystemdCredential {
        SystemdCredential::in_folder(self.0.path(), "sso-connect")
    }
}

/// Where a sealer of a host's own has its key.
#[derive(Debug)]
struct Home<const FLAW: u8>([u8; 32]);

impl<const FLAW: u8> Place for Home<FLAW> {
    type Store = Own<FLAW>;

    async fn fresh() -> Self {
        Self(random_key())
    }

    async fn open(&self) -> Own<FLAW> {
        Own(if FLAW == FORGETFUL {
            random_key()
        } else {
            self.0
        })
    }
}

#[derive(Debug)]
struct Own<const FLAW: u8>([u8; 32]);

#[async_trait]
impl<const FLAW: u8> Sealer for Own<FLAW> {
    async fn seal(&self, label: &Label, secret: &[u8]) -> Result<Vec<u8>, KeeperError> {
        if FLAW == OPEN {
            return Ok(secret.to_vec());
        }
        Header::new(self.protection(), &self.id()).seal(&self.0, &seen::<FLAW>(label), secret)
    }

    async fn unseal(
        &self,
        label: &Label,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeeperError> {
        if FLAW == OPEN {
            return Ok(Zeroizing::new(sealed.to_vec()));
        }
        let envelope = Envelope::read(sealed)?;
        envelope
            .header()
            .check_key(&self.protection(), &self.id())?;
        envelope.open(&self.0, &seen::<FLAW>(label))
    }

    fn protection(&self) -> Protection {
        Protection::new(SealerKind::Other, "a vault of our own")
    }
}

impl<const FLAW: u8> Own<FLAW> {
    /// Good enough for a test, where the key protects nothing.
    fn id(&self) -> Vec<u8> {
        match FLAW {
            NAMELESS => Vec::new(),
            _ => self.0.iter().take(4).copied().collect(),
        }
    }
}

fn seen<const FLAW: u8>(label: &Label) -> Label {
    match FLAW {
        BLIND => Label::new(""),
        _ => label.clone(),
    }
}

fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    aws_lc_rs::rand::fill(&mut key).unwrap();
    key
}

const RIGHT: u8 = 0;
const BLIND: u8 = 1;
const FORGETFUL: u8 = 2;
const NAMELESS: u8 = 3;
const OPEN: u8 = 4;
