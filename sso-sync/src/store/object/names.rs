//! What objects are called.

use std::fmt::Write as _;

use object_store::path::Path;

/// The names below one prefix.
#[derive(Debug)]
pub(super) struct Names {
    keys: Path,
    probes: Path,
}

impl Names {
    pub(super) fn below(prefix: &str) -> Self {
        let prefix = Path::from(prefix);
        Self {
            keys: prefix.clone().join("keys"),
            probes: prefix.join("probe"),
        }
    }

    /// The folder of all entries.
    pub(super) const fn keys(&self) -> &Path {
        &self.keys
    }

    /// The folder of objects that are there during a probe only.
    pub(super) const fn probes(&self) -> &Path {
        &self.probes
    }

    /// The name of a key.
    pub(super) fn of(&self, key: &str) -> Path {
        self.keys.clone().join(hexadecimal(key) + END)
    }

    /// Sorts right before every key that begins with `prefix`, and behind all that sort before it.
    pub(super) fn before(&self, prefix: &str) -> Path {
        self.keys.clone().join(hexadecimal(prefix))
    }

    /// The key of a name; `None` if the name is none of ours.
    pub(super) fn key(&self, name: &Path) -> Option<String> {
        let mut rest = name.prefix_match(&self.keys)?;
        let (Some(name), None) = (rest.next(), rest.next()) else {
            return None;
        };
        from_hexadecimal(name.as_ref().strip_suffix(END)?)
    }
}

fn hexadecimal(key: &str) -> String {
    key.bytes().fold(String::new(), |mut name, byte| {
        // A string takes everything.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

fn from_hexadecimal(name: &str) -> Option<String> {
    let (digits, []) = name.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let bytes = digits.iter().map(|digits| {
        let digits = std::str::from_utf8(digits).ok()?;
        u8::from_str_radix(digits, 16).ok()
    });
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

/// Sorts before every digit, so a key sorts before those that it begins.
const END: &str = "-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_their_keys_do() {
        let names = Names::below("some/prefix");
        let mut keys = [
            "a", "", "ab", "a\u{0}", "b", "a/b", "ä", "A", "\u{7f}", "a-",
        ];
        keys.sort_unstable();
        let sorted = keys.map(|key| names.of(key));
        assert!(sorted.is_sorted());
        assert_eq!(
            sorted.map(|name| names.key(&name).unwrap()),
            keys.map(str::to_owned)
        );
    }

    #[test]
    fn a_prefix_stands_before_its_keys_and_after_all_smaller_ones() {
        let names = Names::below("");
        let start = names.before("ab");
        assert!(names.of("ab") > start && names.of("ab\u{0}") > start);
        assert!(names.of("aa\u{7f}") < start && names.of("a") < start);
    }

    #[test]
    fn other_names_are_of_no_key() {
        let names = Names::below("p");
        for other in [
            "p/keys/6",
            "p/keys/6-",
            "p/keys/6g-",
            "p/keys/61",
            "p/61-",
            "p/keys/61-/61-",
        ] {
            assert_eq!(names.key(&Path::from(other)), None, "{other}");
        }
    }
}
