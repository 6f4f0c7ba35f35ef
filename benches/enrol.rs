//! How long until a fresh server signs users in, and until it holds all of them?
//!
//! `cargo bench --bench enrol` measures domains of 10,000 and 100,000 users; `-- --users 1000000`
//! measures one of a million. `-- --test` does it once with few. Hub and server are in one process,
//! without TLS: the memory is that of both, and bytes are those of bodies. Everything counts from
//! the moment when the administrator has typed the password.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark reads the clock, reports on standard output and stops at a failure"
)]

#[expect(dead_code, unused_imports, reason = "other benchmarks use the rest")]
mod company;
#[path = "company/memory.rs"]
mod memory;

use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fmt};

use sso_sync::node::Records as _;

use company::{Company, Counted, Fresh, fill, keys, record_of, sign_in};
use memory::{count_memory_anew, most_memory};

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{}", HEADINGS.join("\n"));
    for users in sizes() {
        println!("{}", runtime.block_on(measure(users)));
    }
    println!("{TARGETS}");
}

/// Of how many users the domains are.
fn sizes() -> Vec<u64> {
    let asked = env::args().skip_while(|it| it != "--users").nth(1);
    match asked {
        _ if env::args().any(|it| it == "--test") => vec![5_000],
        Some(users) => vec![users.parse().unwrap()],
        None => vec![10_000, 100_000],
    }
}

async fn measure(users: u64) -> Row {
    let mut company = Company::found().await;
    let digest = fill(&mut company, users).await;
    let link = company.link();
    count_memory_anew();
    let before = most_memory();

    let start = Instant::now();
    let mut fresh = enrol(&company, &link).await;
    let enrolled = start.elapsed();
    fresh.until_active(1).await;
    let active = start.elapsed();
    find_last(&fresh, users).await;
    let found = start.elapsed();
    fresh.until_complete(users).await;
    let complete = start.elapsed();

    let (requests, bytes) = link.so_far();
    assert_eq!(fresh.node.status().borrow().commitment, digest);
    fresh.node.stop().await;
    Row {
        users,
        enrolled,
        active,
        found,
        complete,
        requests,
        bytes,
        memory: (before, most_memory()),
    }
}

/// What `sso-connect enrol` does: signs in, has the server signed in, and starts it.
async fn enrol(company: &Company, link: &Arc<Counted>) -> Fresh {
    let mut administrator = sign_in(Arc::clone(link) as _).await;
    let folder = company.folder_of("fresh");
    let who = ("fresh", keys(1));
    Fresh::enrol(&mut administrator, who, &folder, Arc::clone(link) as _).await
}

/// The last user comes early, as whoever signs in first may be anybody. Before the server has
/// heard from the hub it knows of nobody.
async fn find_last(fresh: &Fresh, users: u64) {
    let id = record_of(&fresh.node.ring(), users - 1);
    let mut status = fresh.node.status();
    while fresh.node.find(&id).await.unwrap().is_none() {
        status.changed().await.unwrap();
    }
}

/// What was measured of one domain.
struct Row {
    users: u64,
    enrolled: Duration,
    active: Duration,
    found: Duration,
    complete: Duration,
    requests: u64,
    bytes: u64,
    /// Before, and at most, in KiB.
    memory: (u64, u64),
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = self.bytes as f64 / 1024.0 / 1024.0;
        let (before, peak) = (self.memory.0 / 1024, self.memory.1 / 1024);
        write!(
            f,
            "| {} | {:.2?} | {:.2?} | {:.2?} | {:.2?} | {} | {mebibytes:.1} | {before} | {peak} |",
            self.users, self.enrolled, self.active, self.found, self.complete, self.requests
        )
    }
}

const HEADINGS: [&str; 2] = [
    "| users | server started | configuration in force | first user found | all held, digest equal | requests | MiB | memory before, MiB | peak, MiB |",
    "|---|---|---|---|---|---|---|---|---|",
];
const TARGETS: &str =
    "| target, 1,000,000 | | | ≤ 2 s | ≤ 15 s | | | | ≤ 256 (of the server alone) |";
