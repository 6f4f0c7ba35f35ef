//! How much work a password is stretched with, and how much a program puts up with.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use minicbor::{Decode, Encode};
use opaque_ke::errors::InternalError;
use opaque_ke::generic_array::{ArrayLength, GenericArray};
use opaque_ke::ksf::Ksf;

/// Argon2id parameters (RFC 9106).
///
/// The program that registers a password chooses them; they are kept with the registration and
/// come back at every sign-in, where [`StretchingBounds`] judge them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct Stretching {
    /// Memory, in KiB.
    #[n(0)]
    pub memory_kib: u32,
    /// Passes over the memory.
    #[n(1)]
    pub passes: u32,
    /// Lanes: what could be computed in parallel. We compute them one after another.
    #[n(2)]
    pub lanes: u32,
}

impl Stretching {
    /// What a new password is stretched with: 128 MiB, 3 passes, 1 lane. It keeps one
    /// core busy for about a quarter of a second.
    pub const DEFAULT: Self = Self::of(128 * 1024, 3, 1);

    /// Almost no work at all: 16 KiB, one pass. For tests that sign in often.
    #[cfg(any(test, feature = "testkit"))]
    pub const DANGEROUSLY_WEAK: Self = Self::of(16, 1, 1);

    /// These parameters; whether they are acceptable, [`StretchingBounds::check`] tells.
    #[must_use]
    pub const fn of(memory_kib: u32, passes: u32, lanes: u32) -> Self {
        Self {
            memory_kib,
            passes,
            lanes,
        }
    }

    fn argon2(&self, length: usize) -> Option<Argon2<'static>> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(length)).ok()?;
        Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

impl Default for Stretching {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Stretching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            memory_kib,
            passes,
            lanes,
        } = self;
        write!(f, "{memory_kib} KiB, {passes} passes, {lanes} lanes")
    }
}

impl Ksf for Stretching {
    fn hash<L: ArrayLength<u8>>(
        &self,
        input: GenericArray<u8, L>,
    ) -> Result<GenericArray<u8, L>, InternalError> {
        let mut output = GenericArray::default();
        self.argon2(output.len())
            .and_then(|argon2| argon2.hash_password_into(&input, &SALT, &mut output).ok())
            .ok_or(InternalError::KsfError)?;
        Ok(output)
    }
}

/// How little and how much work a program does for a password.
///
/// Below the floor a hub could make the password cheap to guess, above the ceiling it could
/// exhaust the memory of the server that an administrator signs in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StretchingBounds {
    floor: Stretching,
    ceiling: Stretching,
}

impl StretchingBounds {
    /// What programs use: from 64 MiB, 3 passes and 1 lane to 1 GiB, 16 passes and 16 lanes.
    pub const DEFAULT: Self = Self {
        floor: Stretching::of(64 * 1024, 3, 1),
        ceiling: Stretching::of(1024 * 1024, 16, 16),
    };

    /// Accepts [`Stretching::DANGEROUSLY_WEAK`] as well.
    #[cfg(any(test, feature = "testkit"))]
    pub const DANGEROUSLY_LOW: Self = Self {
        floor: Stretching::DANGEROUSLY_WEAK,
        ..Self::DEFAULT
    };

    /// Whether a password may be stretched like this.
    ///
    /// # Errors
    ///
    /// [`StretchingError`] if it is too little or too much, each parameter judged by itself.
    pub const fn check(&self, found: Stretching) -> Result<(), StretchingError> {
        let Self { floor, ceiling } = *self;
        if !floor.fits_into(found) {
            return Err(StretchingError::TooWeak { found, floor });
        }
        if !found.fits_into(ceiling) {
            return Err(StretchingError::TooCostly { found, ceiling });
        }
        Ok(())
    }
}

impl Default for StretchingBounds {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Stretching {
    const fn fits_into(self, other: Self) -> bool {
        self.memory_kib <= other.memory_kib
            && self.passes <= other.passes
            && self.lanes <= other.lanes
    }
}

/// Why a password is not stretched like that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StretchingError {
    /// More work than this program does.
    #[error(
        "the hub asks for more work on the password than this program does ({found}; at most \
         {ceiling}); the hub is broken or hostile, or the administrator registered with a newer \
         version: use that one"
    )]
    TooCostly {
        /// What was asked for.
        found: Stretching,
        /// The most.
        ceiling: Stretching,
    },
    /// So little work that the password could be guessed.
    #[error(
        "the hub asks for so little work on the password that it could be guessed ({found}; at \
         least {floor}); the hub is broken or hostile: nothing was sent, do not sign in there"
    )]
    TooWeak {
        /// What was asked for.
        found: Stretching,
        /// The least.
        floor: Stretching,
    },
}

/// OPAQUE salts with its oblivious function; Argon2 gets zeros (RFC 9807, 7).
const SALT: [u8; 16] = [0; 16];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_bounded_from_both_sides() {
        let bounds = StretchingBounds::DEFAULT;
        let accepts = |memory, passes, lanes| bounds.check(Stretching::of(memory, passes, lanes));
        for (memory, passes, lanes) in [(65_536, 3, 1), (1_048_576, 16, 16)] {
            assert_eq!(accepts(memory, passes, lanes), Ok(()));
        }
        for (memory, passes, lanes) in [(65_535, 3, 1), (65_536, 2, 1), (65_536, 3, 0)] {
            let error = accepts(memory, passes, lanes).unwrap_err();
            assert!(matches!(error, StretchingError::TooWeak { .. }), "{error}");
        }
        for (memory, passes, lanes) in [(1_048_577, 3, 1), (65_536, 17, 1), (65_536, 3, 17)] {
            let error = accepts(memory, passes, lanes).unwrap_err();
            assert!(
                matches!(error, StretchingError::TooCostly { .. }),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_registered_by_default_is_accepted_by_default() {
        assert_eq!(StretchingBounds::DEFAULT.check(Stretching::DEFAULT), Ok(()));
    }

    #[test]
    fn what_only_tests_use_is_refused_by_default() {
        let weak = Stretching::DANGEROUSLY_WEAK;
        assert!(StretchingBounds::DEFAULT.check(weak).is_err());
        assert_eq!(StretchingBounds::DANGEROUSLY_LOW.check(weak), Ok(()));
    }

    #[test]
    fn impossible_parameters_are_an_error_and_no_panic() {
        let input = GenericArray::<u8, opaque_ke::generic_array::typenum::U64>::default();
        assert!(Stretching::of(0, 0, 0).hash(input).is_err());
        assert!(Stretching::of(8, 1, 4).hash(input).is_err());
    }
}
