//! Processes that are killed while they write.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::seed::{Random, seed};
use super::{DEADLINE, Place, runtime};

/// Kills writers and looks at what they leave, or is such a writer: the test `test` runs its own
/// binary again, for itself only.
///
/// `write` makes the write with this number in this round; what it has done then must last. `look`
/// is told the last number of each round that was acknowledged.
pub(super) fn survive<P: Place>(
    test: &str,
    write: impl AsyncFn(&P::Store, u64, u64),
    look: impl AsyncFn(&P::Store, &[u64]),
) {
    runtime().block_on(async {
        match std::env::var(KILLED) {
            Ok(order) => write_until_killed::<P>(&order, write).await,
            Err(_) => kill_and_look::<P>(test, look).await,
        }
    });
}

async fn kill_and_look<P: Place>(test: &str, look: impl AsyncFn(&P::Store, &[u64])) {
    let place = P::fresh().await;
    let name = place
        .name()
        .expect("Place::name says how to find it, or `kill` is declared lacking");
    let mut random = Random::new(seed());
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let moment = random.below(MOMENTS);
        let later = Duration::from_micros(random.below(LATER));
        eprintln!("round {round}: kills {later:?} after write {moment}");
        let last = kill_a_writer(test, &format!("{round} {name}"), moment, later).await;
        eprintln!("round {round}: {last} was acknowledged");
        acknowledged.push(last);
        look(&place.open().await, &acknowledged).await;
    }
}

/// Starts a writer, kills it some time after it has acknowledged the write with the number
/// `moment`, and answers the last that it had acknowledged then.
async fn kill_a_writer(test: &str, order: &str, moment: u64, later: Duration) -> u64 {
    let (_, test) = test.split_once("::").unwrap_or(("", test));
    let mut writer = Command::new(std::env::current_exe().expect("a test is a program"))
        .args(["--exact", test, "--nocapture"])
        .env(KILLED, order)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a writer starts");
    let output = writer.stdout.take().expect("its output is piped");
    let numbers = numbers(output);
    let mut last = None;
    while last < Some(moment) {
        let next = numbers.recv_timeout(DEADLINE);
        last = Some(next.expect("the writer acknowledges one write after the other"));
    }
    tokio::time::sleep(later).await;
    writer.kill().expect("the writer is killed");
    writer.wait().expect("the writer is dead");
    numbers.iter().last().unwrap_or(moment)
}

/// What a writer acknowledges, until it is dead.
fn numbers(output: ChildStdout) -> Receiver<u64> {
    let (sender, numbers) = channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        for line in lines {
            let number = line.strip_prefix(ACKNOWLEDGED);
            if let Some(number) = number.and_then(|it| it.parse().ok()) {
                // Who no longer listens has failed for a reason of its own.
                let _ = sender.send(number);
            }
        }
    });
    numbers
}

/// Ends by itself when nobody reads its output any more.
async fn write_until_killed<P: Place>(order: &str, write: impl AsyncFn(&P::Store, u64, u64)) {
    let (round, name) = order.split_once(' ').expect("a round and a name");
    let round = round.parse().expect("the round is a number");
    let store = P::named(name).await.open().await;
    for number in 0..WRITES {
        write(&store, round, number).await;
        let mut output = std::io::stdout().lock();
        // A line of its own, whatever the test program has written.
        let told = write!(output, "\n{ACKNOWLEDGED}{number}\n").and_then(|()| output.flush());
        if told.is_err() {
            return;
        }
    }
}

const ACKNOWLEDGED: &str = "acknowledged ";

/// The environment variable by which a test knows that it is the process to be killed, and where
/// it writes.
const KILLED: &str = "SSO_TESTKIT_KILLED";

/// How many writers are killed.
const ROUNDS: u64 = 4;

/// A writer is killed after one of this many writes.
const MOMENTS: u64 = 40;

/// And up to this many microseconds later, so that it is in the middle of one.
const LATER: u64 = 30_000;

/// Where a writer gives up to be killed.
const WRITES: u64 = 100_000;
