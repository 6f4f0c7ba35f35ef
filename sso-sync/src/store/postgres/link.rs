//! Statements on pooled connections.
//!
//! Every statement is a transaction of its own, without a name, parsed and executed in one round
//! trip. So nothing belongs to a connection, and a pooler between us and the server may hand it to
//! somebody else after each; and no lock is ever held while we are asked for more.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod};
use sso_core::StoreError;
use tokio::time::timeout;
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{Client, Row};

use super::error::{self, Failure};
use super::settings::Resolved;
use super::tls::Tls;

/// The way to the database.
pub(super) struct Link {
    pool: Pool,
    tls: Tls,
    schema: String,
    connect_timeout: Duration,
    statement_timeout: Duration,
}

/// A parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Bytes(&'a [u8]),
    BytesList(&'a [&'a [u8]]),
    Flags(&'a [bool]),
    MaybeBytes(Option<&'a [u8]>),
    Number(i64),
    Text(&'a str),
    Texts(&'a [String]),
}

impl Link {
    /// Connects when the first statement needs it.
    pub(super) fn new(settings: &Resolved) -> Result<Self, Failure> {
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager =
            Manager::from_config(settings.config.clone(), settings.tls.clone(), recycling);
        let pool = Pool::builder(manager)
            .max_size(settings.connections)
            .build()
            .map_err(|source| Failure::Unsent(source.into()))?;
        Ok(Self {
            pool,
            tls: settings.tls.clone(),
            schema: settings.schema.clone(),
            connect_timeout: settings.connect_timeout,
            statement_timeout: settings.statement_timeout,
        })
    }

    /// Name of the schema, and of the channel.
    pub(super) fn schema(&self) -> &str {
        &self.schema
    }

    /// Runs a statement that changes nothing; on a second connection if the first one was lost, as
    /// those are that a server had before it was restarted.
    pub(super) async fn read(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let answer = match self.run(sql, values).await {
            Err(Failure::Answer(lost)) if error::is_lost(&lost) => self.run(sql, values).await,
            answer => answer,
        };
        answer.map_err(Failure::of_a_read)
    }

    /// Runs a statement that changes something, and commits it.
    pub(super) async fn write(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.run(sql, values).await {
                Err(failure) if failure.is_collision() && tried < TRIES => {}
                answer => return answer.map_err(Failure::of_a_write),
            }
        }
    }

    /// Runs a statement once, within the time that is allowed for one.
    pub(super) async fn run(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Failure> {
        let lease = self.lease().await?;
        let sql = self.complete(sql);
        match timeout(self.statement_timeout, lease.query(&sql, values)).await {
            Ok(Err(Failure::Answer(lost))) if error::is_lost(&lost) => Err(Failure::Answer(lost)),
            Ok(answer) => {
                lease.give_back();
                answer
            }
            Err(_) => {
                self.cancel(&lease);
                Err(Failure::Late)
            }
        }
    }

    /// Takes a connection out of the pool, or makes one.
    pub(super) async fn lease(&self) -> Result<Lease, Failure> {
        match timeout(self.connect_timeout, self.pool.get()).await {
            Ok(Ok(connection)) => Ok(Lease(Some(connection))),
            Ok(Err(PoolError::Backend(source))) => Err(Failure::Unconnected(source)),
            Ok(Err(source)) => Err(Failure::Unsent(source.into())),
            Err(_) => Err(Failure::Unsent("there was no connection in time".into())),
        }
    }

    /// Puts the schema into a statement, and what makes its transaction durable even where the
    /// database or the role were set up to lose the last moments of a crash.
    pub(super) fn complete(&self, sql: &str) -> String {
        sql.replace("{schema}", &self.schema)
            .replace("{durable}", DURABLE)
    }

    /// Asks the server to stop what nobody waits for any more.
    fn cancel(&self, lease: &Lease) {
        if let Some(client) = &lease.0 {
            let (token, tls, limit) = (
                client.cancel_token(),
                self.tls.clone(),
                self.connect_timeout,
            );
            tokio::spawn(async move { timeout(limit, token.cancel_query(tls)).await });
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("pool", &self.pool.status())
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// A connection of the pool. One that is not given back is closed: a statement on it may still be
/// under way.
#[derive(Debug)]
pub(super) struct Lease(Option<Object>);

impl Lease {
    /// Runs one statement, without a name.
    pub(super) async fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Failure> {
        let values: Vec<_> = values.iter().map(Value::typed).collect();
        let answer = self.client()?.query_typed(sql, &values).await;
        answer.map_err(Failure::Answer)
    }

    /// Runs several statements.
    pub(super) async fn execute(&self, sql: &str) -> Result<(), Failure> {
        let done = self.client()?.batch_execute(sql).await;
        done.map_err(Failure::Answer)
    }

    /// Puts the connection back into the pool: it has nothing to do any more.
    pub(super) fn give_back(mut self) {
        self.0 = None;
    }

    fn client(&self) -> Result<&Client, Failure> {
        let given_back = || Failure::Unsent("the connection was given back".into());
        self.0.as_deref().map(|it| &**it).ok_or_else(given_back)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.take().map(Object::take);
    }
}

impl Value<'_> {
    /// What the driver needs to send it.
    fn typed(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Self::Bytes(value) => (value, Type::BYTEA),
            Self::BytesList(value) => (value, Type::BYTEA_ARRAY),
            Self::Flags(value) => (value, Type::BOOL_ARRAY),
            Self::MaybeBytes(value) => (value, Type::BYTEA),
            Self::Number(value) => (value, Type::INT8),
            Self::Text(value) => (value, Type::TEXT),
            Self::Texts(value) => (value, Type::TEXT_ARRAY),
        }
    }
}

/// A column of a row.
pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, StoreError> {
    row.try_get(at).map_err(StoreError::corrupt)
}

/// A column with bytes.
pub(super) fn bytes(row: &Row, at: usize) -> Result<Bytes, StoreError> {
    column(row, at).map(Bytes::copy_from_slice)
}

/// A column with a count or a place, which is never negative.
pub(super) fn count(row: &Row, at: usize) -> Result<u64, StoreError> {
    u64::try_from(column::<i64>(row, at)?).map_err(StoreError::corrupt)
}

/// A count as PostgreSQL has it. None has so many as not to fit.
pub(super) fn number(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

/// How often a statement that collided with another transaction is tried.
const TRIES: u32 = 5;

/// Raises `synchronous_commit` for this transaction, as one column.
const DURABLE: &str = "set_config('synchronous_commit', CASE current_setting('synchronous_commit') \
     WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)";
