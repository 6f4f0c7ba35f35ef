//! Giving a hub what it lost.

use super::core::Core;
use super::trouble::Trouble;
use crate::store::{Feed, Seq};
use crate::wire::Code;

impl Core {
    /// Sends the statements from a position on again, as they were signed.
    pub(super) async fn send_chain(&self, from: u64) -> Result<(), Trouble> {
        let page = self.mirror.lock().await.statements(from);
        let page = page.await?;
        for (position, statement) in (from..).zip(page) {
            let appended = self.ask(self.client.append(position, statement)).await;
            if !was_taken(appended)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sends the batches after a place again, as they were signed. Whether there is nothing more
    /// that this server can do: it does not hold what the hub lacks.
    pub(super) async fn send_feed(&self, after: Seq) -> Result<bool, Trouble> {
        let page = self.mirror.lock().await.feed(after);
        let page = match page.await? {
            Feed::Batches(page) if !page.is_empty() => page,
            Feed::Batches(_) | Feed::Compacted(_) => {
                self.know(|known| known.cannot_reseed = Some(cannot_reseed(after)));
                return Ok(true);
            }
        };
        for stored in page {
            let before = Seq::new(stored.first.number().saturating_sub(1));
            let committed = self.ask(self.client.commit(before, &stored.batch)).await;
            if !was_taken(committed)? {
                return Ok(false);
            }
        }
        Ok(false)
    }
}

/// Whether the hub took it; no, if another server was faster: the next head says what is left.
fn was_taken<T>(answer: Result<T, Trouble>) -> Result<bool, Trouble> {
    match answer {
        Ok(_) => Ok(true),
        Err(trouble) if trouble.code() == Some(Code::Conflict) => Ok(false),
        Err(trouble) => Err(trouble),
    }
}

fn cannot_reseed(after: Seq) -> String {
    format!(
        "the hub lost what came after place {after}, and this server does not keep batches of that \
         time any more: another server may, or the operator of the hub decides to go on without"
    )
}
