//! The Debian package, the units and the containers.

#[cfg(target_os = "linux")]
mod as_root;
mod containers;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program::run;

#[test]
fn a_package_is_the_same_each_time_and_has_what_people_look_for() {
    let (one, two) = (Package::build(), Package::build());
    assert!(fs::read(&one.file).unwrap() == fs::read(&two.file).unwrap());
    let content = one.ask("--contents");
    for file in [
        "./usr/bin/sso-connect",
        "./usr/lib/systemd/system/sso-connect.service",
        "./usr/lib/systemd/system/sso-connect-hub.service",
        "./usr/lib/sysusers.d/sso-connect.conf",
        "./usr/share/bash-completion/completions/sso-connect",
        "./usr/share/doc/sso-connect/copyright",
        "./usr/share/doc/sso-connect/install.md",
        "./usr/share/man/man1/sso-connect-hub-serve.1.gz",
    ] {
        assert!(content.contains(&format!(" {file}\n")), "{file}: {content}");
    }
    assert!(content.lines().all(|line| line.contains(" root/root ")));
    let control = one.ask("--info");
    assert!(control.contains("Depends: libc6 (>= "), "{control}");
    let version = format!("Version: {}\n", env!("CARGO_PKG_VERSION"));
    assert!(control.contains(&version), "{control}");
}

#[test]
fn the_units_make_sense_to_systemd_and_leave_little_room_for_attackers() {
    let folder = tempfile::tempdir().unwrap();
    for name in UNITS {
        let unit = fs::read_to_string(packaging().join("systemd").join(name)).unwrap();
        let unit = unit.replace("/usr/bin/sso-connect", env!("CARGO_BIN_EXE_sso-connect"));
        let path = folder.path().join(name);
        fs::write(&path, unit).unwrap();
        let analyze = || Command::new("systemd-analyze");
        let mut verify = analyze();
        let said = verify.args(["verify", "--man=no"]).arg(&path).output();
        let said = String::from_utf8(said.unwrap().stderr).unwrap();
        assert!(!said.contains(name), "{said}");
        // In tenths; 100 is a service without any protection.
        let exposed = ["security", "--offline=true", "--threshold=20", "--no-pager"];
        run(analyze().args(exposed).arg(&path));
    }
}

#[test]
fn no_unit_starts_anew_what_a_person_has_to_mend() {
    for name in UNITS {
        let unit = fs::read_to_string(packaging().join("systemd").join(name)).unwrap();
        let has = |line: &str| unit.lines().any(|it| it == line);
        assert!(has("RestartPreventExitStatus=2 3"), "{name}");
        assert!(has("Restart=on-failure"), "{name}");
        assert!(has("LimitCORE=0"), "{name}");
    }
}

/// A package of the program under test.
struct Package {
    file: PathBuf,
    _folder: TempDir,
}

impl Package {
    fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut build = Command::new("bash");
        build.arg(packaging().join("debian/build")).arg("--quick");
        build.args(["--program", env!("CARGO_BIN_EXE_sso-connect"), "--out"]);
        run(build.arg(folder.path()));
        let mut files = fs::read_dir(folder.path()).unwrap();
        Self {
            file: files.next().unwrap().unwrap().path(),
            _folder: folder,
        }
    }

    fn ask(&self, what: &str) -> String {
        run(Command::new("dpkg-deb").arg(what).arg(&self.file))
    }
}

fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging")
}

const UNITS: [&str; 2] = ["sso-connect.service", "sso-connect-hub.service"];
