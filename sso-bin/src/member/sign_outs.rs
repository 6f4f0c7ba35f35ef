//! Sign-outs travel in the beats.

use std::sync::Arc;
use std::time::Duration;

use sso_sync::driver::Node;
use sso_sync::embed::SharedRevocations;
use sso_sync::status::Revocation;
use tokio::time::interval;

/// Tells the other servers of sign-outs here within a second, and takes in theirs; for ever.
pub(super) async fn share(node: Node, revocations: Arc<SharedRevocations>) {
    let mut heard = node.heard_revocations();
    let mut look = interval(LOOK);
    let mut told: Vec<Revocation> = Vec::new();
    loop {
        tokio::select! {
            changed = heard.changed() => match changed {
                Ok(()) => {
                    let news = Arc::clone(&heard.borrow_and_update());
                    revocations.hear(&news);
                }
                Err(_) => return,
            },
            _ = look.tick() => {
                let now = revocations.told();
                if now != told {
                    told.clone_from(&now);
                    node.tell_revocations(now);
                }
            }
        }
    }
}

/// How soon after a sign-out the others are told.
const LOOK: Duration = Duration::from_secs(1);
