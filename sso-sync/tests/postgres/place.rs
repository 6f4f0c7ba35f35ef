//! Where the store keeps its data in these tests: a schema of its own in a server.

use std::path::{Path, PathBuf};
use std::process::Command;

use sso_sync::store::postgres::{PostgresSettings, PostgresStore};
use sso_sync::testkit::Place;
use tokio_postgres::{Client, NoTls};

use crate::servers::give_away;
use crate::servers::postgres::{Server, shared};
use crate::servers::unique::unique;

/// A schema in the server that the tests share, or in one of its own.
#[derive(Debug)]
pub(crate) struct Schema {
    name: String,
    address: String,
    keep: bool,
    disk: Option<SmallDisk>,
}

impl Schema {
    pub(crate) fn within(address: &str) -> Self {
        Self {
            name: format!("test_{}", unique().replace('-', "_")),
            address: address.to_owned(),
            keep: false,
            disk: None,
        }
    }

    pub(crate) fn settings(&self) -> PostgresSettings {
        self.settings_through(&self.address)
    }

    /// The same schema, by another way.
    pub(crate) fn settings_through(&self, address: &str) -> PostgresSettings {
        let address = format!("{address}?sslmode=disable");
        PostgresSettings::new(&address).unwrap().schema(&self.name)
    }

    /// Runs statements beside the store, with `{schema}` in the place of its name.
    pub(crate) async fn execute(&self, sql: &str) {
        let sql = sql.replace("{schema}", &self.name);
        self.client().await.batch_execute(&sql).await.unwrap();
    }

    pub(crate) async fn client(&self) -> Client {
        connect(&self.address).await
    }

    pub(crate) fn schema(&self) -> &str {
        &self.name
    }
}

impl Place for Schema {
    type Store = PostgresStore;

    async fn fresh() -> Self {
        Self::within(&shared())
    }

    async fn open(&self) -> PostgresStore {
        PostgresStore::open(&self.settings()).await.unwrap()
    }

    fn name(&self) -> Option<String> {
        Some(self.name.clone())
    }

    async fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            address: shared(),
            keep: true,
            disk: None,
        }
    }

    async fn small(bytes: u64) -> Option<Self> {
        let disk = SmallDisk::mount(bytes).await?;
        let mut place = Self::within(&disk.server.address());
        place.disk = Some(disk);
        Some(place)
    }

    async fn enlarge(&self) {
        self.disk.as_ref().unwrap().enlarge();
    }

    async fn earlier() -> Vec<Self> {
        vec![Self::restored(Path::new(FIRST_VERSION)).await]
    }
}

impl Schema {
    /// What an earlier version left, as `pg_dump` wrote it.
    pub(crate) async fn restored(file: &Path) -> Self {
        let place = Self::fresh().await;
        let sql = std::fs::read_to_string(file).unwrap();
        place.execute(&sql.replace(DUMPED, &place.name)).await;
        place
    }

    /// Writes all that there is as SQL.
    pub(crate) fn dump(&self, file: &Path) {
        let mut dump = Command::new("pg_dump");
        dump.args(["--no-owner", "--no-privileges", "--inserts", "--schema"])
            .args([&self.name, &self.address]);
        let output = dump.output().unwrap();
        assert!(output.status.success(), "pg_dump writes what there is");
        let text = String::from_utf8(output.stdout).unwrap();
        // Some lines are meant for psql only.
        let lines = text.lines().filter(|line| !line.starts_with('\\'));
        let text = lines.map(|line| format!("{line}\n")).collect::<String>();
        std::fs::write(file, text.replace(&self.name, DUMPED)).unwrap();
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if self.keep || self.disk.is_some() {
            return;
        }
        let (name, address) = (self.name.clone(), self.address.clone());
        let dropping = std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build().unwrap().block_on(async {
                // A test that fails may have left a lock.
                let drop =
                    format!("SET lock_timeout = '10s'; DROP SCHEMA IF EXISTS {name} CASCADE");
                let client = tokio_postgres::connect(&address, NoTls).await;
                // A test may have ended its server.
                if let Ok((client, connection)) = client {
                    tokio::spawn(connection);
                    let _ = client.batch_execute(&drop).await;
                }
            });
        });
        dropping.join().unwrap();
    }
}

/// A server whose tables are on a small disk, and whose log is not: where that has no room, the
/// server itself stops.
#[derive(Debug)]
struct SmallDisk {
    server: Server,
    folder: PathBuf,
}

impl SmallDisk {
    /// None where no disk can be mounted.
    async fn mount(bytes: u64) -> Option<Self> {
        let server = Server::start(&[]);
        let folder = server.folder().join("small");
        std::fs::create_dir(&folder).unwrap();
        let size = format!("size={bytes}");
        if !mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], &folder) {
            return None;
        }
        give_away(&folder);
        let disk = Self { server, folder };
        let client = connect(&disk.server.address()).await;
        for sql in [
            &format!(
                "CREATE TABLESPACE small LOCATION '{}'",
                disk.folder.display()
            ),
            "ALTER DATABASE postgres SET default_tablespace = small",
        ] {
            client.batch_execute(sql).await.unwrap();
        }
        Some(disk)
    }

    fn enlarge(&self) {
        assert!(
            mount(&["-o", "remount,size=256m"], &self.folder),
            "the disk grows"
        );
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.server.kill();
        let unmounted = Command::new("umount").arg(&self.folder).status();
        assert!(unmounted.unwrap().success(), "the disk is unmounted");
    }
}

/// Whether it succeeded.
fn mount(arguments: &[&str], folder: &Path) -> bool {
    let output = Command::new("mount").args(arguments).arg(folder).output();
    output.is_ok_and(|output| output.status.success())
}

pub(crate) async fn connect(address: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// What the first version of the store wrote.
const FIRST_VERSION: &str = "tests/data/postgres/v1.sql";

/// The name of the schema in such a file.
const DUMPED: &str = "sso_connect_dumped";
