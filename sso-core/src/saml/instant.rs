//! Moments in SAML messages (XML Schema 2, 3.2.7; SAML Core 1.3.3).

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::UnixTime;

/// Reads a moment with its zone.
///
/// # Errors
///
/// [`InstantError`] if it is none.
pub fn parse(text: &str) -> Result<UnixTime, InstantError> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InstantError)?;
    let seconds = u64::try_from(moment.unix_timestamp()).map_err(|_| InstantError)?;
    Ok(UnixTime::from_secs(seconds))
}

/// It is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time with a zone")]
#[non_exhaustive]
pub struct InstantError;
