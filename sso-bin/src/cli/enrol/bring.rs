//! The users of a server of its own become users of the domain.

use sso_core::StoreError;
use sso_sync::driver::Node;
use sso_sync::embed::{Arrival, bring_along as bring_one};
use sso_sync::local::LocalUser;
use tokio::task::{JoinError, JoinSet};

use super::standalone::{OwnUsers, unreadable};
use super::{Joined, download};
use crate::cli::Context;
use crate::failure::{Failure, Trouble, root_cause};
use crate::terminal::Progress;

/// Brings everybody along, with a progress bar, and says what became of them.
///
/// It can be interrupted at any time: nothing of the users here is changed, and who is in the
/// domain already is found the next time.
pub(super) async fn bring_along(
    context: &Context,
    joined: &Joined,
    own: &OwnUsers,
) -> Result<(), Failure> {
    let node = download::at_work(context, joined).await?;
    let mut progress = context.terminal.progress("users of this server");
    let brought = bring_all(context, &node, own, &mut *progress).await;
    progress.finish();
    node.stop().await;
    context.print(&brought?.text(own.count, joined.chain()?.name()))
}

async fn bring_all(
    context: &Context,
    node: &Node,
    own: &OwnUsers,
    progress: &mut dyn Progress,
) -> Result<Tally, Failure> {
    let (mut tally, mut under_way, mut place) = (Tally::default(), JoinSet::new(), 0);
    loop {
        let page = own.store.users_after(place, PAGE).await;
        let page = page.map_err(|error| unreadable(&error))?;
        let Some(last) = page.last() else { break };
        place = last.place;
        for user in page {
            while under_way.len() >= AT_ONCE {
                let arrived = under_way.join_next().await;
                tally.add(arrived, own.count)?;
            }
            under_way.spawn(bring(node.clone(), user));
        }
        progress.set(tally.done(), own.count, context.now());
    }
    while let Some(arrived) = under_way.join_next().await {
        tally.add(Some(arrived), own.count)?;
        progress.set(tally.done(), own.count, context.now());
    }
    Ok(tally)
}

async fn bring(node: Node, own: LocalUser) -> Result<Arrival, StoreError> {
    bring_one(&node, &own.user, &own.secret).await
}

/// How many came how.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    brought: u64,
    same: u64,
    others: u64,
}

impl Tally {
    fn add(
        &mut self,
        arrived: Option<Result<Result<Arrival, StoreError>, JoinError>>,
        of: u64,
    ) -> Result<(), Failure> {
        match arrived {
            Some(Ok(Ok(Arrival::Brought))) => self.brought += 1,
            Some(Ok(Ok(Arrival::Other))) => self.others += 1,
            Some(Ok(Ok(Arrival::Same))) => self.same += 1,
            Some(Ok(Err(error))) => return Err(self.interrupted(of, &root_cause(&error))),
            Some(Err(error)) => return Err(self.interrupted(of, &error.to_string())),
            None => {}
        }
        Ok(())
    }

    const fn done(&self) -> u64 {
        self.brought + self.same + self.others
    }

    fn interrupted(&self, of: u64, why: &str) -> Failure {
        Failure::domain(
            Trouble::Unreachable,
            format!(
                "{} of {of} users are in the domain; it cannot go on: {why}. Until all are there, \
                 this server goes on as it was",
                self.done()
            ),
            "give the same command again: it goes on where it was",
        )
    }

    /// In words.
    fn text(&self, of: u64, domain: &str) -> String {
        let there = self.brought + self.same;
        if self.others == 0 {
            return format!(
                "Users of this server: all {there} of {of} users are in {domain} now, with the same \
                 ids and secrets.\n"
            );
        }
        format!(
            "Users of this server: {there} of {of} users are in {domain} now, with the same ids and \
             secrets; for {} the secrets of {domain} count, and the old ones are kept in \
             sso.sqlite3.before-{domain}.\n",
            self.others
        )
    }
}

/// So many users are read at once.
const PAGE: usize = 512;

/// So many are on their way: enough to fill batches while one is under way.
const AT_ONCE: usize = 480;
