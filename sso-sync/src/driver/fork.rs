//! Two histories of a domain, as a person sees them who decides.

use std::time::Duration;

use sso_core::UnixTime;

use super::Node;
use super::core::Core;
use super::trouble::Trouble;
use crate::chain::FeedMark;
use crate::feed::Envelope;
use crate::mirror::KeptFork;
use crate::node::Alarm;
use crate::seal::{Content, MemberId};
use crate::store::{Feed, RecordId, Seq};

/// Which history goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there are two sides")]
pub enum Side {
    /// What this server holds: the hub has it, or less, or is given it.
    Here,
    /// What the hub holds: this server takes it over.
    Hub,
}

/// What is known of two histories.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForkReport {
    /// The fork; `None` if there is none, or it is settled.
    pub fork: Option<KeptFork>,
    /// The word for it.
    pub code: Option<&'static str>,
    /// The end of what this server holds.
    pub here: FeedMark,
    /// Where the hub ends; `None` if it cannot be asked.
    pub hub: Option<Seq>,
    /// Whether the hub holds the batch in which this server ends, or this server the one in which
    /// the hub does: they are on one side; `None` if that cannot be told.
    pub hub_is_here: Option<bool>,
    /// The other servers.
    pub servers: Vec<SideOf>,
    /// How many records only this server has, only the hub, and both in another state; `None` if
    /// there is no fork, or that cannot be told now.
    pub differences: Option<[u64; 3]>,
    /// What came of going over to the history of the hub.
    pub settled: Option<Settled>,
}

/// Which history another server holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SideOf {
    /// Which server.
    pub member: MemberId,
    /// Its name.
    pub name: String,
    /// Where it ends; `None` if it was never heard.
    pub at: Option<FeedMark>,
    /// When it was heard last.
    pub last_seen: Option<UnixTime>,
    /// Whether it holds what this server holds; `None` if that cannot be told.
    pub is_here: Option<bool>,
}

/// What came of going over to the history of the hub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settled {
    /// Whether everything is looked through.
    pub is_done: bool,
    /// Records that only the other history had, and that are in this one now.
    pub taken: u64,
    /// Records that are in both, in states that exclude each other, or that are larger than the hub
    /// ever takes: what the hub has counts. The first thousand.
    pub clashes: Vec<Clash>,
    /// How many there are.
    pub clashing: u64,
    /// Records that do not open here.
    pub unopened: u64,
}

/// A record that both histories have in another state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clash {
    /// Its id.
    pub id: RecordId,
    /// Whose it is; `None` if it is nobody's.
    pub account: Option<String>,
}

impl Clash {
    pub(super) fn of(id: RecordId, content: &Content) -> Self {
        let account = account_of(content);
        Self { id, account }
    }
}

impl Settled {
    pub(super) fn clash(&mut self, clash: Clash) {
        self.clashing += 1;
        if self.clashes.len() < MAX_CLASHES {
            self.clashes.push(clash);
        }
    }
}

impl Node {
    /// Goes on after a person decided which history counts. [`Side::Hub`] comes back when the
    /// other one is begun: the [status](Self::status) tells when everything
    /// [is taken over](crate::node::NodeStatus::is_taking_over), and [`fork`](Self::fork) what came of
    /// it.
    ///
    /// # Errors
    ///
    /// Why it is not decided: for [`Side::Hub`] also if the authority chain has forked.
    pub async fn settle(&self, side: Side) -> Result<(), Trouble> {
        match side {
            Side::Here => self.core().settle().await,
            Side::Hub => self.core().go_over().await,
        }
    }

    /// What is known of two histories; it asks the hub, and compares everything with it if there are
    /// two.
    pub async fn fork(&self) -> ForkReport {
        self.core().fork().await
    }
}

impl Core {
    /// Whether a hub that is further goes on from the batch in which this server ends.
    async fn goes_on_from_here(&self, hub: Seq) -> Option<bool> {
        let here = self.mirror.lock().await.follower().head().mark;
        if hub <= here.seq {
            return None;
        }
        let Feed::Batches(next) = self.ask_page(self.client.feed(here.seq)).await.ok()? else {
            return None;
        };
        let next = Envelope::parse(next.first()?.batch.envelope()).ok()?;
        Some(next.before() == here)
    }

    async fn fork(&self) -> ForkReport {
        let head = self.ask(self.client.head(None, Duration::ZERO)).await;
        let hub = head.as_ref().ok();
        let goes_on = match hub {
            Some(hub) => self.goes_on_from_here(hub.seq).await,
            None => None,
        };
        let code = self
            .known()
            .alarm
            .as_ref()
            .filter(|it| it.is_fork())
            .map(Alarm::code);
        let is_complete = self.status.borrow().is_complete;
        let differences = match hub {
            Some(hub) if code.is_some() && is_complete => self.differences(hub).await.ok(),
            _ => None,
        };
        let servers = self.servers().await;
        let mirror = self.mirror.lock().await;
        let follower = mirror.follower();
        let of_hub = hub.and_then(|it| it.believed_mark(mirror.chain()).ok()?);
        let servers = servers.into_iter().filter(|it| it.member != self.me);
        let servers = servers.map(|it| SideOf {
            member: it.member,
            name: it.name,
            is_here: it.at.and_then(|(mark, _)| follower.holds(&mark)),
            at: it.at.map(|(mark, _)| mark),
            last_seen: it.last_seen,
        });
        ForkReport {
            fork: mirror.fork(),
            code,
            here: follower.head().mark,
            hub: hub.map(|it| it.seq),
            hub_is_here: of_hub.and_then(|mark| follower.holds(&mark)).or(goes_on),
            servers: servers.collect(),
            differences,
            settled: self.known().settled.clone(),
        }
    }
}

pub(super) fn account_of(content: &Content) -> Option<String> {
    match content {
        Content::User(user) => Some(user.account().value.clone()),
        Content::Note(_) | Content::Removed { .. } | Content::Signpost { .. } => None,
    }
}

const MAX_CLASHES: usize = 1_000;
