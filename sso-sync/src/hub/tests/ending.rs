use super::*;
use crate::chain::Action;

#[tokio::test]
async fn a_domain_is_kept_for_thirty_days_after_its_confirmed_deletion_and_erased_then() {
    let mut world = World::with([1]).await;
    world.announce_and_confirm().await;
    assert_eq!(world.hub.ended(world.id()).await.unwrap(), None);
    assert_eq!(world.sweep(WEEK).await, Swept::default());
    let ended = world.hub.ended(world.id()).await.unwrap().unwrap();
    assert_eq!(ended.erased_at, ended.since + Hub::KEPT.as_secs());

    let last_moment = WEEK + Hub::KEPT - Duration::from_secs(1);
    assert_eq!(world.sweep(last_moment).await, Swept::default());
    assert!(world.hub.store.head(&world.id()).await.unwrap().is_some());
    let swept = world.sweep(WEEK + Hub::KEPT).await;
    assert_eq!(swept.erased, ["example"]);
    assert_eq!(world.hub.store.head(&world.id()).await.unwrap(), None);
    assert_eq!(world.hub.domain_named("example").await.unwrap(), None);
    assert_eq!(world.hub.domain(world.id()).await.unwrap(), None);
    let names = world.audit.names();
    assert!(names.ends_with(&["domain-ended", "domain-closed", "domain-erased"]));
    assert_eq!(world.sweep(WEEK + Hub::KEPT).await, Swept::default());
}

#[tokio::test]
async fn a_deletion_that_was_taken_back_erases_nothing_and_the_next_one_counts_anew() {
    let mut world = World::with([1]).await;
    world.announce_and_confirm().await;
    world.sweep(WEEK).await;
    world.store(&Action::DeletionCancelled).await;
    assert_eq!(world.sweep(WEEK + Hub::KEPT).await, Swept::default());
    assert_eq!(world.hub.ended(world.id()).await.unwrap(), None);
    assert!(world.hub.store.head(&world.id()).await.unwrap().is_some());
}

#[tokio::test]
async fn the_operator_has_it_kept_for_the_whole_time_anew() {
    let mut world = World::with([1]).await;
    assert_eq!(world.hub.keep(world.id(), NOON).await.unwrap(), None);
    world.announce_and_confirm().await;
    world.sweep(WEEK).await;
    let later = NOON.later(WEEK + Hub::KEPT - HOUR);
    let kept = world.hub.keep(world.id(), later).await.unwrap().unwrap();
    assert_eq!(kept.since, later.as_secs());
    assert_eq!(world.sweep(WEEK + Hub::KEPT).await, Swept::default());
    let swept = world.sweep(WEEK + 2 * Hub::KEPT).await;
    assert_eq!(swept.erased, ["example"]);
    assert!(world.audit.names().contains(&"domain-kept"));
}

#[tokio::test]
async fn a_domain_that_only_the_operator_closed_is_never_erased() {
    let world = World::with([1]).await;
    let closed = world.hub.set_state(world.id(), DomainState::Closed, NOON);
    closed.await.unwrap();
    assert_eq!(world.sweep(100 * Hub::KEPT).await, Swept::default());
    assert!(world.hub.store.head(&world.id()).await.unwrap().is_some());
}

/// The process died after it had closed the domain, and somebody had taken it back just before.
#[tokio::test]
async fn a_domain_that_was_taken_back_at_the_last_moment_is_as_open_as_before() {
    for state in [DomainState::Active, DomainState::Closed] {
        let mut world = World::with([1]).await;
        let set = world.hub.set_state(world.id(), state, NOON);
        set.await.unwrap();
        world.announce_and_confirm().await;
        world.close_to_erase().await;
        world.store(&Action::DeletionCancelled).await;
        assert_eq!(world.sweep(WEEK + Hub::KEPT).await, Swept::default());
        let entry = world.hub.domain(world.id()).await.unwrap().unwrap();
        assert_eq!(entry.state, state);
        assert_eq!(world.hub.ended(world.id()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn erasing_that_was_interrupted_is_finished_by_the_next_look() {
    let mut world = World::with([1]).await;
    world.announce_and_confirm().await;
    world.close_to_erase().await;
    world.hub.store.erase(&world.id()).await.unwrap();

    let swept = world.sweep(WEEK).await;
    assert_eq!(swept.erased, ["example"]);
    assert_eq!(world.hub.domain_named("example").await.unwrap(), None);
}

#[tokio::test]
async fn the_clock_of_the_hub_counts_too() {
    let mut world = World::with([1]).await;
    let minute = Duration::from_mins(1);
    world.feed.domain.time = NOON.earlier(HOUR).as_secs();
    let not_before = world.feed.domain.time + WEEK.as_secs();
    let backdated = world
        .append_after(&announced(not_before), Duration::ZERO)
        .await;
    assert_eq!(backdated.code(), "deletion-too-early");

    let not_before = NOON.later(6 * minute).as_secs();
    world.feed.domain.time = not_before - WEEK.as_secs();
    world.store(&announced(not_before)).await;
    world.feed.domain.time = not_before;
    let announced = world.feed.domain.chain.head().0;
    let confirmed = Action::DeletionConfirmed { announced };
    let early = world.append_after(&confirmed, Duration::ZERO).await;
    assert_eq!(early.code(), "deletion-too-early");
    assert_eq!(world.append_after(&confirmed, minute).await.code(), "");
}

/// The hub may have been restored from before the deletion was taken back.
#[tokio::test]
async fn nothing_is_erased_while_a_server_knows_more_than_the_hub() {
    let mut world = World::with([1]).await;
    world.announce_and_confirm().await;
    world.sweep(WEEK).await;
    let ahead = world.feed.domain.chain.len() + 1;
    let mut server = world.node(1).await;
    let claim = format!("head?statements={ahead}&seq=0");
    world.get(&mut server, &claim).await;
    let over = WEEK + Hub::KEPT;
    assert_eq!(world.sweep(over).await, Swept::default());
    assert!(world.hub.domain(world.id()).await.unwrap().is_some());
}

/// What a hub lost comes back from servers; the word of an administrator opens no way around.
#[tokio::test]
async fn an_administrator_who_claims_to_know_more_waits_all_the_same() {
    let mut world = World::with([1]).await;
    let ahead = world.feed.domain.chain.len() + 2;
    let mut administrator = world.administrator();
    let claim = format!("head?statements={ahead}&seq=0");
    world.get(&mut administrator, &claim).await;
    world.feed.domain.time = NOON.earlier(HOUR).as_secs();
    let not_before = world.feed.domain.time + WEEK.as_secs();
    let backdated = world
        .append_after(&announced(not_before), Duration::ZERO)
        .await;
    assert_eq!(backdated.code(), "deletion-too-early");
}

impl World {
    async fn sweep(&self, after: Duration) -> Swept {
        self.hub.sweep(NOON.later(after)).await.unwrap()
    }

    /// The first half of erasing.
    async fn close_to_erase(&self) {
        self.sweep(WEEK).await;
        let entry = self.hub.domain(self.id()).await.unwrap().unwrap();
        let path = format!("hub/ended/{}", self.id());
        let read = document::read(&*self.hub.documents, &path).await;
        let (kept, version) = read.unwrap().unwrap();
        let over = NOON.later(WEEK + Hub::KEPT);
        let closed = self.hub.close(&entry, kept, version, over).await;
        closed.unwrap();
    }

    async fn announce_and_confirm(&mut self) {
        let not_before = NOON.later(WEEK).as_secs();
        self.store(&announced(not_before)).await;
        self.feed.domain.time = not_before;
        let announced = self.feed.domain.chain.head().0;
        self.store(&Action::DeletionConfirmed { announced }).await;
    }

    async fn store(&mut self, action: &Action) {
        let position = self.feed.domain.chain.len();
        self.feed.domain.must(ADMINISTRATOR, action);
        let statement = self.feed.domain.statements.last().unwrap().clone();
        let (id, store) = (self.id(), &self.hub.store);
        store.append(&id, position, statement.into()).await.unwrap();
    }

    async fn append_after(&self, action: &Action, after: Duration) -> Answer {
        let statement = self.feed.domain.sign(ADMINISTRATOR, action);
        let path = format!("chain?position={}", self.feed.domain.chain.len());
        let mut administrator = self.administrator();
        let request = administrator.request("POST", &path, &statement);
        self.send_at(request, NOON.later(after)).await
    }
}

fn announced(not_before: u64) -> Action {
    Action::DeletionAnnounced {
        not_before,
        reason: "moved away".into(),
    }
}

const WEEK: Duration = Duration::from_hours(7 * 24);
