//! Several who work on one domain at once, in every order of their steps with few changes between
//! them.

use sso_sync::store::{DomainStore as _, OnKv, Seq, StoreError};

use crate::content::{DOMAIN, by_id, live};
use crate::journal::{Journal, everybody};
use crate::schedule::{Path, drive, explore};
use crate::steps::{Habits, Steps, Task, alone};

/// Those who work on a domain at once.
struct Scene {
    steps: Steps,
    journal: Journal,
    /// Two handles. Both have seen three batches.
    one: OnKv<Steps>,
    other: OnKv<Steps>,
}

impl Scene {
    fn new(habits: Habits) -> Self {
        let steps = Steps::new(habits);
        let journal = Journal::default();
        let [one, other] = [(); 2].map(|()| OnKv::new(steps.clone()));
        alone(async {
            one.append(&DOMAIN, 0, "genesis".into()).await.unwrap();
            for number in 0..3 {
                let after = journal.last();
                journal.commit(&one, after, number).await.unwrap();
            }
            other.head(&DOMAIN).await.unwrap();
        });
        Self {
            steps,
            journal,
            one,
            other,
        }
    }

    /// Commits batches to what is there, each followed by a compaction of everything.
    async fn commit_and_compact(&self, numbers: &[u8]) {
        for number in numbers {
            self.commit(&self.other, *number).await;
            self.other.compact(&DOMAIN, EVERYTHING).await.unwrap();
        }
    }

    async fn commit(&self, store: &OnKv<Steps>, number: u8) {
        if let Some(head) = store.head(&DOMAIN).await.unwrap() {
            self.journal.commit(store, head.seq, number).await;
        }
    }

    /// Whatever is read, all that was acknowledged before is in it, up to one moment.
    async fn read(&self, read: Read) {
        let least = self.journal.last();
        let store = &self.one;
        let records = match read {
            Read::Everything => live(store).await,
            Read::Head => {
                let head = store.head(&DOMAIN).await.unwrap().unwrap();
                assert!(head.seq >= least && head.compacted <= head.seq);
                let last = [head.envelope];
                let found = store.find(&DOMAIN, &everybody()).await.unwrap();
                let last = found
                    .into_iter()
                    .filter(|it| last.contains(&it.record.body));
                assert!(last.map(|it| it.seq).any(|seq| seq >= head.seq));
                return;
            }
            Read::Found => by_id(store.find(&DOMAIN, &everybody()).await.unwrap()),
        };
        self.journal.check_live(&records, least);
    }
}

#[derive(Clone, Copy)]
enum Read {
    Everything,
    Found,
    Head,
}

/// Explores all orders of tasks; then checks what is there, after one of sixteen in full.
fn in_all_orders(
    habits: Habits,
    changes: usize,
    tasks: impl for<'a> Fn(&'a Scene) -> Vec<Task<'a>>,
    mut check: impl FnMut(&Scene),
) {
    let mut run = 0;
    let runs = explore(|path: &mut Path| {
        let scene = Scene::new(habits);
        drive(path, changes, tasks(&scene));
        check(&scene);
        alone(scene.journal.check_records(&scene.steps));
        if run % 16 == 0 {
            scene.journal.check(&scene.steps);
        }
        run += 1;
    });
    println!("{runs} orders");
    assert!(runs > 100);
}

#[test]
fn a_stale_writer_does_no_harm() {
    let mut outcomes = [0; 3];
    in_all_orders(
        Habits::PLAIN,
        3,
        |scene| {
            let tail = scene.journal.last();
            let writer = async move {
                scene.journal.commit(&scene.one, tail, 100).await;
            };
            vec![
                Box::pin(writer),
                Box::pin(scene.commit_and_compact(&[101, 102])),
            ]
        },
        |scene| {
            outcomes[match scene.journal.failures() {
                (0, 0) => 0,
                (_, 0) => 1,
                _ => 2,
            }] += 1;
        },
    );
    println!("{outcomes:?}: acknowledged, refused, unknown");
    assert!(outcomes.iter().all(|count| *count > 0));
}

#[test]
fn compactors_that_compete_do_no_harm_and_refuse_no_writer() {
    in_all_orders(
        Habits::PLAIN,
        2,
        |scene| {
            let writer = async {
                scene.commit(&scene.one, 100).await;
            };
            let compactor =
                async |store: &OnKv<Steps>, through| match store.compact(&DOMAIN, through).await {
                    Ok(()) | Err(StoreError::Conflict) => {}
                    Err(error) => panic!("{error:?}"),
                };
            vec![
                Box::pin(writer),
                Box::pin(compactor(&scene.one, EVERYTHING)),
                Box::pin(compactor(&scene.other, Seq::new(4))),
            ]
        },
        |scene| assert_eq!(scene.journal.failures().0, 0),
    );
}

#[test]
fn a_reader_sees_one_moment_however_much_is_compacted() {
    for read in [Read::Everything, Read::Found, Read::Head] {
        in_all_orders(
            Habits::TORN,
            2,
            |scene| {
                vec![
                    Box::pin(scene.read(read)),
                    Box::pin(scene.commit_and_compact(&[100, 101])),
                ]
            },
            |_| {},
        );
    }
}

#[test]
fn erasing_in_the_middle_of_everything_leaves_one_life() {
    in_all_orders(
        Habits::PLAIN,
        2,
        |scene| {
            let eraser = async {
                let store = OnKv::new(scene.steps.clone());
                store.erase(&DOMAIN).await.unwrap();
                store.append(&DOMAIN, 0, "again".into()).await.unwrap();
            };
            let writer = async {
                let tail = scene.journal.last();
                scene.journal.commit(&scene.one, tail, 100).await;
                let _ = scene.one.append(&DOMAIN, 1, "one".into()).await;
                scene.commit(&scene.one, 101).await;
            };
            let compactor = async {
                let _ = scene.other.compact(&DOMAIN, EVERYTHING).await;
            };
            vec![Box::pin(eraser), Box::pin(writer), Box::pin(compactor)]
        },
        |scene| scene.journal.forget(),
    );
}

#[test]
fn a_domain_that_is_made_while_it_is_being_erased_is_whole() {
    let mut made = 0;
    let runs = explore(|path| {
        let scene = Scene::new(Habits::PLAIN);
        let maker = async {
            let _ = scene.one.append(&DOMAIN, 0, "again".into()).await;
        };
        let eraser = async {
            scene.other.erase(&DOMAIN).await.unwrap();
        };
        drive(path, 2, vec![Box::pin(eraser), Box::pin(maker)]);
        scene.journal.forget();
        match alone(scene.one.head(&DOMAIN)).unwrap() {
            Some(_) => made += 1,
            None => alone(scene.one.append(&DOMAIN, 0, "again".into())).unwrap(),
        }
        scene.journal.check(&scene.steps);
    });
    assert!(0 < made && made < runs, "{made} of {runs}");
}

#[test]
fn of_those_who_make_a_domain_one_succeeds() {
    let runs = explore(|path| {
        let steps = Steps::new(Habits::PLAIN);
        let made = std::cell::Cell::new(0);
        let make = async |name: &'static str| {
            let store = OnKv::new(steps.clone());
            match store.append(&DOMAIN, 0, name.into()).await {
                Ok(()) => {
                    made.set(made.get() + 1);
                    let first = store.statements(&DOMAIN, 0, 1).await.unwrap();
                    assert_eq!(first, [name]);
                }
                Err(StoreError::Conflict) => {}
                Err(error) => panic!("{error:?}"),
            }
        };
        let tasks: Vec<Task<'_>> = vec![
            Box::pin(make("a")),
            Box::pin(make("b")),
            Box::pin(make("c")),
        ];
        drive(path, 2, tasks);
        assert_eq!(made.get(), 1);
        Journal::default().check(&steps);
    });
    assert!(runs > 100, "{runs}");
}

const EVERYTHING: Seq = Seq::new(u64::MAX);
