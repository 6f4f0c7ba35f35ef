//! Records as the hub sees them, and as their servers do.

use minicbor::{Decode, Encode};

use super::aead::{SUITE, unpad};
use super::key::random;
use super::{Content, KeyRing, SealError};
use crate::cbor;
use crate::store::{DomainId, Record, RecordId};

/// The body of a record: what everybody can read, and what is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RecordBody {
    #[n(0)]
    suite: u64,
    #[n(1)]
    version: u64,
    #[n(2)]
    epoch: u64,
    #[n(3)]
    schema: u64,
    #[cbor(n(4), with = "minicbor::bytes")]
    nonce: [u8; 12],
    #[cbor(n(5), with = "minicbor::bytes")]
    ciphertext: Vec<u8>,
}

impl RecordBody {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// [`SealError::Malformed`], or [`SealError::Newer`] if its suite is unknown.
    pub fn parse(body: &[u8]) -> Result<Self, SealError> {
        match cbor::first_two(body) {
            Some([SUITE, _]) => Ok(cbor::decode(body)?),
            Some(_) => Err(SealError::Newer),
            None => Err(SealError::Malformed),
        }
    }

    /// Which state of its id it is: 1, 2, 3 …
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The epoch it is sealed in.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The schema of what is sealed.
    #[must_use]
    pub const fn schema(&self) -> u64 {
        self.schema
    }

    fn context(&self, domain: &DomainId, id: &RecordId) -> Vec<u8> {
        let Self {
            suite,
            version,
            epoch,
            schema,
            ..
        } = *self;
        cbor::encode(&(LABEL, suite, *domain, *id, version, epoch, schema))
    }
}

impl KeyRing {
    /// Seals a record in the newest epoch, as the state `version` of its id, in the schema of
    /// this program.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if there is no randomness.
    pub fn seal_record(
        &self,
        id: RecordId,
        version: u64,
        content: &Content,
    ) -> Result<Record, SealError> {
        self.seal_record_in(Content::SCHEMA, id, version, content)
    }

    /// The same in `schema`, which is the one of the domain's policy.
    ///
    /// # Errors
    ///
    /// [`SealError::Newer`] if this program does not know the schema, [`SealError::Refused`] if
    /// there is no randomness.
    pub fn seal_record_in(
        &self,
        schema: u64,
        id: RecordId,
        version: u64,
        content: &Content,
    ) -> Result<Record, SealError> {
        self.check_schema(schema)?;
        let form = Form {
            epoch: self.newest(),
            schema,
            nonce: random()?,
        };
        self.seal_record_with(&form, id, version, content)
    }

    pub(crate) fn seal_record_with(
        &self,
        form: &Form,
        id: RecordId,
        version: u64,
        content: &Content,
    ) -> Result<Record, SealError> {
        let Form {
            epoch,
            schema,
            nonce,
        } = *form;
        let mut body = RecordBody {
            suite: SUITE,
            version,
            epoch,
            schema,
            nonce,
            ciphertext: Vec::new(),
        };
        let context = body.context(&self.domain(), &id);
        let key = self.records(epoch)?;
        body.ciphertext = key.seal(nonce, &context, &content.bytes(schema), BLOCK)?;
        let body = cbor::encode(&body).into();
        Ok(Record { id, body })
    }

    /// Opens a record.
    ///
    /// # Errors
    ///
    /// [`SealError::Closed`] if it was changed or is the record of another id or domain,
    /// [`SealError::Newer`] if its suite or schema is unknown, [`SealError::NoKey`] if the key of
    /// its epoch is not there.
    pub fn open_record(&self, record: &Record) -> Result<(RecordBody, Content), SealError> {
        let body = RecordBody::parse(&record.body)?;
        self.check_schema(body.schema)?;
        let context = body.context(&self.domain(), &record.id);
        let key = self.records(body.epoch)?;
        let opened = key.open(body.nonce, &context, &body.ciphertext)?;
        let content = Content::parse(unpad(&opened)?, body.schema)?;
        Ok((body, content))
    }
}

/// How a record is sealed.
pub(crate) struct Form {
    pub(crate) epoch: u64,
    pub(crate) schema: u64,
    pub(crate) nonce: [u8; 12],
}

const LABEL: &str = "sso-connect record 1";

/// Lengths of records tell no more than how many of these it takes, in bytes.
const BLOCK: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::DomainKey;

    #[test]
    fn a_record_opens_under_its_id_in_its_domain_only() {
        let ring = ring(1, HERE);
        let record = ring
            .seal_record(ID, 1, &Content::removed(&[1; 16], 1))
            .unwrap();
        assert!(ring.open_record(&record).is_ok());

        let moved = Record {
            id: RecordId::new([6; 32]),
            ..record.clone()
        };
        assert_eq!(ring.open_record(&moved), Err(SealError::Closed));
        let elsewhere = self::ring(1, DomainId::new([9; 32]));
        assert_eq!(elsewhere.open_record(&record), Err(SealError::Closed));
        let other_key = self::ring(2, HERE);
        assert_eq!(other_key.open_record(&record), Err(SealError::Closed));
    }

    #[test]
    fn what_everybody_can_read_cannot_be_changed() {
        let ring = ring(1, HERE);
        let record = ring
            .seal_record(ID, 3, &Content::removed(&[1; 16], 1))
            .unwrap();
        for (at, name) in [(2, "version"), (3, "epoch"), (4, "schema")] {
            let mut body = record.body.to_vec();
            body[at] = 0;
            let changed = Record {
                id: ID,
                body: body.into(),
            };
            assert!(ring.open_record(&changed).is_err(), "{name}");
        }
    }

    #[test]
    fn a_newer_suite_or_schema_is_named() {
        let ring = ring(1, HERE);
        let record = ring
            .seal_record(ID, 3, &Content::removed(&[1; 16], 1))
            .unwrap();
        for at in [1, 4] {
            let mut body = record.body.to_vec();
            body[at] = 2;
            let changed = Record {
                id: ID,
                body: body.into(),
            };
            assert_eq!(ring.open_record(&changed), Err(SealError::Newer));
        }
        assert_eq!(RecordBody::parse(b"x"), Err(SealError::Malformed));
    }

    #[test]
    fn two_records_of_the_same_content_look_different() {
        let ring = ring(1, HERE);
        let seal = || ring.seal_record(ID, 1, &Content::removed(&[1; 16], 1));
        assert_ne!(seal(), seal());
    }

    fn ring(number: u8, domain: DomainId) -> KeyRing {
        KeyRing::first(domain, DomainKey::from_bytes([number; 32])).unwrap()
    }

    const HERE: DomainId = DomainId::new([8; 32]);
    const ID: RecordId = RecordId::new([5; 32]);
}
