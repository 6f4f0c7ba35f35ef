use proptest::prelude::*;

use super::*;

#[test]
fn the_bytes_of_a_user_are_the_documented_ones() {
    let written = hex(&alice().bytes(Content::SCHEMA));
    insta::assert_snapshot!(written, @"a7000001500101010101010101010101010101010102857368747470733a2f2f6964702e6578616d706c656a70657273697374656e74606065616c69636503a40165416c6963650371616c696365406578616d706c652e636f6d0481657374616666058182646465707481626974045820020202020202020202020202020202020202020202020202020202020202020205010601");
}

#[test]
fn the_bytes_of_a_removed_user_are_the_documented_ones() {
    let written = hex(&Content::removed(&[1; 16], 3).bytes(Content::SCHEMA));
    insta::assert_snapshot!(written, @"a300010150010101010101010101010101010101010603");
}

#[test]
fn the_bytes_of_a_signpost_are_the_documented_ones() {
    let written = hex(&signpost(1, 2).bytes(Content::SCHEMA));
    insta::assert_snapshot!(written, @"a300020150010101010101010101010101010101010758200202020202020202020202020202020202020202020202020202020202020202");
    let read = Content::parse(&signpost(1, 2).bytes(Content::SCHEMA), Content::SCHEMA);
    assert_eq!(read, Ok(signpost(1, 2)));
}

#[test]
fn a_signpost_leads_to_one_place_for_ever() {
    assert!(signpost(1, 2).may_become(&signpost(1, 2)));
    assert!(!signpost(1, 2).may_become(&signpost(1, 3)));
    assert!(!signpost(1, 2).may_become(&alice()));
    assert!(!alice().may_become(&signpost(1, 2)));
    assert!(!Content::removed(&[1; 16], 1).may_become(&signpost(1, 2)));
    assert_eq!(signpost(1, 2).to_removed(), None);
}

fn signpost(user: u8, record: u8) -> Content {
    Content::Signpost {
        user: user_id(&[user; 16]).unwrap(),
        record: RecordId::new([record; 32]),
    }
}

#[test]
fn the_bytes_of_a_note_are_the_documented_ones() {
    let note = note(b"kept");
    let written = hex(&note.bytes(Content::SCHEMA));
    insta::assert_snapshot!(written, @"a2000308446b657074");
    let read = Content::parse(&note.bytes(Content::SCHEMA), Content::SCHEMA);
    assert_eq!(read, Ok(note));
}

#[test]
fn a_note_becomes_any_other_note_and_nothing_else() {
    assert!(note(b"one").may_become(&note(b"two")));
    assert!(!note(b"one").may_become(&alice()));
    assert!(!alice().may_become(&note(b"one")));
    assert!(!Content::removed(&[1; 16], 1).may_become(&note(b"one")));
    assert_eq!(note(b"one").to_removed(), None);
    assert_eq!(format!("{:?}", note(b"one")), "Note(Note(3 bytes))");
}

fn note(bytes: &[u8]) -> Content {
    Content::Note(Note::new(Zeroizing::new(bytes.to_vec())))
}

#[test]
fn what_a_newer_program_wrote_survives() {
    let mut fields = Fields::parse(&alice().bytes(Content::SCHEMA)).unwrap();
    fields.put(99, &"from the future");
    let mut profile = fields.take_map(3).unwrap();
    profile.put(77, &[1_u64, 2]);
    fields.put_map(3, &profile);
    let newer = fields.bytes();

    let Content::User(mut read) = Content::parse(&newer, Content::SCHEMA).unwrap() else {
        panic!("a user");
    };
    assert_eq!(*Content::User(read.clone()).bytes(Content::SCHEMA), *newer);

    read.profile.known.first = Some("Alicia".into());
    let mut changed = Fields::parse(&Content::User(read).bytes(Content::SCHEMA)).unwrap();
    let mut changed_profile = changed.clone().take_map(3).unwrap();
    assert_eq!(changed_profile.take(1), Ok(Some(String::from("Alicia"))));
    assert_eq!(changed_profile.take(77), Ok(Some([1_u64, 2])));
    assert_eq!(changed.take(99), Ok(Some(String::from("from the future"))));
}

#[test]
fn a_user_keeps_id_account_and_secret() {
    let before = alice();
    let mut renamed = user();
    renamed.profile.known.last = Some("Smith".into());
    assert!(before.may_become(&Content::User(renamed)));

    let mut robbed = user();
    robbed.secret = UserSecret::from_bytes([9; 32]);
    assert!(!before.may_become(&Content::User(robbed)));
    let mut swapped = user();
    swapped.account.value = "bob".into();
    assert!(!before.may_become(&Content::User(swapped)));
    let mut replaced = user();
    replaced.user = user_id(&[7; 16]).unwrap();
    assert!(!before.may_become(&Content::User(replaced)));
}

#[test]
fn a_removed_user_may_be_followed_by_a_new_one_only() {
    let removed = Content::removed(&[1; 16], 1);
    assert!(alice().may_become(&removed));
    assert!(removed.may_become(&removed));
    assert!(!alice().may_become(&Content::removed(&[2; 16], 1)));
    assert!(!removed.may_become(&alice()));
    let mut anew = user();
    anew.made_at = 3;
    assert!(removed.may_become(&Content::User(anew)));
}

#[test]
fn a_fifth_state_is_newer_and_a_missing_secret_malformed() {
    let mut fields = Fields::parse(&alice().bytes(Content::SCHEMA)).unwrap();
    fields.put(0, &4_u64);
    assert_eq!(
        Content::parse(&fields.bytes(), Content::SCHEMA),
        Err(SealError::Newer)
    );

    let mut fields = Fields::parse(&alice().bytes(Content::SCHEMA)).unwrap();
    let _ = fields.need::<Secret>(4).map(|_| ());
    assert_eq!(
        Content::parse(&fields.bytes(), Content::SCHEMA),
        Err(SealError::Malformed)
    );
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", alice());
    assert!(shown.contains("UserSecret(…)"), "{shown}");
    assert!(!shown.contains("2, 2, 2"), "{shown}");
}

proptest! {
    #[test]
    fn every_user_is_read_as_it_was_written(
        names in proptest::array::uniform5(".{0,20}"),
        first in proptest::option::of(".{0,20}"),
        groups in proptest::collection::vec(".{0,9}", 0..4),
        attributes in proptest::collection::btree_map(".{0,9}", proptest::collection::vec(".{0,9}", 0..3), 0..4),
        secret: [u8; 32],
        made_at: u64,
    ) {
        let [provider, format, qualifier, sp_qualifier, value] = names;
        let mut profile = Profile::default();
        (profile.first, profile.groups, profile.attributes) = (first, groups, attributes);
        let content = Content::User(SealedUser::minted(
            (user_id(&[3; 16]).unwrap(), UserSecret::from_bytes(secret)),
            1,
            made_at,
            account((provider, format, qualifier, sp_qualifier, value)),
            profile,
        ));
        prop_assert_eq!(Content::parse(&content.bytes(Content::SCHEMA), Content::SCHEMA), Ok(content));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        if let Ok(content) = Content::parse(&bytes, Content::SCHEMA) {
            let again = content.bytes(Content::SCHEMA);
            prop_assert_eq!(Content::parse(&again, Content::SCHEMA), Ok(content));
        }
    }
}

fn alice() -> Content {
    Content::User(user())
}

fn user() -> SealedUser {
    let mut profile = Profile::default();
    profile.first = Some("Alice".into());
    profile.email = Some("alice@example.com".into());
    profile.groups = vec!["staff".into()];
    profile.attributes = BTreeMap::from([("dept".into(), vec!["it".into()])]);
    SealedUser::minted(
        (user_id(&[1; 16]).unwrap(), UserSecret::from_bytes([2; 32])),
        1,
        1,
        AccountKey::new("https://idp.example", "persistent", "alice"),
        profile,
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
