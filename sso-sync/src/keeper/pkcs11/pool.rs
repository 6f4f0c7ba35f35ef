//! Sessions that are kept for the next call.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;

use super::object::Wanted;

/// A session that is logged in, and what was found in it.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) session: Session,
    pub(super) generation: u64,
    pub(super) found: BTreeMap<Wanted, ObjectHandle>,
}

impl Open {
    /// Itself, if it stems from `generation`.
    ///
    /// Otherwise it ended with its library, and its number may be that of somebody else's session
    /// by now: so it is not closed.
    pub(super) fn of(self, generation: u64) -> Option<Self> {
        if self.generation == generation {
            return Some(self);
        }
        std::mem::forget(self.session);
        None
    }
}

/// Up to [`MAX_SESSIONS`] at a time; who comes later waits.
#[derive(Debug, Default)]
pub(super) struct Pool {
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Open>,
    lent: usize,
}

impl Pool {
    /// Waits for a turn, with a session if one is idle.
    pub(super) fn lend(&self) -> Lent<'_> {
        let may_not = |state: &mut State| state.lent >= MAX_SESSIONS;
        let waited = self.returned.wait_while(self.state(), may_not);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.lent += 1;
        let open = state.idle.pop();
        Lent { pool: self, open }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn. What is in `open` at its end is kept.
#[derive(Debug)]
pub(super) struct Lent<'a> {
    pool: &'a Pool,
    pub(super) open: Option<Open>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.lent -= 1;
        state.idle.extend(self.open.take());
        self.pool.returned.notify_one();
    }
}

/// Small tokens have few, and no more than this many calls are worth running at once.
const MAX_SESSIONS: usize = 8;
