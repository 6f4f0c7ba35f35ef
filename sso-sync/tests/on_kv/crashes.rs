//! Every operation, interrupted at every step, in every way.

use sso_sync::store::{DomainStore as _, OnKv, Seq, StoreError};

use crate::content::DOMAIN;
use crate::journal::Journal;
use crate::steps::{Fault, Habits, Steps, alone, crash_after};

/// What is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Append,
    Commit,
    Compact,
    CompactAPart,
    RaiseTheFloor,
}

impl Operation {
    const ALL: [Self; 5] = [
        Self::Append,
        Self::Commit,
        Self::Compact,
        Self::CompactAPart,
        Self::RaiseTheFloor,
    ];

    /// A domain on which it has something to do.
    fn prepare(self, habits: Habits) -> (Steps, Journal) {
        let steps = Steps::new(habits);
        let journal = Journal::default();
        alone(async {
            let store = OnKv::new(steps.clone());
            store.append(&DOMAIN, 0, "genesis".into()).await.unwrap();
            for number in 0..12 {
                let after = journal.last();
                journal.commit(&store, after, number).await.unwrap();
                if number == 7 {
                    store.compact(&DOMAIN, Seq::new(9)).await.unwrap();
                }
            }
            if self == Self::RaiseTheFloor {
                store.compact(&DOMAIN, journal.last()).await.unwrap();
            }
        });
        (steps, journal)
    }

    async fn run(self, store: &OnKv<Steps>, journal: &Journal) -> Result<(), StoreError> {
        let tail = journal.last();
        match self {
            Self::Append => store.append(&DOMAIN, 1, "one".into()).await,
            Self::Commit => {
                journal.commit(store, tail, 100).await;
                Ok(())
            }
            Self::Compact | Self::RaiseTheFloor => store.compact(&DOMAIN, tail).await,
            Self::CompactAPart => store.compact(&DOMAIN, Seq::new(17)).await,
        }
    }
}

#[test]
fn a_writer_may_die_after_any_step() {
    for operation in Operation::ALL {
        for habits in [Habits::PLAIN, Habits::NARROW] {
            let mut died = 0;
            loop {
                let (steps, journal) = operation.prepare(habits);
                let store = OnKv::new(steps.clone());
                if crash_after(died, operation.run(&store, &journal)).is_some() {
                    break;
                }
                drop(store);
                journal.check(&steps);
                died += 1;
            }
            assert!(died >= 3, "{operation:?} has {died} steps");
        }
    }
}

#[test]
fn the_backend_may_fail_at_any_call_and_come_back() {
    for (operation, fault, for_good) in operations_and_faults() {
        for call in 0.. {
            let (steps, journal) = operation.prepare(Habits::NARROW);
            let faulty = steps.faulty(call, fault, for_good);
            let store = OnKv::new(faulty.clone());
            let done = alone(operation.run(&store, &journal));
            if !faulty.went_wrong() {
                done.unwrap();
                break;
            }
            faulty.mend();
            goes_on(&store, &journal);
            alone(faulty.arrive());
            goes_on(&store, &journal);
            journal.check(&steps);
            goes_on(&store, &journal);
        }
    }
}

#[test]
fn a_late_write_does_no_harm_whatever_happened_before_it_arrives() {
    for (operation, fault, for_good) in operations_and_faults() {
        if fault != Fault::Late {
            continue;
        }
        for call in 0.. {
            let (steps, journal) = operation.prepare(Habits::NARROW);
            let faulty = steps.faulty(call, fault, for_good);
            let done = alone(operation.run(&OnKv::new(faulty.clone()), &journal));
            if !faulty.went_wrong() {
                done.unwrap();
                break;
            }
            journal.check(&steps);
            alone(faulty.arrive());
            journal.check(&steps);
        }
    }
}

/// A handle that has seen something go wrong sees what all others see.
fn goes_on(store: &OnKv<Steps>, journal: &Journal) {
    alone(async {
        let all = crate::content::live(store).await;
        journal.check_live(&all, journal.last());
    });
}

#[test]
fn a_domain_that_is_half_erased_is_gone_and_can_be_erased_and_made_again() {
    for call in 0.. {
        let (steps, journal) = Operation::Compact.prepare(Habits::NARROW);
        let faulty = steps.faulty(call, Fault::LosesAnswer, true);
        let done = alone(OnKv::new(faulty.clone()).erase(&DOMAIN));
        let store = OnKv::new(steps.clone());
        match alone(store.head(&DOMAIN)).unwrap() {
            // Nothing has happened.
            Some(_) => journal.check(&steps),
            None => journal.forget(),
        }
        if call % 2 == 0 {
            alone(store.erase(&DOMAIN)).unwrap();
            assert_eq!(alone(steps.keys()).len(), 1, "only the root remains");
            assert_eq!(alone(store.head(&DOMAIN)).unwrap(), None);
            journal.forget();
        }
        let made = alone(store.append(&DOMAIN, 0, "again".into()));
        assert_eq!(made.is_ok(), journal.last() == Seq::START, "{made:?}");
        journal.check(&steps);
        if !faulty.went_wrong() {
            done.unwrap();
            break;
        }
    }
}

#[test]
fn a_domain_may_be_made_again_after_its_making_was_interrupted_at_any_call() {
    for fault in [Fault::Refused, Fault::LosesAnswer, Fault::Late] {
        for call in 0.. {
            let steps = Steps::new(Habits::PLAIN);
            let faulty = steps.faulty(call, fault, true);
            let made = alone(OnKv::new(faulty.clone()).append(&DOMAIN, 0, "genesis".into()));
            if !faulty.went_wrong() {
                made.unwrap();
                break;
            }
            let store = OnKv::new(steps.clone());
            let again = alone(store.append(&DOMAIN, 0, "again".into()));
            alone(faulty.arrive());
            let first = alone(store.statements(&DOMAIN, 0, 100)).unwrap();
            match again {
                Ok(()) => assert_eq!(first, ["again"]),
                Err(StoreError::Conflict) => assert_eq!(first, ["genesis"]),
                Err(error) => panic!("{error:?}"),
            }
            Journal::default().check(&steps);
        }
    }
}

fn operations_and_faults() -> Vec<(Operation, Fault, bool)> {
    let mut all = Vec::new();
    for operation in Operation::ALL {
        for fault in [Fault::Refused, Fault::LosesAnswer, Fault::Late] {
            all.extend([true, false].map(|for_good| (operation, fault, for_good)));
        }
    }
    all
}
