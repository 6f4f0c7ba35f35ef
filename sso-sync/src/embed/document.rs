//! Settings as they are sealed, and back.

use sso_core::config::Fields;

use crate::seal::ConfigDocument;

impl From<&Fields> for ConfigDocument {
    fn from(fields: &Fields) -> Self {
        let empty = Self::new();
        fields
            .iter()
            .fold(empty, |document, (path, value)| document.with(path, value))
    }
}

impl From<Fields> for ConfigDocument {
    fn from(fields: Fields) -> Self {
        Self::from(&fields)
    }
}

impl TryFrom<&ConfigDocument> for Fields {
    type Error = NotText;

    fn try_from(document: &ConfigDocument) -> Result<Self, NotText> {
        document.paths().try_fold(Self::new(), |fields, path| {
            let value = document.value(path).unwrap_or_default();
            let text = str::from_utf8(value).map_err(|_| NotText { path: path.into() })?;
            Ok(fields.with(path, text))
        })
    }
}

/// A setting holds something else than text, which no program of this schema writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the setting {path} holds no text: a newer program wrote it, update this server")]
#[non_exhaustive]
pub struct NotText {
    /// Which setting.
    pub path: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sso_core::config::fields::LARGEST;

    use super::*;
    use crate::chain::tests::{ADMINISTRATOR, TestDomain};
    use crate::chain::{Action, Revision, Statement};

    #[test]
    fn a_value_without_text_is_named() {
        let document = ConfigDocument::new().with("a", "x").with("b", [0xff]);
        let refused = Fields::try_from(&document).unwrap_err().to_string();
        insta::assert_snapshot!(refused, @"the setting b holds no text: a newer program wrote it, update this server");
    }

    #[test]
    fn the_largest_configuration_fits_into_a_statement() {
        let domain = TestDomain::new();
        let path = "identity_providers.work.metadata";
        let room = LARGEST - Fields::new().with(path, "").size();
        let fields = Fields::new().with(path, "x".repeat(room));
        assert_eq!(fields.check_size(), Ok(()));
        let sealed = domain.ring.seal_document(1, 1, &fields.into()).unwrap();
        let revision = Revision {
            number: u64::MAX,
            restores: u64::MAX,
            epoch: u64::MAX,
            schema: u64::MAX,
            sealed,
        };
        let statement = domain.sign(ADMINISTRATOR, &Action::ConfigurationRevised { revision });
        assert!(
            statement.len() <= Statement::MAX_BYTES,
            "{}",
            statement.len()
        );
    }

    proptest! {
        #[test]
        fn what_is_sealed_comes_back(
            fields in proptest::collection::btree_map("[a-z.]{1,30}", ".{0,300}", 0..20),
        ) {
            let fields = Fields::from_iter(fields);
            let document = ConfigDocument::from(&fields);
            prop_assert!(document.size() <= fields.size());
            prop_assert_eq!(Fields::try_from(&document), Ok(fields));
        }
    }
}
