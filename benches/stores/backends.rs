//! Every backend, opened empty.

use std::env::{self, VarError};
use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use sso_sync::store::postgres::{PostgresSettings, PostgresStore};
use sso_sync::store::sqlite::SqliteStore;
use sso_sync::store::{BucketStore, EtcdSettings, EtcdStore, S3Settings};
use sso_sync::store::{DomainStore, MemoryStore, OnKv, RedbStore};
use tempfile::TempDir;

/// What can be measured.
#[derive(Clone, Copy)]
pub(crate) enum Backend {
    Etcd,
    Memory,
    Postgres,
    Redb,
    S3,
    Sqlite,
}

/// A store without content; what it needs is removed with it.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn DomainStore>,
    _folder: Option<TempDir>,
}

impl Backend {
    pub(crate) const ALL: [Self; 6] = [
        Self::Memory,
        Self::Sqlite,
        Self::Redb,
        Self::Postgres,
        Self::Etcd,
        Self::S3,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Memory => "memory",
            Self::Postgres => "postgres",
            Self::Redb => "redb",
            Self::S3 => "s3",
            Self::Sqlite => "sqlite",
        }
    }

    /// Opens it at a place of its own.
    ///
    /// # Errors
    ///
    /// Why it cannot be measured.
    pub(crate) async fn open(self) -> Result<Opened, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let store: Arc<dyn DomainStore> = match self {
            Self::Etcd => Arc::new(OnKv::new(EtcdStore::connect(&etcd()?).await?)),
            Self::Memory => Arc::new(OnKv::new(MemoryStore::new())),
            Self::Postgres => Arc::new(PostgresStore::open(&postgres()?).await?),
            Self::Redb => Arc::new(OnKv::new(RedbStore::open(folder.path().join("redb"))?)),
            Self::S3 => Arc::new(OnKv::new(BucketStore::s3(&s3()?)?)),
            Self::Sqlite => Arc::new(SqliteStore::open(&folder.path().join("sqlite3"))?),
        };
        let _folder = Some(folder);
        Ok(Opened { store, _folder })
    }
}

fn etcd() -> Result<EtcdSettings, Box<dyn Error>> {
    let settings = EtcdSettings::new([server("SSO_TEST_ETCD")?]).below(new_name());
    Ok(settings.dangerously_without_tls())
}

fn postgres() -> Result<PostgresSettings, Box<dyn Error>> {
    let address = format!("{}?sslmode=disable", server("SSO_TEST_POSTGRES")?);
    Ok(PostgresSettings::new(&address)?.schema(new_name()))
}

fn s3() -> Result<S3Settings, Box<dyn Error>> {
    let server = server("SSO_TEST_S3")?;
    make_bucket(
        server
            .strip_prefix("http://")
            .ok_or("it is no web server")?,
    )?;
    let settings = S3Settings::new(BUCKET).endpoint(server).below(new_name());
    let settings = settings.credentials("anybody", "anything");
    Ok(settings.dangerously_without_tls())
}

fn make_bucket(server: &str) -> std::io::Result<()> {
    let mut connection = TcpStream::connect(server)?;
    write!(
        connection,
        "PUT /{BUCKET} HTTP/1.0\r\nHost: {server}\r\nContent-Length: 0\r\n\r\n"
    )?;
    connection.read_to_end(&mut Vec::new()).map(drop)
}

fn server(variable: &str) -> Result<String, String> {
    env::var(variable).map_err(|error| match error {
        VarError::NotPresent => "`.ci/with-servers` starts its server".into(),
        VarError::NotUnicode(_) => format!("{variable} is no text"),
    })
}

/// A place of this run in a server that others use, too.
fn new_name() -> String {
    format!("bench_{}", std::process::id())
}

const BUCKET: &str = "benchmarks";
