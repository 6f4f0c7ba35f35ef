//! Many who work on one domain at once, some of whom die, in orders by chance.

use std::cell::RefCell;

use sso_sync::store::{DomainStore as _, OnKv, Seq};

use crate::content::{DOMAIN, by_id, live};
use crate::journal::{Journal, everybody};
use crate::schedule::{Chance, drive};
use crate::steps::{Fault, Habits, Steps, Task, alone};

#[test]
fn whatever_many_do_at_once_nothing_is_lost() {
    for seed in 0..SEEDS {
        println!("seed {seed}");
        run(seed);
    }
}

/// Six who work on one domain, each with a handle of its own. Half of the handles fail at some
/// call.
fn run(seed: u64) {
    let chance = RefCell::new(Chance::new(seed));
    let habits = [Habits::PLAIN, Habits::NARROW, Habits::TORN][below(&chance, 3)];
    let steps = Steps::new(habits);
    let journal = Journal::default();
    alone(OnKv::new(steps.clone()).append(&DOMAIN, 0, "genesis".into())).unwrap();
    let handles: Vec<_> = (0..6).map(|actor| handle(&steps, actor, &chance)).collect();
    let tasks = (0..).zip(&handles).map(|(actor, (_, store))| {
        let task: Task<'_> = match actor {
            0..3 => Box::pin(write(store, &journal, actor * 50)),
            3 | 4 => Box::pin(compact(store, &chance)),
            _ => Box::pin(read(store, &journal)),
        };
        task
    });
    drive(&mut Chance::new(seed), usize::MAX, tasks.collect());
    journal.check(&steps);
    for (steps, _) in &handles {
        alone(steps.arrive());
    }
    journal.check(&steps);
}

/// A handle; those with an even number fail at some call, some of them for good.
fn handle(steps: &Steps, actor: u8, chance: &RefCell<Chance>) -> (Steps, OnKv<Steps>) {
    let fault = [Fault::LosesAnswer, Fault::Late, Fault::Refused][below(chance, 3)];
    let steps = match actor % 2 {
        0 => steps.faulty(below(chance, 100), fault, below(chance, 2) == 0),
        _ => steps.sound(),
    };
    (steps.clone(), OnKv::new(steps))
}

async fn write(store: &OnKv<Steps>, journal: &Journal, from: u8) {
    for number in from..from + 10 {
        let Ok(Some(head)) = store.head(&DOMAIN).await else {
            return;
        };
        journal.commit(store, head.seq, number).await;
    }
}

async fn compact(store: &OnKv<Steps>, chance: &RefCell<Chance>) {
    for _ in 0..6 {
        let through = Seq::new(below(chance, 60) as u64);
        let _ = store.compact(&DOMAIN, through).await;
    }
}

async fn read(store: &OnKv<Steps>, journal: &Journal) {
    for _ in 0..4 {
        let least = journal.last();
        let found = store.find(&DOMAIN, &everybody()).await.unwrap();
        journal.check_live(&by_id(found), least);
        let least = journal.last();
        journal.check_live(&live(store).await, least);
    }
}

fn below(chance: &RefCell<Chance>, limit: usize) -> usize {
    chance.borrow_mut().below(limit)
}

const SEEDS: u64 = 150;
