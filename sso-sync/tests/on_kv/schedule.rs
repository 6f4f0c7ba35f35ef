//! Whose step is next: every order with few changes, or an order by chance.

use crate::steps::{Task, advance};

/// Decides whose step is next.
pub(crate) trait Choose {
    /// One of `options` possibilities, of which the first is to go on with the same task.
    fn choose(&mut self, options: usize) -> usize;
}

/// Lets tasks take steps until all are done, and changes between them at most `changes` times
/// before they are.
pub(crate) fn drive(choose: &mut impl Choose, mut changes: usize, mut tasks: Vec<Task<'_>>) {
    let mut current = None;
    for _ in 0..MOST_STEPS {
        if tasks.is_empty() {
            return;
        }
        let next = match current {
            None => choose.choose(tasks.len()),
            Some(current) if changes == 0 => current,
            Some(current) => {
                let other = choose.choose(tasks.len());
                changes -= usize::from(other > 0);
                (current + other) % tasks.len()
            }
        };
        current = match advance(&mut tasks[next]) {
            true => {
                drop(tasks.remove(next));
                None
            }
            false => Some(next),
        };
    }
    panic!("it does not end");
}

/// Runs `run` once for every way to choose.
pub(crate) fn explore(mut run: impl FnMut(&mut Path)) -> usize {
    let mut path = Path::default();
    let mut runs = 0;
    loop {
        path.at = 0;
        run(&mut path);
        runs += 1;
        if !path.turn() {
            return runs;
        }
    }
}

/// A way through a tree of choices.
#[derive(Debug, Default)]
pub(crate) struct Path {
    at: usize,
    /// What was chosen of how many possibilities.
    choices: Vec<(usize, usize)>,
}

impl Path {
    /// Goes on to the next way; whether there is one.
    fn turn(&mut self) -> bool {
        while let Some((chosen, options)) = self.choices.pop() {
            if chosen + 1 < options {
                self.choices.push((chosen + 1, options));
                return true;
            }
        }
        false
    }
}

impl Choose for Path {
    fn choose(&mut self, options: usize) -> usize {
        if self.at == self.choices.len() {
            self.choices.push((0, options));
        }
        let (chosen, same) = self.choices[self.at];
        assert_eq!(options, same, "the same choices lead to the same state");
        self.at += 1;
        chosen
    }
}

/// Chance that repeats itself: a xorshift generator.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

impl Choose for Chance {
    fn choose(&mut self, options: usize) -> usize {
        self.below(options)
    }
}

const MOST_STEPS: usize = 100_000;
