use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn what_was_created_opens_and_is_private() {
    let (_guard, dir) = created();
    let dir = DataDir::open(dir.root()).unwrap();
    assert_eq!(mode(dir.root()), 0o700);
    assert_eq!(mode(&dir.config_file()), 0o600);
    assert_eq!(dir.read(&dir.config_file()).unwrap().as_str(), "base_url");
}

#[test]
fn a_configuration_is_never_overwritten_by_init() {
    let (_guard, dir) = created();
    let again = DataDir::create(dir.root()).unwrap_err();
    assert!(matches!(again, DataDirError::Initialised { .. }));
}

#[test]
fn an_empty_folder_is_told_how_to_begin() {
    let dir = tempfile::tempdir().unwrap();
    let missing = DataDir::open(dir.path()).unwrap_err();
    assert!(
        missing.to_string().ends_with("holds no configuration"),
        "{missing}"
    );
    assert!(
        missing.fix().contains("sso-connect init --base-url"),
        "{}",
        missing.fix()
    );
}

#[test]
fn a_folder_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let (_guard, dir) = created();
    fs::set_permissions(dir.root(), fs::Permissions::from_mode(0o755)).unwrap();
    let refused = DataDir::open(dir.root()).unwrap_err();
    assert!(refused.to_string().contains("has mode 0755"), "{refused}");
    assert_eq!(refused.fix(), format!("chmod 700 {}", dir.root().display()));
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let (_guard, dir) = created();
    let path = dir.key_file(KeyFile::Data);
    dir.write(&path, "secret").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let refused = dir.read(&path).unwrap_err();
    assert_eq!(refused.fix(), format!("chmod 600 {}", path.display()));
}

#[test]
fn an_absent_file_is_none_where_it_may_be_absent() {
    let (_guard, dir) = created();
    assert!(dir.read_if_present(&dir.local_file()).unwrap().is_none());
    assert!(matches!(
        dir.read(&dir.local_file()),
        Err(DataDirError::Io { .. })
    ));
}

fn created() -> (tempfile::TempDir, DataDir) {
    let guard = tempfile::tempdir().unwrap();
    let dir = DataDir::create(&guard.path().join("data")).unwrap();
    dir.write(&dir.config_file(), "base_url").unwrap();
    (guard, dir)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
