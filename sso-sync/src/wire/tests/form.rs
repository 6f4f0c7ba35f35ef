//! The bytes of every message: changing them is a visible decision.

use std::fmt::{Debug, Write as _};

use super::*;

#[test]
fn the_bytes_of_every_message_are_the_documented_ones() {
    let mut text = String::new();
    every_message(&mut |name, bytes, _| writeln!(text, "{name} {}", hex(bytes)).unwrap());
    insta::assert_snapshot!(text, @"
    hub 820165312e302e30
    open-session 8258200101010101010101010101010101010101010101010101010101010101010101505e63db4760bb4d132ef39818c90525df
    session 8158200808080808080808080808080808080808080808080808080808080808080808
    problem 8364627573797822746f6f206d616e792072657175657374733a2074727920616761696e206c61746572181e
    statements 81824107584006060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606
    commit 8282410758400606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060681825820050505050505050505050505050505050505050505050505050505050505050544626f6479
    feed 8200818319012c82410758400606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060681825820050505050505050505050505050505050505050505050505050505050505050544626f6479
    compacted 820119012c
    wanted 8158200505050505050505050505050505050505050505050505050505050505050505
    found 818319012c5820050505050505050505050505050505050505050505050505050505050505050544626f6479
    snapshot 83818319012c5820050505050505050505050505050505050505050505050505050505050505050544626f64796459574a6a19012b
    buckets 8219012c58200707070707070707070707070707070707070707070707070707070707070707
    listing 8319012c818358200505050505050505050505050505050505050505050505050505050505050505025820070707070707070707070707070707070707070707070707070707070707070701
    beat 8258ab89010158200101010101010101010101010101010101010101010101010101010101010101505e63db4760bb4d132ef39818c90525df078219012c58200202020202020202020202020202020202020202020202020202020202020202820458200303030303030303030303030303030303030303030303030303030303030303818250090909090909090909090909090909090683014c040404040404040404040404467365616c656458409ce653ed233036efbf2b381f96d8c1365a5bf5fb34bb87a1a4afa4cc173ee8808c80c1a5c59c009e6674fcf0748a90bbedff2df9285d8318f40630d1ed631b0a
    beats 8158f08258ab89010158200101010101010101010101010101010101010101010101010101010101010101505e63db4760bb4d132ef39818c90525df078219012c58200202020202020202020202020202020202020202020202020202020202020202820458200303030303030303030303030303030303030303030303030303030303030303818250090909090909090909090909090909090683014c040404040404040404040404467365616c656458409ce653ed233036efbf2b381f96d8c1365a5bf5fb34bb87a1a4afa4cc173ee8808c80c1a5c59c009e6674fcf0748a90bbedff2df9285d8318f40630d1ed631b0a
    ");
}

#[test]
fn no_message_is_read_with_a_byte_more_or_less() {
    every_message(&mut |name, bytes, reads| {
        assert!(reads(bytes), "{name}");
        for end in 0..bytes.len() {
            assert!(!reads(&bytes[..end]), "{name} cut at {end}");
        }
        assert!(!reads(&[bytes, &[0]].concat()), "{name} with a byte more");
    });
}

#[test]
fn no_message_is_read_in_another_form() {
    every_message(&mut |name, bytes, reads| {
        let length = bytes[0] & 0x1f;
        assert!(length < 24, "{name} begins with a short array");
        let longer = [&[0x98, length], &bytes[1..]].concat();
        assert!(!reads(&longer), "{name} with a long length");
        let open = [&[0x9f], &bytes[1..], &[0xff]].concat();
        assert!(!reads(&open), "{name} with an open length");
    });
}

#[test]
fn a_message_is_read_up_to_its_bound() {
    let wanted = |count| Wanted(vec![RecordId::new([5; 32]); count]).to_bytes();
    assert!(Wanted::parse(&wanted(Wanted::MAX)).is_ok());
    let too_many = Wanted::parse(&wanted(Wanted::MAX + 1));
    assert_eq!(too_many, Err(WireError::TooLarge));
}

#[test]
fn a_beat_holds_for_its_server_only() {
    let signed = Beat::sign(&beat(), &keys(1));
    let beat = Beat::parse(signed.bytes()).unwrap();
    assert_eq!(beat.body(), &super::beat());
    assert!(beat.is_signed_by(&keys(1).member("server-1")));
    assert!(!beat.is_signed_by(&keys(2).member("server-2")));
    let forged = Beat::sign(&super::beat(), &keys(2));
    let forged = Beat::parse(forged.bytes()).unwrap();
    assert!(!forged.is_signed_by(&keys(2).member("server-2")));
    assert!(!forged.is_signed_by(&keys(1).member("server-1")));
}

#[test]
fn a_beat_of_a_newer_format_is_refused() {
    for (format, suite) in [(2, 1), (1, 2)] {
        let newer = BeatBody {
            format,
            suite,
            ..beat()
        };
        let signed = Beat::sign(&newer, &keys(1));
        assert_eq!(Beat::parse(signed.bytes()), Err(WireError::Malformed));
    }
}

#[test]
fn no_session_is_shown() {
    assert_eq!(format!("{SESSION:?}"), "SessionId(…)");
}

type Visit<'a> = dyn FnMut(&str, &[u8], &dyn Fn(&[u8]) -> bool) + 'a;

/// Shows name, bytes and reader of an example of every message.
fn every_message(visit: &mut Visit<'_>) {
    begins(visit);
    moves_records(visit);
    tells(visit);
}

fn begins(visit: &mut Visit<'_>) {
    let program = "1.0.0".into();
    let format = HubInfo::FORMAT;
    show(visit, "hub", &HubInfo { format, program });
    let member = keys(1).id();
    let domain = DOMAIN;
    show(visit, "open-session", &OpenSession { domain, member });
    show(visit, "session", &SessionOpened { session: SESSION });
    show(visit, "problem", &Problem::from(Code::Busy).retry_after(30));
}

fn moves_records(visit: &mut Visit<'_>) {
    show(visit, "statements", &Statements(vec![signed()]));
    let commit = Commit {
        envelope: signed(),
        records: vec![record()],
    };
    show(visit, "commit", &commit);
    let fetched = Fetched {
        first: Seq::new(300),
        envelope: signed(),
        records: vec![record()],
    };
    show(visit, "feed", &FeedPage::Batches(vec![fetched]));
    show(visit, "compacted", &FeedPage::Compacted(Seq::new(300)));
    show(visit, "wanted", &Wanted(vec![record().id]));
    show(visit, "found", &Found(vec![stored()]));
    let part = SnapshotPart {
        records: vec![stored()],
        next: "YWJj".into(),
        since: Seq::new(299),
    };
    show(visit, "snapshot", &part);
    let digests = BucketDigests::new(Seq::new(300), &[Digest::new([7; 32])]);
    show(visit, "buckets", &digests);
    let listed = ListedRecord {
        id: record().id,
        version: 2,
        digest: Digest::new([7; 32]),
    };
    let listing = Listing {
        seq: Seq::new(300),
        records: vec![listed],
        more: 1,
    };
    show(visit, "listing", &listing);
}

fn tells(visit: &mut Visit<'_>) {
    let beat = Beat::sign(&beat(), &keys(1));
    show(visit, "beat", &beat);
    show(visit, "beats", &Beats(vec![beat.into_bytes()]));
}

fn show<M: Message + Debug + PartialEq>(visit: &mut Visit<'_>, name: &str, message: &M) {
    let bytes = message.to_bytes();
    assert_eq!(M::parse(&bytes).as_ref(), Ok(message), "{name}");
    visit(name, &bytes, &|bytes| M::parse(bytes).is_ok());
}
