//! What is refused when a store is opened, and in which words.

use std::net::TcpListener;
use std::time::Duration;

use sso_sync::store::postgres::{PostgresOpenError, PostgresSettings, PostgresStore};
use sso_sync::testkit::Place as _;

use crate::place::Schema;
use crate::servers::postgres::shared;

#[tokio::test]
async fn a_newer_schema_is_refused_and_names_both_versions() {
    let place = Schema::fresh().await;
    drop(place.open().await);
    place
        .execute("UPDATE {schema}.schema_version SET version = 7")
        .await;
    let newer = PostgresStore::open(&place.settings()).await.unwrap_err();
    assert!(matches!(newer, PostgresOpenError::NewerSchema { .. }));
    let newer = newer.to_string();
    assert!(
        newer.contains("have version 7, this program knows 1"),
        "{newer}"
    );
}

#[tokio::test]
async fn a_wrong_password_is_said_to_be_wrong_and_not_shown() {
    let refused = open(&shared().replace("test%20only", "hunter2")).await;
    assert!(matches!(refused, PostgresOpenError::Refused { .. }));
    says(
        &refused,
        &["127.0.0.1:", "password authentication failed", "postgres"],
    );
}

#[tokio::test]
async fn a_missing_database_is_missed_by_name() {
    let address = shared();
    let (server, _) = address.rsplit_once('/').unwrap();
    let refused = open(&format!("{server}/no_such_database")).await;
    assert!(
        matches!(refused, PostgresOpenError::Refused { .. }),
        "{refused}"
    );
    says(&refused, &["no_such_database", "does not exist"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_missed_by_its_address() {
    let port = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let refused = open(&format!("postgres://me:hunter2@127.0.0.1:{port}/hub")).await;
    assert!(matches!(refused, PostgresOpenError::Unreachable { .. }));
    says(&refused, &[&format!("127.0.0.1:{port}"), "refused"]);

    let refused = open("postgres://me:hunter2@no-such-host.invalid/hub").await;
    assert!(matches!(refused, PostgresOpenError::Unreachable { .. }));
    says(&refused, &["no-such-host.invalid:5432"]);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let address = format!("postgres://me:hunter2@127.0.0.1:{port}/hub?sslmode=disable");
    let settings = PostgresSettings::new(&address).unwrap();
    let refused = PostgresStore::open(&settings.connect_timeout(Duration::from_millis(100))).await;
    says(&refused.unwrap_err(), &[&port.to_string(), "in time"]);
}

/// As an administrator makes it who gives the program no other rights.
#[tokio::test]
async fn a_schema_that_was_made_beforehand_is_used() {
    let place = Schema::fresh().await;
    let role = place.schema();
    place
        .execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'test only';
             CREATE SCHEMA {{schema}} AUTHORIZATION {role}"
        ))
        .await;
    let address = shared().replace("postgres:test", &format!("{role}:test"));
    let opened = PostgresStore::open(&place.settings_through(&address)).await;
    opened.unwrap();

    let other = Schema::fresh().await;
    let refused = PostgresStore::open(&other.settings_through(&address)).await;
    says(&refused.unwrap_err(), &["permission denied"]);
    place
        .execute(&format!("DROP SCHEMA {{schema}} CASCADE; DROP ROLE {role}"))
        .await;
}

async fn open(address: &str) -> PostgresOpenError {
    let address = format!("{address}?sslmode=disable");
    let settings = PostgresSettings::new(&address).unwrap();
    PostgresStore::open(&settings).await.unwrap_err()
}

fn says(error: &PostgresOpenError, words: &[&str]) {
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    for word in words {
        assert!(error.to_string().contains(word), "{error} says {word}");
    }
}
