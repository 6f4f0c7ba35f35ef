//! What an administrator does about a rejection.

use super::Rejection;
use super::encryption::EncryptionError;
use crate::signature::SignatureError;

impl Rejection {
    /// The setting that decides, in the words of the configuration; `None` if there is none.
    #[must_use]
    pub const fn setting(&self) -> Option<&'static str> {
        match self {
            Self::AudienceMismatch { .. } | Self::AudienceMissing { .. } => {
                Some("identity_providers.*.audiences")
            }
            Self::AuthnStale { .. } => Some("identity_providers.*.force_authn"),
            Self::ContextInsufficient { .. } => Some("identity_providers.*.requested_context"),
            Self::Destination { .. } | Self::Recipient { .. } => Some("base_url"),
            Self::Encryption(_) => Some("keys.decryption"),
            Self::EncryptionRequired => Some("identity_providers.*.encryption_required"),
            Self::Expired { .. } | Self::NotYet { .. } => Some("identity_providers.*.clock_skew"),
            Self::IdpDisabled { .. } => Some("identity_providers.*.enabled"),
            Self::IdpMismatch { .. } | Self::IdpUnknown { .. } | Self::Signature { .. } => {
                Some("identity_providers.*.metadata")
            }
            Self::SignatureRequired { .. } => Some("identity_providers.*.signed_part"),
            Self::SubjectMissing { .. } | Self::SubjectTransient => {
                Some("identity_providers.*.subject")
            }
            Self::Unsolicited { .. } | Self::UnsolicitedInResponseTo { .. } => {
                Some("identity_providers.*.dangerous.accept_unsolicited_responses")
            }
            Self::UserUnknown { .. } => Some("identity_providers.*.provisioning"),
            _ => None,
        }
    }

    /// What an administrator can do about it, in one sentence.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::AudienceMismatch { .. } | Self::AudienceMissing { .. } => {
                "enter this service's entity ID at the identity provider, or add the name that it \
                 uses to `audiences`"
            }
            Self::AuthnStale { .. } => {
                "let the identity provider honour ForceAuthn, or do not ask for it"
            }
            Self::Binding(_) | Self::Xml(_) | Self::Root { .. } => {
                "nothing here: whoever sent this is not an identity provider, or something on the \
                 way changed the message"
            }
            Self::ContextInsufficient { .. } => {
                "let the identity provider authenticate users as asked, or change \
                 `requested_context`"
            }
            Self::Destination { .. } | Self::Recipient { .. } => {
                "enter this service's address at the identity provider character by character, or \
                 correct `base_url`"
            }
            Self::Encryption(
                EncryptionError::Algorithm { .. } | EncryptionError::CbcRefused { .. },
            ) => {
                "let the identity provider encrypt with AES-GCM and RSA-OAEP, or not at all: TLS \
                 protects the way"
            }
            Self::Encryption(_) => {
                "give the identity provider this service's current metadata, which holds the \
                 encryption certificate"
            }
            Self::EncryptionRequired => {
                "let the identity provider encrypt assertions, or set `encryption_required` to \
                 false"
            }
            Self::Expired { .. } | Self::NotYet { .. } => {
                "synchronise the clocks of both sides (NTP); `clock_skew` allows for up to 300 s"
            }
            Self::IdpDisabled { .. } => "set `enabled` to true if the provider is to be used",
            Self::IdpMismatch { .. } | Self::IdpUnknown { .. } => {
                "compare the entity ID in `metadata` with the one that the provider sends"
            }
            Self::Loop { .. } => {
                "look at the log lines of the attempts before: cookies may be blocked, or the \
                 provider refuses the user"
            }
            Self::NoCookie | Self::RequestOfAnotherBrowser | Self::RequestExpired { .. } => {
                "let the user start again at the application; if it repeats, look whether the \
                 browser blocks cookies or the host name changes on the way"
            }
            Self::Replayed { .. } => {
                "nothing: the page was sent again, or somebody uses a stolen response"
            }
            Self::SessionTooLong => {
                "let the identity provider send a shorter name identifier or session index"
            }
            Self::Signature {
                source: SignatureError::DigestMismatch { .. },
                ..
            } => {
                "the key is not the matter: something changed the message after it was signed, on \
                 the way or at the identity provider"
            }
            Self::Signature { .. } => {
                "load the provider's current metadata: its signing key may have changed"
            }
            Self::SignatureRequired { .. } => {
                "let the identity provider sign this part, or change `signed_part`"
            }
            Self::Status { .. } => {
                "ask the administrator of the identity provider, whose log says more"
            }
            Self::Store(_) => {
                "the cause says what is missing: for the hub see `sso-connect status`, otherwise look \
                 at the data folder: permissions, free space, damage"
            }
            Self::SubjectMissing { .. } | Self::SubjectTransient => {
                "ask for a lasting name in `name_id_format`, let the identity provider send one, or \
                 name an attribute in `subject`"
            }
            Self::Unsolicited { .. } | Self::UnsolicitedInResponseTo { .. } => {
                "let users start at the application, or accept the risk in \
                 `dangerous.accept_unsolicited_responses`"
            }
            Self::UnsolicitedForAnother => {
                "let the user sign out first; if nobody wanted to switch users, somebody tried to \
                 sign this browser in as themselves"
            }
            Self::UserUnknown { .. } => {
                "create the user first, or set `provisioning` to \"just-in-time\""
            }
            _ => "report the message to the administrator of the identity provider",
        }
    }
}
