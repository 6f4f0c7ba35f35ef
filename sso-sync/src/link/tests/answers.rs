//! Answers that no hub gives.

use super::*;
use crate::Digest;
use crate::feed::tests::{id, neighbour};
use crate::store::{RecordId, Seq, Stored};
use crate::wire::{
    BucketDigests, FeedPage, Fetched, Found, ListedRecord, Listing, Message, Problem, Signed,
    SnapshotPart, WireError,
};

#[tokio::test]
async fn what_is_not_in_its_one_form_is_a_defect_of_the_hub() {
    let world = World::with([1]).await;
    let longer = [world.feed.hub_head().to_bytes(), vec![0]].concat();
    let tap = Tap::answering(&world, "/head", ok(longer));
    let error = world.node_over(tap, 1).head(None, Duration::ZERO).await;
    let error = error.unwrap_err();
    assert!(matches!(error, CallError::Malformed(WireError::Malformed)));
    assert!(error.to_string().contains("a defect of the hub"));
    assert!(!error.is_worth_retrying());
}

#[tokio::test]
async fn what_does_not_say_that_it_comes_from_a_hub_does_not() {
    let world = World::with([1]).await;
    for status in [StatusCode::OK, StatusCode::BAD_GATEWAY] {
        let page = (status, "text/html", b"<h1>Welcome</h1>".to_vec());
        let tap = Tap::answering(&world, "/head", page);
        let error = world.node_over(tap, 1).head(None, Duration::ZERO).await;
        assert!(matches!(error, Err(CallError::Stranger(it)) if it == status));
    }
}

#[tokio::test]
async fn a_problem_under_the_status_of_another_is_none() {
    let world = World::with([1]).await;
    let problem = Problem::new(Code::UnknownDomain).to_bytes();
    let at = |status| (status, "application/cbor", problem.clone());
    let tap = Tap::answering(&world, "/head", at(StatusCode::NOT_FOUND));
    let error = world.node_over(tap, 1).head(None, Duration::ZERO).await;
    assert_eq!(error.unwrap_err().code(), Some(Code::UnknownDomain));
    let tap = Tap::answering(&world, "/head", at(StatusCode::FORBIDDEN));
    let error = world.node_over(tap, 1).head(None, Duration::ZERO).await;
    assert!(matches!(error, Err(CallError::Malformed(_))));
}

#[tokio::test]
async fn a_batch_without_records_is_malformed() {
    let world = World::with([1]).await;
    let envelope = world.feed.batches[0].batch.envelope().clone();
    let empty = FeedPage::Batches(vec![Fetched {
        first: Seq::new(1),
        envelope: Signed::stored(envelope),
        records: Vec::new(),
    }]);
    let tap = Tap::answering(&world, "/feed", ok(empty.to_bytes()));
    let error = world.node_over(tap, 1).feed(Seq::START).await;
    assert!(matches!(error, Err(CallError::Malformed(_))));
}

#[tokio::test]
async fn records_that_nobody_asked_for_are_malformed() {
    let world = World::with([1]).await;
    let record = world.feed.batches[0].batch.records()[0].clone();
    let seq = Seq::new(1);
    let stored = Stored { seq, record };
    for found in [vec![stored.clone(), stored.clone()], vec![stored]] {
        let twice = found.len() == 2;
        let tap = Tap::answering(&world, "/records", ok(Found(found).to_bytes()));
        let node = world.node_over(tap, 1);
        let wanted = node.records(&[id(1)]).await;
        assert_eq!(matches!(wanted, Err(CallError::Malformed(_))), twice);
        let other = node.records(&[id(2)]).await;
        assert!(matches!(other, Err(CallError::Malformed(_))));
    }
}

#[tokio::test]
async fn a_cursor_that_is_none_is_malformed() {
    let world = World::with([1]).await;
    let part = SnapshotPart {
        records: Vec::new(),
        next: "no cursor".into(),
        since: Seq::START,
    };
    let tap = Tap::answering(&world, "/snapshot", ok(part.to_bytes()));
    let error = world.node_over(tap, 1).snapshot(None).await;
    assert!(matches!(error, Err(CallError::Malformed(_))));
}

#[tokio::test]
async fn digests_are_as_many_as_there_are_buckets() {
    let world = World::with([1]).await;
    for (count, good) in [(255, false), (256, true)] {
        let digests = BucketDigests::new(Seq::new(1), &vec![Digest::ZERO; count]);
        let tap = Tap::answering(&world, "/buckets", ok(digests.to_bytes()));
        assert_eq!(world.node_over(tap, 1).digests().await.is_ok(), good);
    }
}

#[tokio::test]
async fn a_listing_that_does_not_ascend_within_its_bucket_is_malformed() {
    for (ids, more, good) in [
        (vec![id(7), neighbour(7)], 0, true),
        (vec![neighbour(7), id(7)], 0, false),
        (vec![id(7), id(7)], 0, false),
        (vec![id(8)], 0, false),
        (vec![], 0, true),
        // Further ones without an end: the second page is the first again.
        (vec![], 1, false),
        (vec![id(7)], 1, false),
        (vec![], 2, false),
    ] {
        let world = World::with([]).await;
        let listing = Listing {
            seq: Seq::START,
            records: ids.iter().map(listed).collect(),
            more,
        };
        let tap = Tap::answering(&world, "/buckets/07", ok(listing.to_bytes()));
        let result = world.node_over(tap, 1).listing(7).await;
        let malformed = matches!(result, Err(CallError::Malformed(_)));
        assert_eq!((result.is_ok(), malformed), (good, !good), "{ids:?} {more}");
    }
}

#[tokio::test]
async fn a_listing_that_never_rests_is_a_conflict() {
    let world = World::with([]).await;
    let conflict = Problem::new(Code::Conflict).to_bytes();
    let conflict = (StatusCode::CONFLICT, "application/cbor", conflict);
    let tap = Tap::answering(&world, "/buckets/07", conflict);
    let node = world.node_over(Arc::clone(&tap) as _, 1);
    assert_eq!(
        node.listing(7).await.unwrap_err().code(),
        Some(Code::Conflict)
    );
    assert_eq!(tap.count("/buckets/07"), 8);
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_does_not_answer_in_time_is_said_to_be_late() {
    let world = World::with([1]).await;
    let hasty = Arc::new(Hasty(Arc::clone(&world.link)));
    let late = world.node_over(hasty, 1);
    let error = late.head(Some((3, Seq::new(1))), HOUR).await.unwrap_err();
    let second = Duration::from_secs(1);
    assert!(matches!(
        error,
        CallError::Link(LinkError::TimedOut { after, .. }) if after == second
    ));
    assert!(error.is_worth_retrying());
}

/// Waits for a second only.
#[derive(Debug)]
struct Hasty(Arc<dyn Link>);

#[async_trait]
impl Link for Hasty {
    fn authority(&self) -> &str {
        self.0.authority()
    }

    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        let second = Patience(Duration::from_secs(1));
        request.extensions_mut().insert(second);
        self.0.send(request).await
    }
}

fn ok(body: Vec<u8>) -> Canned {
    (StatusCode::OK, "application/cbor", body)
}

fn listed(id: &RecordId) -> ListedRecord {
    ListedRecord {
        id: *id,
        version: 1,
        digest: Digest::ZERO,
    }
}
