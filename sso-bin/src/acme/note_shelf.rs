//! The shelf of a domain: a note that its servers keep together through the hub, which cannot read
//! it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use rustls_pki_types::CertificateDer;
use sso_core::StoreError;
use sso_sync::node::{Held, Put, Records};
use sso_sync::seal::{Content, Note};
use sso_sync::store::RecordId;

use super::shelf::{Shared, Shelf, ShelfError};

/// What a server knows of the others, and tells them.
#[async_trait]
pub trait Peers: fmt::Debug + Send + Sync + 'static {
    /// Why nothing can be written now; `is_there` says whether the note was ever written.
    fn obstacle(&self, is_there: bool) -> Option<String>;

    /// As for [`Shelf::tell`].
    fn tell(&self, version: Option<u64>);

    /// As for [`Shelf::behind`].
    async fn behind(&self, version: u64) -> Vec<String>;

    /// As for [`Shelf::serves`].
    fn serves(&self, certificate: Option<&CertificateDer<'static>>);
}

/// The shelf of a domain.
#[derive(Clone, Debug)]
pub struct NoteShelf {
    records: Arc<dyn Records>,
    peers: Arc<dyn Peers>,
}

impl NoteShelf {
    /// Keeps it among `records`.
    #[must_use]
    pub fn new(records: Arc<dyn Records>, peers: Arc<dyn Peers>) -> Self {
        Self { records, peers }
    }

    fn id(&self) -> RecordId {
        self.records.ring().note_id(NAME)
    }

    async fn held(&self) -> Result<Option<Held>, StoreError> {
        self.records.find(&self.id()).await
    }

    /// Writes `next` in place of `version`, which is not that of the record: that one goes on as
    /// well when the record is sealed anew.
    async fn replace(&self, version: u64, next: &Shared) -> Result<Attempt, StoreError> {
        let held = self.held().await?;
        let there = held.as_ref().and_then(shared);
        if there.as_ref().map(Shared::to_bytes) == Some(next.to_bytes()) {
            return Ok(Attempt::Done);
        }
        if there.map_or(0, |it| it.version) != version {
            return Ok(Attempt::Other);
        }
        let content = Content::Note(Note::new(next.to_bytes()));
        let after = held.map_or(0, |it| it.version);
        match self.records.put(self.id(), after, content).await {
            Ok(Put::Done(_)) => Ok(Attempt::Done),
            // It may have happened: the next attempt looks.
            Ok(Put::Other(_)) | Err(StoreError::Conflict | StoreError::Unknown(_)) => {
                Ok(Attempt::Again)
            }
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Shelf for NoteShelf {
    async fn read(&self) -> Result<Shared, ShelfError> {
        match self.held().await? {
            None => Ok(Shared::default()),
            Some(held) => shared(&held).ok_or_else(|| ShelfError::Damaged {
                what: "what the servers know of the certificate".into(),
            }),
        }
    }

    async fn put(&self, shared: Shared) -> Result<bool, ShelfError> {
        let before = shared.version;
        let version = before + 1;
        let next = Shared { version, ..shared };
        for _ in 0..ATTEMPTS {
            match self.replace(before, &next).await? {
                Attempt::Again => {}
                Attempt::Done => return Ok(true),
                Attempt::Other => return Ok(false),
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn obstacle(&self) -> Option<String> {
        let is_there = matches!(self.held().await, Ok(Some(_)));
        self.peers.obstacle(is_there)
    }

    fn tell(&self, version: Option<u64>) {
        self.peers.tell(version);
    }

    async fn behind(&self, version: u64) -> Vec<String> {
        self.peers.behind(version).await
    }

    fn serves(&self, certificate: Option<&CertificateDer<'static>>) {
        self.peers.serves(certificate);
    }
}

/// What became of an attempt to write.
enum Attempt {
    Again,
    Done,
    Other,
}

fn shared(held: &Held) -> Option<Shared> {
    match &held.content {
        Content::Note(note) => Shared::of_bytes(note.expose()),
        _ => None,
    }
}

const NAME: &str = "acme";

/// How often something else may come first that changes nothing here.
const ATTEMPTS: usize = 8;

#[cfg(test)]
mod tests {
    use sso_sync::seal::{DomainKey, KeyRing};
    use sso_sync::store::DomainId;
    use sso_sync::testkit::{Hub, MemoryRecords};

    use super::*;

    #[tokio::test]
    async fn of_two_servers_that_put_at_once_one_is_first() {
        let (one, two) = two_servers();
        let at_once = tokio::join!(one.put(by("one", 0)), two.put(by("two", 0)));
        let (first, second) = (at_once.0.unwrap(), at_once.1.unwrap());
        assert!(first != second);
        let read = one.read().await.unwrap();
        assert_eq!(
            (read.version, read.directory.as_str()),
            (1, if first { "one" } else { "two" })
        );
        assert_eq!(two.read().await.unwrap().to_bytes(), read.to_bytes());
    }

    #[tokio::test]
    async fn what_is_sealed_anew_meanwhile_is_no_change_of_another_server() {
        let (one, _) = two_servers();
        assert!(one.put(by("one", 0)).await.unwrap());
        let held = one.held().await.unwrap().unwrap();
        let again = one.records.put(one.id(), held.version, held.content).await;
        assert!(matches!(again, Ok(Put::Done(_))));
        assert!(one.put(by("one", 1)).await.unwrap());
        assert_eq!(one.read().await.unwrap().version, 2);
    }

    #[tokio::test]
    async fn a_lost_answer_is_looked_up_and_without_the_hub_nothing_is_put() {
        let records = records();
        let shelf = shelf(&records);
        records.set_hub(Hub::LosesAnswers);
        assert!(shelf.put(by("one", 0)).await.unwrap());
        records.set_hub(Hub::Away);
        assert!(shelf.put(by("one", 1)).await.is_err());
        assert_eq!(shelf.read().await.unwrap().version, 1);
    }

    #[tokio::test]
    async fn what_nobody_can_read_is_said_and_may_be_replaced() {
        let records = records();
        let shelf = shelf(&records);
        let noise = Content::Note(Note::new(b"noise".to_vec().into()));
        records.overwrite(shelf.id(), noise);
        assert!(matches!(
            shelf.read().await,
            Err(ShelfError::Damaged { .. })
        ));
        assert!(shelf.put(by("one", 0)).await.unwrap());
        assert!(shelf.read().await.is_ok());
    }

    fn by(directory: &str, version: u64) -> Shared {
        Shared {
            version,
            directory: directory.into(),
            ..Shared::default()
        }
    }

    fn two_servers() -> (NoteShelf, NoteShelf) {
        let records = records();
        (shelf(&records), shelf(&records))
    }

    fn shelf(records: &MemoryRecords) -> NoteShelf {
        NoteShelf::new(Arc::new(records.clone()), Arc::new(Nobody))
    }

    fn records() -> MemoryRecords {
        let key = DomainKey::from_bytes([1; 32]);
        MemoryRecords::new(KeyRing::first(DomainId::new([2; 32]), key).unwrap())
    }

    #[derive(Debug)]
    struct Nobody;

    #[async_trait]
    impl Peers for Nobody {
        fn obstacle(&self, _is_there: bool) -> Option<String> {
            None
        }

        fn tell(&self, _version: Option<u64>) {}

        async fn behind(&self, _version: u64) -> Vec<String> {
            Vec::new()
        }

        fn serves(&self, _certificate: Option<&CertificateDer<'static>>) {}
    }
}
