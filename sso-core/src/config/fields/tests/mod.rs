//! Tests of the whole module.

mod examples;
mod generated;

use std::time::Duration;

use super::*;
use crate::cert::SelfSigned;
use crate::config::SharedConfig;
use crate::config::document::KeyPairDocument;
use examples::{METADATA_XML, NOON, full, full_but_keys, pair, work};

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
    insta::assert_snapshot!(refused("identity_providers.works.clock_skew"), @"identity_providers.works: found no identity provider of this name, expected one that there is. Did you mean work? If not, set its metadata first.");
    insta::assert_snapshot!(refused("identity_providers.home.clock_skew"), @"identity_providers.home: found no identity provider of this name, expected one that there is. Did you mean work? If not, set its metadata first.");
    insta::assert_snapshot!(refused("identity_providers.WORK.metadata"), @r#"identity_providers.WORK.metadata: found "WORK", expected a name of 1 to 32 of a-z, 0-9 and -. Choose another name."#);
    insta::assert_snapshot!(refused("something"), @"something: found no setting of this name, expected the path of a setting. Look it up in the list of settings.");
    insta::assert_snapshot!(work().unset("identity_providers.works").unwrap_err(), @"identity_providers.works: found nothing, expected a setting that is set. Did you mean identity_providers.work?");
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
    for half in ["keys.signing.key", "keys.decryption.3.key", "tls.key"] {
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
fn a_certificate_alone_stays_alone() {
    let mut document = full_but_keys();
    document.tls = Some(KeyPairDocument::certificate_alone(pair().certificate));
    let fields = Fields::of(&document).unwrap();
    assert_eq!(fields.value("tls.key"), None);
    assert_eq!(fields.document().unwrap(), document);
    let text = fields.to_toml().unwrap();
    assert!(!text.contains(KEPT), "{text}");
    assert_eq!(fields.edited(&text).unwrap(), fields);
    insta::assert_snapshot!(fields.check(NOON).unwrap_err(), @"tls: found a certificate without its private key, expected the key in the configuration, or on the token of each server. Put it there, or set tls.key: this server holds no key for it.");
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
fn of_metadata_only_what_is_used_is_kept() {
    let path = "identity_providers.work.metadata";
    let lengthy = METADATA_XML.replace("<md:KeyDescriptor>", "<!-- x --><md:KeyDescriptor>");
    let mut fields = work();
    let before = fields.check(NOON).unwrap();
    fields.set(path, &lengthy).unwrap();
    assert!(fields.value(path).unwrap().len() < METADATA_XML.len());
    let after = fields.check(NOON).unwrap();
    let seen = |config: &SharedConfig| format!("{:?}", config.identity_providers());
    assert_eq!(seen(&after), seen(&before));

    let document = Fields::of(&full()).unwrap();
    let mut reduced = document.clone();
    reduced.reduce_metadata();
    let changed: Vec<_> = document
        .changes(&reduced)
        .into_iter()
        .map(|it| it.path)
        .collect();
    assert_eq!(changed, [path]);
    let once = reduced.clone();
    reduced.reduce_metadata();
    assert_eq!(reduced, once);
    let [before, after] = [document, reduced].map(|it| seen(&it.check(NOON).unwrap()));
    assert_eq!(before, after);
}

#[test]
fn metadata_that_cannot_be_read_stay_as_they_are() {
    let mut fields = work();
    fields
        .set("identity_providers.work.metadata", "<x/>")
        .unwrap();
    fields.reduce_metadata();
    assert_eq!(
        fields.value("identity_providers.work.metadata"),
        Some("<x/>")
    );
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
    let edited = fields.edited(&text.replace("/sso\"", "/sso2\"")).unwrap();
    let path = "identity_providers.work.metadata";
    let lengths = [&edited, &fields].map(|it| it.value(path).unwrap().len());
    assert!(lengths.is_sorted() && edited.value(path) != fields.value(path));
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
    insta::assert_snapshot!(refused("base_url = \"x\"\nbase = \"x\""), @"line 2: unknown field `base`, expected one of `base_url`, `entity_id`, `former_base_urls`, `former_entity_id`, `destinations`, `home`, `session_lifetime`, `keys`, `tls`, `former_tls`, `next_tls`, `acme`, `identity_providers`");
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

fn split_mark(shown: &str) -> (String, String) {
    let (shown, mark) = shown.split_once("SHA-256 ").unwrap();
    (shown.to_owned(), mark.to_owned())
}

fn names(fields: &Fields) -> Vec<String> {
    let document = fields.document().unwrap();
    let providers = document.identity_providers.into_iter();
    providers.map(|provider| provider.name).collect()
}
