//! Whether a configuration fits into a statement.

use super::Fields;
use crate::config::Problem;

/// How large a configuration may be, in bytes as [`Fields::size`] counts: a statement that revises the
/// configuration (512 KiB) has this much room, since the size is rounded up before it is sealed.
pub const LARGEST: usize = 511 * 1024;

impl Fields {
    /// How much room it takes, in bytes; at most a few more than it needs.
    #[must_use]
    pub fn size(&self) -> usize {
        let fields = self.iter().map(|(path, value)| cost(path, value));
        fields.sum::<usize>() + FRAME
    }

    /// Whether it fits into a statement.
    ///
    /// # Errors
    ///
    /// A [`Problem`] that names the largest values.
    pub fn check_size(&self) -> Result<(), Problem> {
        let size = self.size();
        if size <= LARGEST {
            return Ok(());
        }
        let mut by_size: Vec<_> = self.iter().map(|(path, it)| (it.len(), path)).collect();
        by_size.sort_unstable_by(|one, other| other.cmp(one));
        let largest: Vec<_> = by_size
            .into_iter()
            .take(NAMED)
            .map(|(size, path)| format!("{path} ({size} bytes)"))
            .collect();
        let (setting, rest) = largest
            .split_first()
            .map_or(("", &[][..]), |(one, rest)| (one.as_str(), rest));
        let others = match rest {
            [] => String::new(),
            rest => format!("; next are {}", rest.join(" and ")),
        };
        Err(Problem::new(
            setting,
            format!("{size} bytes of configuration"),
            format!("at most {LARGEST} in all"),
            format!("This is the largest value{others}. {FIX}"),
        ))
    }
}

/// Path and value, each behind its length, and what holds them together.
const fn cost(path: &str, value: &str) -> usize {
    path.len() + value.len() + 7
}

/// What stands around the fields.
const FRAME: usize = 8;

/// How many of the largest values are named.
const NAMED: usize = 3;

const FIX: &str = "Remove what is not used.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_a_statement_fits_and_one_byte_more_does_not() {
        let path = "identity_providers.work.metadata";
        let room = LARGEST - FRAME - cost(path, "");
        let full = |length: usize| Fields::new().with(path, "x".repeat(length));
        assert_eq!(full(room).size(), LARGEST);
        assert_eq!(full(room).check_size(), Ok(()));
        assert!(full(room + 1).check_size().is_err());
    }

    #[test]
    fn the_largest_values_are_named_and_not_shown() {
        let fields = [("a", 300_000), ("b", 200_000), ("c", 150_000), ("d", 1)]
            .map(|(path, length)| (path, "x".repeat(length)));
        let problem = Fields::from_iter(fields).check_size().unwrap_err();
        insta::assert_snapshot!(problem, @"a (300000 bytes): found 650041 bytes of configuration, expected at most 523264 in all. This is the largest value; next are b (200000 bytes) and c (150000 bytes). Remove what is not used.");
    }
}
