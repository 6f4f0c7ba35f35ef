//! Forgetting: what is superseded, and whole domains. Always in steps, so that no statement is
//! long and nobody waits for it.

use super::PostgresStore;
use super::link::{Value, column, number};
use crate::store::{DomainId, Mark, Seq, StoreError};

impl PostgresStore {
    /// The feed says first that it begins later; only then is deleted what is before.
    pub(super) async fn compact_feed(
        &self,
        domain: &DomainId,
        through: Seq,
    ) -> Result<(), StoreError> {
        let id = Value::Bytes(domain.as_bytes());
        let through = Value::Number(number(through.number()));
        self.link().write(BEGIN, &[id, through]).await?;
        self.in_steps(FORGET_BATCHES, id).await?;
        self.in_steps(FORGET_RECORDS, id).await
    }

    /// Deletes whatever there is of the domain. It is gone with the first step; what is left of it
    /// and of others, after an interruption, is swept up afterwards.
    pub(super) async fn erase_domain(&self, domain: &DomainId) -> Result<(), StoreError> {
        let id = Value::Bytes(domain.as_bytes());
        self.link().write(ERASE, &[id]).await?;
        self.watch().told(domain, Mark::default());
        while let Some(number) = self.erased().await? {
            for sweep in [SWEEP_STATEMENTS, SWEEP_BATCHES, SWEEP_RECORDS] {
                self.in_steps(sweep, Value::Number(number)).await?;
            }
            self.link().write(SWEPT, &[Value::Number(number)]).await?;
        }
        Ok(())
    }

    async fn erased(&self) -> Result<Option<i64>, StoreError> {
        let rows = self.link().read(ERASED, &[]).await?;
        rows.first().map(|row| column(row, 0)).transpose()
    }

    /// Runs a statement that begins after a place and answers where it ended, until it ends
    /// nowhere.
    async fn in_steps(&self, sql: &str, of: Value<'_>) -> Result<(), StoreError> {
        let mut place = Some(-1);
        while let Some(after) = place {
            let values = [of, Value::Number(after), Value::Number(STEP)];
            let rows = self.link().write(sql, &values).await?;
            place = rows.first().map_or(Ok(None), |row| column(row, 0))?;
        }
        Ok(())
    }
}

/// How many rows a step looks at.
const STEP: i64 = 5000;

const BEGIN: &str = "
    UPDATE {schema}.domains AS domain SET compacted = whole.last
    FROM (
        SELECT max(last) AS last FROM {schema}.batches
        WHERE domain = (SELECT number FROM {schema}.domains WHERE id = $1) AND last <= $2
    ) AS whole
    WHERE domain.id = $1 AND domain.compacted < whole.last
    RETURNING {durable}";

const FORGET_BATCHES: &str = "
    WITH domain AS MATERIALIZED (
        SELECT number, compacted FROM {schema}.domains WHERE id = $1
    ), page AS MATERIALIZED (
        SELECT last FROM {schema}.batches
        WHERE domain = (SELECT number FROM domain) AND last > $2
          AND last <= (SELECT compacted FROM domain)
        ORDER BY last LIMIT $3
    ), gone AS (
        DELETE FROM {schema}.batches
        WHERE domain = (SELECT number FROM domain) AND last IN (SELECT last FROM page)
    )
    SELECT max(last), {durable} FROM page";

/// A record that is superseded remains so.
const FORGET_RECORDS: &str = "
    WITH domain AS MATERIALIZED (
        SELECT number, compacted FROM {schema}.domains WHERE id = $1
    ), page AS MATERIALIZED (
        SELECT seq, live FROM {schema}.records
        WHERE domain = (SELECT number FROM domain) AND seq > $2
          AND seq <= (SELECT compacted FROM domain)
        ORDER BY seq LIMIT $3
    ), gone AS (
        DELETE FROM {schema}.records
        WHERE domain = (SELECT number FROM domain)
          AND seq IN (SELECT seq FROM page WHERE NOT live)
    )
    SELECT max(seq), {durable} FROM page";

const ERASE: &str = "
    WITH gone AS (DELETE FROM {schema}.domains WHERE id = $1 RETURNING number)
    INSERT INTO {schema}.erased (number) SELECT number FROM gone
    RETURNING {durable}";

const ERASED: &str = "SELECT number FROM {schema}.erased ORDER BY number LIMIT 1";

const SWEPT: &str = "DELETE FROM {schema}.erased WHERE number = $1 RETURNING {durable}";

const SWEEP_STATEMENTS: &str = "
    WITH page AS MATERIALIZED (
        SELECT position FROM {schema}.statements
        WHERE domain = $1 AND position > $2 ORDER BY position LIMIT $3
    ), gone AS (
        DELETE FROM {schema}.statements
        WHERE domain = $1 AND position IN (SELECT position FROM page)
    )
    SELECT max(position), {durable} FROM page";

const SWEEP_BATCHES: &str = "
    WITH page AS MATERIALIZED (
        SELECT last FROM {schema}.batches WHERE domain = $1 AND last > $2 ORDER BY last LIMIT $3
    ), gone AS (
        DELETE FROM {schema}.batches WHERE domain = $1 AND last IN (SELECT last FROM page)
    )
    SELECT max(last), {durable} FROM page";

const SWEEP_RECORDS: &str = "
    WITH page AS MATERIALIZED (
        SELECT seq FROM {schema}.records WHERE domain = $1 AND seq > $2 ORDER BY seq LIMIT $3
    ), gone AS (
        DELETE FROM {schema}.records WHERE domain = $1 AND seq IN (SELECT seq FROM page)
    )
    SELECT max(seq), {durable} FROM page";
