//! The keys of a server that goes, and what it kept.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::data_dir::{DataDir, DataDirError};
use crate::failure::Failure;

/// What is destroyed, by name.
pub(super) fn names(dir: &DataDir) -> Result<Vec<String>, Failure> {
    let files = files(dir)?;
    Ok(files.iter().filter_map(|it| name(it)).collect())
}

/// Overwrites and removes the keys, and everything else that is sealed with them; their names.
///
/// The file system may have copied what was overwritten elsewhere, as may have snapshots.
pub(super) fn destroy(dir: &DataDir) -> Result<Vec<String>, Failure> {
    let files = files(dir)?;
    for file in &files {
        overwrite(file).map_err(|error| failed(file, error))?;
        dir.remove(file)?;
    }
    Ok(files.iter().filter_map(|it| name(it)).collect())
}

/// Moves what is left into the folder `retired`, or removes it: the data folder is as that of a new
/// server.
pub(super) fn put_away(dir: &DataDir, remove: bool) -> Result<(), Failure> {
    let retired = dir.file("retired");
    if !remove {
        let guarded = DataDir::ensure(&retired)?;
        remove_anything(&guarded.root().join("keys"))?;
    }
    for name in DATA {
        let path = dir.file(name);
        match remove {
            true => remove_anything(&path)?,
            false => {
                remove_anything(&retired.join(name))?;
                dir.rename(&path, &retired.join(name))?;
            }
        }
    }
    Ok(())
}

/// Everything in the folder of keys, and what is sealed beside it.
fn files(dir: &DataDir) -> Result<Vec<PathBuf>, Failure> {
    let mut found = in_folder(&dir.root().join("keys"), |_| true)?;
    let is_secret = |name: &str| name.ends_with(".sealed") || name == "control.json";
    found.extend(in_folder(dir.root(), is_secret)?);
    found.sort();
    Ok(found)
}

fn in_folder(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, Failure> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| failed(folder, error))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if path.is_file() && name(&path).is_some_and(|name| wanted(&name)) {
            found.push(path);
        }
    }
    Ok(found)
}

fn name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_str()?.to_owned())
}

fn overwrite(path: &Path) -> io::Result<()> {
    let length = usize::try_from(fs::metadata(path)?.len()).unwrap_or(usize::MAX);
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(&vec![0; length])?;
    file.sync_all()
}

fn remove_anything(path: &Path) -> Result<(), Failure> {
    let removed = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path, error)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, source: io::Error) -> Failure {
    let path = path.to_owned();
    DataDirError::Io { path, source }.into()
}

/// What a server of a domain keeps, beside keys and the settings of its machine.
/// The last one says that something is left to be done.
const DATA: [&str; 10] = [
    "config.toml",
    "node",
    "sso.sqlite3",
    "sso.sqlite3-shm",
    "sso.sqlite3-wal",
    "sso.sqlite3.beside",
    "sso.sqlite3.beside-journal",
    "sso.sqlite3.beside-shm",
    "sso.sqlite3.beside-wal",
    "domain.toml",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_destroyed_and_the_rest_is_put_away() {
        let (_guard, dir) = folder();
        assert_eq!(names(&dir).unwrap(), ["keeper.key", "session.sealed"]);
        let other = dir.root().join("other-name");
        fs::hard_link(dir.root().join("keys/keeper.key"), &other).unwrap();
        destroy(&dir).unwrap();
        put_away(&dir, false).unwrap();
        assert!(!dir.root().join("keys/keeper.key").exists());
        assert_eq!(fs::read(&other).unwrap(), [0; 6], "overwritten in place");
        assert!(dir.root().join("retired/node/users.db").exists());
        assert!(dir.root().join("local.toml").exists());
        assert!(!dir.domain_file().exists());
        assert!(destroy(&dir).unwrap().is_empty(), "it can be done again");
    }

    #[test]
    fn data_is_removed_if_one_says_so() {
        let (_guard, dir) = folder();
        destroy(&dir).unwrap();
        put_away(&dir, true).unwrap();
        assert!(!dir.node_folder().exists());
        assert!(!dir.file("sso.sqlite3.beside").exists());
        assert!(!dir.file("retired").exists());
    }

    fn folder() -> (tempfile::TempDir, DataDir) {
        let guard = tempfile::tempdir().unwrap();
        let dir = DataDir::ensure(&guard.path().join("data")).unwrap();
        fs::create_dir(dir.node_folder()).unwrap();
        for (name, text) in [
            ("domain.toml", "x"),
            ("keys/keeper.key", "secret"),
            ("local.toml", ""),
            ("node/users.db", "x"),
            ("session.sealed", "x"),
            ("sso.sqlite3.beside", "x"),
        ] {
            dir.write(&dir.file(name), text).unwrap();
        }
        (guard, dir)
    }
}
