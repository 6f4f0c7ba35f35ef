//! How a change of the name changes the configuration.

use sso_core::cert;
use sso_core::config::document::{KeyPairDocument, SharedConfigDocument};
use sso_core::config::{Service, TlsKeyPair};

/// Whether identity providers go on calling the service as they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[expect(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum EntityChoice {
    /// The entity ID stays; only addresses are added at the identity providers.
    #[default]
    Keep,
    /// The new name has an entity ID of its own, for which each identity provider needs a new entry.
    New,
}

/// A change of the name that can be begun.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever asks for it")]
pub struct Plan {
    /// The base URL from then on.
    pub base_url: String,
    /// What becomes of the entity ID.
    pub entity_id: EntityChoice,
    /// Another certificate, if the present one does not cover the new name.
    pub tls: Option<KeyPairDocument>,
}

impl Plan {
    /// The configuration in which both names work.
    ///
    /// # Errors
    ///
    /// A [`PlanError`] if it is no change, or another one is in the way.
    pub fn apply(self, before: &SharedConfigDocument) -> Result<SharedConfigDocument, PlanError> {
        let mut after = before.clone();
        let (old, new) = (service(&before.base_url)?, service(&self.base_url)?);
        if old.base_url() == new.base_url() {
            return Err(PlanError::Same);
        }
        let is_new = |url: &String| !is_same(url, new.base_url()) && !is_same(url, old.base_url());
        after.former_base_urls.retain(is_new);
        after.former_base_urls.insert(0, old.base_url().into());
        after.base_url = new.base_url().into();
        let named = before.entity_id.clone();
        let named = named.unwrap_or_else(|| old.entity_id().to_string());
        match self.entity_id {
            EntityChoice::Keep => after.entity_id = Some(named),
            EntityChoice::New if before.former_entity_id.is_some() => {
                return Err(PlanError::TwoEntities);
            }
            EntityChoice::New => {
                after.entity_id = None;
                after.former_entity_id = Some(named);
            }
        }
        if let Some(pair) = self.tls {
            change_certificate(&mut after, pair, &old)?;
        }
        Ok(after)
    }
}

/// The configuration without the former name `base_url`. With the last one goes what belonged to
/// them.
///
/// # Errors
///
/// [`PlanError::NotFormer`] if it is none.
pub fn retire(
    before: &SharedConfigDocument,
    base_url: &str,
) -> Result<SharedConfigDocument, PlanError> {
    let mut after = before.clone();
    after.former_base_urls.retain(|url| !is_same(url, base_url));
    if after.former_base_urls.len() == before.former_base_urls.len() {
        return Err(PlanError::NotFormer {
            base_url: base_url.into(),
        });
    }
    if after.former_base_urls.is_empty() {
        after.former_entity_id = None;
        after.former_tls = None;
    }
    Ok(after)
}

/// Whether two base URLs lead to the same service, however they are written: a slash at the end, the
/// default port and the case of the host do not matter.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    match (Service::new(one), Service::new(other)) {
        (Ok(one), Ok(other)) => one.base_url() == other.base_url(),
        _ => one == other,
    }
}

/// Why a name cannot be changed so.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A base URL is none.
    #[error(transparent)]
    BaseUrl(#[from] sso_core::config::ServiceError),
    /// It is no former name.
    #[error("{base_url} is no former name of the service")]
    NotFormer {
        /// The base URL.
        base_url: String,
    },
    /// It is the name already.
    #[error("that is the name already")]
    Same,
    /// The old name would lose its certificate.
    #[error("the certificate of {host} is not in the configuration, so {host} would lose it")]
    OldNameBare {
        /// The old name.
        host: String,
    },
    /// The former names have an entity ID of their own already.
    #[error("former names have another entity ID already, and there can be two at a time")]
    TwoEntities,
}

impl PlanError {
    /// What to do about it.
    #[must_use]
    pub fn fix(&self) -> &'static str {
        match self {
            Self::BaseUrl(_) => "give a host name, or https://HOST:PORT",
            Self::NotFormer { .. } | Self::Same => "sso-connect hostname status",
            Self::OldNameBare { .. } => "give a certificate that covers both names",
            Self::TwoEntities => "sso-connect hostname retire OLD first, or --entity-id keep",
        }
    }
}

fn service(base_url: &str) -> Result<Service, PlanError> {
    Ok(Service::new(base_url)?)
}

/// The new pair comes into use; the present one stays for the old name if it is needed there. One
/// that is not in the configuration, but on each server, cannot stay.
fn change_certificate(
    after: &mut SharedConfigDocument,
    pair: KeyPairDocument,
    old: &Service,
) -> Result<(), PlanError> {
    let host = old.host().map(|host| host.ascii()).unwrap_or_default();
    let new = TlsKeyPair::from_pem(pair.key.expose(), &pair.certificate);
    let covers_old = new.is_ok_and(|new| new.covers(&host));
    match after.tls.replace(pair) {
        None if !covers_old => return Err(PlanError::OldNameBare { host }),
        Some(before) if !covers_old && covers(&before, &host) => after.former_tls = Some(before),
        _ => {}
    }
    Ok(())
}

fn covers(pair: &KeyPairDocument, host: &str) -> bool {
    let chain = cert::certificates(&pair.certificate).unwrap_or_default();
    let first = chain.first().map(|first| cert::covers(first, host));
    matches!(first, Some(Ok(cert::Coverage::Covered)))
}

#[cfg(test)]
mod tests {
    use sso_core::UnixTime;
    use sso_core::cert::SelfSigned;

    use super::*;

    #[test]
    fn the_entity_id_stays_and_the_old_name_works_on() {
        let after = plan("https://new.example").apply(&document()).unwrap();
        assert_eq!(after.base_url, "https://new.example");
        assert_eq!(after.former_base_urls, ["https://old.example"]);
        assert_eq!(
            after.entity_id.as_deref(),
            Some("https://old.example/sso-connect")
        );
        assert_eq!(after.former_entity_id, None);
        let back = plan("https://old.example").apply(&after).unwrap();
        assert_eq!(back.former_base_urls, ["https://new.example"]);
        assert_eq!(back.entity_id, after.entity_id);
    }

    #[test]
    fn a_new_entity_id_leaves_the_old_one_to_the_old_name_and_there_are_two_at_most() {
        let new = |url| Plan {
            entity_id: EntityChoice::New,
            ..plan(url)
        };
        let after = new("https://new.example").apply(&document()).unwrap();
        assert_eq!(after.entity_id, None);
        assert_eq!(
            after.former_entity_id.as_deref(),
            Some("https://old.example/sso-connect")
        );
        let third = new("https://third.example").apply(&after);
        assert_eq!(third, Err(PlanError::TwoEntities));
        assert_eq!(
            plan("https://old.example").apply(&document()),
            Err(PlanError::Same)
        );
    }

    #[test]
    fn a_certificate_that_does_not_cover_the_old_name_leaves_it_its_own() {
        let mut before = document();
        before.tls = Some(pair(&["old.example"]));
        let with = |names: &[&str]| Plan {
            tls: Some(pair(names)),
            ..plan("https://new.example")
        };
        let after = with(&["new.example"]).apply(&before).unwrap();
        assert_eq!(after.former_tls, before.tls);
        let after = with(&["new.example", "old.example"])
            .apply(&before)
            .unwrap();
        assert_eq!(after.former_tls, None);
    }

    #[test]
    fn with_the_last_former_name_goes_what_belonged_to_them() {
        let mut before = document();
        before.former_base_urls = vec!["https://a.example".into(), "https://b.example".into()];
        before.former_entity_id = Some("urn:x".into());
        before.former_tls = Some(pair(&["a.example"]));
        let one = retire(&before, "https://a.example").unwrap();
        assert_eq!(one.former_base_urls, ["https://b.example"]);
        assert!(one.former_entity_id.is_some() && one.former_tls.is_some());
        let none = retire(&one, "https://b.example").unwrap();
        assert_eq!(none, document());
        assert!(retire(&none, "https://b.example").is_err());
    }

    #[test]
    fn a_name_is_the_same_however_it_is_written() {
        let mut before = document();
        let former = ["https://A.example:443/", "https://b.example"];
        before.former_base_urls = former.map(Into::into).to_vec();
        let one = retire(&before, "https://a.example").unwrap();
        assert_eq!(one.former_base_urls, ["https://b.example"]);
        let back = plan("https://a.example").apply(&before).unwrap();
        assert_eq!(
            back.former_base_urls,
            ["https://old.example", "https://b.example"]
        );
        let other_port = retire(&before, "https://a.example:8443");
        assert!(matches!(other_port, Err(PlanError::NotFormer { .. })));
    }

    fn plan(base_url: &str) -> Plan {
        Plan {
            base_url: base_url.into(),
            entity_id: EntityChoice::Keep,
            tls: None,
        }
    }

    fn document() -> SharedConfigDocument {
        SharedConfigDocument::new("https://old.example")
    }

    fn pair(names: &[&str]) -> KeyPairDocument {
        let made = SelfSigned::for_tls(names, UnixTime::from_secs(1_800_000_000)).unwrap();
        KeyPairDocument::new(made.certificate_pem(), made.key_pem())
    }
}
