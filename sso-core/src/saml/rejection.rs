//! Why a sign-in was refused: a closed list.

use std::time::Duration;

use super::binding::BindingError;
use super::encryption::EncryptionError;
use crate::signature::SignatureError;
use crate::xml::XmlError;
use crate::{StoreError, UnixTime};

/// Why a sign-in was refused.
///
/// `Display` is for the log and the console: it quotes what was expected and what was found.
/// [`setting`](Self::setting) names the setting that decides, and [`fix`](Self::fix) what to do.
/// A browser learns nothing but the [`class`](Self::class).
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// No assertion, though the provider reports success.
    #[error("the response reports success but holds no assertion")]
    AssertionMissing,
    /// More than one assertion: which one counts would be a guess.
    #[error("the response holds {found} assertions, expected 1")]
    AssertionMultiple {
        /// How many, encrypted ones included.
        found: usize,
    },
    /// No restriction of the audience: the assertion might be for anybody.
    #[error("the assertion names no audience, this service is {expected:?}")]
    AudienceMissing {
        /// This service.
        expected: String,
    },
    /// The assertion is for another service.
    #[error("the audience is {found:?}, this service is {expected:?}")]
    AudienceMismatch {
        /// The audiences of the restriction that does not name this service.
        found: Vec<String>,
        /// The names of this service.
        expected: Vec<String>,
    },
    /// No statement of how and when the user authenticated.
    #[error("the assertion holds no authentication statement")]
    AuthnStatementMissing,
    /// Several such statements: which one counts would be a guess.
    #[error("the assertion holds {found} authentication statements, expected 1")]
    AuthnStatementMultiple {
        /// How many.
        found: usize,
    },
    /// The user had to authenticate anew, and did not.
    #[error("a new authentication was requested at {requested}, the last one was at {found}")]
    AuthnStale {
        /// When the request was made.
        requested: UnixTime,
        /// When the user authenticated.
        found: UnixTime,
    },
    /// The message could not be taken out of its envelope.
    #[error("the message cannot be decoded: {0}")]
    Binding(#[from] BindingError),
    /// A condition that is unknown, so that nobody can say whether it holds (SAML Core 2.5.1).
    #[error("the assertion has the condition {found:?}, which is unknown")]
    ConditionUnknown {
        /// Name of the condition.
        found: String,
    },
    /// No conditions, or one of them is there twice that may be there once.
    #[error("the assertion has {found} {name}, expected {expected}")]
    Conditions {
        /// What.
        name: &'static str,
        /// How many are expected.
        expected: &'static str,
        /// How many there are.
        found: usize,
    },
    /// No bearer confirmation that could be checked.
    #[error("no bearer confirmation of the subject is complete: {missing}")]
    Confirmation {
        /// What is missing, or what must not be there.
        missing: &'static str,
    },
    /// The user was authenticated in another way than was asked for.
    #[error("the user was authenticated by {found:?}, accepted are {expected:?}")]
    ContextInsufficient {
        /// What was asked for.
        expected: Vec<String>,
        /// What the provider did.
        found: Option<String>,
    },
    /// The message was delivered somewhere else than it was sent to.
    #[error("{}", differing("the destination", .found.as_deref(), .expected))]
    Destination {
        /// Our address.
        expected: String,
        /// The address in the message; `None` if a signed response has none.
        found: Option<String>,
    },
    /// The encrypted part could not be read.
    #[error("the assertion cannot be decrypted: {0}")]
    Encryption(#[from] EncryptionError),
    /// The provider is set to send encrypted assertions only.
    #[error("the assertion is not encrypted")]
    EncryptionRequired,
    /// The validity is over, and the allowed skew is used up too.
    #[error("{what} ended at {end}, {}, the allowed skew of {skew:?} included", ago(*.end, *.now))]
    Expired {
        /// What has ended.
        what: &'static str,
        /// The end, skew included.
        end: UnixTime,
        /// Our clock.
        now: UnixTime,
        /// The allowed skew.
        skew: Duration,
    },
    /// Not an XML name: attackers put other things into identifiers.
    #[error("the identifier {found:?} is not an XML name")]
    Id {
        /// The identifier.
        found: String,
    },
    /// The provider is switched off.
    #[error("the identity provider {name:?} is disabled")]
    IdpDisabled {
        /// Our name for it.
        name: String,
    },
    /// The answer comes from another provider than the one that was asked.
    #[error("{expected:?} was asked, {found:?} answers")]
    IdpMismatch {
        /// Entity ID of the provider that was asked.
        expected: String,
        /// Entity ID in the message.
        found: String,
    },
    /// No provider of this name is configured.
    #[error("no identity provider {found:?} is configured")]
    IdpUnknown {
        /// Entity ID in the message, or our name in the request.
        found: String,
    },
    /// The parts of the message answer different requests.
    #[error("the response answers {response:?}, the assertion answers {assertion:?}")]
    InResponseToConflict {
        /// `InResponseTo` of the response.
        response: String,
        /// `InResponseTo` of the confirmation.
        assertion: String,
    },
    /// The assertion does not say which request it answers.
    #[error("the assertion answers no request, {expected:?} is waiting")]
    InResponseToMissing {
        /// The request that waits.
        expected: String,
    },
    /// The assertion answers another request than the one that this browser made.
    #[error("the assertion answers {found:?}, {expected:?} is waiting")]
    InResponseToMismatch {
        /// The request that waits.
        expected: String,
        /// The request that it answers.
        found: String,
    },
    /// A signed message must say who made it.
    #[error("the {part} does not name its issuer")]
    IssuerMissing {
        /// Which part.
        part: &'static str,
    },
    /// The format of the issuer's name is not that of an entity.
    #[error("the format of the issuer's name is {found:?}")]
    IssuerFormat {
        /// The format.
        found: String,
    },
    /// The provider has sent this browser back without a sign-in again and again.
    #[error("{attempts} sign-ins in a row failed in this browser")]
    Loop {
        /// How many.
        attempts: u8,
    },
    /// Not valid yet.
    #[error(
        "{what} begins at {begin}, {}: more than the allowed skew of {skew:?}",
        ahead(*.begin, *.now)
    )]
    NotYet {
        /// What has not begun.
        what: &'static str,
        /// The beginning, skew excluded.
        begin: UnixTime,
        /// Our clock.
        now: UnixTime,
        /// The allowed skew.
        skew: Duration,
    },
    /// The browser brought an answer but no request of its own: cookies are blocked, or the
    /// answer is somebody else's.
    #[error("the browser sent no cookie of a pending sign-in")]
    NoCookie,
    /// The assertion is for another assertion consumer service.
    #[error("{}", differing("the recipient", .found.as_deref(), .expected))]
    Recipient {
        /// Our address.
        expected: String,
        /// The address in the assertion.
        found: Option<String>,
    },
    /// The assertion was used before.
    #[error("the assertion {id:?} was used before")]
    Replayed {
        /// Identifier of the assertion.
        id: String,
    },
    /// The browser's request is too old.
    #[error("the request was made at {issued_at}, more than {lifetime:?} ago")]
    RequestExpired {
        /// When it was made.
        issued_at: UnixTime,
        /// How long a request waits.
        lifetime: Duration,
    },
    /// The answer belongs to a request of another browser, or of none.
    #[error("the answer belongs to a request that this browser did not make")]
    RequestOfAnotherBrowser,
    /// The document element is not a response.
    #[error("the document element is {found:?}, expected a Response of SAML 2.0")]
    Root {
        /// Its name.
        found: String,
    },
    /// An element is there twice or holds what it must not.
    #[error("the message does not follow the schema: {0}")]
    Schema(#[source] XmlError),
    /// What the provider sends does not fit into the cookie of a session, 4 KiB.
    #[error("the names that the provider sends are too long to be kept in a cookie")]
    SessionTooLong,
    /// The signature does not hold, or is not one that is accepted.
    #[error("the signature of the {part} is refused: {source}")]
    Signature {
        /// Which part.
        part: &'static str,
        /// Why.
        source: SignatureError,
    },
    /// A part that must carry a signature of its own has none.
    #[error("the {part} is not signed")]
    SignatureRequired {
        /// Which part.
        part: &'static str,
    },
    /// The provider did not sign the user in.
    #[error("the identity provider answers {codes:?}, message {message:?}")]
    Status {
        /// Status codes from the outermost inwards.
        codes: Vec<String>,
        /// What the provider adds.
        message: Option<String>,
    },
    /// The provider does not say whether the user is signed in.
    #[error("the response has no status")]
    StatusMissing,
    /// A store could not answer.
    #[error("storage cannot answer: {0}")]
    Store(#[from] StoreError),
    /// The assertion does not name the user.
    #[error("the assertion does not name the user: {missing}")]
    SubjectMissing {
        /// What is missing.
        missing: String,
    },
    /// The name is made anew for every session, so it cannot be the key of an account.
    #[error("the name identifier is transient and cannot name an account")]
    SubjectTransient,
    /// Not a date and time of XML Schema in UTC or with a zone.
    #[error("{attribute} is {found:?}, expected a date and time with a zone")]
    Time {
        /// The attribute.
        attribute: &'static str,
        /// Its value.
        found: String,
    },
    /// More attribute values than anybody needs.
    #[error("the assertion has {found} attributes and values")]
    TooManyAttributes {
        /// How many.
        found: usize,
    },
    /// Nobody asked for this response.
    #[error("nobody asked for this response, and {provider:?} may not send such")]
    Unsolicited {
        /// Entity ID of the provider.
        provider: String,
    },
    /// Nobody asked for this response, and it would sign the browser's user out in favour of
    /// somebody else.
    #[error("nobody asked for this response, and another user is signed in in this browser")]
    UnsolicitedForAnother,
    /// Nobody asked for this response, yet it says that it is an answer.
    #[error("nobody waits for the answer to {found:?}")]
    UnsolicitedInResponseTo {
        /// The request that it answers.
        found: String,
    },
    /// The user never signed in before, and the provider may not bring new ones.
    #[error("the user is unknown, and {provider:?} may not bring new users")]
    UserUnknown {
        /// Entity ID of the provider.
        provider: String,
    },
    /// Another version of SAML.
    #[error("the version of the {part} is {found:?}, expected \"2.0\"")]
    Version {
        /// Which part.
        part: &'static str,
        /// The version.
        found: String,
    },
    /// The assertion ends before it begins.
    #[error("the validity of the assertion begins at {begin} and ends at {end}")]
    Window {
        /// The beginning.
        begin: UnixTime,
        /// The end, which does not come after it.
        end: UnixTime,
    },
    /// The message is not XML that is accepted.
    #[error("the message is refused: {0}")]
    Xml(#[source] XmlError),
}

/// What a browser may learn of a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionClass {
    /// The message cannot be understood at all.
    BadRequest,
    /// The provider itself did not sign the user in.
    ProviderDeclined,
    /// The message is not believed.
    Refused,
    /// The sign-in has to be started again, here.
    StartAgain,
    /// We cannot tell just now.
    Unavailable,
}

impl Rejection {
    /// The kind of rejection: stable, and without any word of the message.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AssertionMissing => "assertion.missing",
            Self::AssertionMultiple { .. } => "assertion.multiple",
            Self::AudienceMissing { .. } => "audience.missing",
            Self::AudienceMismatch { .. } => "audience.mismatch",
            Self::AuthnStatementMissing => "authnstatement.missing",
            Self::AuthnStatementMultiple { .. } => "authnstatement.multiple",
            Self::AuthnStale { .. } => "authn.stale",
            Self::Binding(error) => error.code(),
            Self::ConditionUnknown { .. } => "condition.unknown",
            Self::Conditions { .. } => "conditions.count",
            Self::Confirmation { .. } => "confirmation.incomplete",
            Self::ContextInsufficient { .. } => "acr.insufficient",
            Self::Destination { .. } => "destination.mismatch",
            Self::Encryption(error) => error.code(),
            Self::EncryptionRequired => "enc.required",
            Self::Expired { .. } => "time.expired",
            Self::Id { .. } => "xml.bad_id",
            Self::IdpDisabled { .. } => "idp.disabled",
            Self::IdpMismatch { .. } => "idp.mismatch",
            Self::IdpUnknown { .. } => "idp.unknown",
            Self::InResponseToConflict { .. } => "irt.conflict",
            Self::InResponseToMissing { .. } => "irt.missing",
            Self::InResponseToMismatch { .. } => "irt.mismatch",
            Self::IssuerMissing { .. } => "issuer.missing",
            Self::IssuerFormat { .. } => "issuer.format",
            Self::Loop { .. } => "login.loop",
            Self::NotYet { .. } => "time.not_yet",
            Self::NoCookie => "irt.no_cookie",
            Self::Recipient { .. } => "recipient.mismatch",
            Self::Replayed { .. } => "replay",
            Self::RequestExpired { .. } => "irt.expired",
            Self::RequestOfAnotherBrowser => "irt.browser_mismatch",
            Self::Root { .. } => "xml.root",
            Self::Schema(_) => "assertion.schema",
            Self::SessionTooLong => "session.too_long",
            Self::Signature { source, .. } => source.code(),
            Self::SignatureRequired { .. } => "sig.required",
            Self::Status { codes, .. } => status_code(codes),
            Self::StatusMissing => "status.missing",
            Self::Store(_) => "storage",
            Self::SubjectMissing { .. } => "subject.missing",
            Self::SubjectTransient => "subject.transient",
            Self::Time { .. } => "time.format",
            Self::TooManyAttributes { .. } => "attributes.too_many",
            Self::Unsolicited { .. } => "unsolicited.disabled",
            Self::UnsolicitedForAnother => "unsolicited.other_user",
            Self::UnsolicitedInResponseTo { .. } => "unsolicited.in_response_to",
            Self::UserUnknown { .. } => "user.unknown",
            Self::Version { .. } => "version",
            Self::Window { .. } => "time.window",
            Self::Xml(error) => error.code(),
        }
    }

    /// What a browser may learn.
    #[must_use]
    pub const fn class(&self) -> RejectionClass {
        match self {
            Self::Binding(_) | Self::Xml(_) | Self::Root { .. } => RejectionClass::BadRequest,
            Self::Status { .. } => RejectionClass::ProviderDeclined,
            Self::NoCookie
            | Self::Replayed { .. }
            | Self::RequestExpired { .. }
            | Self::RequestOfAnotherBrowser
            | Self::Unsolicited { .. } => RejectionClass::StartAgain,
            Self::Store(_) => RejectionClass::Unavailable,
            _ => RejectionClass::Refused,
        }
    }
}

/// The code of a status that is not success (SAML Core 3.2.2.2): the second-level code says most.
fn status_code(codes: &[String]) -> &'static str {
    let last = codes
        .last()
        .map_or("", |code| code.rsplit(':').next().unwrap_or_default());
    match last {
        "AuthnFailed" => "status.authn_failed",
        "NoAuthnContext" => "status.no_authn_context",
        "NoPassive" => "status.no_passive",
        "RequestDenied" => "status.request_denied",
        "Requester" => "status.requester",
        "Responder" => "status.responder",
        "UnknownPrincipal" => "status.unknown_principal",
        _ => "status.other",
    }
}

/// Two addresses that should be the same, and where they begin to differ.
fn differing(what: &str, found: Option<&str>, expected: &str) -> String {
    let Some(found) = found else {
        return format!("{what} is missing, expected {expected:?}");
    };
    let pairs = found.chars().zip(expected.chars());
    let place = 1 + pairs.take_while(|(one, other)| one == other).count();
    format!("{what} is {found:?}, expected {expected:?}: they differ from character {place} on")
}

fn ago(end: UnixTime, now: UnixTime) -> String {
    format!("{:?} ago", now.since(end))
}

fn ahead(begin: UnixTime, now: UnixTime) -> String {
    format!("{:?} from now", begin.since(now))
}
