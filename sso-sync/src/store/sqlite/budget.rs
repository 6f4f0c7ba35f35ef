//! How much is answered at once.

/// Counts what is answered against the bound that was asked for.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
    is_untouched: bool,
}

impl Budget {
    pub(super) const fn new(max_bytes: usize) -> Self {
        Self {
            left: max_bytes,
            is_untouched: true,
        }
    }

    /// Whether something of this size is still answered. The first always is.
    pub(super) const fn takes(&mut self, size: usize) -> bool {
        let is_first = self.is_untouched;
        self.is_untouched = false;
        match self.left.checked_sub(size) {
            Some(left) => self.left = left,
            None if is_first => self.left = 0,
            None => return false,
        }
        true
    }
}
