//! Forgetting what has expired.

use std::time::Duration;

use sso_core::UnixTime;

use super::records::record;
use super::{Desk, DeskError};
use crate::admin::hub::Session;
use crate::admin::invitation::InvitationRecord;
use crate::admin::throttle::{AccountTries, SourceTries};
use crate::store::{Swept, sweep};

impl Desk {
    /// Looks at the next 100 records after `after` and deletes sessions and invitations that have
    /// expired, and tries that are forgotten. Several processes may do it at the same time.
    ///
    /// # Errors
    ///
    /// A [`DeskError`] if the store does not answer; some may be deleted then.
    pub async fn sweep(&self, after: Option<&str>, now: UnixTime) -> Result<Swept, DeskError> {
        let expired = |key: &str, entry: &crate::store::Entry| is_over(key, &entry.value, now);
        Ok(sweep(&*self.store, ALL, after, expired).await?)
    }
}

/// Whether a record is worth nothing any more. What cannot be read is not.
fn is_over(key: &str, stored: &[u8], now: UnixTime) -> bool {
    let Some((kind, _)) = key.strip_prefix(ALL).and_then(|key| key.split_once('/')) else {
        return false;
    };
    let is_over = match kind {
        "invitations" => record(stored).map(|it: InvitationRecord| over(it.expires, TOLD, now)),
        "sessions" => record(stored).map(|it: Session| over(it.expires(), CLOCKS, now)),
        "sources" => record(stored).map(|it: SourceTries| it.is_idle(now)),
        "tries" => record(stored).map(|it: AccountTries| it.is_idle(now)),
        _ => Ok(false),
    };
    is_over.unwrap_or(false)
}

fn over(expires: UnixTime, longer: Duration, now: UnixTime) -> bool {
    now >= expires.later(longer)
}

const ALL: &str = "administrators/";

/// The clocks of processes differ, and a sign-in must not be played again.
const CLOCKS: Duration = Duration::from_hours(1);

/// For so long who comes too late is told that the invitation has expired.
const TOLD: Duration = Duration::from_hours(7 * 24);
