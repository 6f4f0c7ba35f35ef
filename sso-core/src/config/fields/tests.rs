//! Tests of the whole module.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::UnixTime;
use crate::cert::SelfSigned;
use crate::config::SharedConfigDocument;
use crate::config::document::{
    AttributesDocument, DangerousDocument, IdentityProviderDocument, KeyPairDocument, KeysDocument,
    RequestedContextDocument,
};

#[test]
fn every_setting_of_a_document_is_in_the_list_and_the_other_way_round() {
    let fields = Fields::of(&full()).unwrap();
    let unlisted = fields.iter().filter(|(path, _)| describe(path).is_none());
    assert_eq!(unlisted.map(|(path, _)| path).collect::<Vec<_>>(), [""; 0]);
    let unused = settings()
        .iter()
        .filter(|setting| !fields.iter().any(|(path, _)| setting.is_at(path)));
    assert_eq!(unused.map(Setting::pattern).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn what_was_typed_is_kept_in_one_form() {
    let mut fields = work();
    for (path, typed, kept) in [
        ("session_lifetime", " 4h\n", "4h"),
        (
            "destinations",
            "https://a.example, https://b.example",
            r#"["https://a.example","https://b.example"]"#,
        ),
        (
            "identity_providers.work.audiences",
            r#"["a b", "c"]"#,
            r#"["a b","c"]"#,
        ),
        ("identity_providers.work.enabled", "false", "false"),
        ("identity_providers.work.signed_part", "both", "both"),
        ("identity_providers.work.order", "7", "7"),
    ] {
        fields.set(path, typed).unwrap();
        assert_eq!(fields.value(path), Some(kept), "{path}");
    }
}

#[test]
fn what_applies_anyway_is_not_kept() {
    let mut fields = work();
    let path = "identity_providers.work.dangerous.accept_sha1";
    fields.set(path, "true").unwrap();
    fields.set(path, "false").unwrap();
    fields.set("destinations", "").unwrap();
    assert_eq!(
        (fields.value(path), fields.value("destinations")),
        (None, None)
    );
}

#[test]
fn a_wrong_value_is_refused_with_what_is_allowed() {
    let refused = |path: &str, text: &str| {
        let mut fields = work();
        let problem = fields.set(path, text).unwrap_err();
        assert_eq!(fields, work());
        problem.to_string()
    };
    insta::assert_snapshot!(refused("session_lifetime", "4"), @"session_lifetime: found 4, expected 5m to 24h. Set it to what is expected, or unset it.");
    insta::assert_snapshot!(refused("session_lifetime", "4m"), @"session_lifetime: found 4m, expected 5m to 24h. Set it to what is expected, or unset it.");
    insta::assert_snapshot!(refused("identity_providers.work.enabled", "yes"), @"identity_providers.work.enabled: found yes, expected true or false. Set it to what is expected, or unset it.");
    insta::assert_snapshot!(refused("identity_providers.work.signed_part", "all"), @"identity_providers.work.signed_part: found all, expected one of either, response, assertion, both. Set it to what is expected, or unset it.");
    insta::assert_snapshot!(refused("identity_providers.work.order", "0"), @"identity_providers.work.order: found 0, expected a number from 1. Set it to what is expected, or unset it.");
    insta::assert_snapshot!(refused("keys.signing.key", "hunter2"), @"keys.signing.key: found an unusable text, expected a private key as PEM. Set it to what is expected, or unset it.");
    insta::assert_snapshot!(refused("destinations", "[1]"), @"destinations: found [1], expected a list of origins, https://HOST or https://HOST:PORT. Set it to what is expected, or unset it.");
    insta::assert_snapshot!(refused("base_url", ""), @"base_url: found nothing, expected https://HOST or https://HOST:PORT. Set it to what is expected, or unset it.");
}

#[test]
fn the_ends_of_a_duration_are_allowed_and_nothing_beyond() {
    let mut fields = work();
    for allowed in ["5m", "24h", "300s"] {
        fields.set("session_lifetime", allowed).unwrap();
    }
    for refused in ["299s", "1441m", "", "8"] {
        assert!(
            fields.set("session_lifetime", refused).is_err(),
            "{refused}"
        );
    }
}

#[test]
fn a_mistyped_path_is_answered_with_those_that_are_alike() {
    let refused = |path: &str| work().set(path, "x").unwrap_err().to_string();
    insta::assert_snapshot!(refused("base_ulr"), @"base_ulr: found no setting of this name, expected the path of a setting. Did you mean base_url?");
    insta::assert_snapshot!(refused("identity_providers.work.clockskew"), @"identity_providers.work.clockskew: found no setting of this name, expected the path of a setting. Did you mean identity_providers.work.clock_skew?");
    insta::assert_snapshot!(refused("identity_providers.wrok.clock_skew"), @"identity_providers.wrok: found no identity provider of this name, expected one that there is. Did you mean work? If not, set its metadata first.");
    insta::assert_snapshot!(refused("identity_providers.home.clock_skew"), @"identity_providers.home: found no identity provider of this name, expected one that there is. Did you mean work? If not, set its metadata first.");
    insta::assert_snapshot!(refused("identity_providers.WORK.metadata"), @r#"identity_providers.WORK.metadata: found "WORK", expected a name of 1 to 32 of a-z, 0-9 and -. Choose another name."#);
    insta::assert_snapshot!(refused("something"), @"something: found no setting of this name, expected the path of a setting. Look it up in the list of settings.");
    insta::assert_snapshot!(work().unset("identity_providers.wrok").unwrap_err(), @"identity_providers.wrok: found nothing, expected a setting that is set. Did you mean identity_providers.work?");
    insta::assert_snapshot!(work().unset("home").unwrap_err(), @"home: found nothing, expected a setting that is set. Nothing is to be done.");
    assert!(work().unset("").is_err());
}

#[test]
fn a_prefix_gets_and_unsets_everything_below_it_and_nothing_beside_it() {
    let mut fields = work().with("identity_providers.work2.metadata", "<x/>");
    let paths = |fields: &Fields, path| -> Vec<_> {
        fields.get(path).map(|(path, _)| path.to_owned()).collect()
    };
    let of_work = [
        "identity_providers.work.metadata",
        "identity_providers.work.order",
    ];
    assert_eq!(paths(&fields, "identity_providers.work"), of_work);
    assert_eq!(fields.unset("identity_providers.work").unwrap(), of_work);
    assert_eq!(
        paths(&fields, ""),
        ["base_url", "identity_providers.work2.metadata"]
    );
}

#[test]
fn providers_come_in_the_order_in_which_they_were_added() {
    let mut fields = work();
    fields.set("identity_providers.b.metadata", "<x/>").unwrap();
    fields.set("identity_providers.a.metadata", "<x/>").unwrap();
    assert_eq!(names(&fields), ["work", "b", "a"]);
    fields.set("identity_providers.a.order", "1").unwrap();
    assert_eq!(names(&fields), ["a", "work", "b"]);
    fields.unset("identity_providers.a.order").unwrap();
    assert_eq!(names(&fields), ["work", "b", "a"]);
}

#[test]
fn half_a_provider_is_named() {
    let fields = work().with("identity_providers.gone.clock_skew", "1m");
    insta::assert_snapshot!(fields.document().unwrap_err(), @"identity_providers.gone: found identity_providers.gone.clock_skew without metadata, expected all of an identity provider. Unset identity_providers.gone if it was removed, or set its metadata.");
    assert!(fields.check(NOON).is_err());
}

#[test]
fn half_a_pair_is_named() {
    for half in [
        "keys.signing.key",
        "keys.decryption.3.certificate",
        "tls.certificate",
    ] {
        let fields = work().with(half, "x");
        let problems = fields.document().unwrap_err().to_string();
        assert!(
            problems.contains(half.rsplit_once('.').unwrap().0),
            "{problems}"
        );
    }
    let fields = work().with("tls.key", "x");
    insta::assert_snapshot!(fields.document().unwrap_err(), @"tls: found a key without its certificate, expected a private key and its certificate. Set the other one too, or unset tls.");
}

#[test]
fn a_certificate_of_one_and_a_key_of_another_are_named() {
    let [one, other] = [pair(), pair()];
    let mut document = full_but_keys();
    document.tls = Some(KeyPairDocument::new(one.certificate, other.key.expose()));
    let fields = Fields::of(&document).unwrap();
    insta::assert_snapshot!(fields.check(NOON).unwrap_err(), @"tls: found an unusable text, expected a private key and its certificate as PEM. Replace it: the private key does not belong to the (first) certificate.");
}

#[test]
fn a_value_that_is_none_of_its_setting_is_named() {
    let fields = work()
        .with("destinations", "https://a.example")
        .with("identity_providers.work.enabled", "perhaps")
        .with("identity_providers.work.order", "first")
        .with("identity_providers.NO.metadata", "x");
    insta::assert_snapshot!(fields.document().unwrap_err(), @r#"
    4 settings need attention:
    - destinations: found https://a.example, expected a list of origins, https://HOST or https://HOST:PORT. Set it to what is expected, or unset it.
    - identity_providers.NO: found "NO", expected a name of 1 to 32 of a-z, 0-9 and -. Unset it.
    - identity_providers.work.order: found first, expected a number from 1. Set it to what is expected, or unset it.
    - identity_providers.work.enabled: found perhaps, expected true or false. Set it to what is expected, or unset it.
    "#);
}

#[test]
fn changes_are_shown_without_secrets_and_without_whole_metadata() {
    let mut document = full_but_keys();
    document.tls = Some(pair());
    let old = Fields::of(&document).unwrap();
    let mut new = old.clone();
    new.set("session_lifetime", "4h").unwrap();
    new.unset("identity_providers.work.attributes").unwrap();
    new.set("identity_providers.work.clock_skew", "1m").unwrap();
    let other = SelfSigned::for_tls(&["sso.example.com"], NOON.later(Duration::from_hours(24)));
    let other = other.unwrap();
    new.set("tls.certificate", other.certificate_pem()).unwrap();
    new.set("tls.key", other.key_pem()).unwrap();
    let new = new.with("newer", "1");
    let changes: Vec<_> = old.changes(&new).iter().map(ToString::to_string).collect();
    let changes = changes.join("\n");
    assert!(!changes.contains("BEGIN"), "{changes}");
    let expected = [
        "+ identity_providers.work.clock_skew: 1m",
        "- identity_providers.work.attributes.email: mail",
        "+ newer: (1 bytes that a newer program understands)",
        "~ session_lifetime: 90m → 4h",
        "~ tls.key: changed",
        "~ tls.certificate: a certificate until 2",
    ];
    for line in expected {
        assert!(changes.contains(line), "{line}\n{changes}");
    }
    assert_eq!(old.changes(&old), []);
}

#[test]
fn metadata_are_described_by_what_tells_them_apart() {
    let mut fields = work();
    let path = "identity_providers.work.metadata";
    fields.set(path, &METADATA_XML).unwrap();
    let (shown, mark) = split_mark(&fields.shown(path).unwrap());
    insta::assert_snapshot!(shown, @"https://idp.example, certificates until 2028-01-15,");
    assert_eq!(mark.chars().count(), 13);
    fields.set(path, "<x/>").unwrap();
    insta::assert_snapshot!(fields.shown(path).unwrap(), @"(unreadable, SHA-256 2a31f44da4bd…)");
}

#[test]
fn what_is_edited_keeps_keys_and_what_toml_does_not_show() {
    let fields = Fields::of(&full()).unwrap();
    let fields = fields.with("identity_providers.work.newer", "x");
    let text = fields.to_toml().unwrap();
    assert!(!text.contains("PRIVATE KEY"));
    assert_eq!(fields.edited(&text).unwrap(), fields);
    let edited = fields.edited(&text.replace("90m", "60m")).unwrap();
    assert_eq!(edited.value("session_lifetime"), Some("60m"));
    assert_eq!(fields.changes(&edited).len(), 1);
}

#[test]
fn a_kept_key_that_is_not_there_is_named() {
    let fields = Fields::of(&full()).unwrap();
    let text = fields.to_toml().unwrap();
    let refused = Fields::from_toml(&text).unwrap_err().to_string();
    assert!(refused.contains("tls.key: found (kept)"), "{refused}");
    assert!(work().edited(&text).is_err());
}

#[test]
fn a_whole_document_goes_to_toml_and_back() {
    let fields = Fields::of(&full()).unwrap();
    let text = fields.to_toml_with_secrets().unwrap();
    assert_eq!(Fields::from_toml(&text).unwrap(), fields);
}

#[test]
fn a_slip_in_toml_is_named_by_its_line_and_quotes_nothing() {
    let refused = |text: &str| Fields::from_toml(text).unwrap_err().to_string();
    insta::assert_snapshot!(refused("base_url = 1"), @"line 1: invalid type: integer `1`, expected a string");
    assert!(!refused("base_url = \"x\"\nkey = hunter2").contains("hunter2"));
    insta::assert_snapshot!(refused("base_url = \"x\"\ntls = \"hunter2\""), @"line 2: invalid type: string …, expected struct KeyPairDocument");
    insta::assert_snapshot!(refused("base_url = \"x\"\nbase = \"x\""), @"line 2: unknown field `base`, expected one of `base_url`, `entity_id`, `destinations`, `home`, `session_lifetime`, `keys`, `tls`, `identity_providers`");
}

#[test]
fn a_full_configuration_is_accepted() {
    Fields::of(&full()).unwrap().check(NOON).unwrap();
}

#[test]
fn secrets_are_known_and_debug_shows_no_value() {
    assert!(is_secret("tls.key") && is_secret("keys.decryption.20.key") && is_secret("newer"));
    assert!(!is_secret("tls.certificate") && !is_secret("base_url"));
    let fields = Fields::new().with("tls.key", "hunter2");
    assert_eq!(format!("{fields:?}"), r#"Fields(["tls.key"])"#);
}

#[test]
fn a_setting_says_what_it_is_for() {
    insta::assert_snapshot!(describe("identity_providers.work.clock_skew").unwrap(), @"identity_providers.NAME.clock_skew: how far its clock may be off (0s to 5m; default: 3m)");
    insta::assert_snapshot!(describe("keys.decryption.10.key").unwrap(), @"keys.decryption.N.key: the key that decrypts assertions (a private key as PEM; default: none)");
}

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
    (texts, keys(), proptest::option::of(key_pair()), providers).prop_map(
        |((base_url, entity_id, destinations, home, session_lifetime), keys, tls, providers)| {
            SharedConfigDocument {
                base_url,
                entity_id,
                destinations,
                home,
                session_lifetime,
                keys,
                tls,
                identity_providers: providers,
            }
        },
    )
}

fn keys() -> impl Strategy<Value = KeysDocument> {
    let pairs = proptest::collection::vec(key_pair(), 0..4);
    (proptest::option::of(key_pair()), list(), pairs).prop_map(|(signing, next, decryption)| {
        KeysDocument {
            signing,
            next_signing_certificates: next,
            decryption,
        }
    })
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

/// A configuration with one provider.
fn work() -> Fields {
    let mut fields = Fields::of(&SharedConfigDocument::new("https://sso.example.com")).unwrap();
    fields
        .set("identity_providers.work.metadata", &METADATA_XML)
        .unwrap();
    fields
}

/// A configuration with every setting.
fn full() -> SharedConfigDocument {
    let mut document = full_but_keys();
    document.keys = KeysDocument {
        signing: Some(pair()),
        next_signing_certificates: vec![pair().certificate],
        decryption: vec![saml_pair(), saml_pair()],
    };
    document.tls = Some(pair());
    let provider = document.identity_providers.first_mut().unwrap();
    provider.clock_skew = Some("60s".into());
    document
}

fn full_but_keys() -> SharedConfigDocument {
    let mut document = SharedConfigDocument::new("https://sso.example.com");
    document.entity_id = Some("urn:example:sso".into());
    document.destinations = vec!["https://wiki.example.com".into()];
    document.home = Some("/start".into());
    document.session_lifetime = Some("90m".into());
    document.identity_providers = vec![full_provider()];
    document
}

fn full_provider() -> IdentityProviderDocument {
    let mut provider = IdentityProviderDocument::new("work", METADATA_XML.as_str());
    let text = |text: &str| Some(text.to_owned());
    provider.entity_id = text("https://idp.example");
    provider.enabled = Some(false);
    provider.signed_part = text("both");
    provider.encryption_required = Some(false);
    provider.clock_skew = None;
    provider.max_assertion_age = text("10m");
    provider.audiences = vec!["spn:1".into()];
    provider.request_binding = text("redirect");
    provider.sign_requests = Some(false);
    provider.force_authn = Some(true);
    provider.requested_context = Some(RequestedContextDocument {
        comparison: text("minimum"),
        classes: vec!["urn:a".into(), "urn:b".into()],
    });
    provider.name_id_format = text("urn:format");
    provider.subject = text("attribute:uid");
    let [first, last, email, groups] = ["given", "family", "mail", "teams"].map(text);
    provider.attributes = AttributesDocument {
        first,
        last,
        email,
        groups,
    };
    provider.provisioning = text("known-users-only");
    provider.dangerous = DangerousDocument {
        accept_sha1: true,
        accept_cbc_encryption: true,
        accept_unsolicited_responses: true,
    };
    provider
}

fn pair() -> KeyPairDocument {
    let made = SelfSigned::for_tls(&["sso.example.com"], NOON).unwrap();
    KeyPairDocument::new(made.certificate_pem(), made.key_pem())
}

fn saml_pair() -> KeyPairDocument {
    let made = SelfSigned::for_saml("sso.example.com", NOON).unwrap();
    KeyPairDocument::new(made.certificate_pem(), made.key_pem())
}

fn split_mark(shown: &str) -> (String, String) {
    let (shown, mark) = shown.split_once("SHA-256 ").unwrap();
    (shown.to_owned(), mark.to_owned())
}

fn names(fields: &Fields) -> Vec<String> {
    let document = fields.document().unwrap();
    let providers = document.identity_providers.into_iter();
    providers.map(|provider| provider.name).collect()
}

const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);

static METADATA_XML: LazyLock<String> = LazyLock::new(|| {
    let made = SelfSigned::for_tls(&["idp.example"], NOON).unwrap();
    let lines = made.certificate_pem().lines();
    let certificate: String = lines.filter(|line| !line.starts_with("-----")).collect();
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
            xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example">
          <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
            <md:KeyDescriptor><ds:KeyInfo><ds:X509Data>
              <ds:X509Certificate>{certificate}</ds:X509Certificate>
            </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
            <md:SingleSignOnService Location="https://idp.example/sso"
              Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"/>
          </md:IDPSSODescriptor>
        </md:EntityDescriptor>"#
    )
});
