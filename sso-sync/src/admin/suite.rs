//! Which OPAQUE we speak (RFC 9807): ristretto255, SHA-512, 3DH, Argon2id.

use opaque_ke::{CipherSuite, Identifiers, Ristretto255, TripleDh};
use sha2_for_opaque::Sha512;

use super::name::{AdministratorName, DomainName};
use super::sealed::transcript;
use super::stretching::Stretching;

/// The configuration of OPAQUE.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, Sha512>;
    type Ksf = Stretching;
}

/// Who talks to whom, in the bytes that OPAQUE binds.
///
/// The hub itself is bound by its static key, which OPAQUE keeps in the administrator's
/// credentials: a registration at one hub signs in at no other.
#[derive(Debug)]
pub(super) struct Parties {
    administrator: Vec<u8>,
    hub: Vec<u8>,
    credential: Vec<u8>,
    context: Vec<u8>,
}

impl Parties {
    pub(super) fn new(domain: &DomainName, administrator: &AdministratorName) -> Self {
        let parts = [domain.as_bytes(), administrator.as_bytes()];
        Self {
            administrator: transcript("sso-connect administrator 1", &parts),
            hub: transcript("sso-connect hub 1", &[domain.as_bytes()]),
            credential: transcript("sso-connect credential 1", &parts),
            context: transcript("sso-connect sign-in 1", &parts),
        }
    }

    pub(super) fn identifiers(&self) -> Identifiers<'_> {
        Identifiers {
            client: Some(&self.administrator),
            server: Some(&self.hub),
        }
    }

    /// Under this name the hub derives the administrator's oblivious key.
    pub(super) fn credential(&self) -> &[u8] {
        &self.credential
    }

    pub(super) fn context(&self) -> &[u8] {
        &self.context
    }
}
