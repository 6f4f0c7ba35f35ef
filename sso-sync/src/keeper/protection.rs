//! What protects the keys of a server.

use std::fmt;

/// What a server's secrets are sealed by, in words for a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    kind: SealerKind,
    name: String,
}

impl Protection {
    /// Protection by something of this kind, which `name` tells from others of its kind.
    pub fn new(kind: SealerKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }

    /// What kind of thing it is.
    #[must_use]
    pub const fn kind(&self) -> SealerKind {
        self.kind
    }

    /// Which one: a path, the name of a credential, token and key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a status has to warn of.
    #[must_use]
    pub const fn warning(&self) -> Option<&'static str> {
        match self.kind {
            SealerKind::KeyFile => Some(
                "the key is a file beside what it seals: whoever copies this machine's disk, or a \
                 backup of it, has both. Prefer a PKCS#11 token or a systemd credential.",
            ),
            SealerKind::Other | SealerKind::Pkcs11 | SealerKind::SystemdCredential => None,
        }
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            SealerKind::Other => f.write_str(&self.name),
            kind => write!(f, "{kind} {}", self.name),
        }
    }
}

/// The kinds of sealers.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealerKind {
    /// A [`KeyFile`](super::KeyFile).
    KeyFile,
    /// One that a host brought along; its name says what it is.
    Other,
    /// A key on a PKCS#11 token.
    Pkcs11,
    /// A [`SystemdCredential`](super::SystemdCredential).
    SystemdCredential,
}

impl SealerKind {
    pub(super) const fn number(self) -> u64 {
        match self {
            Self::Other => 0,
            Self::KeyFile => 1,
            Self::SystemdCredential => 2,
            Self::Pkcs11 => 3,
        }
    }

    pub(super) fn of_number(number: u64) -> Option<Self> {
        let all = [
            Self::KeyFile,
            Self::Other,
            Self::Pkcs11,
            Self::SystemdCredential,
        ];
        all.into_iter().find(|kind| kind.number() == number)
    }
}

impl fmt::Display for SealerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyFile => "key file",
            Self::Other => "sealer",
            Self::Pkcs11 => "PKCS#11 token",
            Self::SystemdCredential => "systemd credential",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_warned_of_and_the_others_are_not() {
        let warned = |kind| Protection::new(kind, "x").warning().is_some();
        assert!(warned(SealerKind::KeyFile));
        assert!(!warned(SealerKind::SystemdCredential));
        assert!(!warned(SealerKind::Pkcs11));
    }

    #[test]
    fn a_kind_has_one_number() {
        for number in 0..4 {
            let kind = SealerKind::of_number(number).unwrap();
            assert_eq!(kind.number(), number);
        }
        assert_eq!(SealerKind::of_number(4), None);
    }

    #[test]
    fn it_is_shown_by_kind_and_name() {
        let shown = |kind, name| Protection::new(kind, name).to_string();
        assert_eq!(shown(SealerKind::KeyFile, "/a"), "key file /a");
        assert_eq!(shown(SealerKind::Other, "KMS x"), "KMS x");
    }
}
