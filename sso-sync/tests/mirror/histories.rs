//! Whatever happens in whatever order, two mirrors come to hold the same.

use std::sync::Arc;

use proptest::prelude::*;
use sso_sync::feed::Step;
use sso_sync::mirror::{Filled, Mirror, MirrorError};
use sso_sync::store::SnapshotPage;
use sso_sync::testkit::{DiskFault, MemoryPlace};

use crate::world::{PAGE, World, bucket, memory};

#[derive(Clone, Debug)]
enum Move {
    /// Somebody writes the next states of these users.
    Write(Vec<u64>),
    /// The mirror follows the feed.
    Follow,
    /// The mirror joins at the hub's head.
    Join,
    /// The mirror begins a filling.
    Begin,
    /// The mirror takes in a page.
    Page,
    /// The mirror tries to end the filling.
    Finish,
    /// The mirror proves the bucket of a user and fetches the record.
    Prove(u64),
    /// The mirror keeps its set hash.
    Checkpoint,
    /// The process ends.
    Restart,
    /// A later write fails, and the process is started again.
    Fail(u64, DiskFault),
    /// An administrator saves a configuration.
    Revise,
}

fn moves() -> impl Strategy<Value = Move> {
    let faults = prop_oneof![
        Just(DiskFault::DiesBefore),
        Just(DiskFault::DiesAfter),
        Just(DiskFault::Full),
        Just(DiskFault::Lost),
    ];
    prop_oneof![
        4 => proptest::collection::btree_set(0..40_u64, 1..5)
            .prop_map(|users| Move::Write(users.into_iter().collect())),
        4 => Just(Move::Follow),
        1 => Just(Move::Join),
        2 => Just(Move::Begin),
        6 => Just(Move::Page),
        3 => Just(Move::Finish),
        2 => (0..40_u64).prop_map(Move::Prove),
        1 => Just(Move::Checkpoint),
        2 => Just(Move::Restart),
        2 => (0..4_u64, faults).prop_map(|(after, fault)| Move::Fail(after, fault)),
        1 => Just(Move::Revise),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn two_mirrors_come_to_hold_the_same(
        first in proptest::collection::vec(moves(), 0..40),
        second in proptest::collection::vec(moves(), 0..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(both(first, second));
    }
}

async fn both(first: Vec<Move>, second: Vec<Move>) {
    let mut world = World::with_users(0..20).await;
    let mut one = Server::new(&world).await;
    for step in first {
        one.make(&mut world, step).await;
    }
    let mut other = Server::new(&world).await;
    for step in second {
        other.make(&mut world, step).await;
    }
    one.end(&world).await;
    other.end(&world).await;
    let digests = |server: &Server| server.mirror.follower().set().clone().digests();
    assert_eq!(digests(&one), digests(&other));
}

struct Server {
    place: Arc<MemoryPlace>,
    mirror: Mirror,
    pages: Vec<SnapshotPage>,
    /// The last head that was acknowledged.
    acknowledged: sso_sync::store::Seq,
}

impl Server {
    async fn new(world: &World) -> Self {
        let place = memory();
        Self {
            mirror: world.create(Arc::clone(&place) as _).await,
            place,
            pages: Vec::new(),
            acknowledged: sso_sync::store::Seq::START,
        }
    }

    async fn make(&mut self, world: &mut World, step: Move) {
        match step {
            Move::Write(users) => drop(world.commit(&users).await),
            Move::Revise => drop(world.revise().await),
            Move::Restart => self.restart(world).await,
            Move::Fail(after, fault) => self.place.fail_after(after, fault),
            step => {
                let made = self.act(world, step).await;
                if matches!(made, Err(MirrorError::Store(_))) {
                    self.restart(world).await;
                } else {
                    let refused = matches!(made, Ok(()) | Err(MirrorError::NotFilling));
                    assert!(refused, "{made:?}");
                }
            }
        }
        if self.mirror.is_complete() {
            self.mirror.ready().await;
        }
    }

    async fn act(&mut self, world: &World, step: Move) -> Result<(), MirrorError> {
        match step {
            Move::Follow => self.follow(world).await,
            Move::Join => self.join(world).await,
            Move::Begin => {
                self.mirror.begin_filling().await?;
                self.pages = world.pages(PAGE / 4).await;
                self.pages.reverse();
                Ok(())
            }
            Move::Page => match self.pages.pop() {
                Some(page) => self.mirror.fill(page).await.map(drop),
                None => Ok(()),
            },
            Move::Finish if self.pages.is_empty() => self.finish(world).await,
            Move::Prove(user) => self.prove(world, user).await,
            Move::Checkpoint => self.mirror.checkpoint().await,
            _ => Ok(()),
        }
    }

    async fn follow(&mut self, world: &World) -> Result<(), MirrorError> {
        let held = usize::try_from(self.mirror.chain().len()).unwrap();
        self.mirror
            .take_statements(&world.statements[held..])
            .await?;
        let after = self.mirror.follower().head().mark.seq;
        for batch in world.batches(after).await {
            let step = self.mirror.take_batch(&batch).await?;
            let taken = matches!(step, Step::Apply(_) | Step::Known);
            assert!(taken, "{step:?}");
            self.acknowledged = batch.last();
        }
        Ok(())
    }

    async fn join(&mut self, world: &World) -> Result<(), MirrorError> {
        let held = usize::try_from(self.mirror.chain().len()).unwrap();
        self.mirror
            .take_statements(&world.statements[held..])
            .await?;
        let head = world.head().await;
        self.mirror.join(&head, &world.digests()).await?;
        self.acknowledged = head.seq;
        Ok(())
    }

    async fn prove(&mut self, world: &World, user: u64) -> Result<(), MirrorError> {
        if self.mirror.follower().head() != world.writer.follower().head() {
            return Ok(());
        }
        self.mirror.learn(&world.digests())?;
        let listing = world.listing(bucket(user)).await;
        let ids: Vec<_> = listing.iter().map(|it| it.id).collect();
        self.mirror.prove(bucket(user), listing)?;
        self.mirror.hold(world.records(&ids).await).await;
        Ok(())
    }

    async fn finish(&mut self, world: &World) -> Result<(), MirrorError> {
        self.follow(world).await?;
        match self.mirror.finish_filling(&world.digests()).await? {
            Filled::Complete { .. } => Ok(()),
            other => panic!("the hub is honest: {other:?}"),
        }
    }

    async fn restart(&mut self, world: &World) {
        self.place.heal();
        self.pages.clear();
        self.mirror = world.open(Arc::clone(&self.place) as _).await;
        assert!(self.mirror.follower().head().mark.seq >= self.acknowledged);
        assert_eq!(self.mirror.conditions(), []);
    }

    async fn end(&mut self, world: &World) {
        self.restart(world).await;
        self.follow(world).await.unwrap();
        if !self.mirror.is_complete() {
            world.fill(&mut self.mirror).await;
        }
        world.same(&mut self.mirror).await;
    }
}
