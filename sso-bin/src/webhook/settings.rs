//! Where to tell it.

use std::path::PathBuf;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use url::Url;

/// `[webhook]` of `local.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct WebhookSettings {
    /// Where to POST: an address that begins with `https://`.
    #[serde(deserialize_with = "address")]
    pub url: Url,
    /// A file with the secret that signs, in its first line; 16 characters or more.
    pub secret_file: PathBuf,
    /// Authorities that are trusted besides those of the system, as PEM.
    pub authorities: Option<PathBuf>,
    /// How many minutes the hub may be away before that is told. Default: 60; at least 1.
    pub hub_away_minutes: Option<u64>,
}

impl WebhookSettings {
    /// How long the hub may be away if nothing else is set.
    pub const HUB_AWAY: Duration = Duration::from_hours(1);

    /// How long the hub may be away before that is told.
    #[must_use]
    pub fn hub_away(&self) -> Duration {
        self.hub_away_minutes
            .map_or(Self::HUB_AWAY, Duration::from_mins)
    }

    /// Whether it makes sense.
    ///
    /// # Errors
    ///
    /// What is wrong, naming the setting.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.url.scheme() != "https" {
            return Err("webhook.url does not begin with https://".into());
        }
        if self
            .hub_away_minutes
            .is_some_and(|it| !MINUTES.contains(&it))
        {
            return Err("webhook.hub_away_minutes is not from 1 to 10080".into());
        }
        Ok(())
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    Url::parse(&text).map_err(|error| D::Error::custom(format!("{text}: {error}")))
}

/// Up to a week.
const MINUTES: std::ops::RangeInclusive<u64> = 1..=10_080;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_weakens_it_or_makes_no_sense_is_named() {
        let check = |text: &str| {
            let settings: Result<WebhookSettings, _> = toml::from_str(text);
            match settings {
                Ok(settings) => settings.check(),
                Err(error) => Err(error.to_string()),
            }
        };
        let file = "secret_file = 'x'\n";
        assert_eq!(check(&format!("url = 'https://h/x'\n{file}")), Ok(()));
        let plain = check(&format!("url = 'http://h/x'\n{file}")).unwrap_err();
        assert!(plain.contains("https://"), "{plain}");
        assert!(
            check("url = 'https://h/x'")
                .unwrap_err()
                .contains("secret_file")
        );
        for (minutes, is_good) in [(0, false), (1, true), (10_080, true), (10_081, false)] {
            let text = format!("url = 'https://h/x'\n{file}hub_away_minutes = {minutes}");
            assert_eq!(check(&text).is_ok(), is_good, "{minutes}");
        }
    }
}
