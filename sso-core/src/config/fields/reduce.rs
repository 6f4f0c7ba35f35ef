//! Metadata without what nobody uses: a configuration has to fit into a statement.

use zeroize::Zeroizing;

use super::{Fields, METADATA, provider_path};
use crate::UnixTime;
use crate::config::EntityId;
use crate::saml::metadata::IdpMetadata;

impl Fields {
    /// Leaves out of all metadata what this program does not use. Metadata that it cannot read, or
    /// that would not say the same any more, stay as they are.
    ///
    /// [`set`](Self::set) does so with what it is given; this is for what came as a document.
    pub fn reduce_metadata(&mut self) {
        self.reduce_what_differs_from(&Self::new());
    }

    /// Does so where the metadata are not those of `older`.
    pub(super) fn reduce_what_differs_from(&mut self, older: &Self) {
        let differs = |name: &&str| {
            let path = provider_path(name, METADATA);
            self.value(&path) != older.value(&path)
        };
        let providers = self.providers();
        let names = providers.iter().map(|it| it.name).filter(differs);
        let names: Vec<_> = names.map(str::to_owned).collect();
        names.iter().for_each(|name| self.reduce(name));
    }

    /// Leaves out of the metadata of one provider what is not used.
    pub(super) fn reduce(&mut self, name: &str) {
        let path = provider_path(name, METADATA);
        if let Some(reduced) = self.value(&path).and_then(|xml| self.reduced(name, xml)) {
            self.insert(&path, Zeroizing::new(reduced));
        }
    }

    fn reduced(&self, name: &str, xml: &str) -> Option<String> {
        let metadata = self.read_metadata(name, xml)?;
        let reduced = metadata.to_xml();
        let reads_the_same = self
            .read_metadata(name, &reduced)
            .is_some_and(|it| it.says_the_same_as(&metadata));
        (reads_the_same && reduced.len() < xml.len()).then_some(reduced)
    }

    /// The metadata `xml` as the provider's settings read them, whether or not they have expired.
    pub(super) fn read_metadata(&self, name: &str, xml: &str) -> Option<IdpMetadata> {
        let xml = xml.trim().as_bytes();
        match self.value(&provider_path(name, "entity_id")) {
            None => IdpMetadata::parse(xml, LONG_AGO).ok(),
            Some(entity_id) => {
                let entity_id = EntityId::new(entity_id).ok()?;
                IdpMetadata::parse_entity(xml, &entity_id, LONG_AGO).ok()
            }
        }
    }
}

/// Nothing had expired then.
const LONG_AGO: UnixTime = UnixTime::from_secs(0);
