//! Keys, and what is sealed with them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sso_core::user::{AccountKey, Profile};

use super::NONCE;
use crate::cbor;
use crate::chain::tests::{ADMINISTRATOR, epoch_key, hex, keys};
use crate::seal::{
    ConfigDocument, Content, Form, KeyRing, MemberKeys, SealedUser, derive, seal_previous,
};
use crate::store::{DomainId, Record};

pub(super) fn members() -> Value {
    let seeded = [ADMINISTRATOR, 1, 2].map(|number| {
        let keys = keys(number);
        let (seed, sealing) = keys.expose();
        json!({
            "signing_seed": hex(seed),
            "sealing_private": hex(sealing),
            "signing_public": hex(keys.member("x").signing()),
            "sealing_public": hex(keys.member("x").sealing()),
            "id": keys.id().to_string(),
        })
    });
    let token = MemberKeys::of_token(&[50; 32]).unwrap();
    let (seed, sealing) = token.expose();
    json!({
        "seeded": seeded,
        "token": {
            "secret": hex(&[50; 32]),
            "signing_seed": hex(seed),
            "sealing_private": hex(sealing),
            "id": token.id().to_string(),
        },
    })
}

pub(super) fn derived() -> Value {
    let ring = KeyRing::first(DomainId::new([8; 32]), epoch_key(1)).unwrap();
    let id = ring.record_id(&alice_account());
    let (user, secret) = ring.mint(1, &id, 1).unwrap();
    let labels = [
        "records", "config", "beat", "mint", "session", "previous", "check", "index", "user",
    ];
    let derived: BTreeMap<_, _> = labels
        .iter()
        .map(|name| format!("sso-connect {name} 1"))
        .map(|label| {
            let key = derive(&[1; 32], &label).unwrap();
            (label, hex(&*key))
        })
        .collect();
    json!({
        "domain_key": hex(&[1; 32]),
        "derived": derived,
        "account": ["https://idp.example", "persistent", "", "", "alice"],
        "account_digest": hex(&alice_account().digest()),
        "record_id": id.to_string(),
        "minted": {
            "epoch": 1,
            "version": 1,
            "user": user.as_str(),
            "secret": hex(secret.expose()),
        },
        "note": {
            "name": "acme",
            "id": ring.note_id("acme").to_string(),
        },
        "signpost": {
            "user": user.as_str(),
            "id": ring.signpost_id(&user).to_string(),
        },
    })
}

pub(super) fn sealed(ring: &KeyRing) -> Value {
    let domain = ring.domain();
    let record = alice(ring);
    let id = record.id;
    let document = ConfigDocument::new().with("service.base_url", "\"https://sso.example.com\"");
    let config = ring.seal_document_with(NONCE, 1, 1, &document).unwrap();
    let epoch = ring.newest();
    let next = seal_previous(ring, epoch + 1, &epoch_key(epoch + 1), NONCE).unwrap();
    json!({
        "domain": domain.to_string(),
        "nonce": hex(&NONCE),
        "record": {
            "id": id.to_string(),
            "version": 1, "epoch": epoch, "schema": 1,
            "plaintext_before_padding": hex(&alice_content(ring).bytes_for_vectors()),
            "associated_data": hex(&cbor::encode(&("sso-connect record 1", 1, domain, id, 1, epoch, 1))),
            "body": hex(&record.body),
        },
        "configuration": {
            "revision": 1, "epoch": epoch, "schema": 1,
            "fields": {"service.base_url": hex(b"\"https://sso.example.com\"")},
            "associated_data": hex(&cbor::encode(&("sso-connect config 1", 1, domain, 1, epoch, 1))),
            "sealed": hex(&config),
        },
        "previous_key": {
            "epoch": epoch + 1,
            "domain_key": hex(epoch_key(epoch + 1).expose_for_vectors()),
            "plaintext": hex(epoch_key(epoch).expose_for_vectors()),
            "associated_data": hex(&cbor::encode(&("sso-connect previous 1", 1, domain, epoch + 1))),
            "sealed": hex(&next),
        },
    })
}

/// The first record of a user.
pub(super) fn alice(ring: &KeyRing) -> Record {
    let id = ring.record_id(&alice_account());
    let form = Form {
        epoch: ring.newest(),
        schema: Content::SCHEMA,
        nonce: NONCE,
    };
    ring.seal_record_with(&form, id, 1, &alice_content(ring))
        .unwrap()
}

fn alice_content(ring: &KeyRing) -> Content {
    let epoch = ring.newest();
    let id = ring.record_id(&alice_account());
    let minted = ring.mint(epoch, &id, 1).unwrap();
    let mut profile = Profile::default();
    profile.first = Some("Alice".into());
    profile.groups = vec!["staff".into()];
    Content::User(SealedUser::minted(
        minted,
        epoch,
        1,
        alice_account(),
        profile,
    ))
}

pub(super) fn alice_account() -> AccountKey {
    AccountKey::new("https://idp.example", "persistent", "alice")
}
