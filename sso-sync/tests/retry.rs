//! What failed is made again where that is safe, and nowhere else.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sso_sync::store::{
    Batch, Caps, DomainId, DomainStore, Entry, Expect, Feed, KvStore, MemoryStore, OnKv, Page,
    Record, RecordId, Retry, Seq, StoreError, Version,
};
use sso_sync::testkit::{Loss, LostReplies};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_was_lost_is_found_by_reading_back() {
    let store = lossy();
    store.lose(Loss::Answer);
    let version = put(&store, "a", Expect::Absent).await.unwrap();
    assert_eq!(read(&store).await, entry("a", &version));

    store.lose(Loss::Answer);
    let version = put(&store, "b", Expect::Is(version)).await.unwrap();
    assert_eq!(read(&store).await, entry("b", &version));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_did_not_happen_is_made_again() {
    let store = lossy();
    for _ in 0..3 {
        store.lose(Loss::Request);
    }
    let version = put(&store, "a", Expect::Absent).await.unwrap();
    assert_eq!(read(&store).await, entry("a", &version));

    store.lose(Loss::Request);
    let version = put(&store, "b", Expect::Is(version)).await.unwrap();
    assert_eq!(read(&store).await, entry("b", &version));
}

#[tokio::test(start_paused = true)]
async fn a_first_try_that_arrives_late_is_recognised() {
    let store = lossy();
    store.lose(Loss::Late);
    let version = put(&store, "a", Expect::Absent).await.unwrap();
    assert_eq!(read(&store).await, entry("a", &version));

    store.lose(Loss::Late);
    let version = put(&store, "b", Expect::Is(version)).await.unwrap();
    assert_eq!(read(&store).await, entry("b", &version));
}

#[tokio::test(start_paused = true)]
async fn the_write_of_another_is_a_conflict() {
    for loss in [Loss::Answer, Loss::Late, Loss::Request] {
        let store = lossy();
        let of_another = put(store.store(), "another", Expect::Absent).await;
        store.lose(loss);
        let refused = put(&store, "a", Expect::Absent).await;
        assert!(matches!(refused, Err(StoreError::Conflict)), "{loss:?}");
        assert_eq!(read(&store).await, entry("another", &of_another.unwrap()));
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_write_that_is_lost_for_good_nothing_is_known() {
    let store = lossy().every(1, Loss::Request);
    let unknown = put(&store, "a", Expect::Absent).await;
    assert!(
        matches!(unknown, Err(StoreError::Unknown(_))),
        "{unknown:?}"
    );
    assert_eq!(read(&store).await, None);
}

#[tokio::test(start_paused = true)]
async fn of_a_write_that_cannot_be_read_back_nothing_is_known() {
    let store = Scripted::new(Answer::Unknown, Answer::Unavailable);
    let unknown = put(&store, "a", Expect::Absent).await;
    assert!(
        matches!(unknown, Err(StoreError::Unknown(_))),
        "{unknown:?}"
    );
    assert_eq!((store.puts(), store.gets()), (1, 6));
}

#[tokio::test(start_paused = true)]
async fn a_store_out_of_reach_is_tried_again_so_many_times() {
    let store = Scripted::new(Answer::Unavailable, Answer::Unavailable);
    let failed = put(&store, "a", Expect::Absent).await;
    assert!(
        matches!(failed, Err(StoreError::Unavailable(_))),
        "{failed:?}"
    );
    assert_eq!((store.puts(), store.gets()), (6, 0));

    let read = Retry::default().tries(3).read(|| store.get("key")).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    assert_eq!((store.puts(), store.gets()), (6, 3));

    let read = Retry::default().tries(0).read(|| store.get("key")).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    assert_eq!(store.gets(), 4, "at least once");
}

#[tokio::test(start_paused = true)]
async fn what_became_of_a_write_is_unknown_though_later_tries_were_refused() {
    let store = Scripted::new(Answer::Unavailable, Answer::Nothing);
    store.first(Answer::Unknown);
    let unknown = put(&store, "a", Expect::Absent).await;
    assert!(
        matches!(unknown, Err(StoreError::Unknown(_))),
        "{unknown:?}"
    );
    assert_eq!((store.puts(), store.gets()), (6, 1));
}

#[tokio::test(start_paused = true)]
async fn what_another_try_would_not_mend_is_never_tried_again() {
    for answer in [
        Answer::Conflict,
        Answer::Corrupt,
        Answer::Full,
        Answer::TooLarge,
    ] {
        let store = Scripted::new(answer, answer);
        let failed = put(&store, "a", Expect::Absent).await.unwrap_err();
        assert_eq!(kind(&failed), kind(&answer.fail().unwrap_err()));
        let failed = Retry::default().read(|| store.get("key")).await;
        assert_eq!(
            kind(&failed.unwrap_err()),
            kind(&answer.fail().unwrap_err())
        );
        assert_eq!((store.puts(), store.gets()), (1, 1), "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_are_no_longer_than_they_may_be() {
    let store = Scripted::new(Answer::Unavailable, Answer::Unavailable);
    let (first, longest) = (Duration::from_millis(10), Duration::from_millis(50));
    let retry = Retry::default().tries(10).pauses(first, longest);
    let started = Instant::now();
    retry.read(|| store.get("key")).await.unwrap_err();
    // Each pause is rounded up to the next millisecond of the timer.
    let most = longest * 9 + Duration::from_millis(9);
    assert!(started.elapsed() <= most, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_statement_is_appended_once_whatever_is_lost() {
    let store = LostReplies::new(OnKv::new(MemoryStore::new()));
    let losses = [Loss::Answer, Loss::Late, Loss::Request]
        .into_iter()
        .cycle();
    for (position, loss) in (0..6).zip(losses) {
        store.lose(loss);
        let statement = Bytes::from(position.to_string());
        let retry = Retry::default();
        retry
            .append(&store, &DOMAIN, position, statement)
            .await
            .unwrap();
    }
    let statements = store.statements(&DOMAIN, 0, 100).await.unwrap();
    assert_eq!(statements, ["0", "1", "2", "3", "4", "5"]);

    store.lose(Loss::Answer);
    let retry = Retry::default();
    let refused = retry.append(&store, &DOMAIN, 5, "another".into()).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_committed_once_whatever_is_lost() {
    let store = LostReplies::new(OnKv::new(MemoryStore::new()));
    store
        .store()
        .append(&DOMAIN, 0, "genesis".into())
        .await
        .unwrap();
    let losses = [Loss::Answer, Loss::Late, Loss::Request]
        .into_iter()
        .cycle();
    let mut after = Seq::START;
    for (number, loss) in (0..6).zip(losses) {
        store.lose(loss);
        let retry = Retry::default();
        let committed = retry.commit(&store, &DOMAIN, after, batch(number)).await;
        assert_eq!(committed.unwrap(), after.plus(2));
        after = after.plus(2);
    }
    let Feed::Batches(fed) = store.feed(&DOMAIN, Seq::START, 10_000).await.unwrap() else {
        panic!("nothing was compacted");
    };
    let fed: Vec<_> = fed.into_iter().map(|it| it.batch).collect();
    assert_eq!(fed, (0..6).map(batch).collect::<Vec<_>>());

    store.lose(Loss::Answer);
    let retry = Retry::default();
    let refused = retry.commit(&store, &DOMAIN, Seq::new(4), batch(9)).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn of_a_batch_that_was_compacted_since_nothing_is_known() {
    let store = LostReplies::new(OnKv::new(MemoryStore::new()));
    let inner = store.store();
    inner.append(&DOMAIN, 0, "genesis".into()).await.unwrap();
    inner.commit(&DOMAIN, Seq::START, batch(0)).await.unwrap();
    inner.compact(&DOMAIN, Seq::new(2)).await.unwrap();
    store.lose(Loss::Request);
    let retry = Retry::default();
    let unknown = retry.commit(&store, &DOMAIN, Seq::START, batch(0)).await;
    assert!(
        matches!(unknown, Err(StoreError::Unknown(_))),
        "{unknown:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn tries_can_be_made_on_any_thread() {
    let tries = tokio::spawn(async {
        let store = LostReplies::new(OnKv::new(MemoryStore::new()));
        let retry = Retry::default();
        let head = retry.read(|| store.head(&DOMAIN)).await.unwrap();
        assert_eq!(head, None);
        retry
            .append(&store, &DOMAIN, 0, "genesis".into())
            .await
            .unwrap();
        let committed = retry.commit(&store, &DOMAIN, Seq::START, batch(0)).await;
        assert_eq!(committed.unwrap(), Seq::new(2));
        let store = lossy();
        put(&store, "a", Expect::Absent).await.unwrap();
    });
    tries.await.unwrap();
}

/// A store that answers every call as it was told.
#[derive(Debug)]
struct Scripted {
    puts: Answer,
    gets: Answer,
    first: Mutex<VecDeque<Answer>>,
    /// How often it was asked to put and to get.
    asked: Mutex<(u32, u32)>,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Conflict,
    Corrupt,
    Full,
    Nothing,
    TooLarge,
    Unavailable,
    Unknown,
}

impl Answer {
    fn fail(self) -> Result<(), StoreError> {
        Err(match self {
            Self::Nothing => return Ok(()),
            Self::Conflict => StoreError::Conflict,
            Self::Corrupt => StoreError::corrupt("as told"),
            Self::Full => StoreError::full("as told"),
            Self::TooLarge => StoreError::TooLarge { size: 2, limit: 1 },
            Self::Unavailable => StoreError::unavailable("as told"),
            Self::Unknown => StoreError::unknown("as told"),
        })
    }
}

impl Scripted {
    fn new(puts: Answer, gets: Answer) -> Self {
        Self {
            puts,
            gets,
            first: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// What the next put is answered instead.
    fn first(&self, answer: Answer) {
        self.first.lock().unwrap().push_back(answer);
    }

    fn puts(&self) -> u32 {
        self.asked.lock().unwrap().0
    }

    fn gets(&self) -> u32 {
        self.asked.lock().unwrap().1
    }
}

#[async_trait]
impl KvStore for Scripted {
    async fn get(&self, _key: &str) -> Result<Option<Entry>, StoreError> {
        self.asked.lock().unwrap().1 += 1;
        self.gets.fail().map(|()| None)
    }

    async fn put(&self, _key: &str, _value: Bytes, _expect: Expect) -> Result<Version, StoreError> {
        self.asked.lock().unwrap().0 += 1;
        let first = self.first.lock().unwrap().pop_front();
        first.unwrap_or(self.puts).fail().map(|()| Version::from(1))
    }

    async fn delete(&self, _key: &str, _expect: Version) -> Result<(), StoreError> {
        Err(StoreError::Conflict)
    }

    async fn list(
        &self,
        _prefix: &str,
        _after: Option<&str>,
        _limit: usize,
    ) -> Result<Page, StoreError> {
        Err(StoreError::unavailable("nobody lists here"))
    }

    fn caps(&self) -> Caps {
        MemoryStore::new().caps()
    }
}

fn lossy() -> LostReplies<MemoryStore> {
    LostReplies::new(MemoryStore::new())
}

async fn put(store: &dyn KvStore, value: &str, expect: Expect) -> Result<Version, StoreError> {
    let value = Bytes::copy_from_slice(value.as_bytes());
    Retry::default().put(store, "key", value, expect).await
}

async fn read(store: &dyn KvStore) -> Option<Entry> {
    store.get("key").await.unwrap()
}

fn entry(value: &str, version: &Version) -> Option<Entry> {
    Some(Entry {
        value: Bytes::copy_from_slice(value.as_bytes()),
        version: version.clone(),
    })
}

fn kind(error: &StoreError) -> std::mem::Discriminant<StoreError> {
    std::mem::discriminant(error)
}

fn batch(number: u8) -> Batch {
    let record = |index: u8| Record {
        id: RecordId::new([index; 32]),
        body: vec![number, index].into(),
    };
    Batch::new(vec![number].into(), vec![record(0), record(1)]).unwrap()
}

const DOMAIN: DomainId = DomainId::new([7; 32]);
