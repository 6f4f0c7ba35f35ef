//! What does a full sync cost, when nothing differs and when something does?
//!
//! `cargo bench --bench full_sync` has a server of 100,000 users lose none, 10 and 1,000 of them
//! on its disk; `-- --users 1000000` has more. `-- --test` does it once with few. Hub and server
//! are in one process, without TLS; bytes are those of bodies.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark reads the clock, reports on standard output and stops at a failure"
)]

#[expect(dead_code, unused_imports, reason = "other benchmarks use the rest")]
mod company;

use std::env;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use sso_sync::driver::Force;
use sso_sync::mirror::{Place as _, SqlitePlace, UserStore};
use sso_sync::node::Records as _;

use company::{Company, Counted, Fresh, fill, keys, record_of, sign_in};

fn main() {
    let users = users();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{}", HEADINGS.join("\n"));
    runtime.block_on(async {
        let server = Server::filled(users).await;
        for differences in [0, 10, 1_000] {
            println!("{}", server.measure(differences).await);
        }
        server.fresh.node.stop().await;
    });
    println!("{TARGETS}");
}

fn users() -> u64 {
    let asked = env::args().skip_while(|it| it != "--users").nth(1);
    match asked {
        _ if env::args().any(|it| it == "--test") => 5_000,
        Some(users) => users.parse().unwrap(),
        None => 100_000,
    }
}

/// A server that holds everything, and what it stands on.
struct Server {
    company: Company,
    link: Arc<Counted>,
    fresh: Fresh,
    store: Arc<dyn UserStore>,
}

impl Server {
    async fn filled(users: u64) -> Self {
        let mut company = Company::found().await;
        fill(&mut company, users).await;
        let link = company.link();
        let mut administrator = sign_in(Arc::clone(&link) as _).await;
        let folder = company.folder_of("fresh");
        let who = ("fresh", keys(1));
        let way = Arc::clone(&link) as _;
        let mut fresh = Fresh::enrol(&mut administrator, who, &folder, way).await;
        fresh.until_active(1).await;
        fresh.until_complete(users).await;
        Self {
            company,
            link,
            fresh,
            store: on_disk(&folder).await,
        }
    }

    /// One line of the table: so many users are lost, and come back.
    async fn measure(&self, differences: u64) -> String {
        let ring = self.fresh.node.ring();
        let lost = (0..differences).map(|it| record_of(&ring, it)).collect();
        let domain = self.company.administrator.domain();
        self.store.mend(&domain, lost, Vec::new()).await.unwrap();
        let (requests, bytes) = self.link.so_far();
        let start = Instant::now();
        let report = self.fresh.node.full_sync(Force::Repair).await.unwrap();
        let span = start.elapsed();
        let after = self.link.so_far();
        assert!(report.is_complete && report.fetched == differences);
        let kibibytes = (after.1 - bytes) as f64 / 1024.0;
        let requests = after.0 - requests;
        let live = report.live;
        format!("| {live} | {differences} | {span:.2?} | {requests} | {kibibytes:.1} |")
    }
}

/// The users in the folder of a server, of whichever generation.
async fn on_disk(folder: &Path) -> Arc<dyn UserStore> {
    let place = SqlitePlace::open(folder).unwrap();
    for generation in 0..GENERATIONS {
        if let Some(users) = place.users(generation).await.unwrap() {
            return users;
        }
    }
    unreachable!("a server that holds users has them in a file")
}

const HEADINGS: [&str; 2] = [
    "| users | differences | time | requests | KiB |",
    "|---|---|---|---|---|",
];
const TARGETS: &str = "| target, 1,000,000 | 0 | ≤ 4 s | | ≤ 64 |";

/// More than there ever are in a fresh folder.
const GENERATIONS: u64 = 16;
