//! The description of an identity provider.

use rustls_pki_types::CertificateDer;

use super::{Endpoint, MD, MetadataError, PROTOCOL};
use crate::UnixTime;
use crate::cert::Validity;
use crate::config::EntityId;
use crate::excerpt::excerpt;
use crate::saml::instant;
use crate::signature::{DS, KeyError, MAX_KEYS, VerifyingKey, base64};
use crate::xml::{Document, Element, Limits};

/// What the metadata of an identity provider says (SAML Metadata 2.4.3).
///
/// It has a key and a place to send browsers to. Whoever wants the metadata's own signature to
/// count calls [`verify`](Self::verify) first, and parses the bytes that were signed.
#[derive(Clone, Debug)]
pub struct IdpMetadata {
    entity_id: EntityId,
    name_id_formats: Vec<String>,
    request_signing: RequestSigning,
    sign_in: Vec<Endpoint>,
    sign_out: Vec<Endpoint>,
    signing: Signing,
    valid_until: Option<UnixTime>,
}

impl IdpMetadata {
    /// Reads metadata with exactly one identity provider in it.
    ///
    /// The root is an `EntityDescriptor` or an `EntitiesDescriptor`, at most 16 MiB long.
    /// Extensions and roles that we do not know are passed over. `cacheDuration` is advice for
    /// those who fetch metadata, and is not looked at.
    ///
    /// # Errors
    ///
    /// A [`MetadataError`] that says what to do about it.
    pub fn parse(xml: &[u8], now: UnixTime) -> Result<Self, MetadataError> {
        let document = Document::parse(xml, &LIMITS)?;
        let entities = entities(document.root())?;
        match providers(&entities).as_slice() {
            [] => Err(no_provider(&entities)),
            [entity] => Self::read(*entity, now),
            several => Err(MetadataError::SeveralEntities {
                names: names(several),
            }),
        }
    }

    /// Reads the identity provider `entity_id` out of metadata that may have many.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and [`MetadataError::EntityNotFound`] or
    /// [`MetadataError::DuplicateEntity`] if there is not exactly one entity of that name.
    pub fn parse_entity(
        xml: &[u8],
        entity_id: &EntityId,
        now: UnixTime,
    ) -> Result<Self, MetadataError> {
        let document = Document::parse(xml, &LIMITS)?;
        let all = entities(document.root())?;
        let of_that_name: Vec<_> = all
            .iter()
            .copied()
            .filter(|entity| entity.attribute("entityID") == Some(entity_id.as_str()))
            .collect();
        match of_that_name.as_slice() {
            [] => Err(MetadataError::EntityNotFound {
                expected: entity_id.to_string(),
                found: names(&all),
            }),
            [entity] if roles(*entity).next().is_none() => Err(no_provider(&of_that_name)),
            [entity] => Self::read(*entity, now),
            _ => Err(MetadataError::DuplicateEntity {
                name: entity_id.to_string(),
            }),
        }
    }

    /// The name of the provider.
    #[must_use]
    pub const fn entity_id(&self) -> &EntityId {
        &self.entity_id
    }

    /// The keys that verify what the provider signs: at least one, at most [`MAX_KEYS`], each
    /// once.
    ///
    /// A key for encryption is not among them; one without stated use is (SAML Metadata
    /// 2.4.1.1).
    #[must_use]
    pub fn signing_keys(&self) -> &[VerifyingKey] {
        &self.signing.keys
    }

    /// The certificates that the signing keys came in, in the same order.
    ///
    /// Their end means nothing to us, but other software minds, and providers change keys then.
    #[must_use]
    pub fn signing_certificates(&self) -> &[SigningCertificate] {
        &self.signing.certificates
    }

    /// What is wrong with signing keys that were passed over, since others could be used.
    #[must_use]
    pub fn skipped_keys(&self) -> &[KeyError] {
        &self.signing.skipped
    }

    /// Where browsers are sent to sign in; at least one.
    #[must_use]
    pub fn sign_in(&self) -> &[Endpoint] {
        &self.sign_in
    }

    /// Where browsers are sent to sign out; often empty.
    #[must_use]
    pub fn sign_out(&self) -> &[Endpoint] {
        &self.sign_out
    }

    /// Whether the provider refuses requests that are not signed.
    #[must_use]
    pub const fn wants_signed_requests(&self) -> bool {
        matches!(self.request_signing, RequestSigning::Wanted)
    }

    /// The `NameID` formats that the provider offers, as URIs.
    #[must_use]
    pub fn name_id_formats(&self) -> &[String] {
        &self.name_id_formats
    }

    /// When the metadata ceases to be valid; `None` if it does not say.
    #[must_use]
    pub const fn valid_until(&self) -> Option<UnixTime> {
        self.valid_until
    }

    fn read(entity: Element<'_>, now: UnixTime) -> Result<Self, MetadataError> {
        let roles: Vec<_> = roles(entity).collect();
        let metadata = Self {
            entity_id: EntityId::new(entity.attribute("entityID").unwrap_or_default())?,
            valid_until: still_valid_until(entity, &roles, now)?,
            signing: Signing::read(&roles)?,
            sign_in: endpoints(&roles, "SingleSignOnService")?,
            sign_out: endpoints(&roles, "SingleLogoutService")?,
            request_signing: RequestSigning::read(&roles),
            name_id_formats: name_id_formats(&roles)?,
        };
        if metadata.sign_in.is_empty() {
            return Err(MetadataError::NoEndpoint);
        }
        Ok(metadata)
    }
}

/// A certificate that a signing key came in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SigningCertificate {
    /// The certificate.
    pub certificate: CertificateDer<'static>,
    /// When it is valid.
    pub validity: Validity,
}

/// What a provider signs with.
#[derive(Clone, Debug, Default)]
struct Signing {
    certificates: Vec<SigningCertificate>,
    keys: Vec<VerifyingKey>,
    skipped: Vec<KeyError>,
}

impl Signing {
    fn read(roles: &[Element<'_>]) -> Result<Self, MetadataError> {
        let mut signing = Self::default();
        for key in children(roles, "KeyDescriptor").filter(|key| is_for_signing(*key)) {
            signing.read_descriptor(key)?;
        }
        signing.check()?;
        Ok(signing)
    }

    /// Takes the first certificate of each `X509Data`. Those behind it, if any, are the
    /// authorities that issued it, and what an authority signs is not what the provider signs.
    fn read_descriptor(&mut self, descriptor: Element<'_>) -> Result<(), MetadataError> {
        for info in descriptor.children_named(DS, "KeyInfo") {
            for data in info.children_named(DS, "X509Data") {
                if let Some(first) = data.children_named(DS, "X509Certificate").next() {
                    self.add(first.text()?);
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, certificate: &str) {
        match parse_certificate(certificate) {
            Ok((key, _)) if self.keys.contains(&key) => {}
            Ok((key, certificate)) => {
                self.keys.push(key);
                self.certificates.push(certificate);
            }
            Err(error) => self.skipped.push(error),
        }
    }

    fn check(&self) -> Result<(), MetadataError> {
        if self.keys.len() > MAX_KEYS {
            return Err(MetadataError::TooManyKeys {
                found: self.keys.len(),
                max: MAX_KEYS,
            });
        }
        match (self.keys.first(), self.skipped.first()) {
            (Some(_), _) => Ok(()),
            (None, None) => Err(MetadataError::NoSigningKey),
            (None, Some(&KeyError::TooShort { bits })) => Err(MetadataError::WeakKey { bits }),
            (None, Some(error)) => Err(MetadataError::Key(error.clone())),
        }
    }
}

fn parse_certificate(text: &str) -> Result<(VerifyingKey, SigningCertificate), KeyError> {
    let der = base64::decode(text).ok_or(KeyError::Malformed)?;
    let key = VerifyingKey::from_certificate_der(&der)?;
    let certificate = CertificateDer::from(der);
    let validity = Validity::of(&certificate).map_err(|_| KeyError::Malformed)?;
    let certificate = SigningCertificate {
        certificate,
        validity,
    };
    Ok((key, certificate))
}

fn is_for_signing(descriptor: Element<'_>) -> bool {
    matches!(descriptor.attribute("use"), None | Some("signing"))
}

/// Whether a provider insists on signed requests.
#[derive(Clone, Copy, Debug)]
enum RequestSigning {
    Optional,
    Wanted,
}

impl RequestSigning {
    fn read(roles: &[Element<'_>]) -> Self {
        let is_wanted = |role: &Element<'_>| {
            let wanted = role.attribute("WantAuthnRequestsSigned");
            wanted.is_some_and(|wanted| matches!(wanted.trim(), "true" | "1"))
        };
        match roles.iter().any(is_wanted) {
            true => Self::Wanted,
            false => Self::Optional,
        }
    }
}

/// The entities of a document, in its order.
fn entities(root: Element<'_>) -> Result<Vec<Element<'_>>, MetadataError> {
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(element) = open.pop() {
        match (element.namespace(), element.local_name()) {
            (MD, "EntityDescriptor") => found.push(element),
            (MD, "EntitiesDescriptor") => open.extend(element.children()),
            _ => {}
        }
    }
    found.sort_by_key(|entity| entity.place().start);
    if found.is_empty() && !root.is(MD, "EntitiesDescriptor") {
        return Err(MetadataError::NotMetadata {
            root: root.local_name().to_owned(),
        });
    }
    Ok(found)
}

fn providers<'d>(entities: &[Element<'d>]) -> Vec<Element<'d>> {
    let is_provider = |entity: &Element<'d>| roles(*entity).next().is_some();
    entities.iter().copied().filter(is_provider).collect()
}

/// The roles of `entity` in which it signs people in by SAML 2.0.
fn roles<'d>(entity: Element<'d>) -> impl Iterator<Item = Element<'d>> {
    let speaks_saml = |role: &Element<'d>| {
        let protocols = role.attribute("protocolSupportEnumeration");
        let mut protocols = protocols.unwrap_or_default().split_ascii_whitespace();
        protocols.any(|protocol| protocol == PROTOCOL)
    };
    entity
        .children_named(MD, "IDPSSODescriptor")
        .filter(speaks_saml)
}

fn no_provider(entities: &[Element<'_>]) -> MetadataError {
    match children(entities, "SPSSODescriptor").next() {
        Some(_) => MetadataError::ServiceProviderMetadata,
        None => MetadataError::NoIdentityProvider,
    }
}

/// The names of the first few `entities`.
fn names(entities: &[Element<'_>]) -> String {
    let mut names: Vec<String> = entities
        .iter()
        .take(MAX_NAMES)
        .map(|entity| entity.attribute("entityID").unwrap_or("(no name)"))
        .map(excerpt)
        .collect();
    match entities.len().checked_sub(MAX_NAMES) {
        None | Some(0) => {}
        Some(more) => names.push(format!("{more} more")),
    }
    names.join(", ")
}

/// The earliest end of validity of `entity`, its `roles`, and what stands around it.
fn still_valid_until(
    entity: Element<'_>,
    roles: &[Element<'_>],
    now: UnixTime,
) -> Result<Option<UnixTime>, MetadataError> {
    let around = std::iter::successors(Some(entity), Element::parent);
    let ends = around
        .chain(roles.iter().copied())
        .filter_map(|element| element.attribute("validUntil"))
        .map(|end| instant::parse(end).map_err(MetadataError::ValidUntil))
        .collect::<Result<Vec<_>, _>>()?;
    match ends.into_iter().min() {
        Some(since) if since <= now => Err(MetadataError::Expired { since }),
        end => Ok(end),
    }
}

fn endpoints(roles: &[Element<'_>], name: &str) -> Result<Vec<Endpoint>, MetadataError> {
    children(roles, name)
        .filter_map(|element| Endpoint::read(element).transpose())
        .collect()
}

fn name_id_formats(roles: &[Element<'_>]) -> Result<Vec<String>, MetadataError> {
    children(roles, "NameIDFormat")
        .map(|format| Ok(format.text()?.trim().to_owned()))
        .collect()
}

/// The elements `name` of metadata directly inside `parents`.
fn children<'d>(parents: &[Element<'d>], name: &str) -> impl Iterator<Item = Element<'d>> {
    parents
        .iter()
        .flat_map(move |parent| parent.children_named(MD, name))
}

pub(super) const LIMITS: Limits = Limits::metadata(usize::MAX);
const MAX_NAMES: usize = 10;
