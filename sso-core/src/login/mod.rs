//! A sign-in as the host sees it: what goes in, and what the browser is told.

pub(crate) mod accept;
pub(crate) mod begin;
pub(crate) mod pending;

use crate::config::{Destination, IdpName, Service, SharedConfig};
use crate::cookie::SetCookie;
use crate::saml::{Rejection, RejectionClass};
use crate::session::Session;
use crate::signature::SignError;
use crate::user::User;
use pending::Found;

/// What starts a sign-in: the query of the login URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginStart {
    /// The identity provider to ask; may be left out if there is only one.
    pub idp: Option<IdpName>,
    /// Where to go afterwards: a path of this service or a URL of an allowed origin. Anything else
    /// leads to the home page.
    pub dest: Option<String>,
    /// What the client wants the user's secret encrypted to; handed through as it is, up to 800
    /// characters (an RSA key of 4096 bits in base64url has 734).
    pub key: Option<String>,
    /// The client wants its answer in the page, not a redirect.
    pub embedded: bool,
    /// The user must prove their presence again, whatever session the provider has
    /// (`ForceAuthn`, SAML Core 3.4.1).
    pub relogin: bool,
    /// The provider must not ask the user anything (`IsPassive`, SAML Core 3.4.1).
    pub passive: bool,
    /// How many sign-ins in a row have failed before this one; the fourth is refused, so that a
    /// browser without cookies does not go round in circles.
    pub attempt: u8,
}

impl LoginStart {
    /// A plain sign-in at the only identity provider.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The identity provider to ask.
    #[must_use]
    pub fn at(mut self, idp: IdpName) -> Self {
        self.idp = Some(idp);
        self
    }

    /// Where to go afterwards.
    #[must_use]
    pub fn to(mut self, dest: impl Into<String>) -> Self {
        self.dest = Some(dest.into());
        self
    }
}

/// A sign-in that has begun: what to answer the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BeginLogin {
    /// Where the browser goes now.
    pub step: BrowserStep,
    /// Cookies to set on the same answer: this sign-in, and the removal of abandoned ones.
    pub cookies: Vec<SetCookie>,
}

/// How a browser carries a message to the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the two front-channel bindings")]
pub enum BrowserStep {
    /// A page with a form that submits itself by `POST` (SAML Bindings 3.5). Every text must be
    /// escaped by the page.
    Form {
        /// Where the form goes.
        action: String,
        /// Its hidden fields, name and value.
        fields: Vec<(&'static str, String)>,
    },
    /// A redirect to this URL (SAML Bindings 3.4).
    Redirect(String),
}

/// What the identity provider's form posted to the assertion consumer service.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the two fields of the POST binding"
)]
pub struct AcsPost<'a> {
    /// The field `SAMLResponse`, base64 as it came.
    pub saml_response: &'a str,
    /// The field `RelayState`, if there was one.
    pub relay_state: Option<&'a str>,
}

impl<'a> AcsPost<'a> {
    /// The two fields, as they came.
    #[must_use]
    pub const fn new(saml_response: &'a str, relay_state: Option<&'a str>) -> Self {
        Self {
            saml_response,
            relay_state,
        }
    }
}

/// A finished sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedIn {
    /// Who signed in, as just stored.
    pub user: User,
    /// The new session.
    pub session: Session,
    /// Cookies to set on the answer: the session, and the removal of the request.
    pub cookies: Vec<SetCookie>,
    /// Where the browser wanted to go: answer `303 See Other` with it.
    pub destination: Destination,
    /// What the client asked for at the start.
    pub handover: Handover,
}

impl SignedIn {
    /// Signs `user` in: the cookie of the request goes, the one of the session comes.
    pub(crate) fn new(
        config: &SharedConfig,
        service: &Service,
        (user, session, mut cookies): (User, Session, Vec<SetCookie>),
        found: Found,
        relay_state: Option<&str>,
    ) -> Self {
        let (wanted, handover) = match found {
            Found::Waiting(pending) => {
                cookies.push(pending::clear(&pending.token));
                (Some(pending.destination), pending.handover)
            }
            // Whoever starts at the provider says there where to go (SAML Bindings 3.5.3).
            Found::Expired { .. } | Found::NoCookie | Found::Other => {
                (relay_state.map(str::to_owned), Handover::default())
            }
        };
        let destination = begin::destination(config, service, wanted.as_deref());
        Self {
            user,
            session,
            cookies,
            destination,
            handover,
        }
    }
}

/// How the client wants the user's secret, as it said at the start of the sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handover {
    /// What to encrypt the secret to; unchecked.
    pub key: Option<String>,
    /// Whether the answer belongs into the page.
    pub embedded: bool,
}

/// A sign-in that was refused.
#[derive(Debug, thiserror::Error)]
#[error("the sign-in was refused")]
#[non_exhaustive]
pub struct FailedLogin {
    /// Why. For the log in full; for the browser only its class.
    #[source]
    pub rejection: Rejection,
    /// How to start again, if that may help: with the same wishes if the browser's sign-in is
    /// known, else from the beginning. The attempt is counted. A browser that loses its cookie
    /// twice in a row keeps none, so there is nothing to offer then.
    pub again: Option<LoginStart>,
    /// Cookies to set on the answer: the removal of the failed request.
    pub cookies: Vec<SetCookie>,
}

impl FailedLogin {
    /// A refusal; the request that the RelayState names is used up, unless only storage failed and
    /// the same response may still succeed.
    pub(crate) fn new(rejection: Rejection, found: &Found, relay_state: Option<&str>) -> Self {
        let Found::Waiting(pending) = found else {
            let attempt = relay_state.map_or(0, pending::attempt_of);
            return Self {
                again: from_the_beginning(&rejection, attempt),
                rejection,
                cookies: Vec::new(),
            };
        };
        // Without the RelayState it may be a foreign page that wants the sign-in to fail.
        let is_named = relay_state == Some(pending.token.as_str());
        let cookies = match rejection.class() {
            RejectionClass::Unavailable => Vec::new(),
            _ if !is_named => Vec::new(),
            _ => vec![pending::clear(&pending.token)],
        };
        Self {
            rejection,
            again: Some(pending.again()),
            cookies,
        }
    }
}

/// A sign-in of which nothing is known any more, once more.
fn from_the_beginning(rejection: &Rejection, attempt: u8) -> Option<LoginStart> {
    let keeps_no_cookies = matches!(rejection, Rejection::NoCookie) && attempt > 0;
    let may_help = rejection.class() == RejectionClass::StartAgain && !keeps_no_cookies;
    may_help.then(|| LoginStart {
        attempt: 1,
        ..LoginStart::new()
    })
}

/// Why a sign-in could not begin.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// There are several identity providers: let the user choose.
    #[error("there are several identity providers, and the request names none")]
    Choose {
        /// Those that are enabled, in the order of the configuration.
        among: Vec<IdpName>,
    },
    /// The identity provider is switched off.
    #[error("identity provider {name} is disabled")]
    Disabled {
        /// The provider.
        name: IdpName,
    },
    /// What the client sent is too long to be kept in a cookie.
    #[error("the request is too long to be kept in a cookie")]
    TooLong,
    /// No identity provider is configured, or all are disabled.
    #[error("no identity provider is configured")]
    NotConfigured,
    /// The request could not be signed.
    #[error("cannot sign the request")]
    Signing(#[from] SignError),
    /// Three sign-ins in a row have failed: the fourth would too.
    #[error("{} sign-ins in a row have failed", MAX_ATTEMPTS)]
    TooManyAttempts,
    /// No identity provider has this name.
    #[error("no identity provider is called {name}")]
    UnknownIdentityProvider {
        /// The name.
        name: IdpName,
    },
}

/// So often may a browser fail in a row.
pub(crate) const MAX_ATTEMPTS: u8 = 3;

/// Longest `key` of a client, in characters.
pub(crate) const MAX_KEY_LENGTH: usize = 800;
