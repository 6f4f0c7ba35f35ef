//! A hub that tidies up.

use super::behind::beat;
use super::*;
use crate::admin::desk::Desk;
use crate::admin::hub::{Hub as Reception, HubKeys};
use crate::admin::{AdministratorName, DomainName, Invitation, SystemRandomness};
use crate::store::Seq;
use crate::wire::{Beat, Beats, FeedPage};

#[tokio::test]
async fn what_every_server_has_is_forgotten_but_for_the_least() {
    let world = World::with(1..=20).await;
    world.beats(1, 20).await;
    world.beats(2, 20).await;
    let tidied = world.round(NOON).await;
    assert_eq!(tidied, [Some(17)]);
    assert_eq!(world.begins_after().await, 17);
    assert_eq!(world.hub.counts().compactions, 1);
    assert_eq!(world.round(NOON).await, [None]);
}

#[tokio::test]
async fn a_server_that_is_a_little_behind_is_waited_for() {
    let world = World::with(1..=20).await;
    world.beats(1, 20).await;
    world.beats(2, 12).await;
    world.round(NOON).await;
    assert_eq!(world.begins_after().await, 12);
    let mut behind = world.node(2).await;
    let answer = world.get(&mut behind, "feed?after=12").await;
    assert!(matches!(answer.read(), FeedPage::Batches(batches) if batches.len() == 8));
}

#[tokio::test]
async fn a_server_that_is_far_behind_is_told_to_compare_everything() {
    let world = World::with(1..=20).await;
    world.beats(1, 20).await;
    world.beats(2, 4).await;
    world.round(NOON).await;
    let mut behind = world.node(2).await;
    let answer = world.get(&mut behind, "feed?after=4").await;
    assert!(matches!(answer.read(), FeedPage::Compacted(after) if after == Seq::new(17)));
    let head = world.head(&mut behind).await;
    assert_eq!((head.seq, head.compacted), (Seq::new(20), Seq::new(17)));
}

#[tokio::test]
async fn a_revoked_server_is_not_waited_for_and_its_beat_is_forgotten() {
    let world = World::with(1..=20).await;
    world.beats(1, 20).await;
    world.beats(2, 12).await;
    let revoked = world.feed.domain.node_revoked(2);
    let statement = world.feed.domain.sign(ADMINISTRATOR, &revoked);
    let mut administrator = world.administrator();
    let path = "chain?position=3";
    world.post(&mut administrator, path, &statement).await;
    world.round(NOON).await;
    assert_eq!(world.begins_after().await, 17);
    assert_eq!(world.kept("hub/beat/").await, 1);
}

#[tokio::test]
async fn commits_go_on_after_what_was_forgotten() {
    let mut world = World::with(1..=20).await;
    world.round(NOON).await;
    let batch = world.feed.draft(&[1, 30]);
    let mut node = world.node(1).await;
    assert_eq!(world.commit(&mut node, &batch).await.code(), "");
    let other = world.another_process();
    let mut node = other.member_of(1, world.id()).await;
    assert_eq!(other.head(&mut node).await.seq, Seq::new(22));
    assert_eq!(other.get(&mut node, "buckets").await.code(), "");
}

#[tokio::test]
async fn processes_that_tidy_up_at_the_same_time_do_no_harm() {
    let mut world = World::with(1..=20).await;
    let other = world.another_process();
    world.beats(1, 20).await;
    world.hub.invite("other", HOUR, NOON).await.unwrap();
    let next = world.feed.draft(&[40]);
    let mut node = world.node(1).await;
    let (_, _, committed) = tokio::join!(
        world.round(LATER),
        other.round(LATER),
        world.commit(&mut node, &next)
    );
    assert_eq!(committed.code(), "");
    assert_eq!(world.begins_after().await, 17);
    assert_eq!(world.kept("hub/invitation/").await, 0);
}

#[tokio::test]
async fn an_invitation_is_forgotten_a_month_after_it_expired() {
    let world = World::empty(TestFeed::new());
    world.hub.invite("example", HOUR, NOON).await.unwrap();
    let expired = NOON.later(HOUR);
    world.round(expired.later(MONTH).earlier(SECOND)).await;
    assert_eq!(world.kept("hub/invitation/").await, 1);
    world.round(expired.later(MONTH)).await;
    assert_eq!(world.kept("hub/invitation/").await, 0);
    assert_eq!(world.hub.counts().removed, 1);
}

#[tokio::test]
async fn what_expired_of_administrators_is_forgotten_page_by_page() {
    let world = World::empty(TestFeed::new());
    let keys = HubKeys::random(&mut SystemRandomness).unwrap();
    let desk = Desk::new(Reception::new(keys), Arc::clone(&world.hub.documents));
    desk.check_keys(&mut SystemRandomness).await.unwrap();
    for number in 0..150 {
        let expires = if number < 140 { NOON } else { LATER };
        invite(&desk, number, expires).await;
    }
    let World { hub, feed, audit } = world;
    let hub = hub.with_administrators(Arc::new(desk.clone()));
    let world = World { hub, feed, audit };
    world.round(LATER).await;
    assert_eq!(world.kept("administrators/invitations/").await, 10);
    desk.check_keys(&mut SystemRandomness).await.unwrap();
}

#[tokio::test]
async fn sessions_that_are_over_leave_the_memory() {
    let world = World::with([]).await;
    let mut node = world.node(1).await;
    world.head(&mut node).await;
    assert!(world.hub.sessions.members() > 0);
    world.round(LATER).await;
    assert_eq!(world.hub.sessions.members(), 0);
}

#[tokio::test]
async fn a_round_knows_the_fullest_domain() {
    let world = World::with(1..=5).await;
    world.round(NOON).await;
    let fullest = world.hub.counts().fullest;
    assert_eq!((fullest.users, fullest.statements), (5, 3));
    assert_eq!(fullest.servers, 2);
    assert!(fullest.user_bytes > 5 * 64, "{fullest:?}");
}

#[tokio::test]
async fn beats_come_page_by_page_and_all_of_them() {
    let world = World::with([1]).await;
    for number in [1, 2] {
        world.beats(number, 1).await;
    }
    let mut node = world.node(1).await;
    let all: Beats = world.get(&mut node, "beats").await.read();
    let of = |beat: &Bytes| Beat::parse(beat).unwrap().body().node;
    let nodes: Vec<_> = all.0.iter().map(of).collect();
    assert_eq!(nodes.len(), 2);
    let path = format!("beats?after={}", nodes[0]);
    let rest: Beats = world.get(&mut node, &path).await.read();
    assert_eq!(rest.0.iter().map(of).collect::<Vec<_>>(), nodes[1..]);
    let path = format!("beats?after={}", nodes[1]);
    let rest: Beats = world.get(&mut node, &path).await.read();
    assert!(rest.0.is_empty());
    assert_eq!(
        world.get(&mut node, "beats?after=x").await.code(),
        "malformed"
    );
}

#[tokio::test]
async fn a_process_that_begins_goes_on_from_what_another_has_kept() {
    let mut world = World::with(1..=20).await;
    world.round(NOON).await;
    assert_eq!(world.kept("hub/set/").await, 1);
    let batch = world.feed.draft(&[1, 200]);
    let mut node = world.node(1).await;
    assert_eq!(world.commit(&mut node, &batch).await.code(), "");
    let other = world.another_process();
    let mut node = other.member_of(1, world.id()).await;
    let theirs = other.get(&mut node, "buckets").await.body;
    let mut node = world.node(1).await;
    assert_eq!(world.get(&mut node, "buckets").await.body, theirs);
}

#[tokio::test]
async fn what_was_kept_and_is_wrong_costs_time_and_nothing_else() {
    let mut world = World::with(1..=20).await;
    world.round(NOON).await;
    let stranger = World::with(30..=49).await;
    stranger.round(NOON).await;
    let key = format!("hub/set/{}", world.id());
    let wrong = stranger
        .hub
        .documents
        .list("hub/set/", None, 1)
        .await
        .unwrap();
    let wrong = wrong.entries[0].1.value.clone();
    for wrong in [wrong, Bytes::from_static(b"damaged")] {
        let held = world.hub.documents.get(&key).await.unwrap().unwrap();
        let expect = crate::store::Expect::Is(held.version);
        world.hub.documents.put(&key, wrong, expect).await.unwrap();
        world.feed.commit(&[60]);
        let next = world.feed.batches.last().unwrap().clone();
        let other = world.another_process();
        let mut node = other.member_of(1, world.id()).await;
        assert_eq!(other.commit(&mut node, &next).await.code(), "");
    }
}

impl World {
    fn another_process(&self) -> Self {
        let documents = Arc::clone(&self.hub.documents);
        Self::over(TestFeed::new(), Arc::clone(&self.hub.store), documents)
    }

    /// A server tells how far it is.
    async fn beats(&self, number: u8, seq: u64) {
        let mut body = beat(self, number, 1);
        body.head.seq = Seq::new(seq);
        let beat = Beat::sign(&body, &keys(number));
        let mut node = self.node(number).await;
        let answer = self.put(&mut node, "beat", beat.bytes()).await;
        assert_eq!(answer.code(), "");
    }

    /// Tidies up once; answers up to where the feed of each domain was forgotten.
    pub(super) async fn round(&self, now: UnixTime) -> Vec<Option<u64>> {
        let mut keeper = Housekeeper::new().keeping(Keeping {
            least: 3,
            most: 10,
            worth: 1,
            step: 1_000,
        });
        let mut compacted = Vec::new();
        for _ in 0..MOST_STEPS {
            let tidied = self.hub.tidy(&mut keeper, now).await.unwrap();
            compacted.extend(tidied.compacted);
            if tidied.is_round_over {
                let through = compacted.iter().map(|(_, through)| Some(through.number()));
                let through: Vec<_> = through.collect();
                return if through.is_empty() {
                    vec![None]
                } else {
                    through
                };
            }
        }
        panic!("a round has an end");
    }

    async fn begins_after(&self) -> u64 {
        let head = self.hub.store.head(&self.id()).await.unwrap().unwrap();
        head.compacted.number()
    }

    async fn kept(&self, prefix: &str) -> usize {
        let page = self.hub.documents.list(prefix, None, 1_000).await.unwrap();
        page.entries.len()
    }
}

async fn invite(desk: &Desk, number: usize, expires: UnixTime) {
    let name = AdministratorName::parse(&format!("a{number}@example.com")).unwrap();
    let domain = DomainName::parse("example").unwrap();
    let random = &mut SystemRandomness;
    let invitation = Invitation::new(domain, name, None, expires, random);
    desk.invite(&invitation, random).await.unwrap();
}

const SECOND: Duration = Duration::from_secs(1);
const MONTH: Duration = Duration::from_hours(30 * 24);

/// When everything of noon is over.
const LATER: UnixTime = UnixTime::from_secs(1_800_000_000 + 40 * 24 * 3_600);

const MOST_STEPS: usize = 100;
