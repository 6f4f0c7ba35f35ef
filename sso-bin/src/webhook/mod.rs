//! What a server of a domain tells somebody's program when it has to be known at once: that the
//! domain is going to be deleted, that it was revoked, that two histories exist, that the hub is
//! away.
//!
//! An HTTPS POST with a JSON body, signed with a secret of both sides. `delete_and_recover.md` says
//! how a receiver checks it. `news` decides what is told, without I/O; `post` tells it.

#[doc = include_str!("../docs/delete_and_recover.md")]
pub mod docs {}

mod event;
mod marks;
mod news;
mod post;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use sso_core::Clock;
use sso_sync::node::NodeStatus;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::failure::Failure;

pub use event::{Event, Kind};
pub use settings::WebhookSettings;

use marks::Marks;
use news::{News, Seen};
use post::{Delivery, Post};

/// Watches a server of a domain: logs what has to be known at once, and tells it where `settings`
/// say, until it is aborted.
///
/// # Errors
///
/// A [`Failure`] if the address, the secret or the authorities cannot be used.
pub fn start(
    dir: &DataDir,
    settings: Option<&WebhookSettings>,
    domain: &DomainSettings,
    status: watch::Receiver<NodeStatus>,
    clock: Arc<dyn Clock>,
) -> Result<JoinHandle<()>, Failure> {
    let post = settings.map(|it| Post::new(dir, it, Arc::clone(&clock)));
    let post = post.transpose()?;
    let away_after = settings.map_or(WebhookSettings::HUB_AWAY, WebhookSettings::hub_away);
    let watcher = Watcher {
        news: News::new(domain, Marks::load(dir), away_after),
        dir: dir.clone(),
        delivery: post.map(Delivery::start),
        clock,
    };
    Ok(tokio::spawn(watcher.watch(status)))
}

struct Watcher {
    news: News,
    dir: DataDir,
    delivery: Option<Delivery>,
    clock: Arc<dyn Clock>,
}

impl Watcher {
    async fn watch(mut self, mut status: watch::Receiver<NodeStatus>) {
        let mut delivered = VecDeque::new();
        loop {
            let seen = Seen::of(&status.borrow_and_update());
            for event in self.news.of(&seen, self.clock.now()) {
                self.tell(event);
            }
            self.keep();
            tokio::select! {
                changed = status.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                id = next_delivered(&mut self.delivery) => delivered.push_back(id),
                // That a hub is away for long shows in no change.
                () = tokio::time::sleep(LOOK) => {}
            }
            while let Some(id) = delivered.pop_front() {
                self.news.delivered(&id);
            }
        }
    }

    fn tell(&mut self, event: Event) {
        event.log();
        match &self.delivery {
            Some(delivery) => delivery.send(event),
            None => self.news.delivered(&event.id),
        }
    }

    fn keep(&mut self) {
        let Some(marks) = self.news.changed_marks() else {
            return;
        };
        if let Err(error) = marks.save(&self.dir) {
            tracing::error!(
                reason = error.to_string().as_str(),
                "cannot keep what was told; after a restart it is told again"
            );
        }
    }
}

async fn next_delivered(delivery: &mut Option<Delivery>) -> String {
    match delivery {
        Some(delivery) => delivery.delivered().await,
        None => std::future::pending().await,
    }
}

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(20);
