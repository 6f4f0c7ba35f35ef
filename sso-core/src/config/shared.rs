//! The configuration that all servers of a domain share, checked as a whole.

use std::time::Duration;

use super::{
    Destinations, EntityId, IdentityProvider, IdpName, ProviderState, SamlKeys, Service, TlsKeyPair,
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
    identity_providers: Vec<IdentityProvider>,
    destinations: Destinations,
    sessions: SessionPolicy,
    keys: SamlKeys,
    tls: Option<TlsKeyPair>,
}

impl SharedConfig {
    /// Starts with this service; everything else has a default.
    #[must_use]
    pub fn builder(service: Service) -> SharedConfigBuilder {
        let destinations = Destinations::of(&service);
        SharedConfigBuilder(Self {
            service,
            identity_providers: Vec::new(),
            destinations,
            sessions: SessionPolicy::default(),
            keys: SamlKeys::none(),
            tls: None,
        })
    }

    /// This service.
    #[must_use]
    pub const fn service(&self) -> &Service {
        &self.service
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
        let mut metadata = ServiceProviderMetadata::new(&self.service);
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

    /// Checks the parts against each other.
    ///
    /// # Errors
    ///
    /// The first [`ConfigError`], in the order of its variants' documentation.
    pub fn build(self) -> Result<SharedConfig, ConfigError> {
        let config = self.0;
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

fn check_names(config: &SharedConfig) -> Result<(), ConfigError> {
    match duplicate(config.identity_providers.iter().map(IdentityProvider::name)) {
        Some(name) => Err(ConfigError::DuplicateName { name: name.clone() }),
        None => Ok(()),
    }
}

fn check_entity_ids(config: &SharedConfig) -> Result<(), ConfigError> {
    let ours = config.service.entity_id();
    if let Some(idp) = config
        .identity_providers
        .iter()
        .find(|idp| idp.entity_id() == ours)
    {
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
