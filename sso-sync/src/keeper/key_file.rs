//! A key in a file.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::blocking::off_workers;
use super::key::Key;
use super::{Envelope, KeeperError, Label, Protection, Sealer, SealerKind};

/// Seals with a key in a file that only its owner can read.
///
/// The file is made by the first [`seal`](Sealer::seal): one line, 32 bytes in base64. It is read
/// for every call, so a file that was restored counts at once. It protects what is stored elsewhere
/// than the file, and nothing from who reads the whole disk; [`Protection::warning`] says so.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: Arc<Path>,
}

impl KeyFile {
    /// A sealer whose key is in the file at `path`; its folder has to be there.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.into() }
    }
}

#[async_trait]
impl Sealer for KeyFile {
    async fn seal(&self, label: &Label, secret: &[u8]) -> Result<Vec<u8>, KeeperError> {
        let key = self.key(read_or_make).await?;
        key.seal(self.protection(), label, secret)
    }

    async fn unseal(
        &self,
        label: &Label,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeeperError> {
        let envelope = Envelope::read(sealed)?;
        envelope.header().check_sealer(&self.protection())?;
        let key = self.key(read).await?;
        key.unseal(&self.protection(), label, &envelope)
    }

    fn protection(&self) -> Protection {
        Protection::new(SealerKind::KeyFile, self.path.display().to_string())
    }
}

impl KeyFile {
    async fn key(
        &self,
        find: impl FnOnce(&Path) -> Result<Key, KeeperError> + Send + 'static,
    ) -> Result<Key, KeeperError> {
        let path = Arc::clone(&self.path);
        off_workers(move || find(&path)).await
    }
}

fn read_or_make(path: &Path) -> Result<Key, KeeperError> {
    match read(path) {
        Err(KeeperError::NoKeyFile { .. }) => make(path).and_then(|()| read(path)),
        other => other,
    }
}

fn read(path: &Path) -> Result<Key, KeeperError> {
    let text = read_private(path)?;
    Key::parse(&text).ok_or_else(|| KeeperError::NoKey {
        place: Protection::new(SealerKind::KeyFile, path.display().to_string()),
    })
}

/// Reads a file that others must not read.
pub(super) fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeeperError> {
    let content = fs::read(path).map_err(|source| KeeperError::file(path, source))?;
    let content = Zeroizing::new(content);
    check_mode(path)?;
    Ok(content)
}

/// Makes the file as a whole, unless another process was faster.
fn make(path: &Path) -> Result<(), KeeperError> {
    let line = Key::random()?.line();
    write_new(path, line.as_bytes()).map_err(|source| KeeperError::file(path, source))
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // It has the mode 0600 from the beginning.
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
        Ok(_) => sync_folder(folder),
    }
}

/// Without this a power failure could take the name away, and with it all that was sealed.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

#[cfg(unix)]
fn check_mode(path: &Path) -> Result<(), KeeperError> {
    use std::os::unix::fs::PermissionsExt as _;

    let file = fs::metadata(path).map_err(|source| KeeperError::file(path, source))?;
    let mode = file.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(KeeperError::Permissions {
            path: path.into(),
            mode,
        }),
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Path) -> Result<(), KeeperError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_is_made_for_its_owner_alone_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keeper.key");
        let sealed = seal(&path).await.unwrap();
        let made = fs::read(&path).unwrap();
        assert_eq!(made.len(), 45);
        seal(&path).await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), made);
        assert_eq!(*unseal(&path, &sealed).await.unwrap(), b"secret");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keeper.key");
        let sealed = seal(&path).await.unwrap();
        let made = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(made & 0o777, 0o600);
        for (bits, refused) in [
            (0o600, false),
            (0o400, false),
            (0o640, true),
            (0o604, true),
            (0o660, true),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
            let opened = unseal(&path, &sealed).await;
            assert_eq!(opened.is_err(), refused, "{bits:o}");
            assert_eq!(seal(&path).await.is_err(), refused, "{bits:o}");
        }
        let refused = unseal(&path, &sealed).await.unwrap_err();
        let fix = format!("chmod 600 {}", path.display());
        assert_eq!(refused.fix(), Some(fix));
    }

    #[tokio::test]
    async fn a_missing_file_is_not_made_to_unseal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keeper.key");
        let sealed = seal(&path).await.unwrap();
        fs::remove_file(&path).unwrap();
        let missing = unseal(&path, &sealed).await.unwrap_err();
        assert!(matches!(missing, KeeperError::NoKeyFile { .. }));
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_file_without_a_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keeper.key");
        write_new(&path, b"no key\n").unwrap();
        let refused = seal(&path).await.unwrap_err().to_string();
        let named = format!("key file {} holds no key", path.display());
        assert!(refused.starts_with(&named), "{refused}");
    }

    #[tokio::test]
    async fn another_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let sealed = seal(&one).await.unwrap();
        seal(&other).await.unwrap();
        let refused = unseal(&other, &sealed).await.unwrap_err();
        assert!(matches!(refused, KeeperError::OtherKey { .. }));
        assert!(refused.to_string().contains(one.to_str().unwrap()));
    }

    #[tokio::test]
    async fn a_folder_that_is_missing_is_no_missing_key() {
        let folder = tempfile::tempdir().unwrap();
        let refused = seal(&folder.path().join("no/keeper.key")).await;
        assert!(refused.is_err());
    }

    async fn seal(path: &Path) -> Result<Vec<u8>, KeeperError> {
        KeyFile::new(path).seal(&Label::new("x"), b"secret").await
    }

    async fn unseal(path: &Path, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeeperError> {
        KeyFile::new(path).unseal(&Label::new("x"), sealed).await
    }
}
