//! The list of all settings.

use std::fmt;

use super::Kind;
use crate::config::{AcmeChallenge, IdpName};

/// A setting: its path, what can stand there, and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pattern: &'static str,
    kind: Kind,
    default: &'static str,
    help: &'static str,
}

impl Setting {
    /// Its path. `NAME` stands for the name of an identity provider, `N` for a number.
    #[must_use]
    pub const fn pattern(&self) -> &'static str {
        self.pattern
    }

    /// What can stand there.
    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What applies if it is not set.
    #[must_use]
    pub const fn default(&self) -> &'static str {
        self.default
    }

    /// What it is good for, in a line.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        self.help
    }

    /// Whether nobody should see its value.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::PrivateKey)
    }

    /// Whether this is the setting at `path`.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        let (mut pattern, mut path) = (self.pattern.split('.'), path.split('.'));
        loop {
            match (pattern.next(), path.next()) {
                (None, None) => return true,
                (Some(pattern), Some(found)) if part_fits(pattern, found) => {}
                _ => return false,
            }
        }
    }
}

/// `PATH: help (what can stand there; default: …)`.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pattern,
            kind,
            default,
            help,
        } = self;
        write!(f, "{pattern}: {help} ({kind}; default: {default})")
    }
}

/// Every setting of the shared configuration, in the order in which people read them.
#[must_use]
pub const fn settings() -> &'static [Setting] {
    SETTINGS
}

/// The setting at `path`.
pub(super) fn find(path: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.is_at(path))
}

fn part_fits(pattern: &str, found: &str) -> bool {
    match pattern {
        "NAME" => IdpName::new(found).is_ok(),
        "N" => super::numbering::parse(found).is_some(),
        word => word == found,
    }
}

const fn setting(
    pattern: &'static str,
    kind: Kind,
    default: &'static str,
    help: &'static str,
) -> Setting {
    Setting {
        pattern,
        kind,
        default,
        help,
    }
}

const SETTINGS: &[Setting] = &[
    setting(
        "base_url",
        Kind::Text("https://HOST or https://HOST:PORT"),
        "none, it must be set",
        "how browsers reach the service",
    ),
    setting(
        "entity_id",
        Kind::Text("a URI of at most 1024 characters"),
        "the base URL and /sso-connect",
        "how identity providers call the service",
    ),
    setting(
        "former_base_urls",
        Kind::List("addresses, https://HOST or https://HOST:PORT"),
        "none",
        "base URLs by which the service was known, and which still work: sso-connect hostname",
    ),
    setting(
        "former_entity_id",
        Kind::Text("a URI of at most 1024 characters"),
        "the entity ID",
        "how identity providers call the service at its former base URLs",
    ),
    setting(
        "destinations",
        Kind::List("origins, https://HOST or https://HOST:PORT"),
        "none",
        "where browsers may be sent after a sign-in, beside the service itself",
    ),
    setting(
        "home",
        Kind::Text("a path, or a URL of an origin in destinations"),
        "/",
        "where browsers go that asked for nothing",
    ),
    setting(
        "session_lifetime",
        Kind::Duration("5m", "24h"),
        "8h",
        "how long sessions last",
    ),
    setting(
        "keys.signing.certificate",
        Kind::Certificates,
        "none",
        "the certificate of the key that signs requests",
    ),
    setting(
        "keys.signing.key",
        Kind::PrivateKey,
        "none, requests are not signed",
        "the key that signs requests",
    ),
    setting(
        "keys.next_signing.certificate",
        Kind::Certificates,
        "none",
        "the certificate of the key that signs next; it is published already",
    ),
    setting(
        "keys.next_signing.key",
        Kind::PrivateKey,
        "none",
        "the key that signs next",
    ),
    setting(
        "keys.next_signing_certificates",
        Kind::CertificateList,
        "none",
        "certificates of keys that will sign later",
    ),
    setting(
        "keys.decryption.N.certificate",
        Kind::Certificates,
        "none",
        "the certificate that identity providers encrypt to; they are tried by ascending N",
    ),
    setting(
        "keys.decryption.N.key",
        Kind::PrivateKey,
        "none",
        "the key that decrypts assertions",
    ),
    setting(
        "keys.next_decryption.certificate",
        Kind::Certificates,
        "none",
        "the certificate that identity providers encrypt to next",
    ),
    setting(
        "keys.next_decryption.key",
        Kind::PrivateKey,
        "none",
        "the key that decrypts next; it decrypts already",
    ),
    setting(
        "tls.certificate",
        Kind::Certificates,
        "none, every server has its own",
        "the certificate of the public address, with those of the authorities behind it",
    ),
    setting(
        "tls.key",
        Kind::PrivateKey,
        "none, every server has its own",
        "the key of the public address",
    ),
    setting(
        "former_tls.certificate",
        Kind::Certificates,
        "none, that of tls",
        "the certificate of the former base URLs, where that of tls does not cover them",
    ),
    setting(
        "former_tls.key",
        Kind::PrivateKey,
        "none, that of tls",
        "the key of the former base URLs",
    ),
    setting(
        "next_tls.certificate",
        Kind::Certificates,
        "none",
        "the next certificate of the public address, which waits to be used",
    ),
    setting(
        "next_tls.key",
        Kind::PrivateKey,
        "none",
        "the next key of the public address",
    ),
    setting(
        "acme.directory",
        Kind::Text("the https address of an ACME directory"),
        "none, nobody issues certificates by itself",
        "who issues the certificate of the public address",
    ),
    setting(
        "acme.contact",
        Kind::Text("an e-mail address"),
        "none",
        "whom that authority may write to",
    ),
    setting(
        "acme.challenge",
        Kind::Choice(AcmeChallenge::WORDS),
        "tls-alpn-01",
        "how that authority sees that the name is ours",
    ),
    setting(
        "acme.ca",
        Kind::Certificates,
        "those of the system",
        "the authorities that the directory is trusted by",
    ),
    setting(
        "identity_providers.NAME.metadata",
        Kind::Metadata,
        "none, it must be set",
        "what the identity provider publishes about itself",
    ),
    setting(
        "identity_providers.NAME.order",
        Kind::Number,
        "behind those that have one, by name",
        "the place among the identity providers, ascending",
    ),
    setting(
        "identity_providers.NAME.entity_id",
        Kind::Text("a URI of at most 1024 characters"),
        "the only one in the metadata",
        "which entity is meant, if the metadata describe several",
    ),
    setting(
        "identity_providers.NAME.enabled",
        Kind::Switch,
        "true",
        "whether anybody signs in through it",
    ),
    setting(
        "identity_providers.NAME.signed_part",
        Kind::Choice(&["either", "response", "assertion", "both"]),
        "either",
        "what must be signed",
    ),
    setting(
        "identity_providers.NAME.encryption_required",
        Kind::Switch,
        "false",
        "whether unencrypted assertions are refused",
    ),
    setting(
        "identity_providers.NAME.clock_skew",
        Kind::Duration("0s", "5m"),
        "3m",
        "how far its clock may be off",
    ),
    setting(
        "identity_providers.NAME.max_assertion_age",
        Kind::Duration("1m", "24h"),
        "1h",
        "how long after its issue an assertion is accepted",
    ),
    setting(
        "identity_providers.NAME.audiences",
        Kind::List("names, as the identity provider writes them"),
        "none",
        "what it calls the service, beside the entity ID",
    ),
    setting(
        "identity_providers.NAME.request_binding",
        Kind::Choice(&["redirect", "post"]),
        "redirect if it takes that",
        "how requests travel",
    ),
    setting(
        "identity_providers.NAME.sign_requests",
        Kind::Switch,
        "as the metadata want it",
        "whether requests are signed",
    ),
    setting(
        "identity_providers.NAME.force_authn",
        Kind::Switch,
        "false",
        "whether users must authenticate anew at every sign-in",
    ),
    setting(
        "identity_providers.NAME.requested_context.comparison",
        Kind::Choice(&["exact", "minimum"]),
        "exact",
        "whether one of the classes is needed, or the first or better",
    ),
    setting(
        "identity_providers.NAME.requested_context.classes",
        Kind::List("URIs of authentication context classes, the weakest first"),
        "none, as it likes",
        "how it must authenticate users",
    ),
    setting(
        "identity_providers.NAME.name_id_format",
        Kind::Text("the URI of a format"),
        "none, the provider decides",
        "the format of name identifier to ask for",
    ),
    setting(
        "identity_providers.NAME.subject",
        Kind::Text("name_id or attribute:NAME"),
        "name_id",
        "what names the user",
    ),
    setting(
        "identity_providers.NAME.attributes.first",
        Kind::Text("the name of an attribute"),
        "First",
        "the attribute with the given name",
    ),
    setting(
        "identity_providers.NAME.attributes.last",
        Kind::Text("the name of an attribute"),
        "Last",
        "the attribute with the family name",
    ),
    setting(
        "identity_providers.NAME.attributes.email",
        Kind::Text("the name of an attribute"),
        "Email",
        "the attribute with the e-mail address",
    ),
    setting(
        "identity_providers.NAME.attributes.groups",
        Kind::Text("the name of an attribute"),
        "Groups",
        "the attribute with the groups",
    ),
    setting(
        "identity_providers.NAME.provisioning",
        Kind::Choice(&["just-in-time", "known-users-only"]),
        "just-in-time",
        "who may sign in: everybody whom it vouches for, or known users",
    ),
    setting(
        "identity_providers.NAME.dangerous.accept_sha1",
        Kind::Exception,
        "false",
        "believe signatures with SHA-1",
    ),
    setting(
        "identity_providers.NAME.dangerous.accept_cbc_encryption",
        Kind::Exception,
        "false",
        "decrypt with CBC ciphers",
    ),
    setting(
        "identity_providers.NAME.dangerous.accept_unsolicited_responses",
        Kind::Exception,
        "false",
        "accept responses that nobody asked for",
    ),
];
