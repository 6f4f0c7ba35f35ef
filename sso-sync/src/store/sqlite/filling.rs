//! Filling a file so that everything that is in it was counted, once.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::loader::{SqliteLoader, add_index};
use super::place::{DomainNumber, at};
use crate::sqlite::Failure;
use crate::store::{Record, RecordId, Seq, StoreError, Stored};

impl SqliteLoader {
    /// Loads records as [`records`](Self::records) does, and answers which came in and which they
    /// took the place of.
    pub(crate) async fn exchange(
        &self,
        records: Vec<Stored>,
    ) -> Result<(Vec<Stored>, Vec<Stored>), StoreError> {
        let (number, is_settled) = (self.number, self.is_settled);
        self.ask(move |connection| {
            let (mut added, mut removed) = (Vec::new(), Vec::new());
            for stored in records {
                if is_settled && !supersede(connection, number, &stored, &mut removed)? {
                    continue;
                }
                if add(connection, number, &stored, &mut removed)? {
                    added.push(stored);
                }
            }
            Ok((added, removed))
        })
        .await
    }

    /// Builds the index of the ids; of several records with one id the last stays. Answers those
    /// that were removed.
    pub(crate) async fn settle(&mut self) -> Result<Vec<Stored>, StoreError> {
        if self.is_settled {
            return Ok(Vec::new());
        }
        let index = self.index.clone();
        let removed = self.ask(move |connection| {
            let mut removed = Vec::new();
            add_index(connection, &index, |connection| {
                let mut question = connection.prepare(SUPERSEDED)?;
                removed = question.query_map([], read)?.collect::<Result<_, _>>()?;
                Ok(())
            })?;
            Ok(removed)
        });
        let removed = removed.await?;
        self.is_settled = true;
        Ok(removed)
    }

    /// The records of a bucket, in the order of their ids.
    pub(crate) async fn bucket(&self, bucket: u8) -> Result<Vec<Stored>, StoreError> {
        let domain = self.number.number();
        let mut last = [u8::MAX; 32];
        last[0] = bucket;
        self.ask(move |connection| {
            let mut question = connection.prepare_cached(super::live::BUCKET)?;
            let rows = question.query_map(params![domain, [bucket], last], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Takes out the records at these places.
    pub(crate) async fn remove(&self, places: Vec<Seq>) -> Result<(), StoreError> {
        let number = self.number;
        self.ask(move |connection| {
            let mut remove = connection.prepare_cached(REMOVE)?;
            for seq in places {
                remove.execute([number.place(seq.number())])?;
            }
            Ok(())
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.worker.run(|connection| job(connection)).await
    }
}

/// Makes way for a record of an id: no, if there is a later one.
fn supersede(
    connection: &Connection,
    number: DomainNumber,
    stored: &Stored,
    removed: &mut Vec<Stored>,
) -> Result<bool, Failure> {
    let id = params![number.number(), stored.record.id.as_bytes()];
    let mut question = connection.prepare_cached(super::live::FIND)?;
    let Some(there) = question.query_row(id, read).optional()? else {
        return Ok(true);
    };
    if there.seq >= stored.seq {
        return Ok(there.seq == stored.seq);
    }
    take_out(connection, number, there, removed)?;
    Ok(true)
}

/// Puts a record at its place; no, if it is there already.
fn add(
    connection: &Connection,
    number: DomainNumber,
    stored: &Stored,
    removed: &mut Vec<Stored>,
) -> Result<bool, Failure> {
    let place = number.place(stored.seq.number());
    if at(place) != stored.seq.number() {
        return Err(StoreError::corrupt("a record stands beyond every place").into());
    }
    let Stored { record, .. } = stored;
    let mut add = connection.prepare_cached(ADD)?;
    let row = params![place, record.id.as_bytes(), &record.body[..]];
    if add.execute(row)? == 1 {
        return Ok(true);
    }
    let mut question = connection.prepare_cached(AT)?;
    let there = question.query_row([place], read)?;
    if there.record == *record {
        return Ok(false);
    }
    take_out(connection, number, there, removed)?;
    add.execute(row)?;
    Ok(true)
}

fn take_out(
    connection: &Connection,
    number: DomainNumber,
    stored: Stored,
    removed: &mut Vec<Stored>,
) -> Result<(), Failure> {
    let place = number.place(stored.seq.number());
    connection.prepare_cached(REMOVE)?.execute([place])?;
    removed.push(stored);
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        seq: Seq::new(at(row.get(0)?)),
        record: Record {
            id: RecordId::new(row.get(1)?),
            body: Bytes::copy_from_slice(row.get_ref(2)?.as_blob()?),
        },
    })
}

const ADD: &str = "INSERT INTO records (place, live, id, body) VALUES (?1, 1, ?2, ?3)
    ON CONFLICT (place) DO NOTHING";

const AT: &str = "SELECT place, id, body FROM records WHERE place = ?1";

const REMOVE: &str = "DELETE FROM records WHERE place = ?1";

const SUPERSEDED: &str = "SELECT place, id, body FROM (
        SELECT place, id, body, lead(place) OVER (PARTITION BY id ORDER BY place) AS later
        FROM records
    ) WHERE later IS NOT NULL";
