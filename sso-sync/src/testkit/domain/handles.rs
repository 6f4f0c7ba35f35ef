//! Several handles of one place, as several processes would have them.

use std::sync::Arc;
use std::time::Duration;

use super::chain::one_appends;
use super::commits::{commits_are_counted, one_commits};
use super::story::{end, holds, tell};
use super::{DOMAIN, DomainPlace, append, found, head, refuses_append, refuses_commit};
use crate::store::{DomainStore, Mark, Seq};
use crate::testkit::{ANSWERS, in_time};

/// At once: what one handle was answered, the other finds.
pub async fn a_second_handle_sees_every_commit<P: DomainPlace>(place: P) {
    let (first, second) = (place.open().await, place.open().await);
    assert_eq!(second.head(&DOMAIN).await.expect(ANSWERS), None);
    found(&first, &DOMAIN).await;
    for round in 0..5 {
        let told = round * 2;
        append(&second, &DOMAIN, round + 1, "statement").await;
        assert_eq!(head(&first, &DOMAIN).await.statements, round + 2);
        tell(&first, told..told + 1).await;
        holds(&second, told + 1).await;
        tell(&second, told + 1..told + 2).await;
        holds(&first, told + 2).await;
    }
    first.compact(&DOMAIN, end(8)).await.expect(ANSWERS);
    assert_eq!(head(&second, &DOMAIN).await.compacted, end(8));
    holds(&second, 10).await;
    second.erase(&DOMAIN).await.expect(ANSWERS);
    super::chain::is_unknown(&first, &DOMAIN).await;
}

/// One wins, and commits through both are counted exactly once.
pub async fn a_second_handle_competes_for_the_same_head<P: DomainPlace>(place: P) {
    let handles = [Arc::new(place.open().await), Arc::new(place.open().await)];
    for position in 0..10 {
        one_appends(&handles, position).await;
    }
    for round in 0..10 {
        let [first, second] = &handles;
        let before = head(&**first, &DOMAIN).await.seq;
        one_commits(&handles, round).await;
        for store in [first, second] {
            refuses_commit(&**store, &DOMAIN, before).await;
        }
    }
    commits_are_counted(&handles).await;
}

/// Both logs, what was compacted, and where writing goes on.
pub async fn what_was_committed_is_there_after_reopening<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    append(&store, &DOMAIN, 1, "second").await;
    tell(&store, 0..20).await;
    store.compact(&DOMAIN, end(9)).await.expect(ANSWERS);
    let before = head(&store, &DOMAIN).await;
    drop(store);

    let store = place.open().await;
    assert_eq!(head(&store, &DOMAIN).await, before);
    holds(&store, 20).await;
    let statements = store.statements(&DOMAIN, 0, 1000).await.expect(ANSWERS);
    assert_eq!(statements, ["genesis", "second"]);
    refuses_append(&store, &DOMAIN, 1).await;
    refuses_commit(&store, &DOMAIN, end(19)).await;
    append(&store, &DOMAIN, 2, "third").await;
    tell(&store, 20..25).await;
    drop(store);
    holds(&place.open().await, 25).await;
}

/// On this handle and on a second one; a statement wakes them, too.
pub async fn a_commit_wakes_those_who_wait<P: DomainPlace>(place: P) {
    let handles = [Arc::new(place.open().await), Arc::new(place.open().await)];
    let [writer, _] = &handles;
    found(&**writer, &DOMAIN).await;
    for round in 0..4 {
        let seen = head(&**writer, &DOMAIN).await.mark();
        let waiters = handles.clone().map(|store| {
            tokio::spawn(async move {
                while head(&*store, &DOMAIN).await.mark() == seen {
                    store.changed(&DOMAIN, seen, LONG).await;
                }
            })
        });
        tokio::task::yield_now().await;
        match round % 2 {
            0 => tell(&**writer, round / 2..round / 2 + 1).await,
            _ => append(&**writer, &DOMAIN, seen.statements, "statement").await,
        }
        for waiter in waiters {
            let woken = in_time("a commit wakes those who wait", waiter).await;
            woken.expect("a waiter comes to its end");
        }
    }
}

/// Who has seen less than there is goes on at once, and who has seen everything waits as long as
/// was asked for.
pub async fn nobody_waits_for_what_is_there<P: DomainPlace>(place: P) {
    let handles = [place.open().await, place.open().await];
    let [store, _] = &handles;
    found(store, &DOMAIN).await;
    tell(store, 0..2).await;
    append(store, &DOMAIN, 1, "second").await;
    let everything = head(store, &DOMAIN).await.mark();
    for handle in &handles {
        for (statements, seq) in [(0, 0), (1, end(2).number()), (2, end(1).number())] {
            let seq = Seq::new(seq);
            let there = handle.changed(&DOMAIN, Mark { statements, seq }, LONG);
            in_time("nobody waits for what is there", there).await;
        }
        let quiet = handle.changed(&DOMAIN, everything, Duration::from_millis(20));
        in_time("waiting ends", quiet).await;
        let unknown = handle.changed(&super::OTHER, Mark::default(), Duration::ZERO);
        in_time("waiting ends", unknown).await;
    }
}

/// Longer than any case takes.
const LONG: Duration = Duration::from_hours(1);
