//! The live records: by id, all of them, and those of a bucket.

use tokio_postgres::Row;

use super::PostgresStore;
use super::feed::stored;
use super::level_1::end_of;
use super::link::{Value, count, number};
use crate::store::{Batch, Cursor, DomainId, RecordId, Seq, SnapshotPage, StoreError, Stored};

impl PostgresStore {
    /// [`DomainStore::find`](crate::store::DomainStore::find).
    pub(super) async fn find_records(
        &self,
        domain: &DomainId,
        ids: &[RecordId],
    ) -> Result<Vec<Stored>, StoreError> {
        let ids: Vec<&[u8]> = ids.iter().map(|id| &id.as_bytes()[..]).collect();
        let values = [Value::Bytes(domain.as_bytes()), Value::BytesList(&ids)];
        let rows = self.link().read(FIND, &values).await?;
        rows.iter().map(|row| stored(row, 0, 1)).collect()
    }

    /// In the order of their places: a record that is committed anew meanwhile comes later again,
    /// and none is passed by.
    pub(super) async fn read_snapshot(
        &self,
        domain: &DomainId,
        cursor: Option<&Cursor>,
        max_bytes: usize,
    ) -> Result<SnapshotPage, StoreError> {
        let mut position = cursor.map(Position::read).transpose()?;
        let mut filling = Filling::new(max_bytes);
        loop {
            let values = [
                Value::Bytes(domain.as_bytes()),
                Value::Number(position.map_or(0, |it| it.seq)),
                Value::Number(filling.room),
                Value::Number(PAGE),
            ];
            let rows = self.link().read(SNAPSHOT, &values).await?;
            let here = Here::read(&rows)?;
            if position.is_some_and(|it| it.domain != here.domain) {
                // The domain was erased, and perhaps made again.
                return Err(StoreError::Conflict);
            }
            let there_is_more = filling.take(&rows)?;
            position = filling.records.last().map(|last| Position {
                domain: here.domain,
                seq: number(last.seq.number()),
            });
            if !there_is_more || filling.is_full {
                return Ok(SnapshotPage {
                    records: filling.records,
                    next: position.filter(|_| there_is_more).map(Position::write),
                    since: here.head,
                });
            }
        }
    }

    /// [`DomainStore::bucket`](crate::store::DomainStore::bucket).
    pub(super) async fn read_bucket(
        &self,
        domain: &DomainId,
        bucket: u8,
        after: Option<&RecordId>,
        max_bytes: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let end = end_of(&[bucket]);
        let mut after = after.copied();
        let mut filling = Filling::new(max_bytes);
        loop {
            let values = [
                Value::Bytes(domain.as_bytes()),
                Value::Bytes(&[bucket]),
                Value::MaybeBytes(end.as_deref()),
                Value::MaybeBytes(after.as_ref().map(|id| &id.as_bytes()[..])),
                Value::Number(filling.room),
                Value::Number(PAGE),
            ];
            let rows = self.link().read(BUCKET, &values).await?;
            let there_is_more = filling.take(&rows)?;
            after = filling.records.last().map(|last| last.record.id);
            if !there_is_more || filling.is_full {
                return Ok(filling.records);
            }
        }
    }
}

/// Where a snapshot goes on.
#[derive(Clone, Copy)]
struct Position {
    /// Which of the domains that had this id, one after the other.
    domain: i64,
    seq: i64,
}

impl Position {
    fn read(cursor: &Cursor) -> Result<Self, StoreError> {
        let bytes = <[u8; 16]>::try_from(cursor.as_bytes()).map_err(|_| StoreError::Conflict)?;
        let both = u128::from_be_bytes(bytes);
        Ok(Self {
            domain: number(both >> 64),
            seq: number(both & u128::from(u64::MAX)),
        })
    }

    fn write(self) -> Cursor {
        let bytes = [self.domain.to_be_bytes(), self.seq.to_be_bytes()].concat();
        Cursor::new(bytes)
    }
}

/// The domain that a page of a snapshot is about.
struct Here {
    domain: i64,
    head: Seq,
}

impl Here {
    fn read(rows: &[Row]) -> Result<Self, StoreError> {
        let Some(row) = rows.first() else {
            let (domain, head) = (0, Seq::START);
            return Ok(Self { domain, head });
        };
        Ok(Self {
            domain: number(count(row, 4)?),
            head: Seq::new(count(row, 5)?),
        })
    }
}

/// An answer that is filled from several pages of the server.
struct Filling {
    records: Vec<Stored>,
    /// Bytes that still fit.
    room: i64,
    is_full: bool,
}

impl Filling {
    fn new(max_bytes: usize) -> Self {
        Self {
            records: Vec::new(),
            room: number(max_bytes),
            is_full: false,
        }
    }

    /// Takes what fits, or one record at least in all; answers whether there is more.
    ///
    /// The fourth column of a row tells how many there are, up to a page; a row without a place
    /// tells that there are none.
    fn take(&mut self, rows: &[Row]) -> Result<bool, StoreError> {
        let mut taken = 0;
        let there = rows.first().map_or(Ok(0), |row| count(row, 3))?;
        for row in rows
            .iter()
            .take(usize::try_from(there).unwrap_or(usize::MAX))
        {
            let record = stored(row, 0, 1)?;
            let size = number(record.record.size());
            if size > self.room && !self.records.is_empty() {
                break;
            }
            self.room = self.room.saturating_sub(size);
            self.records.push(record);
            taken += 1;
        }
        self.is_full = taken < there || self.room < number(Batch::OVERHEAD);
        Ok(taken < there || there == count_of(PAGE))
    }
}

fn count_of(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}

/// How many rows the server looks at for one page.
const PAGE: i64 = 2000;

const FIND: &str = "
    SELECT seq, id, body FROM {schema}.records
    WHERE domain = (SELECT number FROM {schema}.domains WHERE id = $1) AND live AND id = ANY ($2)";

/// A row without a record tells of the domain if there are none.
const SNAPSHOT: &str = "
    WITH domain AS MATERIALIZED (
        SELECT number, seq FROM {schema}.domains WHERE id = $1
    ), page AS MATERIALIZED (
        SELECT seq, id, body, octet_length(body) + 48 AS size FROM {schema}.records
        WHERE domain = (SELECT number FROM domain) AND live AND seq > $2
        ORDER BY seq LIMIT $4
    ), sized AS (
        SELECT page.*, sum(size) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS total FROM page
    )
    SELECT sized.seq, id, body, (SELECT count(*) FROM page), number, domain.seq
    FROM domain LEFT JOIN sized ON total <= $3 OR total = size
    ORDER BY sized.seq";

const BUCKET: &str = "
    WITH page AS MATERIALIZED (
        SELECT seq, id, body, octet_length(body) + 48 AS size FROM {schema}.records
        WHERE domain = (SELECT number FROM {schema}.domains WHERE id = $1) AND live
          AND id >= $2 AND ($3 IS NULL OR id < $3) AND ($4 IS NULL OR id > $4)
        ORDER BY id LIMIT $6
    ), sized AS (
        SELECT page.*, sum(size) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS total FROM page
    )
    SELECT seq, id, body, (SELECT count(*) FROM page) FROM sized
    WHERE total <= $5 OR total = size
    ORDER BY id";
