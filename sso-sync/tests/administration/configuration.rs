//! Saving, reading, rolling back.

use std::collections::BTreeMap;

use sso_sync::administration::{AdministrationError, Choice, Saving};
use sso_sync::chain::Permissions;
use sso_sync::seal::ConfigDocument;

use crate::world::{World, alice, document, node, save};

#[tokio::test]
async fn what_was_saved_is_read() {
    let (_world, mut alice) = World::founded().await;
    assert_eq!(alice.current().unwrap(), (0, ConfigDocument::new()));
    let saved = save(&mut alice, 0, &[("a", "1")]).await;
    assert_eq!(
        (saved.revision, saved.is_new, saved.taken.len()),
        (1, true, 0)
    );
    save(&mut alice, 1, &[("a", "2")]).await;
    assert_eq!(alice.current().unwrap(), (2, document(&[("a", "2")])));
    assert_eq!(alice.document(1).unwrap(), document(&[("a", "1")]));
    assert_eq!(alice.document(0).unwrap(), ConfigDocument::new());
    let unknown = alice.document(3).unwrap_err();
    assert!(matches!(
        unknown,
        AdministrationError::UnknownRevision {
            wanted: 3,
            newest: 2
        }
    ));
}

#[tokio::test]
async fn what_changes_nothing_is_no_revision() {
    let (_world, mut alice) = World::founded().await;
    save(&mut alice, 0, &[("a", "1")]).await;
    let saved = save(&mut alice, 1, &[("a", "1")]).await;
    assert_eq!((saved.revision, saved.is_new), (1, false));
    let saved = save(&mut alice, 0, &[("a", "1")]).await;
    assert_eq!(
        (saved.revision, saved.is_new),
        (1, false),
        "the answer was lost"
    );
    assert_eq!(alice.chain().len(), 2);
}

#[tokio::test]
async fn rolling_back_is_a_new_revision_that_names_the_old_one() {
    let (_world, mut alice) = World::founded().await;
    save(&mut alice, 0, &[("a", "1")]).await;
    save(&mut alice, 1, &[("a", "2")]).await;
    let saved = alice.rollback(1).await.unwrap();
    assert_eq!((saved.revision, saved.is_new), (3, true));
    assert_eq!(alice.current().unwrap().1, document(&[("a", "1")]));
    let saved = alice.rollback(1).await.unwrap();
    assert_eq!((saved.revision, saved.is_new), (3, false));
    let restores: Vec<_> = alice
        .history()
        .iter()
        .map(|it| (it.number, it.restores))
        .collect();
    assert_eq!(restores, [(3, Some(1)), (2, None), (1, None)]);
    assert!(alice.rollback(4).await.is_err());
}

#[tokio::test]
async fn the_history_says_who_when_and_where() {
    let (world, mut founder) = World::founded().await;
    founder.enrol("sso1", &node(1)).await.unwrap();
    save(&mut founder, 0, &[("a", "1")]).await;
    let at = world.office().at(node(1).id());
    let session = founder.to_session();
    let mut there = at.resume(&session).await.unwrap();
    save(&mut there, 1, &[("a", "2")]).await;
    let history = there.history();
    let [second, first] = history.as_slice() else {
        panic!("two revisions");
    };
    assert_eq!(
        (first.signer.as_str(), first.time),
        ("alice@example.com", world.now().as_secs())
    );
    assert_eq!(first.via, None);
    let via = second.via.as_ref().unwrap();
    assert_eq!((via.name.as_str(), via.program.as_str()), ("sso1", "1.0.0"));
}

#[tokio::test]
async fn changes_of_different_fields_are_joined() {
    let (world, mut one) = World::founded().await;
    save(&mut one, 0, &[("a", "1"), ("b", "1")]).await;
    let mut other = world.sign_in(alice(), None).await.unwrap();
    save(&mut one, 1, &[("a", "2"), ("b", "1")]).await;
    let saved = save(&mut other, 1, &[("a", "1"), ("b", "2")]).await;
    assert_eq!(
        (saved.revision, saved.taken.as_slice()),
        (3, ["a".to_owned()].as_slice())
    );
    assert_eq!(
        other.current().unwrap().1,
        document(&[("a", "2"), ("b", "2")])
    );
}

#[tokio::test]
async fn different_changes_of_one_field_wait_for_a_person() {
    let (world, mut one) = World::founded().await;
    save(&mut one, 0, &[("a", "1"), ("b", "1")]).await;
    let mut other = world.sign_in(alice(), None).await.unwrap();
    save(&mut one, 1, &[("a", "theirs"), ("b", "2")]).await;
    let mine = document(&[("a", "mine"), ("b", "1"), ("c", "1")]);
    let Saving::Overlaps(overlaps) = other.save(1, &mine).await.unwrap() else {
        panic!("both changed a");
    };
    assert_eq!((overlaps.theirs, other.chain().revisions().len()), (2, 2));
    let [overlap] = overlaps.merge.overlaps.as_slice() else {
        panic!("one overlap");
    };
    assert_eq!(overlap.path, "a");

    assert_eq!(overlaps.resolve(&BTreeMap::new()).unwrap_err(), ["a"]);
    let resolved = |choice| {
        overlaps
            .resolve(&BTreeMap::from([("a".into(), choice)]))
            .unwrap()
    };
    let value = |choice| resolved(choice).value("a").map(<[u8]>::to_vec);
    assert_eq!(value(Choice::Theirs).unwrap(), b"theirs");
    assert_eq!(value(Choice::Other(None)), None);
    let saved = other
        .save(overlaps.theirs, &resolved(Choice::Mine))
        .await
        .unwrap();
    assert!(matches!(saved, Saving::Saved(saved) if saved.revision == 3));
    let expected = document(&[("a", "mine"), ("b", "2"), ("c", "1")]);
    assert_eq!(other.current().unwrap().1, expected);
}

#[tokio::test]
async fn a_configuration_has_room_in_a_statement_or_is_refused() {
    let (_world, mut alice) = World::founded().await;
    let sized = |blocks: usize| ConfigDocument::new().with("a", vec![7; blocks * 1024 - 32]);
    let saved = alice.save(0, &sized(511)).await.unwrap();
    assert!(matches!(saved, Saving::Saved(_)));
    let refused = alice.save(1, &sized(512)).await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::TooLarge { bytes, limit, .. }
            if bytes > limit && limit == 524_288 - 512),
        "{refused}"
    );
    let said = refused.to_string();
    assert!(
        said.contains("a (524257 bytes)") && said.contains("523776"),
        "{said}"
    );
}

#[tokio::test]
async fn ten_identity_providers_with_certificates_of_ordinary_size_fit() {
    let (_world, mut alice) = World::founded().await;
    // Two certificates of 4,096 bits, as base64, beside addresses and names.
    let provider = |document: ConfigDocument, number: usize| {
        let path = |word| format!("identity_providers.idp{number}.{word}");
        document
            .with(path("certificates"), "x".repeat(2 * 2_500))
            .with(path("metadata"), "x".repeat(4_000))
    };
    let document = (0..10).fold(ConfigDocument::new(), provider);
    let saved = alice.save(0, &document).await.unwrap();
    assert!(matches!(saved, Saving::Saved(_)));
    assert_eq!(alice.current().unwrap().1, document);
}

#[tokio::test]
async fn it_takes_the_permission() {
    let (world, mut alice) = World::founded().await;
    save(&mut alice, 0, &[("a", "1")]).await;
    let mut bob = world.with_bob(&mut alice, Permissions::NONE).await;
    assert_eq!(bob.current().unwrap().0, 1, "who lacks it reads");
    let refused = bob.save(1, &document(&[("a", "2")])).await.unwrap_err();
    assert!(matches!(refused, AdministrationError::Lacks("SSO")));
    let refused = bob.rollback(0).await.unwrap_err();
    assert!(matches!(refused, AdministrationError::Lacks("SSO")));
}
