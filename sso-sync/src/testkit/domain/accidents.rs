//! Answers that get lost, processes that die, and disks that are full.

use bytes::Bytes;

use super::story::{count_at, end, everything, holds, tell, told};
use super::{DOMAIN, DomainPlace, append, batch, found, head, record, whole_feed};
use crate::store::{Batch, DomainStore, Seq, StoreError};
use crate::testkit::race::patient;
use crate::testkit::seed::noise;
use crate::testkit::{ANSWERS, Loss, LostReplies, SMALL, kill};

/// After [`StoreError::Unknown`], reading back tells whether it happened.
pub async fn lost_answers_are_found_out<P: DomainPlace>(place: P) {
    let store = LostReplies::new(place.open().await);
    let losses = [Loss::Answer, Loss::Request, Loss::Late];
    for (number, loss) in (0..).zip(losses.into_iter().cycle().take(12)) {
        store.lose(loss);
        let statement = format!("statement {number}").into();
        let appended = patient().append(&store, &DOMAIN, number, statement).await;
        appended.expect("it is found out or made again");
        assert_eq!(head(&store, &DOMAIN).await.statements, number + 1);

        store.lose(loss);
        let (after, batch) = (end(number), told(number));
        let committed = patient().commit(&store, &DOMAIN, after, batch).await;
        let seq = committed.expect("it is found out or made again");
        assert_eq!(seq, end(number + 1));
    }
    holds(store.store(), 12).await;
    another_writer_is_found_out(&store).await;
}

/// Whose batch stands where the lost one would.
async fn another_writer_is_found_out<S: DomainStore>(store: &LostReplies<S>) {
    for (number, loss) in [(12, Loss::Answer), (13, Loss::Request)] {
        tell(store.store(), number..number + 1).await;
        store.lose(loss);
        let lost = batch("lost", vec![record(1, 1, "lost")]);
        let lost = patient().commit(store, &DOMAIN, end(number), lost).await;
        assert!(matches!(lost, Err(StoreError::Conflict)), "{lost:?}");
        holds(store.store(), number + 1).await;
    }
}

/// A batch that was under way is there whole or not at all.
///
/// Runs the test `test`, which is the one that calls it, in a process of its own:
/// `concat!(module_path!(), "::", "the_name_of_the_test")`.
pub fn acknowledged_commits_survive_a_kill<P: DomainPlace>(test: &str) {
    kill::survive::<P>(
        test,
        async |store, _, number| write(store, number).await,
        async |store, acknowledged| nothing_is_missing(store, acknowledged).await,
    );
}

/// A batch, and now and then a statement and a compaction.
async fn write(store: &dyn DomainStore, number: u64) {
    if store.head(&DOMAIN).await.expect(ANSWERS).is_none() {
        append(store, &DOMAIN, 0, statement(0)).await;
    }
    let there = head(store, &DOMAIN).await;
    let told = count_at(there.seq).expect("the head is the end of a batch");
    tell(store, told..told + 1).await;
    if number.is_multiple_of(EVERY) {
        append(
            store,
            &DOMAIN,
            there.statements,
            statement(there.statements),
        )
        .await;
        let through = end(told.saturating_sub(5));
        store.compact(&DOMAIN, through).await.expect(ANSWERS);
    }
}

/// `acknowledged` holds the number of the last write of each round.
async fn nothing_is_missing(store: &dyn DomainStore, acknowledged: &[u64]) {
    let under_way = acknowledged.len() as u64;
    let head = head(store, &DOMAIN).await;
    let told = count_at(head.seq).expect("the head is the end of a batch");
    let least: u64 = acknowledged.iter().map(|last| last + 1).sum();
    let range = least..=least + under_way;
    assert!(range.contains(&told), "{told} batches of {acknowledged:?}");
    holds(store, told).await;

    let least: u64 = acknowledged.iter().map(|last| last / EVERY + 1).sum();
    let range = least + 1..=least + under_way + 1;
    let (mut read, mut expected) = (0, (0..head.statements).map(statement));
    while read < head.statements {
        let page = store.statements(&DOMAIN, read, 1000).await.expect(ANSWERS);
        read += page.len() as u64;
        let whole = page.iter().all(|it| Some(it) == expected.next().as_ref());
        assert!(whole && !page.is_empty(), "{page:?}");
    }
    assert!(
        range.contains(&read),
        "{read} statements of {acknowledged:?}"
    );
}

fn statement(position: u64) -> Bytes {
    noise(position, 100)
}

/// [`StoreError::Full`], reads go on, and commits too once there is room.
///
/// Takes a place that [`Place::small`](crate::testkit::Place::small) made.
pub async fn a_full_disk_breaks_nothing<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    let mut written = 0;
    for _ in 0..3 {
        written = fill(&store, written).await;
        holds_all(&store, written).await;
    }
    place.enlarge().await;
    for number in written..written + 3 {
        let (after, block) = (Seq::new(number), block(number));
        let commit = patient().commit(&store, &DOMAIN, after, block).await;
        commit.expect("there is room again");
    }
    let append = patient().append(&store, &DOMAIN, 1, noise(0, BLOCK)).await;
    append.expect("there is room again");
    holds_all(&store, written + 3).await;
    drop(store);
    holds_all(&place.open().await, written + 3).await;
}

/// Commits block after block until there is no room, and answers how many there are.
async fn fill(store: &dyn DomainStore, from: u64) -> u64 {
    for number in from..TOO_MANY {
        let commit = store.commit(&DOMAIN, Seq::new(number), block(number)).await;
        match commit {
            Ok(_) => {}
            Err(StoreError::Full(_)) => return number,
            Err(error) => panic!("a full disk is StoreError::Full, not {error:?}"),
        }
    }
    panic!("{TOO_MANY} blocks of {BLOCK} bytes fit onto a disk of {SMALL}");
}

async fn holds_all(store: &dyn DomainStore, written: u64) {
    assert_eq!(head(store, &DOMAIN).await.seq, Seq::new(written));
    let fed = whole_feed(store, &DOMAIN, Seq::START, 10 * BLOCK).await;
    let fed = fed.into_iter().map(|it| it.batch);
    assert!(fed.eq((0..written).map(block)), "what was acknowledged");
    let live = everything(store, &DOMAIN, 10 * BLOCK).await;
    assert_eq!(live.len() as u64, written, "each is live");
}

/// A batch of one record that no other supersedes.
fn block(number: u64) -> Batch {
    let block = record(number as u8, number, noise(number, BLOCK));
    batch(format!("envelope {number}"), vec![block])
}

/// A writer that is going to be killed appends a statement with each of so many batches.
const EVERY: u64 = 8;

const BLOCK: usize = 16 * 1024;

/// Far more blocks than fit.
const TOO_MANY: u64 = 16 * SMALL / BLOCK as u64;
