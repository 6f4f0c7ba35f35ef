//! How many sign-ins and commits does a hub take in a second?
//!
//! `cargo bench --bench hub_writes` measures; `-- --test` does each once. Everything is on one
//! SQLite file, durable before it is answered, and checked as every hub does; no TLS. Of a sign-in
//! only the hub's part counts: the work on the password is the administrator's.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark reads the clock, reports on standard output and stops at a failure"
)]

#[expect(dead_code, unused_imports, reason = "other benchmarks use the rest")]
mod company;

use std::env;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sso_sync::link::HubClient;
use tokio::task::JoinSet;

use company::{Company, Writer, sign_in};

fn main() {
    let is_test = env::args().any(|it| it == "--test");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("| what | a second | target |\n|---|---|---|");
    runtime.block_on(async {
        sign_ins(if is_test { 1 } else { 20 }).await;
        let (domains, commits) = if is_test { (2, 2) } else { (64, 100) };
        single(domains, commits).await;
        batches(if is_test { 1 } else { 40 }).await;
    });
}

/// One after the other: so many a second keep one core of the hub busy.
async fn sign_ins(count: u32) {
    let company = Company::found().await;
    let link = company.link();
    for _ in 0..count {
        sign_in(Arc::clone(&link) as _).await;
    }
    let span = link.time_of("/sync/v1/administrators");
    report("sign-ins of administrators", f64::from(count), span, "");
}

/// Every domain commits one record after the other; what they commit at once goes to the disk
/// together.
async fn single(domains: usize, commits: u64) {
    let mut companies = vec![Company::found().await];
    for _ in 1..domains {
        let another = companies.first().unwrap().another().await;
        companies.push(another);
    }
    let mut prepared = Vec::new();
    for company in &mut companies {
        let mut writer = Writer::enrol(company).await;
        let batches: Vec<_> = (0..commits).map(|it| writer.write(it..it + 1)).collect();
        prepared.push((writer.client(company), batches));
    }
    let start = Instant::now();
    let mut under_way = JoinSet::new();
    for (client, batches) in prepared {
        under_way.spawn(commit_all(client, batches));
    }
    under_way.join_all().await;
    let count = domains as f64 * commits as f64;
    report("commits of one record", count, start.elapsed(), "≥ 2,000");
}

async fn batches(count: u64) {
    let mut company = Company::found().await;
    let mut writer = Writer::enrol(&mut company).await;
    let numbers = (0..count).map(|it| it * IN_BATCH..(it + 1) * IN_BATCH);
    let batches: Vec<_> = numbers.map(|it| writer.write(it)).collect();
    let client = writer.client(&company);
    let start = Instant::now();
    commit_all(client, batches).await;
    let records = (count * IN_BATCH) as f64;
    report("records in batches", records, start.elapsed(), "≥ 50,000");
}

async fn commit_all(client: HubClient, batches: Vec<sso_sync::store::FeedBatch>) {
    for it in batches {
        let after = sso_sync::store::Seq::new(it.first.number() - 1);
        client.commit(after, &it.batch).await.unwrap();
    }
}

fn report(what: &str, count: f64, span: Duration, target: &str) {
    println!("| {what} | {:.0} | {target} |", count / span.as_secs_f64());
}

const IN_BATCH: u64 = 1_500;
