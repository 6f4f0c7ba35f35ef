//! What arrives at the single logout service, before and after it was checked.

use super::{PARTIAL_LOGOUT, SUCCESS};
use crate::UnixTime;
use crate::config::IdpName;
use crate::saml::response::Status;
use crate::saml::{NameId, Verified};
use crate::session::{Revocation, subject_of};

/// A logout message as the browser brought it.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the two front-channel bindings")]
pub enum LogoutMessage<'a> {
    /// The fields of a form (SAML Bindings 3.5); exactly one of the two messages is there.
    Post {
        /// The field `SAMLRequest`, base64 as it came.
        saml_request: Option<&'a str>,
        /// The field `SAMLResponse`, base64 as it came.
        saml_response: Option<&'a str>,
        /// The field `RelayState`.
        relay_state: Option<&'a str>,
    },
    /// The raw query of the address (SAML Bindings 3.4), not decoded: its octets are signed.
    Redirect {
        /// The query as it came, without `?`.
        query: &'a str,
    },
}

/// A logout message that is believed.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a message asks or answers")]
pub enum Received {
    /// The provider ends sessions: end them here, then answer.
    Request(Box<Verified<ReceivedRequest>>),
    /// The provider answers a request of ours.
    Response(Verified<ReceivedResponse>),
}

/// A provider's request to end sessions.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// Entity ID of the provider.
    pub issuer: String,
    /// Whose sessions.
    pub name_id: NameId,
    /// Which of them; all if there is none (SAML Core 3.7.1).
    pub session_indexes: Vec<String>,
    /// Sessions that began later are not meant: when the request was made, the allowed skew
    /// included, but never in the future. So a request that is sent again ends nothing new.
    pub ends_sessions_until: UnixTime,
    /// What the answer needs.
    pub answer_to: AnswerTo,
}

impl ReceivedRequest {
    /// What ends the sessions that are meant, and no others: of this provider, of exactly this
    /// name. Whether there are such sessions is nobody's business, so it is not asked.
    #[must_use]
    pub fn revocations(&self) -> Vec<Revocation> {
        let subject = subject_of(&self.issuer, &self.name_id.xml);
        if self.session_indexes.is_empty() {
            return vec![Revocation::Subject { subject }];
        }
        let of_index = |index: &String| Revocation::SubjectIndex {
            subject,
            session_index: index.clone(),
        };
        self.session_indexes.iter().map(of_index).collect()
    }
}

/// What the answer to a logout request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnswerTo {
    /// Identifier of the request.
    pub in_response_to: String,
    /// Who asked.
    pub provider: IdpName,
    /// What must come back with the answer (SAML Bindings 3.4.3 and 3.5.3).
    pub relay_state: Option<String>,
}

/// A provider's answer to a logout request of ours.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReceivedResponse {
    /// Who answers.
    pub provider: IdpName,
    /// What became of the provider's session; ours ended before.
    pub outcome: LogoutOutcome,
}

/// What became of a logout request of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogoutOutcome {
    /// The provider ended its session, and those of all other services.
    Complete,
    /// The provider ended nothing.
    Failed {
        /// Status codes from the outermost inwards.
        codes: Vec<String>,
        /// What the provider adds.
        message: Option<String>,
    },
    /// Some other service could not be reached.
    Partial,
}

impl LogoutOutcome {
    /// Providers put `PartialLogout` inside of several codes: SAML Core 3.7.3.2 does not say which.
    pub(super) fn of(status: Status) -> Self {
        let Status { codes, message } = status;
        match codes.as_slice() {
            [_, partial, ..] if partial == PARTIAL_LOGOUT => Self::Partial,
            [success, ..] if success == SUCCESS => Self::Complete,
            _ => Self::Failed { codes, message },
        }
    }
}
