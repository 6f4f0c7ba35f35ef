//! Sealing by a key that never leaves the token.

use std::ffi::c_ulong;
use std::sync::Arc;

use async_trait::async_trait;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::types::Ulong;
use zeroize::Zeroizing;

use super::TokenError;
use super::object::{Kind, Wanted, id_of};
use super::token::{At, Token};
use super::wrap::Wrapped;
use crate::keeper::blocking::off_workers;
use crate::keeper::{Envelope, Header, KeeperError, Label, Protection, Sealer, SealerKind};
use crate::seal::random;

/// Seals by an AES key on a PKCS#11 token, which cannot be read out of it.
///
/// The first [`seal`](Sealer::seal) makes the key: AES-256, on the token, sensitive, not
/// extractable. One that was made by other means and can encrypt and decrypt is used as well. Each
/// secret is sealed with a key of its own, which the token wraps.
#[derive(Clone, Debug)]
pub struct TokenSealer {
    token: Arc<Token>,
    key: Arc<str>,
}

impl TokenSealer {
    /// A sealer by the key labelled `key`.
    #[must_use]
    pub fn new(token: Arc<Token>, key: &str) -> Self {
        Self {
            token,
            key: key.into(),
        }
    }
}

#[async_trait]
impl Sealer for TokenSealer {
    async fn seal(&self, label: &Label, secret: &[u8]) -> Result<Vec<u8>, KeeperError> {
        let key = Zeroizing::new(random()?);
        let (this, to_wrap) = (self.clone(), key.clone());
        let (id, wrapped) = off_workers(move || Ok(this.wrap(&to_wrap)?)).await?;
        Header::new(self.protection(), &id)
            .with_wrapped_key(wrapped.to_bytes())
            .seal(&key, label, secret)
    }

    async fn unseal(
        &self,
        label: &Label,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeeperError> {
        let envelope = Envelope::read(sealed)?;
        let header = envelope.header().clone();
        header.check_sealer(&self.protection())?;
        let this = self.clone();
        let key = off_workers(move || this.unwrap(&header)).await?;
        envelope.open(&key, label)
    }

    fn protection(&self) -> Protection {
        let name = format!("{}, key {}", self.token.label(), self.key);
        Protection::new(SealerKind::Pkcs11, name)
    }
}

impl TokenSealer {
    fn wrap(&self, key: &[u8; 32]) -> Result<(Vec<u8>, Wrapped), TokenError> {
        let _making = self.token.making();
        self.token.run(|at| {
            let (id, with) = self.find_or_make(at)?;
            Ok((id, Wrapped::wrap(at, with, key)?))
        })
    }

    fn unwrap(&self, header: &Header) -> Result<Zeroizing<[u8; 32]>, KeeperError> {
        let wrapped = Wrapped::from_bytes(header.wrapped_key()).ok_or(KeeperError::Malformed)?;
        let unwrapped = self.token.run(|at| {
            let known = self.known(at)?;
            let Some((_, key)) = known.iter().find(|(id, _)| id == header.key_id()) else {
                let found = at.find(&self.wanted());
                return found.map(|_| None);
            };
            wrapped.unwrap(at, *key).map(Some)
        })?;
        match unwrapped {
            Some(key) => key.ok_or(KeeperError::Closed),
            None => Err(KeeperError::OtherKey {
                by: header.protection().clone(),
                settings: self.protection(),
            }),
        }
    }

    /// Of several keys, as two servers that start at once make them, all use the same.
    fn find_or_make(&self, at: &At<'_>) -> Result<(Vec<u8>, ObjectHandle), TokenError> {
        if let Some(key) = self.known(at)?.into_iter().next() {
            return Ok(key);
        }
        self.make(at)?;
        let made = self.known(at)?.into_iter().next();
        made.ok_or_else(|| TokenError::NoObject {
            token: self.token.name().clone(),
            what: Kind::SealingKey.name(),
            label: self.key.to_string(),
        })
    }

    /// The keys with our label and their ids, in the order of the ids.
    fn known(&self, at: &At<'_>) -> Result<Vec<(Vec<u8>, ObjectHandle)>, TokenError> {
        let found = at.find_all(&self.wanted())?.into_iter();
        let named = found.map(|key| Ok((id_of(at.session(), key).map_err(at.failed())?, key)));
        let mut known = named.collect::<Result<Vec<_>, TokenError>>()?;
        known.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(known)
    }

    fn make(&self, at: &At<'_>) -> Result<(), TokenError> {
        let id: [u8; 16] = random().unwrap_or_default();
        let template = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::ValueLen(Ulong::from(KEY_BYTES)),
            Attribute::Label(self.key.as_bytes().to_vec()),
            Attribute::Id(id.to_vec()),
        ];
        let made = at.writing()?.generate_key(&Mechanism::AesKeyGen, &template);
        made.map(drop).map_err(at.failed())
    }

    fn wanted(&self) -> Wanted {
        Wanted::new(Kind::SealingKey, &self.key)
    }
}

const KEY_BYTES: c_ulong = 32;
