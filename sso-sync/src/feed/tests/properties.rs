//! Whatever is committed, whoever follows arrives at the same; whatever a hub changes is refused.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_follower_arrives_at_the_same(batches in batches()) {
        let mut feed = TestFeed::new();
        for numbers in &batches {
            feed.commit(numbers);
        }
        let server = feed.follower_after(batches.len());
        prop_assert_eq!(&server.held, &feed.server.held);
        prop_assert_eq!(&server.follower, &feed.server.follower);
        prop_assert_eq!(server.follower.head().live, feed.server.held.len() as u64);
    }

    #[test]
    fn the_set_is_that_of_the_live_records_however_they_came(batches in batches()) {
        let mut feed = TestFeed::new();
        for numbers in &batches {
            feed.commit(numbers);
        }
        let mut fresh = SetHash::empty();
        for (id, live) in feed.server.held.iter().rev() {
            fresh.insert(id, &live.digest);
        }
        prop_assert_eq!(fresh.commitment(), Some(feed.server.follower.head().commitment));
        prop_assert_eq!(fresh.digests(), Some(feed.digests()));
    }

    #[test]
    fn leaving_out_exchanging_or_repeating_batches_changes_nothing_unnoticed(
        order in proptest::collection::vec(0_usize..5, 1..9),
    ) {
        let feed = TestFeed::with([1, 2, 3, 4, 5]);
        let mut server = TestServer::new(&feed.domain);
        let mut taken = 0;
        for at in order {
            let step = server.take(&feed.domain, &feed.batches[at]);
            match at.cmp(&taken) {
                std::cmp::Ordering::Less => prop_assert_eq!(step, Step::Known),
                std::cmp::Ordering::Equal => {
                    prop_assert!(matches!(step, Step::Apply(_)));
                    taken += 1;
                }
                std::cmp::Ordering::Greater => {
                    prop_assert_eq!(step, Step::Refuse(Refusal::Gap {
                        expected: Seq::new(taken as u64 + 1),
                        found: Seq::new(at as u64 + 1),
                    }));
                }
            }
        }
        prop_assert_eq!(server.held.len(), taken);
    }

    #[test]
    fn any_bytes_as_an_envelope_are_refused(bytes: Vec<u8>) {
        let mut feed = TestFeed::with([1]);
        let good = feed.draft(&[2]);
        let batch = Batch::new(bytes.into(), good.batch.records().to_vec()).unwrap();
        let step = feed.server.take(&feed.domain, &FeedBatch { batch, ..good });
        prop_assert!(matches!(step, Step::Refuse(_)));
    }
}

/// Batches of different ids, some of them again and again.
fn batches() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let batch = proptest::collection::btree_set(0_u8..12, 1..5);
    let batches = proptest::collection::vec(batch, 1..8);
    batches.prop_map(|all| all.into_iter().map(|it| it.into_iter().collect()).collect())
}
