//! How long until a saved configuration is in force on every server?
//!
//! `cargo bench --bench propagate` saves with 1, 10 and 100 servers; `-- --test` does it with few.
//! Hub and servers are in one process, without TLS. What counts is the time from the save to the
//! moment when a server was offered the revision, over all servers and saves.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark reads the clock, reports on standard output and stops at a failure"
)]

#[expect(dead_code, unused_imports, reason = "other benchmarks use the rest")]
mod company;

use std::env;
use std::time::{Duration, Instant};

use company::{Company, Fresh, keys};

fn main() {
    let is_test = env::args().any(|it| it == "--test");
    let (sizes, saves): (&[u8], u64) = if is_test {
        (&[1, 3], 2)
    } else {
        (&[1, 10, 100], 30)
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("| servers | saves | p50 | p99 | longest |\n|---|---|---|---|---|");
    for servers in sizes {
        println!("{}", runtime.block_on(measure(*servers, saves)));
    }
    println!("| target | | | ≤ 300 ms | |");
}

async fn measure(servers: u8, saves: u64) -> String {
    let mut company = Company::found().await;
    let mut nodes = Vec::new();
    for number in 1..=servers {
        let name = format!("server-{number}");
        let folder = company.folder_of(&name);
        let link = company.link();
        let who = (name.as_str(), keys(number));
        let administrator = &mut company.administrator;
        nodes.push(Fresh::enrol(administrator, who, &folder, link).await);
    }
    let mut spans = Vec::new();
    for base in 1..=saves {
        until_all_wait(&company, servers).await;
        spans.extend(save(&mut company, base, &nodes).await);
    }
    for fresh in nodes {
        fresh.node.stop().await;
    }
    spans.sort_unstable();
    let at = |hundredths: usize| spans.get((spans.len() - 1) * hundredths / 100).unwrap();
    let (p50, p99, longest) = (at(50), at(99), at(100));
    format!("| {servers} | {saves} | {p50:.1?} | {p99:.1?} | {longest:.1?} |")
}

/// Saves the revision after `base`; how long each server took.
async fn save(company: &mut Company, base: u64, nodes: &[Fresh]) -> Vec<Duration> {
    let start = Instant::now();
    let waiting = nodes.iter().map(|fresh| {
        let mut activated = fresh.activated.clone();
        tokio::spawn(async move {
            let active = activated.wait_for(|it| *it > base);
            let active = tokio::time::timeout(PATIENCE, active).await;
            active.unwrap().unwrap();
            start.elapsed()
        })
    });
    let waiting: Vec<_> = waiting.collect();
    company.save(base).await;
    let mut spans = Vec::new();
    for span in waiting {
        spans.push(span.await.unwrap());
    }
    spans
}

/// Every server has taken in what was before, and waits for news.
async fn until_all_wait(company: &Company, servers: u8) {
    let all_wait = async {
        while company.hub.counts().waiting < u64::from(servers) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all_wait).await.unwrap();
}

const PATIENCE: Duration = Duration::from_mins(2);
