//! The shared configuration as a document: what an administrator writes.
//!
//! Everything is text or a list of texts and is checked here, not by the reader of the syntax, so
//! that [`check`](SharedConfigDocument::check) can name *every* problem with its setting and the way
//! out. A setting that is left out has the default that is documented with it.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The shared configuration of a domain.
///
/// ```toml
/// base_url = "https://sso.example.com:8443"
/// destinations = ["https://wiki.example.com"]
///
/// [[identity_providers]]
/// name = "work"
/// metadata = '''<md:EntityDescriptor …>'''
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SharedConfigDocument {
    /// `https://HOST` or `https://HOST:PORT`, as browsers reach us.
    pub base_url: String,
    /// Our entity ID. Default: the base URL and `/sso-connect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// Base URLs by which we were known, and which still work. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_base_urls: Vec<String>,
    /// Our entity ID at those. Default: the same as at the base URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_entity_id: Option<String>,
    /// Origins that browsers may be sent to after a sign-in, beside our own. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<String>,
    /// Where browsers go that asked for nothing. Default: `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// How long sessions last, `5m` to `24h`. Default: `8h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_lifetime: Option<String>,
    /// Our own keys for SAML. Default: none.
    #[serde(default, skip_serializing_if = "KeysDocument::is_empty")]
    pub keys: KeysDocument,
    /// Certificate and key of the public address. Default: none, every server has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<KeyPairDocument>,
    /// The same of the former base URLs, where `tls` does not cover their hosts. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_tls: Option<KeyPairDocument>,
    /// The next one of these, which waits to be used. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_tls: Option<KeyPairDocument>,
    /// Who issues the certificate of the public address by itself. Default: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acme: Option<AcmeDocument>,
    /// Whom we believe. Default: nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity_providers: Vec<IdentityProviderDocument>,
}

impl SharedConfigDocument {
    /// A document with a base URL and nothing else.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            ..Self::default()
        }
    }
}

/// Our own keys for SAML, as PEM. All servers of a domain use the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct KeysDocument {
    /// What signs our requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<KeyPairDocument>,
    /// What will sign our requests next. Its certificate is published already. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_signing: Option<KeyPairDocument>,
    /// Certificates of keys that will sign later, and that are elsewhere as yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_signing_certificates: Vec<String>,
    /// What decrypts assertions, in the order in which it is tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decryption: Vec<KeyPairDocument>,
    /// What identity providers will encrypt to next. It decrypts already. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_decryption: Option<KeyPairDocument>,
}

impl KeysDocument {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An authority that issues certificates by itself (RFC 8555). Its terms of service are agreed to by
/// whoever writes this.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AcmeDocument {
    /// The address of its directory.
    pub directory: String,
    /// An e-mail address that it may write to. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// How it sees that the name is ours: `tls-alpn-01` or `http-01`. Default: `tls-alpn-01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// The authorities that its directory is trusted by, as PEM. Default: those of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
}

impl AcmeDocument {
    /// An authority by the address of its directory, and defaults.
    pub fn new(directory: impl Into<String>) -> Self {
        Self {
            directory: directory.into(),
            ..Self::default()
        }
    }
}

/// A private key and its certificate; or the certificate alone, if the key is on each server itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct KeyPairDocument {
    /// The certificate as PEM.
    pub certificate: String,
    /// The private key as PEM. Default: none, each server holds it on a hardware module.
    #[serde(default, skip_serializing_if = "SecretText::is_empty")]
    pub key: SecretText,
}

impl KeyPairDocument {
    /// A certificate and its key, both as PEM.
    pub fn new(certificate: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            certificate: certificate.into(),
            key: SecretText::new(key),
        }
    }

    /// A certificate whose key each server holds by itself.
    pub fn certificate_alone(certificate: impl Into<String>) -> Self {
        Self::new(certificate, "")
    }

    /// Whether the private key is not here.
    #[must_use]
    pub fn is_certificate_alone(&self) -> bool {
        self.key.is_empty()
    }
}

/// A text that nobody should see: no `Display`, redacted `Debug`, wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct SecretText(#[serde(with = "secret_text")] Zeroizing<String>);

impl SecretText {
    /// Keeps `text` out of sight.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text. Every call deserves a look.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// An identity provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct IdentityProviderDocument {
    /// Our short name for it, 1 to 32 of `a-z`, `0-9` and `-`; stands in the login address.
    pub name: String,
    /// Its metadata, the XML itself.
    pub metadata: String,
    /// Which entity is meant, if the metadata describe several. Default: the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// Whether anybody signs in through it. Default: `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// What must be signed: `either`, `response`, `assertion` or `both`. Default: `either`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_part: Option<String>,
    /// Whether unencrypted assertions are refused. Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_required: Option<bool>,
    /// How far its clock may be off, up to `5m`. Default: `3m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_skew: Option<String>,
    /// How long after its issue an assertion is accepted, up to `24h`. Default: `1h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_assertion_age: Option<String>,
    /// Names it uses for us beside our entity ID. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// How requests travel: `redirect` or `post`. Default: `redirect` if it takes that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_binding: Option<String>,
    /// Whether requests are signed. Default: if its metadata want it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_requests: Option<bool>,
    /// Whether users must authenticate anew at every sign-in. Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_authn: Option<bool>,
    /// How it must authenticate users. Default: as it likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_context: Option<RequestedContextDocument>,
    /// The format of name identifier to ask for. Default: none, the provider decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_id_format: Option<String>,
    /// What names the user: `name_id` or `attribute:NAME`. Default: `name_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Names of its attributes.
    #[serde(default, skip_serializing_if = "AttributesDocument::is_empty")]
    pub attributes: AttributesDocument,
    /// Who may sign in: `just-in-time` (everybody whom it vouches for) or `known-users-only`.
    /// Default: `just-in-time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioning: Option<String>,
    /// Exceptions that weaken security.
    #[serde(default, skip_serializing_if = "DangerousDocument::is_empty")]
    pub dangerous: DangerousDocument,
}

impl IdentityProviderDocument {
    /// A provider with its metadata and nothing else.
    pub fn new(name: impl Into<String>, metadata: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            metadata: metadata.into(),
            ..Self::default()
        }
    }
}

/// How an identity provider must authenticate users (SAML Core 3.3.2.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RequestedContextDocument {
    /// `exact` (one of the classes) or `minimum` (the first or better). Default: `exact`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<String>,
    /// The authentication context class URIs that are accepted, at least one; for `minimum` the
    /// weakest first.
    pub classes: Vec<String>,
}

/// Names of the attributes that carry what we show; exact, case-sensitive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AttributesDocument {
    /// Default: `First`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Default: `Last`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Default: `Email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Default: `Groups`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<String>,
}

impl AttributesDocument {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Exceptions that weaken security; every one is off by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DangerousDocument {
    /// Believe signatures with SHA-1.
    #[serde(default, skip_serializing_if = "is_false")]
    pub accept_sha1: bool,
    /// Decrypt with CBC ciphers.
    #[serde(default, skip_serializing_if = "is_false")]
    pub accept_cbc_encryption: bool,
    /// Accept responses that nobody asked for (sign-in that starts at the provider).
    #[serde(default, skip_serializing_if = "is_false")]
    pub accept_unsolicited_responses: bool,
}

impl DangerousDocument {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

mod secret_text {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(
        text: &Zeroizing<String>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Zeroizing<String>, D::Error> {
        String::deserialize(from).map(Zeroizing::new)
    }
}
