//! Why etcd cannot be used.

use sso_core::{BoxError, StoreError};

/// Why [`EtcdStore::connect`](super::EtcdStore::connect) gave up.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum EtcdError {
    /// The settings make no sense together.
    #[error("the settings of etcd cannot be used")]
    Settings(#[source] BoxError),
    /// The program is older than what this backend was tested with.
    #[error("etcd {found} is too old: update it to 3.4 or later")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// No server answers, or it does not let this user in.
    #[error("etcd cannot be used")]
    Unreachable(#[source] StoreError),
}

/// Whether a version is new enough.
pub(super) fn check_version(version: &str) -> Result<(), EtcdError> {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        // Not a version as etcd has had them so far: a later one.
        return Ok(());
    };
    if (major, minor) < OLDEST {
        let found = version.into();
        return Err(EtcdError::TooOld { found });
    }
    Ok(())
}

const OLDEST: (u32, u32) = (3, 4);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_before_3_4_are_too_old() {
        for old in ["2.3.8", "3.3.27", "3.0.0"] {
            assert!(matches!(check_version(old), Err(EtcdError::TooOld { .. })));
        }
        for good in ["3.4.0", "3.4.23", "3.10.1", "4.0.0", "3.7.0-rc.1", "later"] {
            assert!(check_version(good).is_ok(), "{good}");
        }
    }
}
