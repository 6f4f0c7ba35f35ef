//! Sessions that this server began before it belonged to the domain.

use std::time::Duration;

use sso_core::{Clock as _, SystemClock, UnixTime};
use sso_sync::embed::SharedSessionKeys;

use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::failure::Failure;
use crate::key_files;

/// Lets whoever was signed in stay signed in, at this server, until such sessions have ended by
/// themselves; what is returned ends them then.
pub(super) fn open(
    dir: &DataDir,
    settings: &DomainSettings,
    keys: &SharedSessionKeys,
) -> Result<impl Future<Output = ()> + Send + use<>, Failure> {
    let left = left(settings, SystemClock.now());
    if !left.is_zero() {
        keys.open_former(key_files::cookie_keys(dir)?);
    }
    let keys = keys.clone();
    Ok(async move {
        tokio::time::sleep(left).await;
        keys.open_former(Vec::new());
    })
}

fn left(settings: &DomainSettings, now: UnixTime) -> Duration {
    let until = settings.former_sessions_until.unwrap_or_default();
    UnixTime::from_secs(until).since(now).min(LONGEST)
}

/// No session is longer.
pub(crate) const LONGEST: Duration = Duration::from_hours(24);
