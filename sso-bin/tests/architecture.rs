//! ARCHITECTURE.md tells the truth about where things are.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_path_it_names_exists() {
    let text = architecture();
    let gone: Vec<_> = quoted(&text)
        .filter(|path| path.contains('/') && !path.contains(' '))
        .filter(|path| TOP_LEVEL.iter().any(|top| path.starts_with(top)))
        .filter(|path| !workspace().join(path).exists())
        .collect();
    assert!(gone.is_empty(), "named but gone: {gone:#?}");
}

#[test]
fn every_module_folder_is_named() {
    let text = architecture();
    let named: Vec<_> = quoted(&text).collect();
    let mut folders = Vec::new();
    for package in ["sso-core", "sso-sync", "sso-bin"] {
        collect_folders(&workspace().join(package).join("src"), &mut folders);
    }
    let missing: Vec<_> = folders
        .iter()
        .map(|folder| {
            folder
                .strip_prefix(workspace())
                .unwrap()
                .display()
                .to_string()
        })
        .filter(|folder| !named.contains(&format!("{folder}/").as_str()))
        .collect();
    assert!(!folders.is_empty());
    assert!(missing.is_empty(), "there but not named: {missing:#?}");
}

#[test]
fn concrete_backends_are_named_in_the_wiring_only() {
    let mut folders = vec![workspace().join("sso-bin/src")];
    collect_folders(&workspace().join("sso-bin/src"), &mut folders);
    let files = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut naming: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|file| file.extension().is_some_and(|it| it == "rs"))
        .filter(|file| {
            let text = fs::read_to_string(file).unwrap();
            BACKENDS.iter().any(|backend| text.contains(backend))
        })
        .collect();
    naming.sort();
    let wiring = ["sso-bin/src/hub/wiring.rs", "sso-bin/src/wiring.rs"];
    assert_eq!(naming, wiring.map(|file| workspace().join(file)));
}

#[test]
fn it_is_short_enough_to_be_read() {
    assert!(architecture().lines().count() <= 150);
}

fn architecture() -> String {
    fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap()
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn collect_folders(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_folders(&path, found);
            if is_module(&path) {
                found.push(path);
            }
        }
    }
}

/// Tests and their data belong to the module around them.
fn is_module(folder: &Path) -> bool {
    folder.join("mod.rs").exists() && !folder.ends_with("tests")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

const BACKENDS: [&str; 7] = [
    "BucketStore",
    "EtcdStore",
    "LocalStore",
    "MemoryStore",
    "PostgresStore",
    "RedbStore",
    "SqliteStore",
];

const TOP_LEVEL: [&str; 5] = [
    "sso-core/",
    "sso-sync/",
    "sso-bin/",
    "examples/",
    "benches/",
];
