//! `sso-connect demo --migrate`: a domain moves from its first server to others while people sign
//! in, and everything goes wrong on the way that can.
//!
//! A hub and servers run as programs of their own, behind a load balancer. Whoever signs in does so
//! through the demonstration identity provider, and asks for the own secret. A sign-in has failed
//! if a person would have seen it fail: any page that is not the expected one, an answer that takes
//! longer than half a minute, or no answer to a request that was sent three times. That a request
//! without any answer is sent once more is what browsers and load balancers do; it is counted.

mod balancer;
mod chance;
mod crowd;
mod founding;
mod haproxy;
mod machines;
mod picture;
mod renaming;
mod site;
mod visitor;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::failure::Failure;
use crate::wiring;
use crowd::Tally;
use picture::Picture;
use site::Site;

/// How the demonstration goes.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "made by the command and by tests"
)]
pub struct Settings {
    /// The program that all machines run.
    pub program: PathBuf,
    /// Another version of it, for the step in which the version is rolled.
    pub newer: Option<PathBuf>,
    /// Where browsers come to; port 0 takes a free one.
    pub listen: SocketAddr,
    /// HAProxy; without it something small leads browsers to servers.
    pub haproxy: Option<PathBuf>,
    /// Metadata of another identity provider that the service trusts, as `other`.
    pub also_trust: Option<PathBuf>,
    /// Where the machines have their data folders and logs; without it a temporary folder, which is
    /// removed.
    pub folder: Option<PathBuf>,
    /// How many people there are.
    pub people: usize,
    /// What chance picks is picked again for the same seed.
    pub seed: u64,
    /// How long the hub is away.
    pub hub_away: Duration,
    /// Seconds that a server serves while the load balancer notices that it leaves.
    pub notice: u16,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "read by tests")]
pub struct Outcome {
    /// Repeats it.
    pub seed: u64,
    /// How many people there are.
    pub people: usize,
    /// Every step, in order.
    pub steps: Vec<Done>,
    /// Sign-ins that ended well, in all steps.
    pub sign_ins: u64,
    /// Sign-ins that a person would have seen fail.
    pub failed: u64,
    /// What the first of them showed.
    pub failures: Vec<String>,
    /// Requests that were sent once more, since there was no answer.
    pub repeated: u64,
    /// How often a user's id and secret were asked at a server in the end.
    pub asked: u64,
    /// Users who were lost, or had another id or secret than before.
    pub wrong: Vec<String>,
}

impl Outcome {
    /// Whether nobody noticed anything.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.failed == 0 && self.wrong.is_empty()
    }
}

/// A step that is over.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "read by tests")]
pub struct Done {
    /// What was done.
    pub name: &'static str,
    /// How long it took.
    pub seconds: f64,
    /// How many signed in meanwhile.
    pub sign_ins: u64,
    /// How many could not.
    pub failed: u64,
    /// What came of it.
    pub said: String,
}

/// Does it all, and shows it.
///
/// # Errors
///
/// A [`Failure`] if a step cannot be done. That people could not sign in is in the [`Outcome`].
pub async fn run(settings: &Settings) -> Result<Outcome, Failure> {
    let picture = Picture::new(settings, Step::ALL.iter().map(|it| it.name()).collect());
    let begun = wiring::now();
    let mut site = Site::begin(settings).await?;
    picture.watch(&site.crowd);
    let mut steps = vec![picture.over(
        Step::Begin.name(),
        begun,
        Tally::default(),
        Tally::default(),
        "the load balancer leads to both".into(),
    )];
    let workers = site.crowd.begin(settings.seed);
    for step in Step::ALL.iter().skip(1) {
        let (begun, before) = (wiring::now(), site.crowd.tally());
        picture.begin(step.name(), &site.servers());
        let said = step.go(&mut site, settings).await;
        let said = said.map_err(|failure| Failure::because(format!("{}: {failure}", step.name())));
        if said.is_err() {
            site.crowd.end(workers).await;
            picture.end();
            return Err(said.err().unwrap_or(Failure::Interrupted));
        }
        let said = said.unwrap_or_default();
        steps.push(picture.over(step.name(), begun, before, site.crowd.tally(), said));
    }
    site.crowd.end(workers).await;
    let (asked, wrong) = ask_everybody(&site, &picture, &mut steps).await?;
    let tally = site.crowd.tally();
    picture.end();
    Ok(Outcome {
        seed: settings.seed,
        people: settings.people,
        steps,
        sign_ins: tally.sign_ins,
        failed: tally.failed,
        failures: site.crowd.failures(),
        repeated: tally.repeated,
        asked,
        wrong,
    })
}

/// Every user's id and secret, at every server that is left.
async fn ask_everybody(
    site: &Site,
    picture: &Picture,
    steps: &mut Vec<Done>,
) -> Result<(u64, Vec<String>), Failure> {
    let begun = wiring::now();
    let (asked, mut wrong) = (Arc::new(AtomicU64::new(0)), Vec::new());
    picture.begin(LAST, &site.servers());
    for server in site.servers() {
        site.complete(&server).await?;
        let (browser, address) = site.browser_at(&server)?;
        wrong.extend(site.crowd.ask_everybody(&browser, address, &asked).await?);
    }
    let asked = asked.load(Ordering::Relaxed);
    let tally = site.crowd.tally();
    let said = format!("{asked} asked, {} wrong", wrong.len());
    steps.push(picture.over(LAST, begun, tally, tally, said));
    Ok((asked, wrong))
}

/// What happens, in this order.
#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    People,
    Add,
    Configure,
    Rename,
    Certify,
    Kill,
    Cut,
    Upgrade,
    RetireName,
    Retire,
}

impl Step {
    const ALL: [Self; 11] = [
        Self::Begin,
        Self::People,
        Self::Add,
        Self::Configure,
        Self::Rename,
        Self::Certify,
        Self::Kill,
        Self::Cut,
        Self::Upgrade,
        Self::RetireName,
        Self::Retire,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Begin => "a hub, two servers, a load balancer",
            Self::People => "everybody signs in for the first time",
            Self::Add => "a third server joins",
            Self::Configure => "the configuration changes",
            Self::Rename => "the host name is changed",
            Self::Certify => "the certificate is replaced",
            Self::Kill => "a server is killed, and comes back",
            Self::Cut => "the hub is away",
            Self::Upgrade => "every server gets another version",
            Self::RetireName => "the old host name is retired",
            Self::Retire => "the first server is retired",
        }
    }

    async fn go(self, site: &mut Site, settings: &Settings) -> Result<String, Failure> {
        match self {
            Self::Begin => Ok(String::new()),
            Self::People => {
                site.crowd.everybody().await?;
                Ok(format!("{} people", settings.people))
            }
            Self::Add => site.add().await,
            Self::Configure => site.configure().await,
            Self::Rename => site.rename().await,
            Self::Certify => site.certify().await,
            Self::Kill => site.kill().await,
            Self::Cut => site.cut().await,
            Self::Upgrade => site.upgrade().await,
            Self::RetireName => site.retire_name().await,
            Self::Retire => site.retire().await,
        }
    }
}

const LAST: &str = "everybody is asked for at every server";
