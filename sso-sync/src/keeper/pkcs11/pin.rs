//! Where the PIN of a token is.

use std::env;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::super::credential::{credentials_folder, read_credential};
use super::super::key_file::read_private;

/// Where the PIN of a token is; never the PIN itself, and never the command line.
///
/// It is read for every login, so that a changed PIN counts at once. White space at its end does
/// not belong to it.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PinSource {
    /// The systemd credential of this name.
    Credential(String),
    /// The environment variable of this name.
    Environment(String),
    /// A file that only its owner can read.
    File(PathBuf),
}

impl PinSource {
    /// The PIN, or why there is none.
    pub(super) fn read(&self) -> Result<Zeroizing<String>, String> {
        let text = match self {
            Self::Credential(name) => text(
                read_credential(credentials_folder().as_deref(), name)
                    .map_err(|error| error.to_string())?,
            )?,
            Self::Environment(name) => Zeroizing::new(
                env::var(name).map_err(|error| format!("environment variable {name}: {error}"))?,
            ),
            Self::File(path) => text(read_private(path).map_err(|error| error.to_string())?)?,
        };
        let pin = text.trim_end();
        match pin.is_empty() {
            true => Err(format!("{self:?} is empty")),
            false => Ok(Zeroizing::new(pin.to_owned())),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is wiped here")]
fn text(bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, String> {
    let text = std::str::from_utf8(&bytes).map_err(|_| "it is not UTF-8")?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tempfile::NamedTempFile;

    use super::*;

    #[test]
    fn white_space_at_the_end_does_not_belong_to_a_pin() {
        let mut file = NamedTempFile::new().unwrap();
        let source = PinSource::File(file.path().into());
        assert!(source.read().is_err(), "an empty file has no PIN");
        file.write_all(b" 12 34 \r\n").unwrap();
        assert_eq!(*source.read().unwrap(), " 12 34");
        file.write_all(b"\xff").unwrap();
        assert_eq!(source.read().unwrap_err(), "it is not UTF-8");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt as _;

        let mut file = NamedTempFile::new().unwrap();
        file.write_all(b"1234").unwrap();
        set_permissions(file.path(), Permissions::from_mode(0o640)).unwrap();
        let refused = PinSource::File(file.path().into()).read().unwrap_err();
        assert!(refused.contains("its mode is 640"), "{refused}");
    }

    #[test]
    fn a_variable_that_is_missing_is_named() {
        let source = PinSource::Environment("SSO_TEST_NO_SUCH_PIN".into());
        assert!(source.read().unwrap_err().contains("SSO_TEST_NO_SUCH_PIN"));
    }
}
