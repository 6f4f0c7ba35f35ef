//! Whom an assertion names.

use std::collections::BTreeMap;

use super::{NameId, Rejection};
use crate::config::{IdentityProvider, SubjectSource};
use crate::user::AccountKey;

/// The account that an assertion of `provider` is about: somebody, by a name that lasts.
pub(super) fn account_of(
    provider: &IdentityProvider,
    name_id: Option<&NameId>,
    attributes: &BTreeMap<String, Vec<String>>,
) -> Result<AccountKey, Rejection> {
    match provider.subject() {
        SubjectSource::Attribute(name) => by_attribute(provider, name, attributes),
        SubjectSource::NameId => by_name_id(provider, name_id),
    }
}

fn by_name_id(
    provider: &IdentityProvider,
    name_id: Option<&NameId>,
) -> Result<AccountKey, Rejection> {
    let named = name_id.filter(|name_id| !name_id.value.trim().is_empty());
    let name_id = named.ok_or_else(|| Rejection::SubjectMissing {
        missing: "a name identifier".to_owned(),
    })?;
    if name_id.format == TRANSIENT {
        return Err(Rejection::SubjectTransient);
    }
    let account = AccountKey::new(
        provider.entity_id().as_str(),
        &name_id.format,
        &name_id.value,
    );
    Ok(AccountKey {
        name_qualifier: name_id.name_qualifier.clone(),
        sp_name_qualifier: name_id.sp_name_qualifier.clone(),
        ..account
    })
}

fn by_attribute(
    provider: &IdentityProvider,
    name: &str,
    attributes: &BTreeMap<String, Vec<String>>,
) -> Result<AccountKey, Rejection> {
    match attributes.get(name).map(Vec::as_slice) {
        Some([value]) if !value.trim().is_empty() => Ok(AccountKey::new(
            provider.entity_id().as_str(),
            format!("attribute:{name}"),
            value,
        )),
        _ => Err(Rejection::SubjectMissing {
            missing: format!("exactly one value of the attribute {name:?}"),
        }),
    }
}

/// A name that the provider makes anew for every session (SAML Core 8.3.8).
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
