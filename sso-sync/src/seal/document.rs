//! The shared configuration as replication sees it: paths and values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::aead::{SUITE, Sealed, unpad};
use super::key::random;
use super::{KeyRing, SealError};
use crate::cbor;
use crate::store::DomainId;

/// A configuration as fields, each with a path and a value that only its owner understands.
///
/// Fields that a newer program added stay where they are. `Debug` shows paths, no values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfigDocument(BTreeMap<String, Zeroizing<Vec<u8>>>);

impl ConfigDocument {
    /// A document without fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.0.insert(path.into(), Zeroizing::new(value.into()));
        self
    }

    /// Leaves a field out.
    #[must_use]
    pub fn without(mut self, path: &str) -> Self {
        self.0.remove(path);
        self
    }

    /// The value of a field.
    #[must_use]
    pub fn value(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(|value| value.as_slice())
    }

    /// All paths, ascending.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Joins two documents that were both made from `base`.
    #[must_use]
    pub fn merge(base: &Self, theirs: &Self, mine: &Self) -> Merge {
        let all: BTreeSet<&String> = [base, theirs, mine]
            .iter()
            .flat_map(|document| document.0.keys())
            .collect();
        let mut merge = Merge::default();
        for path in all {
            let [base, theirs, mine] = [base, theirs, mine].map(|document| document.0.get(path));
            if theirs == mine || mine == base {
                if theirs != base && theirs != mine {
                    merge.taken.push(path.clone());
                }
                merge.keep(path, theirs);
            } else if theirs == base {
                merge.keep(path, mine);
            } else {
                merge.keep(path, theirs);
                merge.overlaps.push(Overlap::new(path, base, theirs, mine));
            }
        }
        merge
    }

    /// How many bytes are sealed, before they are filled up.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes().len()
    }

    fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let fields = self.0.iter();
        let fields = fields.map(|(path, value)| (path.as_str(), Value(value.to_vec())));
        Zeroizing::new(cbor::encode(&(FORMAT, fields.collect::<Vec<_>>())))
    }

    fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        match minicbor::Decoder::new(bytes).array() {
            Ok(Some(2)) => {}
            _ => return Err(SealError::Malformed),
        }
        if bytes.get(1) != Some(&FORMAT) {
            return Err(SealError::Newer);
        }
        let (_, fields): (u8, Vec<(String, Value)>) = cbor::decode(bytes)?;
        if !fields.is_sorted_by(|(one, _), (next, _)| one < next) {
            return Err(SealError::Malformed);
        }
        let fields = fields.into_iter();
        Ok(Self(
            fields
                .map(|(path, value)| (path, Zeroizing::new(value.0)))
                .collect(),
        ))
    }
}

impl fmt::Debug for ConfigDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigDocument({:?})", self.0.keys())
    }
}

/// Two configurations joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merge {
    /// Everything that can be joined, and *theirs* where a person has to decide.
    pub document: ConfigDocument,
    /// Paths whose value is theirs because only they changed it.
    pub taken: Vec<String>,
    /// Paths that both changed, to different values.
    pub overlaps: Vec<Overlap>,
}

impl Merge {
    fn keep(&mut self, path: &str, value: Option<&Zeroizing<Vec<u8>>>) {
        if let Some(value) = value {
            self.document.0.insert(path.into(), value.clone());
        }
    }
}

/// A field that two administrators changed at once; no value means that it was left out.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overlap {
    /// Which field.
    pub path: String,
    /// What it was before.
    pub base: Option<Zeroizing<Vec<u8>>>,
    /// What the other made of it.
    pub theirs: Option<Zeroizing<Vec<u8>>>,
    /// What is to be saved now.
    pub mine: Option<Zeroizing<Vec<u8>>>,
}

impl Overlap {
    fn new(
        path: &str,
        base: Option<&Zeroizing<Vec<u8>>>,
        theirs: Option<&Zeroizing<Vec<u8>>>,
        mine: Option<&Zeroizing<Vec<u8>>>,
    ) -> Self {
        Self {
            path: path.into(),
            base: base.cloned(),
            theirs: theirs.cloned(),
            mine: mine.cloned(),
        }
    }
}

impl fmt::Debug for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Overlap({})", self.path)
    }
}

impl KeyRing {
    /// Seals a document as `revision`, in the newest epoch.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if there is no randomness.
    pub fn seal_document(
        &self,
        revision: u64,
        schema: u64,
        document: &ConfigDocument,
    ) -> Result<Vec<u8>, SealError> {
        self.seal_document_with(random()?, revision, schema, document)
    }

    pub(crate) fn seal_document_with(
        &self,
        nonce: [u8; 12],
        revision: u64,
        schema: u64,
        document: &ConfigDocument,
    ) -> Result<Vec<u8>, SealError> {
        let epoch = self.newest();
        let context = context(&self.domain(), revision, epoch, schema);
        let plain = document.bytes();
        Sealed::seal(self.config(epoch)?, nonce, &context, &plain, BLOCK)
    }

    /// Opens the document of `revision`, which was sealed in `epoch`.
    ///
    /// # Errors
    ///
    /// [`SealError::Closed`] if it is another revision's or was changed, [`SealError::Newer`] if
    /// its schema or form is unknown, [`SealError::NoKey`] if the key of the epoch is not there.
    pub fn open_document(
        &self,
        revision: u64,
        epoch: u64,
        schema: u64,
        sealed: &[u8],
    ) -> Result<ConfigDocument, SealError> {
        self.check_schema(schema)?;
        let context = context(&self.domain(), revision, epoch, schema);
        let opened = Sealed::open(self.config(epoch)?, &context, sealed)?;
        ConfigDocument::parse(unpad(&opened)?)
    }
}

#[derive(Encode, Decode)]
#[cbor(transparent)]
struct Value(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>);

fn context(domain: &DomainId, revision: u64, epoch: u64, schema: u64) -> Vec<u8> {
    cbor::encode(&(LABEL, SUITE, *domain, revision, epoch, schema))
}

const LABEL: &str = "sso-connect config 1";
const FORMAT: u8 = 1;

/// Lengths of documents tell no more than how many of these it takes, in bytes.
const BLOCK: usize = 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seal::DomainKey;

    #[test]
    fn the_bytes_are_the_documented_ones() {
        let document = ConfigDocument::new().with("b", "2").with("a.b", "1");
        let written = document
            .bytes()
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        insta::assert_snapshot!(written, @"8201828263612e6241318261624132");
    }

    #[test]
    fn a_document_opens_as_its_revision_only() {
        let ring = KeyRing::first(DomainId::new([8; 32]), DomainKey::from_bytes([1; 32])).unwrap();
        let document = ConfigDocument::new().with("host", "sso.example.com");
        let sealed = ring.seal_document(4, 1, &document).unwrap();
        assert_eq!(ring.open_document(4, 1, 1, &sealed), Ok(document));
        let closed = Err(SealError::Closed);
        assert_eq!(ring.open_document(5, 1, 1, &sealed), closed);
        assert_eq!(ring.open_document(4, 1, 0, &sealed), closed);
        let newer = Err(SealError::Newer);
        assert_eq!(ring.open_document(4, 1, 2, &sealed), newer);
        let no_key = Err(SealError::NoKey { epoch: 2 });
        assert_eq!(ring.open_document(4, 2, 1, &sealed), no_key);
    }

    #[test]
    fn changes_of_different_fields_are_joined() {
        let base = ConfigDocument::new().with("a", "1").with("b", "1");
        let theirs = base.clone().with("a", "2").with("new", "n");
        let mine = base.clone().without("b").with("c", "3");
        let merge = ConfigDocument::merge(&base, &theirs, &mine);
        let expected = ConfigDocument::new()
            .with("a", "2")
            .with("new", "n")
            .with("c", "3");
        assert_eq!(merge.document, expected);
        assert_eq!(merge.taken, ["a", "new"]);
        assert_eq!(merge.overlaps, []);
    }

    #[test]
    fn different_changes_of_one_field_are_shown() {
        let base = ConfigDocument::new().with("a", "1");
        let theirs = ConfigDocument::new().with("a", "2");
        let mine = ConfigDocument::new();
        let merge = ConfigDocument::merge(&base, &theirs, &mine);
        let [overlap] = merge.overlaps.as_slice() else {
            panic!("one overlap");
        };
        assert_eq!(overlap.path, "a");
        assert_eq!(overlap.base.as_ref().unwrap().as_slice(), b"1");
        assert_eq!(overlap.theirs.as_ref().unwrap().as_slice(), b"2");
        assert_eq!(overlap.mine, None);
        assert_eq!(merge.document, theirs);
    }

    #[test]
    fn the_same_change_twice_is_no_overlap() {
        let base = ConfigDocument::new().with("a", "1");
        let both = ConfigDocument::new().with("a", "2");
        let merge = ConfigDocument::merge(&base, &both, &both);
        assert_eq!((merge.document, merge.overlaps), (both, Vec::new()));
    }

    #[test]
    fn another_form_is_newer_and_another_order_malformed() {
        assert_eq!(
            ConfigDocument::parse(&[0x82, 2, 0x80]),
            Err(SealError::Newer)
        );
        let unsorted = [
            0x82, 1, 0x82, 0x82, 0x61, b'b', 0x40, 0x82, 0x61, b'a', 0x40,
        ];
        assert_eq!(ConfigDocument::parse(&unsorted), Err(SealError::Malformed));
        assert_eq!(ConfigDocument::parse(&[]), Err(SealError::Malformed));
    }

    #[test]
    fn debug_shows_no_value() {
        let document = ConfigDocument::new().with("key", "secret");
        assert_eq!(format!("{document:?}"), r#"ConfigDocument(["key"])"#);
    }

    proptest! {
        #[test]
        fn joining_with_no_change_of_mine_is_theirs(base in document(), theirs in document()) {
            let merge = ConfigDocument::merge(&base, &theirs, &base);
            prop_assert_eq!(merge.document, theirs);
            prop_assert_eq!(merge.overlaps, Vec::new());
        }

        #[test]
        fn who_came_first_does_not_matter_unless_both_changed_one_field(
            base in document(), one in document(), other in document(),
        ) {
            let forth = ConfigDocument::merge(&base, &one, &other);
            let back = ConfigDocument::merge(&base, &other, &one);
            let paths = |merge: &Merge| -> Vec<_> {
                merge.overlaps.iter().map(|it| it.path.clone()).collect()
            };
            prop_assert_eq!(paths(&forth), paths(&back));
            if forth.overlaps.is_empty() {
                prop_assert_eq!(forth.document, back.document);
            }
        }

        #[test]
        fn every_document_is_read_as_it_was_written(document in document()) {
            prop_assert_eq!(ConfigDocument::parse(&document.bytes()), Ok(document));
        }
    }

    fn document() -> impl Strategy<Value = ConfigDocument> {
        proptest::collection::btree_map("[a-d]", "[12]", 0..4).prop_map(|fields| {
            let fields = fields.into_iter();
            fields.fold(ConfigDocument::new(), |document, (path, value)| {
                document.with(path, value)
            })
        })
    }
}
