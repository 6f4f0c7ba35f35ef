//! The authority chain, and where both logs of a domain end.

use bytes::Bytes;
use tokio_postgres::Row;

use super::PostgresStore;
use super::link::{Value, bytes, count, number};
use crate::store::{DomainCaps, DomainId, Head, Mark, Seq, StoreError};

impl PostgresStore {
    /// [`DomainStore::append`](crate::store::DomainStore::append).
    pub(super) async fn append_statement(
        &self,
        domain: &DomainId,
        position: u64,
        statement: &[u8],
    ) -> Result<(), StoreError> {
        DomainCaps::check(statement.len(), MAX_STATEMENT)?;
        let id = Value::Bytes(domain.as_bytes());
        let statement = Value::Bytes(statement);
        let rows = if position == 0 {
            self.link().write(FOUND, &[id, statement]).await?
        } else {
            let values = [id, statement, Value::Number(number(position))];
            self.link().write(APPEND, &values).await?
        };
        let row = rows.first().ok_or(StoreError::Conflict)?;
        self.watch().told(domain, mark(row, 0)?);
        Ok(())
    }

    /// [`DomainStore::statements`](crate::store::DomainStore::statements).
    pub(super) async fn read_statements(
        &self,
        domain: &DomainId,
        from: u64,
        max_bytes: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        let values = [
            Value::Bytes(domain.as_bytes()),
            Value::Number(number(from)),
            Value::Number(number(max_bytes)),
            Value::Number(MAX_STATEMENTS),
        ];
        let rows = self.link().read(STATEMENTS, &values).await?;
        rows.iter().map(|row| bytes(row, 0)).collect()
    }

    /// [`DomainStore::head`](crate::store::DomainStore::head).
    pub(super) async fn read_head(&self, domain: &DomainId) -> Result<Option<Head>, StoreError> {
        let values = [Value::Bytes(domain.as_bytes())];
        let rows = self.link().read(HEAD, &values).await?;
        rows.first().map(head).transpose()
    }
}

fn head(row: &Row) -> Result<Head, StoreError> {
    let Mark { statements, seq } = mark(row, 0)?;
    Ok(Head {
        statements,
        seq,
        envelope: bytes(row, 2)?,
        compacted: Seq::new(count(row, 3)?),
    })
}

/// The two columns from `at` on: how many statements, and the place of the last record.
pub(super) fn mark(row: &Row, at: usize) -> Result<Mark, StoreError> {
    Ok(Mark {
        statements: count(row, at)?,
        seq: Seq::new(count(row, at + 1)?),
    })
}

/// Largest statement, in bytes.
pub(super) const MAX_STATEMENT: usize = 16 * 1024 * 1024;

/// Most statements of one answer.
const MAX_STATEMENTS: i64 = 10_000;

const FOUND: &str = "
    WITH founded AS (
        INSERT INTO {schema}.domains (id, statements) VALUES ($1, 1)
        ON CONFLICT (id) DO NOTHING
        RETURNING number
    )
    INSERT INTO {schema}.statements (domain, position, body)
    SELECT number, 0, $2 FROM founded
    RETURNING 1::bigint, 0::bigint, {durable}";

const APPEND: &str = "
    WITH grown AS (
        UPDATE {schema}.domains SET statements = statements + 1
        WHERE id = $1 AND statements = $3
        RETURNING number, statements, seq
    ), added AS (
        INSERT INTO {schema}.statements (domain, position, body)
        SELECT number, $3, $2 FROM grown
    )
    SELECT statements, seq, {durable} FROM grown";

const STATEMENTS: &str = "
    SELECT body FROM (
        SELECT position, body, octet_length(body) AS size,
               sum(octet_length(body)) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) AS total
        FROM (
            SELECT position, body FROM {schema}.statements
            WHERE domain = (SELECT number FROM {schema}.domains WHERE id = $1) AND position >= $2
            ORDER BY position LIMIT $4
        ) AS page
    ) AS sized
    WHERE total <= $3 OR position = $2
    ORDER BY position";

const HEAD: &str = "
    SELECT statements, seq, envelope, compacted FROM {schema}.domains WHERE id = $1";
