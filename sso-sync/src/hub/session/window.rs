//! Which counters were taken.

/// The highest counter of a session that was taken, and which of the 63 below it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    highest: u64,
    /// Bit n: whether `highest - n` was taken. No bit at all before the first.
    taken: u64,
}

impl Window {
    /// Takes a counter; no, if it was taken before or is 64 or more below the highest.
    pub(super) const fn take(&mut self, counter: u64) -> bool {
        if self.taken == 0 || counter > self.highest {
            self.move_up(counter);
            return true;
        }
        let below = self.highest - counter;
        if below >= SIZE || self.taken & (1 << below) != 0 {
            return false;
        }
        self.taken |= 1 << below;
        true
    }

    const fn move_up(&mut self, counter: u64) {
        let by = counter.saturating_sub(self.highest);
        self.taken = if by >= SIZE { 0 } else { self.taken << by };
        self.taken |= 1;
        self.highest = counter;
    }
}

const SIZE: u64 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counter_is_taken_once_in_any_order() {
        let mut window = Window::default();
        for counter in [5, 3, 9, 4, 0, 8] {
            assert!(window.take(counter), "{counter}");
        }
        for counter in [5, 3, 9, 4, 0, 8] {
            assert!(!window.take(counter), "{counter} again");
        }
    }

    #[test]
    fn the_window_ends_64_below_the_highest() {
        let mut window = Window::default();
        assert!(window.take(100));
        assert!(!window.take(36));
        assert!(window.take(37));
    }

    #[test]
    fn a_leap_forgets_nothing_that_it_should_remember() {
        let mut window = Window::default();
        assert!(window.take(1));
        assert!(window.take(64));
        assert!(!window.take(1));
        assert!(window.take(65));
        assert!(!window.take(1));
        assert!(window.take(u64::MAX));
        assert!(!window.take(65));
        assert!(!window.take(u64::MAX));
        assert!(window.take(u64::MAX - 63));
    }
}
