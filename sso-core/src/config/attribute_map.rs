//! Which attribute of an identity provider means what.

use std::collections::BTreeMap;

use crate::user::Profile;

/// Names of the attributes that fill a [`Profile`].
///
/// Names are compared exactly, case included, with the `Name` of an attribute; `FriendlyName` is
/// for people and decides nothing (SAML Core 2.7.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttributeMap {
    /// The given name. Default: `First`.
    pub first: String,
    /// The family name. Default: `Last`.
    pub last: String,
    /// The e-mail address. Default: `Email`.
    pub email: String,
    /// The groups. Default: `Groups`.
    pub groups: String,
}

impl Default for AttributeMap {
    fn default() -> Self {
        Self {
            first: "First".to_owned(),
            last: "Last".to_owned(),
            email: "Email".to_owned(),
            groups: "Groups".to_owned(),
        }
    }
}

impl AttributeMap {
    /// Sorts attributes into a profile. Of several values of a name or address the first counts;
    /// attributes that mean nothing to us are kept under their own names.
    #[must_use]
    pub fn profile(&self, attributes: &BTreeMap<String, Vec<String>>) -> Profile {
        let mut profile = Profile::default();
        for (name, values) in attributes {
            let first_value = || values.iter().find(|value| !value.is_empty()).cloned();
            if *name == self.first {
                profile.first = first_value();
            } else if *name == self.last {
                profile.last = first_value();
            } else if *name == self.email {
                profile.email = first_value();
            } else if *name == self.groups {
                profile.groups = each_once(values);
            } else {
                profile.attributes.insert(name.clone(), values.clone());
            }
        }
        profile
    }
}

fn each_once(values: &[String]) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    values
        .iter()
        .filter(|value| seen.insert(*value))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(attributes: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        let owned = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        attributes
            .iter()
            .map(|(name, values)| ((*name).to_owned(), owned(values)))
            .collect()
    }

    #[test]
    fn names_are_compared_with_their_case() {
        let profile = AttributeMap::default()
            .profile(&sent(&[("First", &["Alice"]), ("last", &["Liddell"])]));
        assert_eq!(profile.first.as_deref(), Some("Alice"));
        assert_eq!(profile.last, None);
        assert_eq!(
            profile.attributes.get("last"),
            Some(&vec!["Liddell".to_owned()])
        );
    }

    #[test]
    fn names_can_be_changed() {
        let map = AttributeMap {
            email: "urn:oid:0.9.2342.19200300.100.1.3".into(),
            ..Default::default()
        };
        let profile = map.profile(&sent(&[(
            &map.email,
            &["", "a@example.com", "b@example.com"],
        )]));
        assert_eq!(profile.email.as_deref(), Some("a@example.com"));
    }

    #[test]
    fn groups_keep_their_order_and_come_once() {
        let profile = AttributeMap::default().profile(&sent(&[("Groups", &["b", "a", "b"])]));
        assert_eq!(profile.groups, ["b", "a"]);
    }
}
