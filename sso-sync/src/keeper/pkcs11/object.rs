//! Finding things on a token.

use cryptoki::error::Error;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    pub(super) kind: Kind,
    pub(super) label: String,
    /// `CKA_ID`; any if there is none.
    pub(super) id: Option<Vec<u8>>,
}

/// The kinds of objects that are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Certificate,
    EcKey,
    RsaKey,
    SealingKey,
}

impl Kind {
    /// For error texts.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::EcKey => "EC private key",
            Self::RsaKey => "RSA private key",
            Self::SealingKey => "AES key",
        }
    }

    fn template(self) -> Vec<Attribute> {
        let key = |class, kind| vec![Attribute::Class(class), Attribute::KeyType(kind)];
        match self {
            Self::Certificate => vec![Attribute::Class(ObjectClass::CERTIFICATE)],
            Self::EcKey => key(ObjectClass::PRIVATE_KEY, KeyType::EC),
            Self::RsaKey => key(ObjectClass::PRIVATE_KEY, KeyType::RSA),
            Self::SealingKey => key(ObjectClass::SECRET_KEY, KeyType::AES),
        }
    }
}

impl Wanted {
    pub(super) fn new(kind: Kind, label: &str) -> Self {
        Self {
            kind,
            label: label.into(),
            id: None,
        }
    }

    /// Everything on the token that is like this.
    pub(super) fn find_all(&self, session: &Session) -> Result<Vec<ObjectHandle>, Error> {
        let mut template = self.kind.template();
        template.push(Attribute::Token(true));
        template.push(Attribute::Label(self.label.clone().into_bytes()));
        template.extend(self.id.clone().map(Attribute::Id));
        session.find_objects(&template)
    }
}

/// The `CKA_ID` of an object; empty if it has none.
pub(super) fn id_of(session: &Session, object: ObjectHandle) -> Result<Vec<u8>, Error> {
    let found = session.get_attributes(object, &[AttributeType::Id])?;
    let id = found.into_iter().find_map(|attribute| match attribute {
        Attribute::Id(id) => Some(id),
        _ => None,
    });
    Ok(id.unwrap_or_default())
}

/// The `CKA_VALUE` of an object: for a certificate, its DER.
pub(super) fn value_of(session: &Session, object: ObjectHandle) -> Result<Vec<u8>, Error> {
    let found = session.get_attributes(object, &[AttributeType::Value])?;
    let value = found.into_iter().find_map(|attribute| match attribute {
        Attribute::Value(value) => Some(value),
        _ => None,
    });
    Ok(value.unwrap_or_default())
}
