use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tempfile::TempDir;

use super::*;

#[tokio::test]
async fn a_key_file_leaves_the_key_where_it_is() {
    let (_guard, dir, _) = folder();
    let sealer = keeper::KeyFile::new(&dir.key_file(KeyFile::Keeper));
    ensure(&dir, &sealer).await.unwrap();
    let kept = fs::read(dir.key_file(KeyFile::Data)).unwrap();
    seal(&dir, &sealer).await.unwrap();
    ensure(&dir, &sealer).await.unwrap();
    assert_eq!(fs::read(dir.key_file(KeyFile::Data)).unwrap(), kept);
    assert_eq!(files(&dir), ["data.key"]);
    assert!(load(&dir, &sealer).await.is_ok());
}

#[tokio::test]
async fn a_key_in_a_file_is_sealed_and_the_file_goes() {
    let (_guard, dir, sealer) = folder();
    write_key(&dir, KEY);
    seal(&dir, &sealer).await.unwrap();
    assert_eq!(files(&dir), ["data.sealed"]);
    assert_eq!(*unsealed(&dir, &sealer).await.unwrap().unwrap(), KEY);
    seal(&dir, &sealer).await.unwrap();
    ensure(&dir, &sealer).await.unwrap();
    assert_eq!(*unsealed(&dir, &sealer).await.unwrap().unwrap(), KEY);
}

#[tokio::test]
async fn a_new_key_is_never_in_a_file() {
    let (_guard, dir, sealer) = folder();
    ensure(&dir, &sealer).await.unwrap();
    assert_eq!(files(&dir), ["data.sealed"]);
    assert!(load(&dir, &sealer).await.is_ok());
}

#[tokio::test]
async fn a_kill_at_any_step_loses_no_key() {
    let (_guard, dir, sealer) = folder();
    // While the sealed one was written.
    write_key(&dir, KEY);
    let half = dir
        .key_file(KeyFile::SealedData)
        .with_added_extension("new");
    dir.write(&half, "half").unwrap();
    assert!(load(&dir, &sealer).await.is_ok());
    seal(&dir, &sealer).await.unwrap();
    assert_eq!(files(&dir), ["data.sealed"]);
    // Before the file was removed.
    write_key(&dir, KEY);
    assert!(load(&dir, &sealer).await.is_ok());
    let before = fs::read(dir.key_file(KeyFile::SealedData)).unwrap();
    seal(&dir, &sealer).await.unwrap();
    assert_eq!(files(&dir), ["data.sealed"]);
    assert_eq!(fs::read(dir.key_file(KeyFile::SealedData)).unwrap(), before);
}

#[tokio::test]
async fn a_file_stays_if_what_was_sealed_does_not_unseal() {
    let (_guard, dir, sealer) = folder();
    write_key(&dir, KEY);
    sealer.away.store(true, Ordering::Relaxed);
    assert!(seal(&dir, &sealer).await.is_err());
    assert_eq!(files(&dir), ["data.key"]);
    dir.write(&dir.key_file(KeyFile::SealedData), "damaged")
        .unwrap();
    sealer.away.store(false, Ordering::Relaxed);
    assert!(seal(&dir, &sealer).await.is_err());
    assert_eq!(files(&dir), ["data.key", "data.sealed"]);
}

#[tokio::test]
async fn two_different_keys_are_refused_and_both_stay() {
    let (_guard, dir, sealer) = folder();
    write_key(&dir, KEY);
    seal(&dir, &sealer).await.unwrap();
    write_key(&dir, [8; 32]);
    let refused = seal(&dir, &sealer).await.unwrap_err().to_string();
    assert!(refused.contains("are different keys"), "{refused}");
    assert_eq!(files(&dir), ["data.key", "data.sealed"]);
}

#[tokio::test]
async fn a_key_that_is_gone_is_named_as_what_it_was() {
    let (_guard, dir, sealer) = folder();
    let missing = load(&dir, &sealer).await.unwrap_err();
    assert!(
        missing
            .fix()
            .unwrap()
            .contains("keys/data.sealed from a backup")
    );
    let file = keeper::KeyFile::new(&dir.key_file(KeyFile::Keeper));
    let missing = load(&dir, &file).await.unwrap_err();
    assert!(
        missing
            .fix()
            .unwrap()
            .contains("keys/data.key from a backup")
    );
}

#[tokio::test]
async fn a_status_tells_the_truth() {
    let (_guard, dir, sealer) = folder();
    let file = Protection::new(SealerKind::KeyFile, "x");
    let told = |settings: &Protection| place(&dir, settings).unwrap().to_string();
    assert_eq!(told(&sealer.protection()), "not made yet");
    write_key(&dir, KEY);
    assert_eq!(told(&file), "in the file keys/data.key");
    let told_before = "in the file keys/data.key until the server starts the next time";
    assert_eq!(told(&sealer.protection()), told_before);
    seal(&dir, &sealer).await.unwrap();
    // Whatever the settings say by now.
    assert_eq!(told(&sealer.protection()), "sealed by key service");
    assert_eq!(told(&file), "sealed by key service");
}

fn folder() -> (TempDir, DataDir, Elsewhere) {
    let guard = tempfile::tempdir().unwrap();
    let dir = DataDir::ensure(&guard.path().join("data")).unwrap();
    let file = keeper::KeyFile::new(&guard.path().join("elsewhere.key"));
    let away = AtomicBool::new(false);
    (guard, dir, Elsewhere { file, away })
}

fn write_key(dir: &DataDir, key: [u8; 32]) {
    let line = BASE64_STANDARD.encode(key);
    dir.write(&dir.key_file(KeyFile::Data), &line).unwrap();
}

fn files(dir: &DataDir) -> Vec<String> {
    let entries = fs::read_dir(dir.root().join("keys")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// A sealer whose key is not on this machine.
#[derive(Debug)]
struct Elsewhere {
    file: keeper::KeyFile,
    away: AtomicBool,
}

#[async_trait]
impl Sealer for Elsewhere {
    async fn seal(&self, label: &Label, secret: &[u8]) -> Result<Vec<u8>, KeeperError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(KeeperError::Refused);
        }
        let key = self.file.seal(label, secret).await?;
        let header = keeper::Header::new(self.protection(), b"id");
        // The key file seals; only the name on it is another.
        header.seal(&[3; 32], &Label::new("wrapped"), &key)
    }

    async fn unseal(
        &self,
        label: &Label,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeeperError> {
        let opened = keeper::Envelope::read(sealed)?.open(&[3; 32], &Label::new("wrapped"))?;
        self.file.unseal(label, &opened).await
    }

    fn protection(&self) -> Protection {
        Protection::new(SealerKind::Other, "key service")
    }
}

const KEY: [u8; 32] = [7; 32];
