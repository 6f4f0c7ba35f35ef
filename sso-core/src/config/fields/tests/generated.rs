//! What holds for every document.

use proptest::prelude::*;

use super::examples::{NOON, work};
use crate::config::document::{
    AcmeDocument, AttributesDocument, DangerousDocument, IdentityProviderDocument, KeyPairDocument,
    KeysDocument, RequestedContextDocument,
};
use crate::config::{Fields, SharedConfigDocument};

proptest! {
    #[test]
    fn every_document_comes_back(document in document()) {
        let fields = Fields::of(&document).unwrap();
        prop_assert_eq!(fields.document().unwrap(), document);
    }

    #[test]
    fn what_is_unknown_survives_every_edit(one in document(), other in document()) {
        let unknown = Fields::from_iter([("a.newer", "1"), ("zz", ""), ("keys.newer.key", "2")]);
        let mut fields = unknown.clone();
        fields.apply(&one).unwrap();
        fields.apply(&other).unwrap();
        for (path, value) in unknown.iter() {
            prop_assert_eq!(fields.value(path), Some(value));
        }
        prop_assert_eq!(fields.document().unwrap(), other);
    }

    #[test]
    fn saving_what_was_read_changes_nothing(one in document(), other in document()) {
        let mut fields = Fields::of(&one).unwrap();
        fields.apply(&other).unwrap();
        let mut again = fields.clone();
        again.apply(&fields.document().unwrap()).unwrap();
        prop_assert_eq!(fields.changes(&again), []);
        prop_assert_eq!(again, fields);
    }

    #[test]
    fn changes_are_none_or_say_so(one in document(), other in document()) {
        let [one, other] = [one, other].map(|document| Fields::of(&document).unwrap());
        prop_assert_eq!(one.changes(&other).is_empty(), one == other);
    }

    #[test]
    fn no_path_and_no_text_disturbs(path in "[a-z.N0-9]{0,40}", text in ".{0,40}") {
        let mut fields = work();
        let _ = fields.set(&path, &text);
        let _ = fields.unset(&path);
        let _ = fields.shown(&path);
        let _ = fields.with(path, text).check(NOON);
    }
}

fn document() -> impl Strategy<Value = SharedConfigDocument> {
    let names = proptest::collection::hash_set("[a-c0-1-]{1,2}", 0..4);
    let providers =
        names.prop_flat_map(|names| names.into_iter().map(provider).collect::<Vec<_>>());
    let texts = (".{0,5}", option(), list(), option(), option());
    let tls = || proptest::option::of(key_pair());
    (texts, keys(), (tls(), tls(), acme()), providers).prop_map(
        |(
            (base_url, entity_id, destinations, home, session_lifetime),
            keys,
            (tls, next_tls, acme),
            providers,
        )| {
            SharedConfigDocument {
                base_url,
                entity_id: entity_id.clone(),
                former_base_urls: destinations.clone(),
                former_entity_id: entity_id,
                destinations,
                home,
                session_lifetime,
                keys,
                tls: tls.clone(),
                former_tls: tls,
                next_tls,
                acme,
                identity_providers: providers,
            }
        },
    )
}

fn keys() -> impl Strategy<Value = KeysDocument> {
    let pairs = proptest::collection::vec(key_pair(), 0..4);
    let pair = || proptest::option::of(key_pair());
    (pair(), pair(), pair(), list(), pairs).prop_map(
        |(signing, next_signing, next_decryption, next_signing_certificates, decryption)| {
            KeysDocument {
                signing,
                next_signing,
                next_signing_certificates,
                decryption,
                next_decryption,
            }
        },
    )
}

fn acme() -> impl Strategy<Value = Option<AcmeDocument>> {
    let acme = (".{0,5}", option(), option(), option());
    proptest::option::of(
        acme.prop_map(|(directory, contact, challenge, ca)| AcmeDocument {
            directory,
            contact,
            challenge,
            ca,
        }),
    )
}

fn key_pair() -> impl Strategy<Value = KeyPairDocument> {
    ("[ab\n]{0,2}", ".{0,3}").prop_map(|(certificate, key)| KeyPairDocument::new(certificate, key))
}

fn provider(name: String) -> impl Strategy<Value = IdentityProviderDocument> {
    let texts = (
        ".{0,5}",
        option(),
        option(),
        option(),
        option(),
        option(),
        option(),
        option(),
    );
    let switches = (switch(), switch(), switch(), switch());
    let context = proptest::option::of((option(), list()));
    let attributes = (option(), option(), option(), option());
    let dangerous = (any::<bool>(), any::<bool>(), any::<bool>());
    (
        texts,
        switches,
        list(),
        context,
        attributes,
        dangerous,
        option(),
    )
        .prop_map(
            move |(texts, switches, audiences, context, attributes, dangerous, provisioning)| {
                let mut provider = IdentityProviderDocument::new(name.clone(), texts.0);
                provider.entity_id = texts.1;
                provider.signed_part = texts.2;
                provider.clock_skew = texts.3;
                provider.max_assertion_age = texts.4;
                provider.request_binding = texts.5;
                provider.name_id_format = texts.6;
                provider.subject = texts.7;
                provider.enabled = switches.0;
                provider.encryption_required = switches.1;
                provider.sign_requests = switches.2;
                provider.force_authn = switches.3;
                provider.audiences = audiences;
                provider.requested_context =
                    context.map(|(comparison, classes)| RequestedContextDocument {
                        comparison,
                        classes,
                    });
                let (first, last, email, groups) = attributes;
                provider.attributes = AttributesDocument {
                    first,
                    last,
                    email,
                    groups,
                };
                provider.provisioning = provisioning;
                provider.dangerous = DangerousDocument {
                    accept_sha1: dangerous.0,
                    accept_cbc_encryption: dangerous.1,
                    accept_unsolicited_responses: dangerous.2,
                };
                provider
            },
        )
}

fn option() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(".{0,5}")
}

fn list() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(".{0,5}", 0..3)
}

fn switch() -> impl Strategy<Value = Option<bool>> {
    proptest::option::of(any::<bool>())
}
