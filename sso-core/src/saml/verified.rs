//! Proof that a value was checked.

/// Proof that a value passed every check of [`Verifier::verify`](super::Verifier::verify) or
/// [`Verifier::verify_logout`](super::Verifier::verify_logout).
///
/// Nothing else makes one, so code that takes a `Verified<Assertion>` cannot be reached with
/// unchecked input. One check is left to whoever holds the storage: that the assertion was not
/// used before ([`ReplayLog`](super::ReplayLog)).
#[derive(Clone, Debug)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, no longer marked as checked.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> std::ops::Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
