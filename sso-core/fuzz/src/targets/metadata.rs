//! The target of this name.

use sso_core::config::{IdentityProvider, IdpName};
use sso_core::saml::metadata::IdpMetadata;

use crate::corpus::Exchange;

/// Metadata that are accepted say the same after being written anew, and can be configured or not.
///
/// # Panics
///
/// If not.
pub fn metadata(data: &[u8]) {
    let now = Exchange::all()
        .first()
        .expect("the corpus is not empty")
        .at();
    let Ok(metadata) = IdpMetadata::parse(data, now) else {
        return;
    };
    let _ = IdentityProvider::from_metadata(IdpName::new("idp").unwrap(), &metadata);
    let written = metadata.to_xml();
    let again = IdpMetadata::parse(written.as_bytes(), now);
    let again = again.unwrap_or_else(|why| panic!("{why}\n{written}"));
    assert!(again.says_the_same_as(&metadata), "{written}");
    assert_eq!(again.to_xml(), written);
}
