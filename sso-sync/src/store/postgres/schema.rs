//! The tables, and the versions they had.

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::PostgresOpenError;
use super::error::Failure;
use super::link::{Lease, Link};

/// Makes the tables, or brings them to the version of this program.
///
/// Any number of processes may do this at once: one of them does it, the others wait for it.
pub(super) async fn prepare(link: &Link, server: &str) -> Result<(), PostgresOpenError> {
    let failed = |failure| PostgresOpenError::of(server, failure);
    let connection = link.lease().await.map_err(failed)?;
    let schema = Schema { link, connection };
    schema.check_server(server).await?;
    let mut found = schema.version().await.map_err(failed)?;
    if found < KNOWN {
        found = schema.migrate().await.map_err(failed)?;
    }
    if found > KNOWN {
        return Err(PostgresOpenError::NewerSchema {
            schema: link.schema().into(),
            found,
            known: KNOWN,
        });
    }
    schema.connection.give_back();
    Ok(())
}

/// The schema, looked at through one connection, since a migration is one transaction.
struct Schema<'a> {
    link: &'a Link,
    connection: Lease,
}

impl Schema<'_> {
    async fn check_server(&self, server: &str) -> Result<(), PostgresOpenError> {
        let failed = |failure| PostgresOpenError::of(server, failure);
        let (number, found): (i64, String) = async {
            let row = self.ask(SERVER_VERSION).await?;
            Ok((read(&row, 0)?, read(&row, 1)?))
        }
        .await
        .map_err(failed)?;
        if number < 140_000 {
            let server = server.into();
            return Err(PostgresOpenError::OldServer { server, found });
        }
        Ok(())
    }

    /// The version of the tables; 0 if there are none.
    async fn version(&self) -> Result<i64, Failure> {
        let exists = read(&self.ask(EXISTS).await?, 0)?;
        if exists {
            return read(&self.ask(VERSION).await?, 0);
        }
        Ok(0)
    }

    /// Answers the version that the tables have afterwards. Does nothing if it is a newer one.
    async fn migrate(&self) -> Result<i64, Failure> {
        self.execute(BEGIN).await?;
        self.execute(MAKE_SCHEMA).await?;
        let found = self.version().await?;
        if found == 0 {
            self.execute(MAKE_VERSION).await?;
        }
        let missing = MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0));
        for migration in missing {
            self.execute(migration).await?;
            self.execute("UPDATE {schema}.schema_version SET version = version + 1")
                .await?;
        }
        self.execute("COMMIT").await?;
        Ok(found.max(KNOWN))
    }

    async fn ask(&self, sql: &str) -> Result<Row, Failure> {
        let rows = self.connection.query(&self.link.complete(sql), &[]).await?;
        let missing = || Failure::Unsent("there is no answer where there is always one".into());
        rows.into_iter().next().ok_or_else(missing)
    }

    async fn execute(&self, sql: &str) -> Result<(), Failure> {
        self.connection.execute(&self.link.complete(sql)).await
    }
}

fn read<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, Failure> {
    row.try_get(at).map_err(Failure::Answer)
}

/// From the first version on, what leads to each from the one before.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// The newest version that this program understands.
const KNOWN: i64 = MIGRATIONS.len() as i64;

const SERVER_VERSION: &str = "SELECT current_setting('server_version_num')::bigint, \
     current_setting('server_version')";

const EXISTS: &str = "SELECT to_regclass('{schema}.schema_version') IS NOT NULL";

const VERSION: &str = "SELECT version FROM {schema}.schema_version";

/// Waits for others who do the same. Whoever is stuck with the lock loses it after a minute.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED;
     SET LOCAL statement_timeout = 0;
     SET LOCAL lock_timeout = 0;
     SET LOCAL idle_in_transaction_session_timeout = '60s';
     SET LOCAL synchronous_commit = on;
     SELECT pg_advisory_xact_lock(hashtextextended('sso-connect {schema}', 0))";

/// Whoever made the schema for us need not allow us to make schemas.
const MAKE_SCHEMA: &str = "DO $$ BEGIN
         IF to_regnamespace('{schema}') IS NULL THEN CREATE SCHEMA {schema}; END IF;
     END $$";

const MAKE_VERSION: &str = "CREATE TABLE {schema}.schema_version (version bigint NOT NULL);
     CREATE UNIQUE INDEX one_version ON {schema}.schema_version ((true));
     INSERT INTO {schema}.schema_version (version) VALUES (0)";
