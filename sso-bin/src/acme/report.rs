//! How it is with the certificate, for people.

use serde::{Deserialize, Serialize};
use sso_core::UnixTime;

use super::decide::renewal;
use super::shelf::{Shared, Shelf, ShelfError};

/// How it is with the certificate that an authority issues by itself. There is no secret in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct AcmeReport {
    /// What was issued last, as PEM.
    pub certificate: Option<String>,
    /// The name of the server that orders just now.
    pub orders: Option<String>,
    /// When it is renewed, in seconds since 1970; nothing if a certificate is ordered as soon as it
    /// can be.
    pub renewal: Option<u64>,
    /// Why the last attempt failed.
    pub failure: Option<String>,
    /// When it is tried again, in seconds since 1970.
    pub again: u64,
    /// Former names of the service that are not in the certificate, since the authority could not
    /// see that they are ours.
    pub left_out: Vec<String>,
    /// Why nothing can be ordered now.
    pub obstacle: Option<String>,
}

impl AcmeReport {
    /// What is on `shelf` at `now` about a service of these `names`.
    ///
    /// # Errors
    ///
    /// A [`ShelfError`] if it cannot be read.
    pub async fn of(
        shelf: &dyn Shelf,
        names: &[String],
        now: UnixTime,
    ) -> Result<Self, ShelfError> {
        let shared = shelf.read().await?;
        Ok(Self {
            orders: shared.ordering(now).map(|it| it.name.clone()),
            renewal: renewal(&shared, names).map(UnixTime::as_secs),
            again: shared.not_before,
            left_out: shared.left_out,
            failure: shared.failure,
            certificate: shared.certificate.map(|it| it.certificate),
            obstacle: shelf.obstacle().await,
        })
    }
}

/// What became of a wish for a new certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "it is noted, or somebody is at it")]
pub enum Wish {
    /// A server orders just now.
    Busy,
    /// A server orders it soon.
    Noted,
}

/// Has a certificate ordered as soon as can be, for all names, whatever the present one says.
///
/// # Errors
///
/// A [`ShelfError`] if it cannot be noted.
pub async fn want(shelf: &dyn Shelf, now: UnixTime) -> Result<Wish, ShelfError> {
    let mut shared = match shelf.read().await {
        Err(ShelfError::Damaged { .. }) => Shared::default(),
        read => read?,
    };
    if shared.ordering(now).is_some() {
        return Ok(Wish::Busy);
    }
    shared.wanted = true;
    shared.left_out.clear();
    match shelf.put(shared).await? {
        true => Ok(Wish::Noted),
        false => Ok(Wish::Busy),
    }
}
