//! Metadata in the shapes of well-known products, and what must be refused.

use super::*;
use crate::UnixTime;
use crate::config::EntityId;
use crate::signature::base64;
use crate::signature::test_keys::{OTHER_RSA, P256, RSA, TestKey};

#[test]
fn reads_entra_with_two_keys_and_passes_over_its_other_roles() {
    insta::assert_snapshot!(summary(include_str!("vendors/entra.xml")), @"");
}

#[test]
fn reads_ad_fs_as_the_provider_that_it_also_is() {
    insta::assert_snapshot!(summary(include_str!("vendors/adfs.xml")), @"");
}

#[test]
fn reads_keycloak_and_its_wish_for_signed_requests() {
    insta::assert_snapshot!(summary(include_str!("vendors/keycloak.xml")), @"");
}

#[test]
fn reads_simplesamlphp_and_where_answers_go() {
    insta::assert_snapshot!(summary(include_str!("vendors/simplesamlphp.xml")), @"");
}

#[test]
fn reads_shibboleth_with_comments_extensions_and_a_key_of_no_stated_use() {
    insta::assert_snapshot!(summary(include_str!("vendors/shibboleth.xml")), @"");
}

#[test]
fn kw_12_a_key_for_encryption_alone_never_verifies() {
    for usage in [r#" use="encryption""#, r#" use="""#, r#" use="sign""#] {
        let xml = entity("urn:idp", &provider(&key(usage, &RSA)));
        assert_eq!(refusal(&xml), MetadataError::NoSigningKey, "{usage}");
    }
}

fn filled(template: &str) -> String {
    [("FIRST", &RSA), ("SECOND", &OTHER_RSA), ("THIRD", &P256)]
        .into_iter()
        .fold(template.to_owned(), |text, (name, key)| {
            text.replace(name, &lines(&base64::encode(&key.certificate)))
        })
}
