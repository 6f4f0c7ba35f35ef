//! How long until a server that holds everything is ready after a restart?
//!
//! `cargo bench --bench start` restarts a server of 100,000 users; `-- --users 1000000` has more,
//! `-- --test` few. Ready means: it finds a user whom it knows. Meanwhile the hub is there.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark reads the clock, reports on standard output and stops at a failure"
)]

#[expect(dead_code, unused_imports, reason = "other benchmarks use the rest")]
mod company;

use std::env;
use std::time::Instant;

use sso_sync::node::Records as _;

use company::{Company, Fresh, fill, keys, record_of};

fn main() {
    let asked = env::args().skip_while(|it| it != "--users").nth(1);
    let users = match asked {
        _ if env::args().any(|it| it == "--test") => 5_000,
        Some(users) => users.parse().unwrap(),
        None => 100_000,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("| users | a known user is found |\n|---|---|");
    runtime.block_on(measure(users));
    println!("| target, 1,000,000 | ≤ 1 s |");
}

async fn measure(users: u64) {
    let mut company = Company::found().await;
    fill(&mut company, users).await;
    let folder = company.folder_of("fresh");
    let (link, who) = (company.link(), ("fresh", keys(1)));
    let mut fresh = Fresh::enrol(&mut company.administrator, who, &folder, link).await;
    fresh.until_active(1).await;
    fresh.until_complete(users).await;
    let domain = company.administrator.domain();
    for _ in 0..ROUNDS {
        fresh.node.stop().await;
        let start = Instant::now();
        fresh = Fresh::restart(domain, ("fresh", keys(1)), &folder, company.link()).await;
        let id = record_of(&fresh.node.ring(), users / 2);
        assert!(fresh.node.find(&id).await.unwrap().is_some());
        println!("| {users} | {:.2?} |", start.elapsed());
    }
    fresh.node.stop().await;
}

const ROUNDS: usize = 3;
