//! Whatever is sent is read again, and whatever comes is survived.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_survived_by_every_reader(bytes: Vec<u8>) {
        read_as_everything(&bytes);
    }

    #[test]
    fn any_damage_is_survived_by_every_reader(at: prop::sample::Index, with: u8, which in 0_usize..4) {
        let mut bytes = match which {
            0 => Beat::sign(&beat(), &keys(1)).into_bytes().to_vec(),
            1 => Found(vec![stored(); 3]).to_bytes(),
            2 => FeedPage::Batches(Vec::new()).to_bytes(),
            _ => Statements(vec![signed(), signed()]).to_bytes(),
        };
        let at = at.index(bytes.len());
        bytes[at] = with;
        read_as_everything(&bytes);
    }

    #[test]
    fn a_commit_is_read_again(records in vec(a_record(), 0..8), body: Vec<u8>) {
        let commit = Commit { envelope: a_signed(&body), records };
        prop_assert_eq!(Commit::parse(&commit.to_bytes()), Ok(commit));
    }

    #[test]
    fn a_feed_is_read_again(first: u64, batches in vec(vec(a_record(), 0..4), 0..4)) {
        let batches = batches.into_iter().map(|records| Fetched {
            first: Seq::new(first),
            envelope: a_signed(b"x"),
            records,
        });
        let page = FeedPage::Batches(batches.collect());
        prop_assert_eq!(FeedPage::parse(&page.to_bytes()), Ok(page));
        let compacted = FeedPage::Compacted(Seq::new(first));
        prop_assert_eq!(FeedPage::parse(&compacted.to_bytes()), Ok(compacted));
    }

    #[test]
    fn a_snapshot_is_read_again(records in vec(a_record(), 0..8), cursor: Vec<u8>, since: u64) {
        let cursor = crate::store::Cursor::new(cursor);
        let next = SnapshotPart::text(&cursor);
        prop_assert_eq!(SnapshotPart::cursor(&next), Some(cursor));
        let records = records.into_iter().map(|record| Stored { seq: Seq::new(since), record });
        let part = SnapshotPart { records: records.collect(), next, since: Seq::new(since) };
        prop_assert_eq!(SnapshotPart::parse(&part.to_bytes()), Ok(part));
    }

    #[test]
    fn a_listing_is_read_again(entries in vec((any::<[u8; 32]>(), any::<u64>()), 0..8), more in 0_u8..2) {
        let records = entries.into_iter().map(|(id, version)| ListedRecord {
            id: RecordId::new(id),
            version,
            digest: Digest::new(id),
        });
        let listing = Listing { seq: Seq::new(1), records: records.collect(), more };
        prop_assert_eq!(Listing::parse(&listing.to_bytes()), Ok(listing));
    }

    #[test]
    fn a_beat_is_read_again(counter: u64, heard in vec((any::<[u8; 16]>(), any::<u64>()), 0..8)) {
        let heard = heard.into_iter().map(|(node, counter)| Heard { node: MemberId::new(node), counter });
        let body = BeatBody { counter, heard: heard.collect(), ..beat() };
        let read = Beat::parse(Beat::sign(&body, &keys(1)).bytes()).unwrap();
        prop_assert_eq!(read.body(), &body);
    }

    #[test]
    fn any_header_is_survived(header: String) {
        let _ = RequestSignature::parse(&header);
        let _ = RequestSignature::parse(&format!("SSO-Connect suite=1, {header}"));
    }
}

fn read_as_everything(bytes: &[u8]) {
    let _ = Beat::parse(bytes);
    let _ = Beats::parse(bytes);
    let _ = BucketDigests::parse(bytes).map(|digests| digests.iter().count());
    let _ = Commit::parse(bytes);
    let _ = FeedPage::parse(bytes);
    let _ = Found::parse(bytes);
    let _ = HubInfo::parse(bytes);
    let _ = Listing::parse(bytes);
    let _ = OpenSession::parse(bytes);
    let _ = Problem::parse(bytes);
    let _ = SessionOpened::parse(bytes);
    let _ = Signed::parse(bytes);
    let _ = SnapshotPart::parse(bytes);
    let _ = Statements::parse(bytes);
    let _ = Wanted::parse(bytes);
}

fn a_record() -> impl Strategy<Value = Record> {
    (any::<[u8; 32]>(), any::<Vec<u8>>()).prop_map(|(id, body)| Record {
        id: RecordId::new(id),
        body: body.into(),
    })
}

fn a_signed(body: &[u8]) -> Signed {
    let parts = (
        minicbor::bytes::ByteVec::from(body.to_vec()),
        crate::seal::Signature::new([6; 64]),
    );
    Signed::parse(&cbor::encode(&parts)).unwrap()
}
