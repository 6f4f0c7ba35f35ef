//! Who is let in, and what is shown.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use etcd_client::{Certificate, Client, ConnectOptions, Identity, TlsOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sso_sync::store::{EtcdError, EtcdSettings, EtcdStore, Expect, KvStore as _};
use tempfile::TempDir;

use crate::server::{Options, Server};

#[tokio::test]
async fn certificates_and_a_password_open_the_door_and_nothing_less() {
    let authority = Authority::new();
    let (chain, key) = authority.certify("server");
    let options = Options::default().with_tls(&authority.file, &chain, &key);
    let server = Server::start(options).await;
    authority.require_a_password(&server).await;

    let settings = authority.settings(&server);
    let store = EtcdStore::connect(&settings.clone().user("root", "s3cr3t")).await;
    let store = store.unwrap();
    let value = Bytes::from_static(b"value");
    store
        .put("key", value.clone(), Expect::Absent)
        .await
        .unwrap();
    assert_eq!(store.get("key").await.unwrap().unwrap().value, value);

    let wrong = settings.clone().user("root", "guess");
    let stranger = Authority::new();
    for refused in [wrong, stranger.settings(&server).user("root", "s3cr3t")] {
        let refused = EtcdStore::connect(&refused).await;
        assert!(
            matches!(refused, Err(EtcdError::Unreachable(_))),
            "{refused:?}"
        );
    }
    let nobody = EtcdStore::connect(&settings).await.unwrap();
    let refused = nobody.get("key").await.unwrap_err();
    assert!(
        matches!(refused, sso_sync::store::StoreError::Unavailable(_)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_before_anything_is_sent() {
    let nonsense = [
        EtcdSettings::new([""; 0]),
        EtcdSettings::new(["http://127.0.0.1:1"]),
        EtcdSettings::new(["https://127.0.0.1:1"]),
        EtcdSettings::new(["http://127.0.0.1:1"])
            .dangerously_without_tls()
            .below(""),
    ];
    for settings in nonsense {
        let refused = EtcdStore::connect(&settings).await;
        assert!(
            matches!(refused, Err(EtcdError::Settings(_))),
            "{settings:?}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn an_etcd_that_is_not_there_is_said_to_be_unreachable() {
    let settings = EtcdSettings::new(["http://127.0.0.1:1"]).dangerously_without_tls();
    let refused = EtcdStore::connect(&settings).await;
    assert!(
        matches!(refused, Err(EtcdError::Unreachable(_))),
        "{refused:?}"
    );
}

#[test]
fn a_password_is_not_shown() {
    let settings = EtcdSettings::new(["https://etcd.example.com:2379"])
        .user("hub", "s3cr3t")
        .client_certificate("chain", "pr1vate");
    let shown = format!("{settings:?} {settings:#?}");
    assert!(shown.contains("hub") && shown.contains("etcd.example.com"));
    assert!(!shown.contains("s3cr3t") && !shown.contains("pr1vate"));
}

/// Certifies servers and clients.
struct Authority {
    file: PathBuf,
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        let file = folder.path().join("authority.pem");
        std::fs::write(&file, issuer.pem()).unwrap();
        Self {
            file,
            folder,
            issuer,
        }
    }

    /// A certificate for this machine and its key, in files.
    fn certify(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let file = |end: &str| self.folder.path().join(format!("{name}.{end}"));
        std::fs::write(file("pem"), certificate.pem()).unwrap();
        std::fs::write(file("key"), key.serialize_pem()).unwrap();
        (file("pem"), file("key"))
    }

    fn settings(&self, server: &Server) -> EtcdSettings {
        let (chain, key) = self.certify("client");
        EtcdSettings::new([server.address()])
            .certificate_authorities(read(&self.file))
            .client_certificate(read(&chain), read(&key))
    }

    async fn require_a_password(&self, server: &Server) {
        let (chain, key) = self.certify("operator");
        let tls = TlsOptions::new()
            .ca_certificate(Certificate::from_pem(read(&self.file)))
            .identity(Identity::from_pem(read(&chain), read(&key)));
        let options = ConnectOptions::new().with_tls(tls);
        let client = Client::connect([server.address()], Some(options)).await;
        let mut users = client.unwrap().auth_client();
        users.user_add("root", "s3cr3t", None).await.unwrap();
        users.user_grant_role("root", "root").await.unwrap();
        users.auth_enable().await.unwrap();
    }
}

fn read(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap()
}
