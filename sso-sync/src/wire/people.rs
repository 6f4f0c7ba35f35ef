//! What administrators ask about each other.

use minicbor::{Decode, Encode};

use super::{MAX_PAGE, Message};
use crate::admin::{AdministratorName, AdministratorPublicKeys, Introduction, InvitationRecord};

impl Message for InvitationRecord {
    const MAX_BYTES: usize = 1024;
}

/// Somebody who has registered a password; what the chain says of these keys is another matter.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct RegisteredAdministrator {
    /// Who.
    #[n(0)]
    pub administrator: AdministratorName,
    /// The keys that were registered.
    #[n(1)]
    pub keys: AdministratorPublicKeys,
    /// The word of the invited person that these are the keys.
    #[n(2)]
    pub introduction: Option<Introduction>,
}

/// Everybody who has registered a password in a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct RegisteredAdministrators(#[n(0)] pub Vec<RegisteredAdministrator>);

impl Message for RegisteredAdministrators {
    const MAX_BYTES: usize = MAX_PAGE;
}
