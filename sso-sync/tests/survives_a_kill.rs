//! What was acknowledged survives the sudden death of the process.
#![cfg(feature = "sqlite")]
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its child process reports on standard output"
)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use sso_core::UnixTime;
use sso_core::saml::{ReplayKey, ReplayLog as _, Sighting};
use sso_core::user::{AccountKey, Profile, UserDirectory as _};
use sso_sync::local::{DataKey, LocalStore};

/// Runs itself a second time as the process that is killed.
#[tokio::test]
async fn acknowledged_writes_survive_a_kill() {
    match std::env::var_os(CHILD) {
        Some(dir) => write_for_ever(Path::new(&dir)).await,
        None => kill_a_writer_and_look().await,
    }
}

async fn write_for_ever(dir: &Path) {
    let store = open(dir);
    for number in 0_u64.. {
        store
            .record(&key(number), NOON, NOON.later(HOUR))
            .await
            .unwrap();
        store
            .create(&account(number), &Profile::default())
            .await
            .unwrap();
        println!("\nacknowledged {number}");
    }
}

async fn kill_a_writer_and_look() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "acknowledged_writes_survive_a_kill",
            "--nocapture",
        ])
        .env(CHILD, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut numbers = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<u64>().ok());
    numbers
        .find(|number| *number >= 50)
        .expect("the child writes");
    child.kill().unwrap();
    child.wait().unwrap();
    let last = numbers.last().unwrap_or(50);

    let store = open(dir.path());
    for number in 0..=last {
        let sighting = store
            .record(&key(number), NOON, NOON.later(HOUR))
            .await
            .unwrap();
        assert_eq!(sighting, Sighting::Repeat, "mark {number} of {last}");
        let user = store
            .find(&account(number))
            .await
            .unwrap()
            .expect("the user is there");
        assert!(store.secret(&user.id).await.unwrap().is_some());
    }
}

fn open(dir: &Path) -> LocalStore {
    LocalStore::open(&dir.join("sso.sqlite3"), &DataKey::from_bytes([7; 32])).unwrap()
}

fn key(number: u64) -> ReplayKey {
    ReplayKey::new("https://idp.example.com", &number.to_string())
}

fn account(number: u64) -> AccountKey {
    AccountKey::new("https://idp.example.com", "persistent", number.to_string())
}

const CHILD: &str = "SSO_SYNC_TEST_WRITES_IN";
const HOUR: Duration = Duration::from_hours(1);
const NOON: UnixTime = UnixTime::from_secs(1_700_000_000);
