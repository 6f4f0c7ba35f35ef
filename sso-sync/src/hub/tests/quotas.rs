//! What a domain may take up.

use super::*;
use crate::chain::Action;
use crate::store::RecordId;

#[tokio::test]
async fn users_beyond_the_quota_are_refused_and_changes_are_taken() {
    let quotas = Quotas {
        users: 2,
        ..Quotas::default()
    };
    let mut world = World::bounded(quotas, [1, 2]).await;
    let (another, change) = (world.feed.draft(&[3]), world.feed.draft(&[1]));
    let mut node = world.node(1).await;
    let answer = world.commit(&mut node, &another).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (507, "quota-exceeded")
    );
    let detail = answer.problem().unwrap().detail;
    assert!(detail.contains("[quotas] of hub.toml"), "{detail}");
    assert_eq!(world.commit(&mut node, &change).await.code(), "");
    assert_eq!(world.hub.problems()["quota-exceeded"], 1);
}

/// A user that was brought along has a record and a signpost to it.
#[tokio::test]
async fn signposts_are_no_users() {
    let quotas = Quotas {
        users: 2,
        ..Quotas::default()
    };
    let mut world = World::bounded(quotas, [1]).await;
    let mut node = world.node(1).await;
    for number in [7, 8, 9] {
        let signpost = world.feed.record(RecordId::signpost([number; 32]), 1);
        let batch = world.feed.draft_of(vec![signpost]).unwrap();
        assert_eq!(world.commit(&mut node, &batch).await.code(), "");
        world.feed.server.take(&world.feed.domain, &batch);
    }
    world.round(NOON).await;
    assert_eq!(world.hub.counts().fullest.users, 1);
    let second = world.feed.draft(&[2]);
    assert_eq!(world.commit(&mut node, &second).await.code(), "");
    world.feed.server.take(&world.feed.domain, &second);
    let third = world.feed.draft(&[3]);
    assert_eq!(
        world.commit(&mut node, &third).await.code(),
        "quota-exceeded"
    );
}

#[tokio::test]
async fn bytes_of_records_are_counted_over_all_of_them() {
    let one = TestFeed::with([1]).batches[0].batch.records()[0].body.len() as u64;
    let quotas = Quotas {
        user_bytes: 2 * one,
        ..Quotas::default()
    };
    let mut world = World::bounded(quotas, [1, 2]).await;
    let (another, change) = (world.feed.draft(&[3]), world.feed.draft(&[1]));
    let mut node = world.node(1).await;
    assert_eq!(
        world.commit(&mut node, &another).await.code(),
        "quota-exceeded"
    );
    assert_eq!(world.commit(&mut node, &change).await.code(), "");
}

#[tokio::test]
async fn a_domain_with_all_its_servers_takes_no_other_until_one_is_revoked() {
    let quotas = Quotas {
        servers: 2,
        ..Quotas::default()
    };
    let mut world = World::bounded(quotas, []).await;
    let added = world.feed.domain.node_added(3);
    assert_eq!(world.state(&added).await, "quota-exceeded");
    let revoked = world.feed.domain.node_revoked(2);
    assert_eq!(world.state(&revoked).await, "");
    world.feed.domain.follow_epoch();
    let added = world.feed.domain.node_added(3);
    assert_eq!(world.state(&added).await, "");
}

#[tokio::test]
async fn a_full_chain_still_takes_what_revokes() {
    let quotas = Quotas {
        statements: 3,
        ..Quotas::default()
    };
    let mut world = World::bounded(quotas, []).await;
    let revised = world.feed.domain.revised(1, "x");
    assert_eq!(world.state(&revised).await, "quota-exceeded");
    let revoked = world.feed.domain.node_revoked(2);
    assert_eq!(world.state(&revoked).await, "");
}

impl World {
    async fn bounded(quotas: Quotas, numbers: impl IntoIterator<Item = u8>) -> Self {
        let Self { hub, feed, audit } = Self::empty(TestFeed::with(numbers));
        let settings = hub.settings.clone().quotas_of(quotas);
        let hub = Hub { settings, ..hub };
        let world = Self { hub, feed, audit };
        world.create(&world.feed.domain).await;
        world.tell_everything().await;
        world
    }

    /// The administrator states something at the end of the hub's chain; the code of the problem.
    async fn state(&mut self, action: &Action) -> &'static str {
        let domain = &mut self.feed.domain;
        let statement = domain.sign(ADMINISTRATOR, action);
        let path = format!("chain?position={}", domain.chain.len());
        let mut administrator = self.administrator();
        let code = self
            .post(&mut administrator, &path, &statement)
            .await
            .code();
        if code.is_empty() {
            self.feed.domain.take(&statement).unwrap();
        }
        code
    }
}
