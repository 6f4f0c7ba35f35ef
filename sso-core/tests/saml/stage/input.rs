//! Everything that comes in signed.

use std::fmt;

/// What an attacker changes, wraps or makes up. An attack is written once, for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignedInput {
    /// The assertion of a response that is not signed itself.
    Assertion,
    /// The assertion in an encrypted assertion: a document of its own.
    Decrypted,
    /// The provider's request to end sessions, in a form.
    LogoutRequest,
    /// The same in a query, which is what is signed then.
    LogoutRequestInQuery,
    /// The provider's answer to a request of ours, in a form.
    LogoutResponse,
    /// The same in a query.
    LogoutResponseInQuery,
    /// What a provider says of itself.
    Metadata,
    /// A response whose assertion is not signed itself.
    Response,
}

impl SignedInput {
    pub(crate) const ALL: [Self; 8] = [
        Self::Assertion,
        Self::Decrypted,
        Self::LogoutRequest,
        Self::LogoutRequestInQuery,
        Self::LogoutResponse,
        Self::LogoutResponseInQuery,
        Self::Metadata,
        Self::Response,
    ];

    /// Those with an XML signature.
    pub(crate) const ENVELOPED: [Self; 6] = [
        Self::Assertion,
        Self::Decrypted,
        Self::LogoutRequest,
        Self::LogoutResponse,
        Self::Metadata,
        Self::Response,
    ];

    /// Those that are signed as the query of an address.
    pub(crate) const IN_QUERY: [Self; 2] =
        [Self::LogoutRequestInQuery, Self::LogoutResponseInQuery];

    /// Those that may hold a name.
    pub(crate) const NAMING: [Self; 5] = [
        Self::Assertion,
        Self::Decrypted,
        Self::LogoutRequest,
        Self::LogoutRequestInQuery,
        Self::Response,
    ];

    /// The name of the signed element.
    pub(crate) const fn element(self) -> &'static str {
        match self {
            Self::Assertion | Self::Decrypted => "saml:Assertion",
            Self::LogoutRequest | Self::LogoutRequestInQuery => "samlp:LogoutRequest",
            Self::LogoutResponse | Self::LogoutResponseInQuery => "samlp:LogoutResponse",
            Self::Metadata => "md:EntityDescriptor",
            Self::Response => "samlp:Response",
        }
    }

    /// The name of the document element, which is the signed one or has it as a child.
    pub(crate) const fn root(self) -> &'static str {
        match self {
            Self::Assertion => "samlp:Response",
            other => other.element(),
        }
    }

    /// `ID` of the signed element.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Assertion | Self::Decrypted => "_assertion",
            Self::LogoutRequest | Self::LogoutRequestInQuery => "_logout_request",
            Self::LogoutResponse | Self::LogoutResponseInQuery => "_logout_response",
            Self::Metadata => "_metadata",
            Self::Response => "_response",
        }
    }

    /// A text of the document that says whom or what it is about, and the one that an attacker
    /// wants in its place.
    pub(crate) const fn words(self) -> [&'static str; 2] {
        match self {
            Self::LogoutResponse | Self::LogoutResponseInQuery => {
                ["status:Responder", "status:Success"]
            }
            Self::Metadata => ["https://idp.example/sso", "https://evil.example/sso"],
            _ => [">alice<", ">admin<"],
        }
    }

    /// Whether the query around the document is signed, and not the document.
    pub(crate) const fn is_in_query(self) -> bool {
        matches!(
            self,
            Self::LogoutRequestInQuery | Self::LogoutResponseInQuery
        )
    }

    /// Comments in metadata are dropped, since people edit it by hand; messages have none.
    pub(crate) const fn may_have_comments(self) -> bool {
        matches!(self, Self::Metadata)
    }
}

impl fmt::Display for SignedInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}
