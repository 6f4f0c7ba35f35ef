//! An identity provider: whom we believe, how far, and what we make of it.

use std::time::Duration;

use super::{
    AttributeMap, EntityId, IdentityProviderError, IdpName, ProviderState, Provisioning,
    SignedPart, SubjectSource, Unsolicited,
};
use crate::saml::RequestedContext;
use crate::saml::encryption::EncryptionPolicy;
use crate::saml::metadata::{Binding, Endpoint, IdpMetadata};
use crate::signature::{Algorithms, MAX_KEYS, VerifyingKey};

/// An identity provider that is configured.
///
/// What has no safe default is an argument of [`new`](Self::new); everything else has a method
/// that states its default. What weakens security is behind [`dangerous`](Self::dangerous).
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    name: IdpName,
    entity_id: EntityId,
    keys: Vec<VerifyingKey>,
    sign_in: Vec<Endpoint>,
    sign_out: Vec<Endpoint>,
    state: ProviderState,
    algorithms: Algorithms,
    attributes: AttributeMap,
    audiences: Vec<String>,
    clock_skew: Duration,
    encryption: EncryptionPolicy,
    encryption_required: bool,
    force_authn: bool,
    max_assertion_age: Duration,
    name_id_format: Option<String>,
    provisioning: Provisioning,
    request_binding: Binding,
    requested_context: Option<RequestedContext>,
    sign_requests: bool,
    signed_part: SignedPart,
    subject: SubjectSource,
    unsolicited: Unsolicited,
}

impl IdentityProvider {
    /// A provider that is believed what one of `keys` signed, and that is asked at `sign_in`.
    ///
    /// # Errors
    ///
    /// [`IdentityProviderError::NoKey`], [`IdentityProviderError::TooManyKeys`] or
    /// [`IdentityProviderError::NoEndpoint`].
    pub fn new(
        name: IdpName,
        entity_id: EntityId,
        keys: Vec<VerifyingKey>,
        sign_in: Vec<Endpoint>,
    ) -> Result<Self, IdentityProviderError> {
        if keys.is_empty() {
            return Err(IdentityProviderError::NoKey);
        }
        if keys.len() > MAX_KEYS {
            return Err(IdentityProviderError::TooManyKeys { found: keys.len() });
        }
        let request_binding = sign_in
            .first()
            .map(|it| it.binding)
            .ok_or(IdentityProviderError::NoEndpoint)?;
        let has_redirect = sign_in.iter().any(|it| it.binding == Binding::Redirect);
        Ok(Self {
            name,
            entity_id,
            keys,
            request_binding: if has_redirect {
                Binding::Redirect
            } else {
                request_binding
            },
            sign_in,
            sign_out: Vec::new(),
            state: ProviderState::Enabled,
            algorithms: Algorithms::new(),
            attributes: AttributeMap::default(),
            audiences: Vec::new(),
            clock_skew: Self::DEFAULT_CLOCK_SKEW,
            encryption: EncryptionPolicy::default(),
            encryption_required: false,
            force_authn: false,
            max_assertion_age: Self::DEFAULT_ASSERTION_AGE,
            name_id_format: None,
            provisioning: Provisioning::JustInTime,
            requested_context: None,
            sign_requests: false,
            signed_part: SignedPart::Either,
            subject: SubjectSource::NameId,
            unsolicited: Unsolicited::Refused,
        })
    }

    /// A provider as its metadata describes it.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); the reader of metadata has refused all of it before.
    pub fn from_metadata(
        name: IdpName,
        metadata: &IdpMetadata,
    ) -> Result<Self, IdentityProviderError> {
        let (keys, sign_in) = (
            metadata.signing_keys().to_vec(),
            metadata.sign_in().to_vec(),
        );
        let provider = Self::new(name, metadata.entity_id().clone(), keys, sign_in)?;
        Ok(provider
            .with_sign_out(metadata.sign_out().to_vec())
            .with_signed_requests(metadata.wants_signed_requests()))
    }

    /// How far the provider's clock may be off if nothing else is set: the middle of what
    /// SAML2Int v2 (SDP-G01) asks for.
    pub const DEFAULT_CLOCK_SKEW: Duration = Duration::from_secs(180);

    /// How far a provider's clock may be off at most.
    pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(300);

    /// How old an assertion may be if nothing else is set.
    pub const DEFAULT_ASSERTION_AGE: Duration = Duration::from_hours(1);

    /// How old an assertion may be at most; it bounds what the replay log must remember.
    pub const MAX_ASSERTION_AGE: Duration = Duration::from_hours(24);

    /// Whether anybody signs in through this provider. Default: enabled.
    #[must_use]
    pub const fn with_state(mut self, state: ProviderState) -> Self {
        self.state = state;
        self
    }

    /// Which attribute means what. Default: `First`, `Last`, `Email`, `Groups`.
    #[must_use]
    pub fn with_attributes(mut self, attributes: AttributeMap) -> Self {
        self.attributes = attributes;
        self
    }

    /// Names that the provider uses for this service beside its entity ID, such as the
    /// `spn:` form of Entra. Default: none.
    #[must_use]
    pub fn with_audiences(mut self, audiences: Vec<String>) -> Self {
        self.audiences = audiences;
        self
    }

    /// How far the provider's clock may be off, in both directions. Default: 180 s.
    ///
    /// # Errors
    ///
    /// [`IdentityProviderError::ClockSkew`] above [`MAX_CLOCK_SKEW`](Self::MAX_CLOCK_SKEW).
    pub fn with_clock_skew(mut self, clock_skew: Duration) -> Result<Self, IdentityProviderError> {
        if clock_skew > Self::MAX_CLOCK_SKEW {
            return Err(IdentityProviderError::ClockSkew { found: clock_skew });
        }
        self.clock_skew = clock_skew;
        Ok(self)
    }

    /// How long after its `IssueInstant` an assertion is accepted, whatever it says itself.
    /// Default: 1 hour.
    ///
    /// # Errors
    ///
    /// [`IdentityProviderError::AssertionAge`] above [`MAX_ASSERTION_AGE`](Self::MAX_ASSERTION_AGE).
    pub fn with_max_assertion_age(mut self, age: Duration) -> Result<Self, IdentityProviderError> {
        if age > Self::MAX_ASSERTION_AGE {
            return Err(IdentityProviderError::AssertionAge { found: age });
        }
        self.max_assertion_age = age;
        Ok(self)
    }

    /// Whether an assertion that is not encrypted is refused. Default: it is accepted.
    #[must_use]
    pub const fn with_encryption_required(mut self, required: bool) -> Self {
        self.encryption_required = required;
        self
    }

    /// Whether users must authenticate anew at every sign-in, and this is checked. Default: no.
    #[must_use]
    pub const fn with_force_authn(mut self, force_authn: bool) -> Self {
        self.force_authn = force_authn;
        self
    }

    /// The format of name identifier to ask for. Default: none, the provider decides.
    #[must_use]
    pub fn with_name_id_format(mut self, format: Option<String>) -> Self {
        self.name_id_format = format;
        self
    }

    /// What happens to people who never signed in. Default: they become users.
    #[must_use]
    pub const fn with_provisioning(mut self, provisioning: Provisioning) -> Self {
        self.provisioning = provisioning;
        self
    }

    /// How requests travel. Default: by redirect if the provider takes that, else by POST.
    ///
    /// # Errors
    ///
    /// [`IdentityProviderError::NoEndpoint`] if the provider has no such endpoint.
    pub fn with_request_binding(mut self, binding: Binding) -> Result<Self, IdentityProviderError> {
        if self
            .sign_in
            .iter()
            .all(|endpoint| endpoint.binding != binding)
        {
            return Err(IdentityProviderError::NoEndpoint);
        }
        self.request_binding = binding;
        Ok(self)
    }

    /// How the provider must authenticate users; asked for, and checked. Default: as it likes.
    #[must_use]
    pub fn with_requested_context(mut self, context: Option<RequestedContext>) -> Self {
        self.requested_context = context;
        self
    }

    /// Where single logout goes. Default: nowhere, only our own session ends.
    #[must_use]
    pub fn with_sign_out(mut self, sign_out: Vec<Endpoint>) -> Self {
        self.sign_out = sign_out;
        self
    }

    /// Whether requests are signed. Default: if the provider's metadata wants it.
    #[must_use]
    pub const fn with_signed_requests(mut self, signed: bool) -> Self {
        self.sign_requests = signed;
        self
    }

    /// What must carry a signature. Default: the response or the assertion.
    #[must_use]
    pub const fn with_signed_part(mut self, part: SignedPart) -> Self {
        self.signed_part = part;
        self
    }

    /// What names the user. Default: the name identifier.
    #[must_use]
    pub fn with_subject(mut self, subject: SubjectSource) -> Self {
        self.subject = subject;
        self
    }

    /// Exceptions that weaken security, each for a provider that has nothing better.
    #[must_use]
    pub const fn dangerous(self) -> DangerousIdentityProvider {
        DangerousIdentityProvider(self)
    }

    /// Our short name for the provider.
    #[must_use]
    pub const fn name(&self) -> &IdpName {
        &self.name
    }

    /// The provider's own name.
    #[must_use]
    pub const fn entity_id(&self) -> &EntityId {
        &self.entity_id
    }

    /// The keys that are believed; at least one, at most [`MAX_KEYS`].
    #[must_use]
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    /// Where requests go, for the binding in use.
    #[must_use]
    pub fn sign_in_endpoint(&self) -> Option<&Endpoint> {
        self.sign_in
            .iter()
            .find(|endpoint| endpoint.binding == self.request_binding)
    }

    /// Where single logout goes; by redirect if there is a choice.
    #[must_use]
    pub fn sign_out_endpoint(&self) -> Option<&Endpoint> {
        let by_redirect = self
            .sign_out
            .iter()
            .find(|it| it.binding == Binding::Redirect);
        by_redirect.or_else(|| self.sign_out.first())
    }

    /// See [`with_state`](Self::with_state).
    #[must_use]
    pub const fn state(&self) -> ProviderState {
        self.state
    }

    /// The signature algorithms that are accepted.
    #[must_use]
    pub const fn algorithms(&self) -> &Algorithms {
        &self.algorithms
    }

    /// See [`with_attributes`](Self::with_attributes).
    #[must_use]
    pub const fn attributes(&self) -> &AttributeMap {
        &self.attributes
    }

    /// See [`with_audiences`](Self::with_audiences).
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// See [`with_clock_skew`](Self::with_clock_skew).
    #[must_use]
    pub const fn clock_skew(&self) -> Duration {
        self.clock_skew
    }

    /// See [`with_max_assertion_age`](Self::with_max_assertion_age).
    #[must_use]
    pub const fn max_assertion_age(&self) -> Duration {
        self.max_assertion_age
    }

    /// The ciphers that are accepted.
    #[must_use]
    pub const fn encryption(&self) -> &EncryptionPolicy {
        &self.encryption
    }

    /// See [`with_encryption_required`](Self::with_encryption_required).
    #[must_use]
    pub const fn encryption_required(&self) -> bool {
        self.encryption_required
    }

    /// See [`with_force_authn`](Self::with_force_authn).
    #[must_use]
    pub const fn force_authn(&self) -> bool {
        self.force_authn
    }

    /// See [`with_name_id_format`](Self::with_name_id_format).
    #[must_use]
    pub fn name_id_format(&self) -> Option<&str> {
        self.name_id_format.as_deref()
    }

    /// See [`with_provisioning`](Self::with_provisioning).
    #[must_use]
    pub const fn provisioning(&self) -> Provisioning {
        self.provisioning
    }

    /// See [`with_requested_context`](Self::with_requested_context).
    #[must_use]
    pub const fn requested_context(&self) -> Option<&RequestedContext> {
        self.requested_context.as_ref()
    }

    /// See [`with_signed_requests`](Self::with_signed_requests).
    #[must_use]
    pub const fn sign_requests(&self) -> bool {
        self.sign_requests
    }

    /// See [`with_signed_part`](Self::with_signed_part).
    #[must_use]
    pub const fn signed_part(&self) -> SignedPart {
        self.signed_part
    }

    /// See [`with_subject`](Self::with_subject).
    #[must_use]
    pub const fn subject(&self) -> &SubjectSource {
        &self.subject
    }

    /// Whether responses are accepted that nobody asked for.
    #[must_use]
    pub const fn unsolicited(&self) -> Unsolicited {
        self.unsolicited
    }
}

/// See [`IdentityProvider::dangerous`].
#[derive(Clone, Debug)]
pub struct DangerousIdentityProvider(IdentityProvider);

impl DangerousIdentityProvider {
    /// Accepts CBC ciphers. They do not notice changes of the ciphertext, so a decryption that
    /// answers differently can be made to tell the plaintext; they are therefore only accepted
    /// inside a response whose signature held.
    #[must_use]
    pub fn accept_cbc_encryption(mut self) -> Self {
        self.0.encryption = EncryptionPolicy::default().dangerous().allow_cbc();
        self
    }

    /// Accepts signatures and digests with SHA-1, of which collisions can be bought.
    #[must_use]
    pub fn accept_sha1(mut self) -> Self {
        self.0.algorithms = Algorithms::new().dangerous().allow_sha1();
        self
    }

    /// Accepts responses that nobody asked for (IdP-initiated sign-in). Anybody with an account
    /// can then sign the browser of somebody else in as themselves (login CSRF).
    #[must_use]
    pub const fn accept_unsolicited_responses(mut self) -> Self {
        self.0.unsolicited = Unsolicited::Accepted;
        self
    }

    /// Back to the settings that weaken nothing.
    #[must_use]
    pub fn done(self) -> IdentityProvider {
        self.0
    }
}
