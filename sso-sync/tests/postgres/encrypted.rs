//! Encrypted connections, and whom they are made with.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use sso_sync::store::postgres::{PostgresOpenError, PostgresSettings, PostgresStore};
use sso_sync::testkit::{Place, domain, kv};
use tempfile::TempDir;

use crate::place::Schema;
use crate::servers::give_away;
use crate::servers::postgres::Server;

/// A schema that is reached by an encrypted connection.
#[derive(Debug)]
struct Encrypted {
    schema: Schema,
    settings: PostgresSettings,
}

impl Place for Encrypted {
    type Store = PostgresStore;

    async fn fresh() -> Self {
        unreachable!("these tests make their places themselves")
    }

    async fn open(&self) -> PostgresStore {
        PostgresStore::open(&self.settings).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_promises_hold_on_an_encrypted_connection() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1");
    // The password is proven for the server's certificate.
    let options = format!(
        "channel_binding=require&sslrootcert={}",
        authority.file().display()
    );
    let place = || {
        let schema = Schema::within(&server.address());
        let address = format!("{}?{options}", server.address());
        let settings = PostgresSettings::new(&address).unwrap();
        Encrypted {
            settings: settings.schema(schema.schema()),
            schema,
        }
    };
    kv::keys_and_values_may_be_as_long_as_the_caps_say(place()).await;
    kv::of_concurrent_replacements_one_wins(place()).await;
    kv::a_change_is_noticed(place()).await;
    domain::the_feed_is_ordered_unique_and_gap_free(place()).await;
    domain::a_snapshot_and_the_feed_after_it_are_everything(place()).await;
    domain::a_commit_wakes_those_who_wait(place()).await;

    let place = place();
    let _open = place.open().await;
    let sql = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
               WHERE ssl AND application_name = 'sso-connect'";
    let encrypted: i64 = place
        .schema
        .client()
        .await
        .query_one(sql, &[])
        .await
        .unwrap()
        .get(0);
    assert!(encrypted >= 1);
}

#[tokio::test]
async fn a_server_with_a_certificate_of_somebody_else_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.server("127.0.0.1");
    let refused = open(&server, &other).await.unwrap_err();
    says(&refused, "invalid peer certificate");
    open(&server, &authority).await.unwrap();
}

#[tokio::test]
async fn a_server_with_a_certificate_for_another_host_is_refused() {
    let authority = Authority::new();
    let server = authority.server("db.example.com");
    let refused = open(&server, &authority).await.unwrap_err();
    says(&refused, "certificate not valid for name");
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_is_refused() {
    let refused = open(&Server::start(&[]), &Authority::new())
        .await
        .unwrap_err();
    says(&refused, "server does not support TLS");
}

#[tokio::test]
async fn any_certificate_will_do_for_those_who_insist() {
    let server = Authority::new().server("db.example.com");
    let settings = PostgresSettings::new(&server.address()).unwrap();
    let settings = settings.dangerous_accept_any_certificate();
    PostgresStore::open(&settings).await.unwrap();
}

#[tokio::test]
async fn a_file_without_certificates_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.pem");
    std::fs::write(&file, "").unwrap();
    let settings = PostgresSettings::new("postgres://me@127.0.0.1:1/hub").unwrap();
    let refused = PostgresStore::open(&settings.authorities(&file))
        .await
        .unwrap_err();
    assert!(matches!(refused, PostgresOpenError::Authorities { .. }));
    assert!(refused.to_string().contains("empty.pem"), "{refused}");
}

async fn open(server: &Server, authority: &Authority) -> Result<PostgresStore, PostgresOpenError> {
    let settings = PostgresSettings::new(&server.address()).unwrap();
    PostgresStore::open(&settings.authorities(authority.file())).await
}

fn says(refused: &PostgresOpenError, words: &str) {
    assert!(
        matches!(refused, PostgresOpenError::Unreachable { .. }),
        "{refused:?}"
    );
    assert!(
        refused.to_string().contains(words),
        "{refused} says {words}"
    );
}

/// An authority of this test.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        give_away(folder.path());
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            folder,
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A server with a certificate for this name.
    fn server(&self, name: &str) -> Server {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let certificate = self.write("server.pem", &certificate.pem());
        let key = self.write("server.key", &key.serialize_pem());
        Server::start(&[
            "ssl=on",
            &format!("ssl_cert_file={}", certificate.display()),
            &format!("ssl_key_file={}", key.display()),
        ])
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        give_away(Path::new(&path));
        path
    }
}
