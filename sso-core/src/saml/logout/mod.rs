//! Single logout through the browser (SAML Core 3.7, SAML Profiles 4.4).
//!
//! Either side begins: we ask the provider to end a session with a [`LogoutRequest`] and it
//! answers, or it asks us and we answer with a [`LogoutResponse`]. What arrives goes through the
//! same gate as a sign-in, see [`Verifier::verify_logout`](super::Verifier::verify_logout): a
//! message that is not signed by its issuer ends nothing.
//!
//! Our own session ends before the provider is asked. So whatever becomes of the exchange, nobody
//! stays signed in here who wanted to leave.

mod received;
mod rejection;
mod request;
mod response;
mod verify;

pub use received::{
    AnswerTo, LogoutMessage, LogoutOutcome, Received, ReceivedRequest, ReceivedResponse,
};
pub use rejection::{LogoutRejection, RefusedLogout};
pub use request::{LogoutRequest, PendingLogout};
pub use response::{LogoutResponse, LogoutStatus};
pub use verify::MAX_SESSION_INDEXES;

const PARTIAL_LOGOUT: &str = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
const REQUESTER: &str = "urn:oasis:names:tc:SAML:2.0:status:Requester";
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
