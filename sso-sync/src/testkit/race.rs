//! Tasks that compete.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;

use super::seed::Random;
use crate::store::Retry;

/// How many tasks compete for one thing.
pub(super) const RACERS: usize = 8;

/// Lets [`RACERS`] tasks loose at once, each with its number and one of the handles in turn, and
/// answers what each got.
pub(super) async fn race<S, T, F>(handles: &[Arc<S>], run: impl Fn(Arc<S>, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(RACERS));
    let mut racers = Vec::new();
    for (number, handle) in (0..RACERS).zip(handles.iter().cycle()) {
        let (start, racer) = (Arc::clone(&start), run(Arc::clone(handle), number));
        racers.push(tokio::spawn(async move {
            start.wait().await;
            racer.await
        }));
    }
    let mut got = Vec::new();
    for racer in racers {
        got.push(racer.await.expect("a racer comes to an end"));
    }
    got
}

/// Lets the others go first after a lost race, the longer the more often it was lost.
pub(super) async fn step_back(random: &mut Random, losses: u32) {
    let longest = 1_u64 << losses.min(6);
    tokio::time::sleep(Duration::from_millis(random.below(longest))).await;
}

/// For crowds: a server under load may be out of reach now and then.
pub(super) fn patient() -> Retry {
    Retry::default().tries(20)
}
