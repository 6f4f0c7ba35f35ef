//! Files that are not there until they are whole.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::sqlite::{OpenError, private, remove_side_files, sync_folder, with_end};

/// A file under a name of its own, beside the one that it is going to have.
///
/// Dropping it removes it, unless it [lasts](Self::lasting). What a process leaves that dies is
/// [gone on with](Self::resume), or removed by the next draft for the same target; while one is made,
/// there can be no second.
#[derive(Debug)]
pub(super) struct Draft {
    /// Locked as long as it is open.
    file: File,
    /// Whether dropping it leaves it alone.
    stays: bool,
    path: PathBuf,
    target: PathBuf,
}

impl Draft {
    /// Begins an empty file for `target`, which must not be there.
    pub(super) fn begin(target: &Path) -> Result<Self, OpenError> {
        let draft = Self::open(target, true)?;
        draft.empty()?;
        Ok(draft)
    }

    /// Goes on with what a process has left for `target`; `None` if there is nothing. It lasts.
    pub(super) fn resume(target: &Path) -> Result<Option<Self>, OpenError> {
        let path = with_end(target, ".draft");
        match path.try_exists() {
            Ok(false) => Ok(None),
            Ok(true) => Self::open(target, false).map(|it| Some(it.lasting())),
            Err(source) => Err(OpenError::io(&path, source)),
        }
    }

    /// From now on dropping it leaves it alone.
    pub(super) const fn lasting(mut self) -> Self {
        self.stays = true;
        self
    }

    fn open(target: &Path, create: bool) -> Result<Self, OpenError> {
        let path = with_end(target, ".draft");
        let failed = |source| OpenError::io(&path, source);
        refuse_existing(target)?;
        let mut options = File::options();
        options.write(true).create(create).truncate(false);
        let file = private(&mut options).open(&path).map_err(failed)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::Error(source) => failed(source),
            TryLockError::WouldBlock => OpenError::InUse { path: path.clone() },
        })?;
        // Who held the lock may have published the file meanwhile: it must not be emptied then.
        refuse_existing(target)?;
        Ok(Self {
            file,
            stays: false,
            path,
            target: target.into(),
        })
    }

    /// Where the file is as long as it is a draft.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the file is going to be.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Gives the file its name, so that a power failure leaves all of it or nothing. Nobody has
    /// it open any more.
    pub(super) fn publish(mut self) -> Result<(), OpenError> {
        let failed = |source| OpenError::io(&self.target, source);
        self.file.sync_all().map_err(failed)?;
        refuse_existing(&self.target)?;
        fs::rename(&self.path, &self.target).map_err(failed)?;
        self.stays = true;
        sync_folder(&self.target).map_err(failed)
    }

    /// Removes what an earlier draft has left.
    fn empty(&self) -> Result<(), OpenError> {
        let removed = remove_side_files(&self.path);
        let emptied = removed.and_then(|()| self.file.set_len(0));
        emptied.map_err(|source| OpenError::io(&self.path, source))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.stays {
            // What cannot be removed the next draft removes.
            let _ = remove_side_files(&self.path);
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn refuse_existing(target: &Path) -> Result<(), OpenError> {
    match target.try_exists() {
        Ok(false) => Ok(()),
        Ok(true) => Err(OpenError::Exists {
            path: target.into(),
        }),
        Err(source) => Err(OpenError::io(target, source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_name_when_it_is_published() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("file");
        let draft = Draft::begin(&target).unwrap();
        fs::write(draft.path(), "whole").unwrap();
        assert!(!target.exists());
        draft.publish().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "whole");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_draft_that_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let draft = Draft::begin(&folder.path().join("file")).unwrap();
        fs::write(with_end(draft.path(), "-wal"), "half").unwrap();
        drop(draft);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_draft_that_was_left_behind_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file.draft"), "half").unwrap();
        fs::write(folder.path().join("file.draft-wal"), "half").unwrap();
        let draft = Draft::begin(&folder.path().join("file")).unwrap();
        assert_eq!(names(folder.path()), ["file.draft"]);
        assert_eq!(fs::read_to_string(draft.path()).unwrap(), "");
    }

    #[test]
    fn there_is_one_draft_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("file");
        let first = Draft::begin(&target).unwrap();
        fs::write(first.path(), "first").unwrap();
        let second = Draft::begin(&target).unwrap_err();
        assert!(matches!(second, OpenError::InUse { .. }), "{second:?}");
        first.publish().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "first");
    }

    #[test]
    fn an_existing_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("file");
        let draft = Draft::begin(&target).unwrap();
        fs::write(&target, "there").unwrap();
        let late = draft.publish().unwrap_err();
        assert!(matches!(late, OpenError::Exists { .. }), "{late:?}");
        let early = Draft::begin(&target).unwrap_err();
        assert!(matches!(early, OpenError::Exists { .. }), "{early:?}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "there");
        assert_eq!(names(folder.path()), ["file"]);
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}
