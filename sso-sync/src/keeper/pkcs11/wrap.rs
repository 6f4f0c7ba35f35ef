//! A key that is wrapped by the token.
//!
//! The token only ever sees 32 random bytes: what they seal may be longer than a token takes, and
//! is bound to its label by us. So it does not matter much how the token wraps them: a changed
//! wrap gives other bytes, which open nothing.

use std::ffi::c_ulong;

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::ObjectHandle;
use cryptoki::types::Ulong;
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::TokenError;
use super::token::At;
use crate::cbor;
use crate::seal::random;

/// How a token has wrapped a key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Wrapped {
    #[n(0)]
    method: Method,
    #[cbor(n(1), with = "minicbor::bytes")]
    iv: Vec<u8>,
    #[cbor(n(2), with = "minicbor::bytes")]
    octets: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
enum Method {
    /// `CKM_AES_GCM`, with a tag of 128 bits.
    #[n(1)]
    Gcm,
    /// `CKM_AES_CBC`; two blocks need no padding.
    #[n(2)]
    Cbc,
}

impl Wrapped {
    /// Wraps `secret` by the first method that the token has.
    ///
    /// Some tokens have GCM and refuse to be told the nonce; they get CBC.
    pub(super) fn wrap(
        at: &At<'_>,
        key: ObjectHandle,
        secret: &[u8; 32],
    ) -> Result<Self, TokenError> {
        if at.has(MechanismType::AES_GCM) {
            match Self::wrap_by(Method::Gcm, at, key, secret) {
                Err(Error::Pkcs11(error, _)) if is_about_the_method(error) => {}
                other => return other.map_err(at.failed()),
            }
        }
        Self::wrap_by(Method::Cbc, at, key, secret).map_err(at.failed())
    }

    fn wrap_by(
        method: Method,
        at: &At<'_>,
        key: ObjectHandle,
        secret: &[u8; 32],
    ) -> Result<Self, Error> {
        let mut iv = method.iv()?;
        // A token may replace the nonce by its own, which then stands in `iv`.
        let octets = method.run(&mut iv, |mechanism| {
            at.session().encrypt(mechanism, key, secret)
        })?;
        Ok(Self { method, iv, octets })
    }

    /// The key again; nothing if it was not this token's key that wrapped it.
    pub(super) fn unwrap(
        &self,
        at: &At<'_>,
        key: ObjectHandle,
    ) -> Result<Option<Zeroizing<[u8; 32]>>, TokenError> {
        let mut iv = self.iv.clone();
        let decrypted = self.method.run(&mut iv, |mechanism| {
            at.session().decrypt(mechanism, key, &self.octets)
        });
        match decrypted {
            Ok(secret) => {
                let secret = Zeroizing::new(secret);
                Ok(secret.as_slice().try_into().ok().map(Zeroizing::new))
            }
            Err(error) if is_about_the_data(&error) => Ok(None),
            Err(error) => Err(at.failed()(error)),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        cbor::decode(bytes).ok()
    }
}

impl Method {
    fn iv(self) -> Result<Vec<u8>, Error> {
        let random: [u8; 16] = random().map_err(|_| Error::InvalidValue)?;
        let length = match self {
            Self::Cbc => 16,
            Self::Gcm => 12,
        };
        Ok(random.into_iter().take(length).collect())
    }

    fn run<T>(
        self,
        iv: &mut [u8],
        work: impl FnOnce(&Mechanism<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match self {
            Self::Cbc => {
                let iv = (&*iv).try_into().map_err(|_| Error::InvalidValue)?;
                work(&Mechanism::AesCbc(iv))
            }
            Self::Gcm => {
                let tag = Ulong::from(TAG_BITS);
                work(&Mechanism::AesGcm(GcmParams::new(iv, CONTEXT, tag)?))
            }
        }
    }
}

const fn is_about_the_method(error: RvError) -> bool {
    matches!(
        error,
        RvError::ArgumentsBad
            | RvError::DataLenRange
            | RvError::FunctionNotSupported
            | RvError::KeyFunctionNotPermitted
            | RvError::MechanismInvalid
            | RvError::MechanismParamInvalid
    )
}

/// Whatever a token answers once it has the data: SoftHSM, for one, says "general error".
pub(super) const fn is_about_the_data(error: &Error) -> bool {
    use cryptoki::context::Function;

    matches!(
        error,
        Error::InvalidValue
            | Error::Pkcs11(
                RvError::ArgumentsBad
                    | RvError::DataInvalid
                    | RvError::DataLenRange
                    | RvError::EncryptedDataInvalid
                    | RvError::EncryptedDataLenRange
                    | RvError::FunctionFailed
                    | RvError::GeneralError,
                Function::Decrypt
            )
            | Error::Pkcs11(RvError::MechanismParamInvalid | RvError::ArgumentsBad, _)
    )
}

const CONTEXT: &[u8] = b"sso-connect at rest wrap 1";

const TAG_BITS: c_ulong = 128;
