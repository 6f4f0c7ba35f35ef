//! The configuration that all servers of a domain share, checked as a whole.

use std::time::Duration;

use super::service::Named;
use super::{
    AcmeSettings, Destinations, EntityId, IdentityProvider, IdpName, ProviderState, SamlKeys,
    Service, TlsKeyPair,
};
use crate::UnixTime;
#[cfg(feature = "samael")]
use crate::saml::metadata::ServiceProviderMetadata;
use crate::session::SessionPolicy;

/// Everything that all servers of a domain must agree on. Its parts fit together: nothing else
/// makes one than [`SharedConfigBuilder::build`].
#[derive(Debug)]
pub struct SharedConfig {
    service: Service,
    former: Vec<Service>,
    identity_providers: Vec<IdentityProvider>,
    destinations: Destinations,
    sessions: SessionPolicy,
    keys: SamlKeys,
    tls: Option<TlsKeyPair>,
    former_tls: Option<TlsKeyPair>,
    acme: Option<AcmeSettings>,
}

impl SharedConfig {
    /// Starts with this service; everything else has a default.
    #[must_use]
    pub fn builder(service: Service) -> SharedConfigBuilder {
        let destinations = Destinations::of(&service);
        SharedConfigBuilder(Self {
            service,
            former: Vec::new(),
            identity_providers: Vec::new(),
            destinations,
            sessions: SessionPolicy::default(),
            keys: SamlKeys::none(),
            tls: None,
            former_tls: None,
            acme: None,
        })
    }

    /// This service.
    #[must_use]
    pub const fn service(&self) -> &Service {
        &self.service
    }

    /// This service under each of its names, [`service`](Self::service) first, then the former ones.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        std::iter::once(&self.service).chain(&self.former)
    }

    /// This service under the name by which a request came, `HOST` or `HOST:PORT` as in its `Host`
    /// header. Whoever comes by no name of ours comes to [`service`](Self::service): a header only
    /// chooses among what is configured.
    #[must_use]
    pub fn service_at(&self, authority: &str) -> &Service {
        self.service_named(authority).unwrap_or(&self.service)
    }

    /// The same; `None` for whoever comes by no name of ours.
    #[must_use]
    pub fn service_named(&self, authority: &str) -> Option<&Service> {
        let named = |how| {
            self.services()
                .find(|it| it.named_by(authority) == Some(how))
        };
        named(Named::Exactly).or_else(|| named(Named::ByHost))
    }

    /// Whether `service` is one of the former names.
    #[must_use]
    pub fn is_former(&self, service: &Service) -> bool {
        self.former.contains(service)
    }

    /// This service under the name with this base URL; `None` once the name was retired.
    pub(crate) fn service_with_base(&self, base_url: &str) -> Option<&Service> {
        self.services()
            .find(|service| service.base_url() == base_url)
    }

    /// The base URLs of all names.
    pub(crate) fn base_urls(&self) -> Vec<&str> {
        self.services().map(Service::base_url).collect()
    }

    /// All identity providers, the disabled ones too, in the order of the configuration.
    #[must_use]
    pub fn identity_providers(&self) -> &[IdentityProvider] {
        &self.identity_providers
    }

    /// The identity provider called `name`.
    #[must_use]
    pub fn identity_provider(&self, name: &IdpName) -> Option<&IdentityProvider> {
        self.identity_providers
            .iter()
            .find(|idp| idp.name() == name)
    }

    /// The identity provider with this entity ID.
    #[must_use]
    pub fn identity_provider_with_id(&self, entity_id: &str) -> Option<&IdentityProvider> {
        self.identity_providers
            .iter()
            .find(|idp| idp.entity_id().as_str() == entity_id)
    }

    /// Where browsers may be sent after a sign-in.
    #[must_use]
    pub const fn destinations(&self) -> &Destinations {
        &self.destinations
    }

    /// The same for browsers that came to `service`, one of [`services`](Self::services): paths lie
    /// on that one.
    #[must_use]
    pub fn destinations_at(&self, service: &Service) -> Destinations {
        match *service == self.service {
            true => self.destinations.clone(),
            false => self.destinations.at(service),
        }
    }

    /// How long sessions last.
    #[must_use]
    pub const fn sessions(&self) -> &SessionPolicy {
        &self.sessions
    }

    /// Our own keys.
    #[must_use]
    pub const fn keys(&self) -> &SamlKeys {
        &self.keys
    }

    /// Certificate and key of the public address; `None` if every server has its own.
    #[must_use]
    pub const fn tls(&self) -> Option<&TlsKeyPair> {
        self.tls.as_ref()
    }

    /// Certificate and key of the former names, if they have their own.
    #[must_use]
    pub const fn former_tls(&self) -> Option<&TlsKeyPair> {
        self.former_tls.as_ref()
    }

    /// The certificate for browsers that ask for `host`, a DNS name: that of the former names if it
    /// covers it and [`tls`](Self::tls) does not.
    #[must_use]
    pub fn tls_for(&self, host: &str) -> Option<&TlsKeyPair> {
        let covers = |pair: &&TlsKeyPair| pair.covers(host);
        let own = self.tls.as_ref().filter(covers);
        own.or_else(|| self.former_tls.as_ref().filter(covers))
            .or(self.tls.as_ref())
    }

    /// Who issues the certificate of the public address by itself, if anybody does.
    #[must_use]
    pub const fn acme(&self) -> Option<&AcmeSettings> {
        self.acme.as_ref()
    }

    /// What browsers will object to at `now`, one line each: a certificate of another host, or one
    /// that ends soon. None of it keeps the configuration from being used.
    #[must_use]
    pub fn advice(&self, now: UnixTime) -> Vec<String> {
        let of_tls = |tls: &TlsKeyPair| tls.advice(&self.service, now);
        self.tls.as_ref().map(of_tls).unwrap_or_default()
    }

    /// What identity providers have to know of us: addresses and certificates. That requests are
    /// signed is only promised if they are, whoever is asked.
    #[cfg(feature = "samael")]
    #[must_use]
    pub fn metadata(&self) -> ServiceProviderMetadata {
        self.metadata_at(&self.service)
    }

    /// The same under the name of `service`, one of [`services`](Self::services). Names that share an
    /// entity ID are one entity with an address each, the newest as the default; so whoever takes
    /// these metadata in is ready for both names.
    #[cfg(feature = "samael")]
    #[must_use]
    pub fn metadata_at(&self, service: &Service) -> ServiceProviderMetadata {
        let mut same = self
            .services()
            .filter(|it| it.entity_id() == service.entity_id());
        let mut metadata = ServiceProviderMetadata::new(same.next().unwrap_or(service));
        metadata = same.fold(metadata, ServiceProviderMetadata::with_name);
        for certificate in self.keys.signing_certificates() {
            metadata = metadata.with_signing_certificate(certificate);
        }
        for key in self.keys.decryption() {
            metadata = metadata.with_encryption_certificate(key.certificate());
        }
        let every_request_is_signed = !self.identity_providers.is_empty()
            && self
                .identity_providers
                .iter()
                .all(IdentityProvider::sign_requests);
        match every_request_is_signed {
            true => metadata.with_signed_requests(),
            false => metadata,
        }
    }
}

/// Puts a [`SharedConfig`] together.
#[derive(Debug)]
pub struct SharedConfigBuilder(SharedConfig);

impl SharedConfigBuilder {
    /// Trusts one more identity provider. Default: none, and nobody can sign in.
    #[must_use]
    pub fn identity_provider(mut self, identity_provider: IdentityProvider) -> Self {
        self.0.identity_providers.push(identity_provider);
        self
    }

    /// Also goes by a former name, with all that was begun there. Default: none.
    #[must_use]
    pub fn former(mut self, service: Service) -> Self {
        self.0.former.push(service);
        self
    }

    /// Where browsers may be sent after a sign-in. Default: every path of the service.
    #[must_use]
    pub fn destinations(mut self, destinations: Destinations) -> Self {
        self.0.destinations = destinations;
        self
    }

    /// How long sessions last. Default: 8 hours; from 5 minutes to 24 hours.
    #[must_use]
    pub const fn sessions(mut self, sessions: SessionPolicy) -> Self {
        self.0.sessions = sessions;
        self
    }

    /// Our own keys. Default: none; requests are not signed, assertions come unencrypted.
    #[must_use]
    pub fn keys(mut self, keys: SamlKeys) -> Self {
        self.0.keys = keys;
        self
    }

    /// Certificate and key of the public address. Default: none, every server has its own.
    #[must_use]
    pub fn tls(mut self, tls: TlsKeyPair) -> Self {
        self.0.tls = Some(tls);
        self
    }

    /// Certificate and key of the former names. Default: none, those of `tls`.
    #[must_use]
    pub fn former_tls(mut self, tls: TlsKeyPair) -> Self {
        self.0.former_tls = Some(tls);
        self
    }

    /// Who issues the certificate of the public address by itself. Default: nobody.
    #[must_use]
    pub fn acme(mut self, acme: AcmeSettings) -> Self {
        self.0.acme = Some(acme);
        self
    }

    /// Checks the parts against each other.
    ///
    /// # Errors
    ///
    /// The first [`ConfigError`], in the order of its variants' documentation.
    pub fn build(self) -> Result<SharedConfig, ConfigError> {
        let mut config = self.0;
        check_former(&config)?;
        for former in &config.former {
            config.destinations = config.destinations.with_name(former);
        }
        check_names(&config)?;
        check_entity_ids(&config)?;
        check_keys(&config)?;
        check_sessions(&config.sessions)?;
        check_destinations(&config)?;
        Ok(config)
    }
}

/// Why the parts of a configuration do not fit together.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// An identity provider must encrypt, and nothing could decrypt it.
    #[error("identity provider {name} must encrypt, and there is no decryption key")]
    DecryptionKeyMissing {
        /// The provider.
        name: IdpName,
    },
    /// Two identity providers have one entity ID: a response could belong to either.
    #[error("two identity providers have the entity ID {entity_id}")]
    DuplicateEntityId {
        /// The entity ID.
        entity_id: EntityId,
    },
    /// Two identity providers have one name.
    #[error("two identity providers are called {name}")]
    DuplicateName {
        /// The name.
        name: IdpName,
    },
    /// The destinations were made for another service.
    #[error("the destinations belong to another base URL than {base_url}")]
    ForeignDestinations {
        /// Our base URL.
        base_url: String,
    },
    /// A former base URL is the base URL, or stands there twice.
    #[error("{base_url} is a name of this service twice")]
    FormerTwice {
        /// The base URL.
        base_url: String,
    },
    /// An identity provider has our own entity ID.
    #[error("identity provider {name} has the entity ID of this service")]
    OwnEntityId {
        /// The provider.
        name: IdpName,
    },
    /// Sessions would be too short to be of use or too long to be revocable.
    #[error("sessions last from 5 minutes to 24 hours, not {found:?}")]
    SessionLifetime {
        /// The setting.
        found: Duration,
    },
    /// An identity provider wants signed requests, and nothing could sign them.
    #[error("identity provider {name} wants signed requests, and there is no signing key")]
    SigningKeyMissing {
        /// The provider.
        name: IdpName,
    },
}

fn check_former(config: &SharedConfig) -> Result<(), ConfigError> {
    let base_urls = config.base_urls();
    match duplicate(base_urls.iter()) {
        Some(base_url) => Err(ConfigError::FormerTwice {
            base_url: (*base_url).into(),
        }),
        None => Ok(()),
    }
}

fn check_names(config: &SharedConfig) -> Result<(), ConfigError> {
    match duplicate(config.identity_providers.iter().map(IdentityProvider::name)) {
        Some(name) => Err(ConfigError::DuplicateName { name: name.clone() }),
        None => Ok(()),
    }
}

fn check_entity_ids(config: &SharedConfig) -> Result<(), ConfigError> {
    let is_ours = |idp: &&IdentityProvider| {
        let mut ours = config.services().map(Service::entity_id);
        ours.any(|ours| idp.entity_id() == ours)
    };
    if let Some(idp) = config.identity_providers.iter().find(is_ours) {
        return Err(ConfigError::OwnEntityId {
            name: idp.name().clone(),
        });
    }
    match duplicate(
        config
            .identity_providers
            .iter()
            .map(IdentityProvider::entity_id),
    ) {
        Some(entity_id) => Err(ConfigError::DuplicateEntityId {
            entity_id: entity_id.clone(),
        }),
        None => Ok(()),
    }
}

fn check_keys(config: &SharedConfig) -> Result<(), ConfigError> {
    let enabled = || {
        config
            .identity_providers
            .iter()
            .filter(|idp| idp.state() == ProviderState::Enabled)
    };
    let can_sign = config.keys.signer().is_some();
    if let Some(idp) = enabled().find(|idp| idp.sign_requests() && !can_sign) {
        return Err(ConfigError::SigningKeyMissing {
            name: idp.name().clone(),
        });
    }
    let can_decrypt = !config.keys.decryption().is_empty();
    match enabled().find(|idp| idp.encryption_required() && !can_decrypt) {
        Some(idp) => Err(ConfigError::DecryptionKeyMissing {
            name: idp.name().clone(),
        }),
        None => Ok(()),
    }
}

fn check_sessions(sessions: &SessionPolicy) -> Result<(), ConfigError> {
    let found = sessions.lifetime;
    if (SHORTEST_SESSION..=LONGEST_SESSION).contains(&found) {
        Ok(())
    } else {
        Err(ConfigError::SessionLifetime { found })
    }
}

fn check_destinations(config: &SharedConfig) -> Result<(), ConfigError> {
    if config.destinations.belong_to(&config.service) {
        Ok(())
    } else {
        Err(ConfigError::ForeignDestinations {
            base_url: config.service.base_url().into(),
        })
    }
}

fn duplicate<T: PartialEq>(items: impl Iterator<Item = T> + Clone) -> Option<T> {
    let mut rest = items.clone();
    items.into_iter().find(|item| {
        rest.next();
        rest.clone().any(|other| other == *item)
    })
}

/// Shorter ones end while people work.
pub(super) const SHORTEST_SESSION: Duration = Duration::from_mins(5);

/// Also how long a revocation must be kept, whatever the policy was when a session began.
pub(crate) const LONGEST_SESSION: Duration = Duration::from_hours(24);
