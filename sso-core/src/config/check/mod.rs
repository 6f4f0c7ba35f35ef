//! From the document to the configuration, collecting every problem on the way.

mod keys;
mod provider;

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::document::{AcmeDocument, SharedConfigDocument};
use super::shared::{LONGEST_SESSION, SHORTEST_SESSION};
use super::{
    AcmeSettings, ConfigError, Destinations, EntityId, IdentityProvider, NoPrivateKeys,
    PrivateKeys, Problem, Problems, Service, SharedConfig, SharedConfigBuilder, duration,
};
use crate::UnixTime;
use crate::session::SessionPolicy;

impl SharedConfigDocument {
    /// Checks the whole document; `now` decides whether metadata has expired.
    ///
    /// # Errors
    ///
    /// [`Problems`]: everything that must be mended, not only the first.
    pub fn check(&self, now: UnixTime) -> Result<SharedConfig, Problems> {
        self.check_with_keys(now, &NoPrivateKeys)
    }

    /// The same on a machine that holds `private` keys of its own.
    ///
    /// # Errors
    ///
    /// As for [`check`](Self::check).
    pub fn check_with_keys(
        &self,
        now: UnixTime,
        private: &dyn PrivateKeys,
    ) -> Result<SharedConfig, Problems> {
        let mut check = Check {
            now,
            private,
            problems: Vec::new(),
        };
        let config = check.document(self);
        match config {
            Some(config) if check.problems.is_empty() => Ok(config),
            Some(_) | None => Err(Problems::new(check.problems)),
        }
    }
}

/// A check under way. A method answers `None`, or leaves a part out, only after it noted a problem.
struct Check<'a> {
    now: UnixTime,
    private: &'a dyn PrivateKeys,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn document(&mut self, document: &SharedConfigDocument) -> Option<SharedConfig> {
        let service = self.service(document);
        let keys = self.keys(&document.keys);
        let former = self.former(document);
        let tls = self.tls("tls", document.tls.as_ref());
        let former_tls = self.tls("former_tls", document.former_tls.as_ref());
        if let Some(pair) = &document.next_tls {
            self.tls("next_tls", Some(pair));
        }
        let acme = document.acme.as_ref().and_then(|acme| self.acme(acme));
        let sessions = self.sessions(document);
        let documents = document.identity_providers.iter().enumerate();
        let providers: Vec<IdentityProvider> = documents
            .filter_map(|(index, document)| self.provider(index, document))
            .collect();
        let service = service?;
        let former = former
            .into_iter()
            .map(|name| match &document.former_entity_id {
                None => name.with_entity_id(service.entity_id().clone()),
                Some(_) => name,
            });
        let former: Vec<_> = former.collect();
        let destinations = self.destinations(&service, document);
        let parts = SharedConfig::builder(service)
            .destinations(destinations)
            .sessions(sessions)
            .keys(keys);
        let parts = former.into_iter().fold(parts, SharedConfigBuilder::former);
        let parts = tls.into_iter().fold(parts, SharedConfigBuilder::tls);
        let parts = former_tls
            .into_iter()
            .fold(parts, SharedConfigBuilder::former_tls);
        let parts = acme.into_iter().fold(parts, SharedConfigBuilder::acme);
        self.whole(
            providers
                .into_iter()
                .fold(parts, SharedConfigBuilder::identity_provider),
        )
    }

    /// The former names, with the entity ID of all of them if there is one.
    fn former(&mut self, document: &SharedConfigDocument) -> Vec<Service> {
        let entity_id = document.former_entity_id.as_ref();
        let entity_id = entity_id.and_then(|it| self.entity_id("former_entity_id", it));
        let named = |name: Service| match &entity_id {
            Some(entity_id) => name.with_entity_id(entity_id.clone()),
            None => name,
        };
        let urls = document.former_base_urls.iter();
        let names: Vec<_> = urls
            .filter_map(|url| self.base_url("former_base_urls", url))
            .collect();
        names.into_iter().map(named).collect()
    }

    fn base_url(&mut self, setting: &str, found: &str) -> Option<Service> {
        let noted = |error| {
            let expected = "https://HOST or https://HOST:PORT";
            self.note(setting, found, expected, format!("Correct it: {error}."));
        };
        Service::new(found).map_err(noted).ok()
    }

    fn service(&mut self, document: &SharedConfigDocument) -> Option<Service> {
        let service = self.base_url("base_url", &document.base_url);
        let entity_id = document
            .entity_id
            .as_ref()
            .map(|found| self.entity_id("entity_id", found));
        match entity_id {
            None => service,
            Some(entity_id) => Some(service?.with_entity_id(entity_id?)),
        }
    }

    fn entity_id(&mut self, setting: &str, found: &str) -> Option<EntityId> {
        let noted = |_| {
            self.note(
                setting,
                found,
                "1 to 1024 characters",
                "Shorten or remove it.",
            )
        };
        EntityId::new(found).map_err(noted).ok()
    }

    fn destinations(&mut self, service: &Service, document: &SharedConfigDocument) -> Destinations {
        let mut destinations = Destinations::of(service);
        for origin in &document.destinations {
            destinations = destinations.clone().allow(origin).unwrap_or_else(|_| {
                let expected = "https://HOST or https://HOST:PORT (http for loopback only)";
                let fix = "Give the origin alone: no path, no user name, no wildcard.";
                self.note("destinations", origin, expected, fix);
                destinations
            });
        }
        let Some(home) = &document.home else {
            return destinations;
        };
        destinations
            .clone()
            .with_home(home)
            .unwrap_or_else(|error| {
                let expected = "a path, or a URL of an origin in destinations";
                self.note("home", home, expected, format!("Correct it: {error}."));
                destinations
            })
    }

    fn acme(&mut self, document: &AcmeDocument) -> Option<AcmeSettings> {
        let noted = |problems| self.problems.extend(problems);
        AcmeSettings::of(document).map_err(noted).ok()
    }

    fn sessions(&mut self, document: &SharedConfigDocument) -> SessionPolicy {
        let mut sessions = SessionPolicy::default();
        if let Some(found) = &document.session_lifetime
            && let Some(lifetime) = self.duration("session_lifetime", found, LIFETIMES)
        {
            sessions.lifetime = lifetime;
        }
        sessions
    }

    fn duration(
        &mut self,
        setting: &str,
        found: &str,
        allowed: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let duration = duration::parse(found).filter(|duration| allowed.contains(duration));
        if duration.is_none() {
            let [from, to] = [allowed.start(), allowed.end()].map(|end| duration::write(*end));
            let fix = "Write a whole number and its unit: 90s, 5m or 8h.";
            self.note(setting, found, format!("{from} to {to}"), fix);
        }
        duration
    }

    /// What concerns several settings at once.
    fn whole(&mut self, builder: SharedConfigBuilder) -> Option<SharedConfig> {
        let noted = |error| self.problems.push(advice(&error));
        builder.build().map_err(noted).ok()
    }

    fn note(
        &mut self,
        setting: impl Into<String>,
        found: impl fmt::Display,
        expected: impl fmt::Display,
        fix: impl Into<String>,
    ) {
        self.problems
            .push(Problem::new(setting, found, expected, fix));
    }
}

/// What to note of an error that concerns several settings.
fn advice(error: &ConfigError) -> Problem {
    let of = |name, setting| format!("identity_providers.{name}.{setting}");
    match error {
        ConfigError::DecryptionKeyMissing { name } => Problem::new(
            of(name, "encryption_required"),
            "true without a decryption key",
            "a key in keys.decryption",
            "Add one and give our metadata to the provider.",
        ),
        ConfigError::DuplicateEntityId { entity_id } => Problem::new(
            "identity_providers",
            format!("{entity_id} twice"),
            "every entity ID once",
            "Remove one of the two providers.",
        ),
        ConfigError::DuplicateName { name } => Problem::new(
            of(name, "name"),
            format!("{name} twice"),
            "every name once",
            "Rename one of the two providers.",
        ),
        ConfigError::ForeignDestinations { base_url } => Problem::new(
            "destinations",
            "destinations of another service",
            format!("those of {base_url}"),
            "Write them anew.",
        ),
        ConfigError::FormerTwice { base_url } => Problem::new(
            "former_base_urls",
            format!("{base_url} twice"),
            "names other than the base URL, each once",
            "Remove it there.",
        ),
        ConfigError::OwnEntityId { name } => Problem::new(
            of(name, "metadata"),
            "the metadata of this service",
            "those of the identity provider",
            "Get them from the administrator of the identity provider.",
        ),
        ConfigError::SessionLifetime { found } => Problem::new(
            "session_lifetime",
            duration::write(*found),
            "5m to 24h",
            "Choose another duration.",
        ),
        ConfigError::SigningKeyMissing { name } => Problem::new(
            of(name, "sign_requests"),
            "signed requests without a signing key",
            "a key in keys.signing",
            "Add one and give our metadata to the provider.",
        ),
    }
}

const LIFETIMES: RangeInclusive<Duration> = SHORTEST_SESSION..=LONGEST_SESSION;

#[cfg(test)]
mod tests;
