//! The user data of the domain, before the server runs for the first time.

use std::sync::Arc;

use async_trait::async_trait;
use sso_core::Clock;
use sso_sync::driver::Node;
use sso_sync::link::{HubClient, Link};
use sso_sync::mirror::{Mirror, SqlitePlace};
use sso_sync::node::{Configurations, NodeStatus, Phase};
use sso_sync::seal::ConfigDocument;
use tokio::sync::watch;

use super::Joined;
use crate::cli::{Context, config, sync};
use crate::failure::{Failure, Trouble};
use crate::terminal::Progress;
use crate::token::TokenKeys;

/// Downloads until everything is here and proven, with a progress bar.
///
/// It can be interrupted at any time: the server goes on with it when it starts.
pub(super) async fn download(
    context: &Context,
    joined: &Joined,
    link: Arc<dyn Link>,
) -> Result<(), Failure> {
    let node = start(context, joined, link).await?;
    let mut status = node.status();
    let mut progress = context.terminal.progress("user data");
    let end = follow(context, &mut status, &mut *progress).await;
    progress.finish();
    let last = status.borrow().clone();
    node.stop().await;
    say(context, end?, &last)
}

/// The node of this server, with everything that the domain has.
///
/// # Errors
///
/// A [`Failure`] if it does not get that far.
pub(super) async fn at_work(context: &Context, joined: &Joined) -> Result<Node, Failure> {
    let node = start(context, joined, context.hubs.link(&joined.address)?).await?;
    let mut status = node.status();
    let mut progress = context.terminal.progress("user data");
    let end = follow(context, &mut status, &mut *progress).await;
    progress.finish();
    match end {
        Ok(End::Complete) => Ok(node),
        Ok(End::Away(why)) => {
            node.stop().await;
            Err(Failure::domain(
                Trouble::Unreachable,
                format!("the hub is out of reach: {why}. This server goes on as it was"),
                "give the same command again: it goes on where it was",
            ))
        }
        Err(failure) => {
            node.stop().await;
            Err(failure)
        }
    }
}

/// How the download ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    /// The hub does not answer any more; why.
    Away(String),
    /// Everything is here.
    Complete,
}

async fn start(context: &Context, joined: &Joined, link: Arc<dyn Link>) -> Result<Node, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::because(format!("the user data cannot be downloaded: {error}"))
    };
    let domain = joined.chain()?.domain();
    let place = SqlitePlace::open(&joined.dir.node_folder())?;
    let mirror = Mirror::open(Arc::new(place), domain).await;
    let mirror = mirror.map_err(|error| failed(&error))?;
    let client = HubClient::new(link, domain, Arc::clone(&joined.keys));
    let settings = crate::version::node_settings(&joined.name).clock(Arc::clone(&context.clock));
    let keys = Arc::clone(&joined.keys);
    let node = Node::start(
        settings,
        keys,
        mirror,
        client,
        Arc::new(Checked {
            clock: Arc::clone(&context.clock),
            keys: context.token_keys()?,
        }),
    )
    .await;
    node.map_err(|error| failed(&error))
}

async fn follow(
    context: &Context,
    status: &mut watch::Receiver<NodeStatus>,
    progress: &mut dyn Progress,
) -> Result<End, Failure> {
    loop {
        let now = status.borrow_and_update().clone();
        if let Some(end) = ended(&now)? {
            return Ok(end);
        }
        if let Phase::Filling(filling) = &now.phase {
            progress.set(filling.done, filling.of, context.now());
        }
        if status.changed().await.is_err() {
            return Ok(End::Away("the download was stopped".into()));
        }
    }
}

fn ended(status: &NodeStatus) -> Result<Option<End>, Failure> {
    match &status.phase {
        Phase::Level if status.is_complete => Ok(Some(End::Complete)),
        Phase::Away(away) => Ok(Some(End::Away(away.why.clone()))),
        Phase::Revoked { .. } => Err(Failure::domain(
            Trouble::Denied,
            "this server was revoked meanwhile",
            "sso-connect enrol, in another folder, once the reason is known",
        )),
        Phase::Stopped(alarm) => Err(Failure::domain(
            Trouble::Dishonest,
            format!("the download was stopped: {alarm}"),
            "tell whoever runs the hub; nothing of it was used",
        )),
        _ => Ok(None),
    }
}

fn say(context: &Context, end: End, status: &NodeStatus) -> Result<(), Failure> {
    match end {
        End::Complete => {
            let digest = status.commitment.to_string();
            context.print(&format!(
                "User data: {}.\n",
                sync::complete(status.users, &digest)
            ))
        }
        End::Away(why) => context.print(&format!(
            "User data: the hub is out of reach ({why}). The server goes on with the download when \
             it runs.\n"
        )),
    }
}

/// Nothing is served here: a configuration is looked at as the server will look at it.
#[derive(Debug)]
struct Checked {
    clock: Arc<dyn Clock>,
    keys: TokenKeys,
}

#[async_trait]
impl Configurations for Checked {
    async fn offer(&self, _revision: u64, document: &ConfigDocument) -> Result<(), String> {
        let fields = config::fields_of(document).map_err(|failure| failure.to_string())?;
        let checked = fields.check_with_keys(self.clock.now(), &self.keys);
        checked.map(drop).map_err(|problems| problems.to_string())
    }
}
