//! The check of one identity provider.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::Check;
use crate::config::document::{
    AttributesDocument, DangerousDocument, IdentityProviderDocument, RequestedContextDocument,
};
use crate::config::{
    AttributeMap, IdentityProvider, IdpName, ProviderState, Provisioning, SignedPart, SubjectSource,
};
use crate::saml::metadata::{Binding, IdpMetadata};
use crate::saml::{Comparison, RequestedContext};

impl Check<'_> {
    /// One identity provider; every setting is read, even if another one is wrong.
    pub(super) fn provider(
        &mut self,
        index: usize,
        document: &IdentityProviderDocument,
    ) -> Option<IdentityProvider> {
        let name = self.provider_name(index, &document.name);
        let mut provider = ProviderCheck {
            path: match &name {
                Some(name) => format!("identity_providers.{name}"),
                None => format!("identity_providers[{index}]"),
            },
            check: self,
        };
        let metadata = provider.metadata(document);
        let settings = provider.settings(document);
        let described = provider.described(name?, &metadata?)?;
        let configured = configured(described, document, settings);
        Some(provider.with_request_binding(configured, document))
    }

    fn provider_name(&mut self, index: usize, found: &str) -> Option<IdpName> {
        let noted = |_| {
            let setting = format!("identity_providers[{index}].name");
            self.note(
                setting,
                format!("{found:?}"),
                "1 to 32 of a-z, 0-9 and -",
                "Rename it.",
            );
        };
        IdpName::new(found).map_err(noted).ok()
    }
}

struct ProviderCheck<'a, 'keys> {
    check: &'a mut Check<'keys>,
    path: String,
}

/// Settings that had to be read, with their defaults.
struct Settings {
    clock_skew: Duration,
    max_assertion_age: Duration,
    provisioning: Provisioning,
    requested_context: Option<RequestedContext>,
    signed_part: SignedPart,
    subject: SubjectSource,
}

impl ProviderCheck<'_, '_> {
    fn metadata(&mut self, document: &IdentityProviderDocument) -> Option<IdpMetadata> {
        let xml = document.metadata.trim().as_bytes();
        let now = self.check.now;
        let metadata = match &document.entity_id {
            None => IdpMetadata::parse(xml, now),
            Some(entity_id) => {
                let setting = format!("{}.entity_id", self.path);
                let entity_id = self.check.entity_id(&setting, entity_id)?;
                IdpMetadata::parse_entity(xml, &entity_id, now)
            }
        };
        let expected = "the SAML metadata of the identity provider";
        self.or_note("metadata", &document.metadata, expected, metadata)
    }

    fn settings(&mut self, document: &IdentityProviderDocument) -> Settings {
        Settings {
            clock_skew: self
                .duration("clock_skew", document.clock_skew.as_deref(), CLOCK_SKEWS)
                .unwrap_or(IdentityProvider::DEFAULT_CLOCK_SKEW),
            max_assertion_age: self
                .duration(
                    "max_assertion_age",
                    document.max_assertion_age.as_deref(),
                    AGES,
                )
                .unwrap_or(IdentityProvider::DEFAULT_ASSERTION_AGE),
            provisioning: self
                .choice(
                    "provisioning",
                    document.provisioning.as_deref(),
                    PROVISIONING,
                )
                .unwrap_or(Provisioning::JustInTime),
            requested_context: document
                .requested_context
                .as_ref()
                .and_then(|context| self.requested_context(context)),
            signed_part: self
                .choice("signed_part", document.signed_part.as_deref(), SIGNED_PARTS)
                .unwrap_or(SignedPart::Either),
            subject: self.subject(document.subject.as_deref()),
        }
    }

    fn duration(
        &mut self,
        setting: &str,
        found: Option<&str>,
        allowed: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let setting = format!("{}.{setting}", self.path);
        self.check.duration(&setting, found?, allowed)
    }

    fn choice<T: Copy>(
        &mut self,
        setting: &str,
        found: Option<&str>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let found = found?;
        let chosen = choices
            .iter()
            .find(|(word, _)| *word == found)
            .map(|(_, choice)| *choice);
        if chosen.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            let expected = format!("one of {}", words.join(", "));
            self.note(setting, found, expected, "Choose one of these words.");
        }
        chosen
    }

    fn requested_context(
        &mut self,
        document: &RequestedContextDocument,
    ) -> Option<RequestedContext> {
        let word = document.comparison.as_deref();
        let comparison = self.choice("requested_context.comparison", word, COMPARISONS);
        let classes = document.classes.clone();
        if classes.is_empty() || classes.iter().any(String::is_empty) {
            let expected = "authentication context class URIs, at least one";
            let fix = "Name the classes that are accepted, or remove requested_context.";
            self.note(
                "requested_context.classes",
                format!("{classes:?}"),
                expected,
                fix,
            );
            return None;
        }
        Some(match comparison {
            Some(Comparison::Minimum) => RequestedContext::at_least(classes),
            _ => RequestedContext::exact(classes),
        })
    }

    fn subject(&mut self, found: Option<&str>) -> SubjectSource {
        match found {
            None | Some("name_id") => SubjectSource::NameId,
            Some(found) => match found.strip_prefix("attribute:") {
                Some(name) if !name.is_empty() => SubjectSource::Attribute(name.into()),
                Some(_) | None => {
                    let fix = "Name the attribute behind the colon, or remove the setting.";
                    self.note("subject", found, "name_id or attribute:NAME", fix);
                    SubjectSource::NameId
                }
            },
        }
    }

    fn described(&mut self, name: IdpName, metadata: &IdpMetadata) -> Option<IdentityProvider> {
        let described = IdentityProvider::from_metadata(name, metadata);
        self.or_note(
            "metadata",
            "unusable metadata",
            "keys and a sign-in address",
            described,
        )
    }

    fn with_request_binding(
        &mut self,
        idp: IdentityProvider,
        document: &IdentityProviderDocument,
    ) -> IdentityProvider {
        let found = document.request_binding.as_deref();
        let Some(binding) = self.choice("request_binding", found, BINDINGS) else {
            return idp;
        };
        let changed = idp.clone().with_request_binding(binding);
        let expected = "a binding that the metadata offer";
        let found = found.unwrap_or_default();
        self.or_note("request_binding", found, expected, changed)
            .unwrap_or(idp)
    }

    fn or_note<T, E: fmt::Display>(
        &mut self,
        setting: &str,
        found: impl fmt::Display,
        expected: &str,
        result: Result<T, E>,
    ) -> Option<T> {
        let noted = |error| self.note(setting, found, expected, &format!("Correct it: {error}."));
        result.map_err(noted).ok()
    }

    fn note(
        &mut self,
        setting: &str,
        found: impl fmt::Display,
        expected: impl fmt::Display,
        fix: &str,
    ) {
        self.check
            .note(format!("{}.{setting}", self.path), found, expected, fix);
    }
}

fn configured(
    idp: IdentityProvider,
    document: &IdentityProviderDocument,
    settings: Settings,
) -> IdentityProvider {
    let signs = document
        .sign_requests
        .unwrap_or_else(|| idp.sign_requests());
    let state = match document.enabled {
        Some(false) => ProviderState::Disabled,
        Some(true) | None => ProviderState::Enabled,
    };
    let idp = idp
        .with_state(state)
        .with_signed_requests(signs)
        .with_attributes(attribute_map(&document.attributes))
        .with_audiences(document.audiences.clone())
        .with_encryption_required(document.encryption_required.unwrap_or_default())
        .with_force_authn(document.force_authn.unwrap_or_default())
        .with_name_id_format(document.name_id_format.clone())
        .with_requested_context(settings.requested_context)
        .with_signed_part(settings.signed_part)
        .with_provisioning(settings.provisioning)
        .with_subject(settings.subject);
    // Both were compared with the same bounds when they were read.
    let idp = idp
        .clone()
        .with_clock_skew(settings.clock_skew)
        .unwrap_or(idp);
    let idp = idp
        .clone()
        .with_max_assertion_age(settings.max_assertion_age)
        .unwrap_or(idp);
    with_exceptions(idp, &document.dangerous)
}

fn with_exceptions(idp: IdentityProvider, document: &DangerousDocument) -> IdentityProvider {
    let mut idp = idp.dangerous();
    if document.accept_sha1 {
        idp = idp.accept_sha1();
    }
    if document.accept_cbc_encryption {
        idp = idp.accept_cbc_encryption();
    }
    if document.accept_unsolicited_responses {
        idp = idp.accept_unsolicited_responses();
    }
    idp.done()
}

fn attribute_map(document: &AttributesDocument) -> AttributeMap {
    let mut map = AttributeMap::default();
    let AttributesDocument {
        first,
        last,
        email,
        groups,
    } = document.clone();
    map.first = first.unwrap_or(map.first);
    map.last = last.unwrap_or(map.last);
    map.email = email.unwrap_or(map.email);
    map.groups = groups.unwrap_or(map.groups);
    map
}

const CLOCK_SKEWS: RangeInclusive<Duration> = Duration::ZERO..=IdentityProvider::MAX_CLOCK_SKEW;
const AGES: RangeInclusive<Duration> = Duration::from_mins(1)..=IdentityProvider::MAX_ASSERTION_AGE;

const BINDINGS: &[(&str, Binding)] = &[("redirect", Binding::Redirect), ("post", Binding::Post)];

const COMPARISONS: &[(&str, Comparison)] = &[
    ("exact", Comparison::Exact),
    ("minimum", Comparison::Minimum),
];

const PROVISIONING: &[(&str, Provisioning)] = &[
    ("just-in-time", Provisioning::JustInTime),
    ("known-users-only", Provisioning::KnownUsersOnly),
];

const SIGNED_PARTS: &[(&str, SignedPart)] = &[
    ("either", SignedPart::Either),
    ("response", SignedPart::Response),
    ("assertion", SignedPart::Assertion),
    ("both", SignedPart::Both),
];
