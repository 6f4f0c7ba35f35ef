//! This service: its base URL, and everything that follows from it.

use url::Url;

use super::{EntityId, EntityIdError};
use crate::cert::{HostName, NotAHostName};

/// This service as identity providers and browsers know it.
///
/// Every URL is made from the configured base URL, never from what a request says in `Host` or
/// `X-Forwarded-Host`: identity providers compare them character by character, and an attacker
/// chooses those headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    url: Url,
    base_url: String,
    entity_id: EntityId,
}

impl Service {
    /// The service at `https://HOST` or `https://HOST:PORT`. Its entity ID is
    /// `https://HOST:PORT/sso-connect`.
    ///
    /// # Errors
    ///
    /// [`ServiceError`] if the URL is not of that form.
    pub fn new(base_url: &str) -> Result<Self, ServiceError> {
        let url = parse(base_url)?;
        let base_url = url.origin().ascii_serialization();
        let entity_id = EntityId::new(format!("{base_url}{ROOT}"))?;
        Ok(Self {
            url,
            base_url,
            entity_id,
        })
    }

    /// Goes by another entity ID: for a service that has moved and keeps its name.
    #[must_use]
    pub fn with_entity_id(mut self, entity_id: EntityId) -> Self {
        self.entity_id = entity_id;
        self
    }

    /// `https://HOST:PORT`, without a slash at its end and without the default port 443.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Our name among SAML entities. Default: `https://HOST:PORT/sso-connect`.
    #[must_use]
    pub const fn entity_id(&self) -> &EntityId {
        &self.entity_id
    }

    /// The assertion consumer service: where identity providers post responses to
    /// (SAML Profiles 4.1.4).
    #[must_use]
    pub fn acs_url(&self) -> String {
        self.at(ACS)
    }

    /// Where a sign-in begins.
    #[must_use]
    pub fn login_url(&self) -> String {
        self.at(LOGIN)
    }

    /// Where a sign-out begins.
    #[must_use]
    pub fn logout_url(&self) -> String {
        self.at(LOGOUT)
    }

    /// The single logout service: where identity providers send logout messages to
    /// (SAML Profiles 4.4).
    #[must_use]
    pub fn slo_url(&self) -> String {
        self.at(SLO)
    }

    /// Where our metadata is.
    #[must_use]
    pub fn metadata_url(&self) -> String {
        self.at(METADATA)
    }

    /// The host of the base URL, as it is compared.
    ///
    /// # Errors
    ///
    /// [`NotAHostName`] if no certificate could be for it.
    pub fn host(&self) -> Result<HostName, NotAHostName> {
        HostName::parse(self.url.host_str().unwrap_or_default())
    }

    /// How well `authority`, `HOST` or `HOST:PORT` as a request has it in `Host`, names it.
    pub(super) fn named_by(&self, authority: &str) -> Option<Named> {
        let found = Url::parse(&format!("https://{authority}/")).ok()?;
        if found.origin() == self.url.origin() {
            return Some(Named::Exactly);
        }
        (found.host() == self.url.host()).then_some(Named::ByHost)
    }

    /// The base URL, parsed.
    pub(super) const fn url(&self) -> &Url {
        &self.url
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}

/// How well a request names a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// Host and port are the same.
    Exactly,
    /// The host is; a proxy may have another port.
    ByHost,
}

/// Why a base URL was refused.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// There is more in it than scheme, host and port.
    #[error("the base URL is only https://HOST or https://HOST:PORT, nothing behind it: {found}")]
    MoreThanAnOrigin {
        /// The URL.
        found: String,
    },
    /// The host name is too long for an entity ID.
    #[error(transparent)]
    EntityId(#[from] EntityIdError),
    /// The scheme is not `https`.
    #[error("the base URL begins with https://, and this does not: {found}")]
    NotHttps {
        /// The URL.
        found: String,
    },
    /// It is no URL at all.
    #[error("not a URL ({reason}): {found}")]
    NotAUrl {
        /// What the parser met.
        reason: url::ParseError,
        /// The text.
        found: String,
    },
}

fn parse(base_url: &str) -> Result<Url, ServiceError> {
    let found = || base_url.to_owned();
    let url = Url::parse(base_url).map_err(|reason| ServiceError::NotAUrl {
        reason,
        found: found(),
    })?;
    if url.scheme() != "https" {
        return Err(ServiceError::NotHttps { found: found() });
    }
    let origin_alone = format!("{}/", url.origin().ascii_serialization());
    if url.as_str() != origin_alone {
        return Err(ServiceError::MoreThanAnOrigin { found: found() });
    }
    Ok(url)
}

/// Path of everything that is ours; also the end of the default entity ID.
pub const ROOT: &str = "/sso-connect";
/// Path of the assertion consumer service.
pub const ACS: &str = "/sso-connect/saml/sso";
/// Path where a sign-in begins.
pub const LOGIN: &str = "/sso-connect/saml/login";
/// Path where a sign-out begins.
pub const LOGOUT: &str = "/sso-connect/saml/logout";
/// Path of the metadata.
pub const METADATA: &str = "/sso-connect/saml/metadata";
/// Path of the single logout service.
pub const SLO: &str = "/sso-connect/saml/slo";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_follows_from_the_base_url() {
        let service = Service::new("https://SSO.example.com:8443/").unwrap();
        insta::assert_snapshot!(service.entity_id(), @"https://sso.example.com:8443/sso-connect");
        insta::assert_snapshot!(service.acs_url(), @"https://sso.example.com:8443/sso-connect/saml/sso");
        insta::assert_snapshot!(service.login_url(), @"https://sso.example.com:8443/sso-connect/saml/login");
    }

    #[test]
    fn the_default_port_is_left_out() {
        let service = Service::new("https://sso.example.com:443").unwrap();
        assert_eq!(service.base_url(), "https://sso.example.com");
    }

    #[test]
    fn refuses_what_is_not_an_https_origin() {
        let refused = |url| Service::new(url).unwrap_err().to_string();
        insta::assert_snapshot!(refused("sso.example.com"), @"not a URL (relative URL without a base): sso.example.com");
        insta::assert_snapshot!(refused("http://sso.example.com"), @"the base URL begins with https://, and this does not: http://sso.example.com");
        insta::assert_snapshot!(refused("https://sso.example.com/app"), @"the base URL is only https://HOST or https://HOST:PORT, nothing behind it: https://sso.example.com/app");
        for url in [
            "https://a@sso.example.com",
            "https://sso.example.com?x",
            "https://sso.example.com#x",
        ] {
            assert!(
                matches!(
                    Service::new(url),
                    Err(ServiceError::MoreThanAnOrigin { .. })
                ),
                "{url}"
            );
        }
    }
}
