//! Runs simulations, one for each seed.

use crate::bug::Bug;
use crate::cluster::Cluster;
use crate::history::History;

/// What has to hold of a history, or what is wrong.
pub(crate) type Invariant = fn(&History) -> Result<(), String>;

/// Checks an invariant with fresh seeds, or with the one that is asked for.
pub(crate) fn hold(test: &str, invariant: Invariant) {
    for seed in seeds() {
        if let Err(why) = simulate(seed, None, invariant) {
            panic!(
                "{why}\nto see it again: {SEED}={seed} cargo nextest run -p sso-sync \
                 --features testkit --test sim {test}"
            );
        }
    }
}

/// One simulation; the first thing that is wrong in it.
pub(crate) fn simulate(seed: u64, bug: Option<Bug>, invariant: Invariant) -> Result<(), String> {
    block_on(live(seed, bug, invariant)).map(drop)
}

/// Runs one simulation on a clock that does not wait.
pub(crate) fn block_on<T>(simulation: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(simulation)
}

async fn live(seed: u64, bug: Option<Bug>, invariant: Invariant) -> Result<History, String> {
    let mut cluster = Cluster::begin(seed, bug).await;
    for number in 0..STEPS {
        cluster.step(number).await;
        invariant(&cluster.history)?;
    }
    cluster.end().await;
    let history = cluster.history();
    invariant(&history).map(|()| history)
}

pub(crate) fn seeds() -> Vec<u64> {
    if let Some(seed) = number(SEED) {
        return vec![seed];
    }
    let count = number(SEEDS).unwrap_or(FEW);
    let base = fastrand::u64(..u64::MAX / 2);
    eprintln!("seeds {base} to {}", base + count.saturating_sub(1));
    KNOWN.into_iter().chain(base..base + count).collect()
}

fn number(variable: &str) -> Option<u64> {
    let given = std::env::var(variable).ok()?;
    Some(given.parse().unwrap())
}

const STEPS: usize = 40;

const FEW: u64 = 12;

/// Seeds that once found something: an older configuration after a crash, and a server that tried
/// without a pause to forget what its full disk kept.
pub(crate) const KNOWN: [u64; 2] = [7_505_882_499_496_940_899, 3_021_911_752_197_088_865];

pub(crate) const SEED: &str = "SSO_SIM_SEED";

const SEEDS: &str = "SSO_SIM_SEEDS";

#[tokio::test(start_paused = true)]
async fn one_seed_makes_one_history_in_which_much_is_promised() {
    let (one, other) = (
        live(1, None, |_| Ok(())).await,
        live(1, None, |_| Ok(())).await,
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.acknowledged, other.acknowledged);
    assert_eq!(one.updates, other.updates);
    assert_eq!(one.served, other.served);
    assert!(one.acknowledged.len() > 2 && !one.updates.is_empty());
    assert!(one.rest.is_some_and(|it| it.servers.len() > 2));
}
