//! Reading everything that is live, and repairing what is wrong.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::SqliteStore;
use super::chain::Domain;
use super::place::DomainNumber;
use crate::Digest;
use crate::feed::{SetHash, record_digest};
use crate::sqlite::{Failure, OpenError};
use crate::store::{DomainId, RecordId, Seq, StoreError, Stored};

impl SqliteStore {
    /// The head and the set hash of what is live, as of one moment.
    pub(crate) async fn scan_live(&self, domain: &DomainId) -> Result<(Seq, SetHash), StoreError> {
        let domain = *domain;
        let scan = self.apart(move |connection| {
            let scanned = connection
                .transaction()
                .map_err(Failure::from)
                .and_then(|it| scan(&it, &domain));
            Ok::<_, OpenError>(scanned)
        });
        let scanned = scan.await.map_err(StoreError::unavailable)?;
        Ok(scanned?)
    }

    /// Takes away the live records of some ids, and puts others at their places.
    pub(crate) async fn mend_live(
        &self,
        domain: &DomainId,
        remove: Vec<RecordId>,
        put: Vec<Stored>,
    ) -> Result<(), StoreError> {
        let domain = *domain;
        self.change(move |connection| mend(connection, &domain, &remove, &put))
            .await
    }
}

/// Reads on this thread and adds up on another.
fn scan(connection: &Transaction<'_>, id: &DomainId) -> Result<(Seq, SetHash), Failure> {
    let domain = Domain::find(connection, id)?;
    let domain = domain.ok_or_else(|| StoreError::corrupt("the users belong to no domain"))?;
    let seq = Seq::new(domain.seq(connection)?);
    Ok((seq, sum(connection, domain.number)?))
}

/// The set hash of what is live.
pub(super) fn sum(connection: &Connection, domain: DomainNumber) -> Result<SetHash, Failure> {
    let (send, pieces) = sync_channel(PIECES);
    thread::scope(|scope| {
        let sum = scope.spawn(move || add_up(&pieces));
        let read = read_live(connection, domain, |piece| {
            send.send(piece)
                .map_err(|_| StoreError::unavailable("adding up has ended").into())
        });
        drop(send);
        let set = sum.join();
        read.and_then(|()| set.map_err(|_| StoreError::unavailable("adding up has failed").into()))
    })
}

type Piece = Vec<(RecordId, Digest)>;

fn add_up(pieces: &Receiver<Piece>) -> SetHash {
    let mut set = SetHash::empty();
    for (id, digest) in pieces.iter().flatten() {
        set.insert(&id, &digest);
    }
    set
}

fn read_live(
    connection: &Connection,
    domain: DomainNumber,
    mut take: impl FnMut(Piece) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut question = connection.prepare(super::live::SNAPSHOT)?;
    let (first, last) = domain.places().into_inner();
    let mut rows = question.query([first, last])?;
    let mut piece = Vec::with_capacity(PIECE);
    while let Some(row) = rows.next()? {
        let body = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        piece.push((RecordId::new(row.get(1)?), record_digest(body)));
        if piece.len() == PIECE {
            take(std::mem::replace(&mut piece, Vec::with_capacity(PIECE)))?;
        }
    }
    take(piece)
}

fn mend(
    connection: &Connection,
    id: &DomainId,
    remove: &[RecordId],
    put: &[Stored],
) -> Result<(), Failure> {
    let domain = Domain::find(connection, id)?.ok_or(StoreError::Conflict)?;
    let head = domain.seq(connection)?;
    for id in remove {
        let row = params![domain.number.number(), id.as_bytes()];
        connection.prepare_cached(REMOVE)?.execute(row)?;
    }
    for Stored { seq, record } in put {
        let place = domain.number.place(seq.number());
        let there: Option<[u8; 32]> = connection
            .prepare_cached("SELECT id FROM records WHERE place = ?1")?
            .query_row([place], |row| row.get(0))
            .optional()?;
        let is_free = there.is_none_or(|there| there == *record.id.as_bytes());
        if !is_free || seq.number() == 0 || seq.number() > head {
            return Err(StoreError::Conflict.into());
        }
        let row = params![place, record.id.as_bytes(), &record.body[..]];
        connection.prepare_cached(PUT)?.execute(row)?;
    }
    Ok(())
}

const REMOVE: &str = "DELETE FROM records WHERE domain = ?1 AND id = ?2 AND live = 1";

const PUT: &str = "INSERT OR REPLACE INTO records (place, live, id, body) VALUES (?1, 1, ?2, ?3)";

/// How many records are added up at once.
const PIECE: usize = 256;

/// How many pieces wait to be added up.
const PIECES: usize = 16;
