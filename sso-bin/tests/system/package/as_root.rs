//! The package on a machine of its own, with a systemd that is its first process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Package;
use crate::program::run;

#[test]
fn a_package_lives_under_systemd_from_installation_to_removal() {
    let package = Package::build();
    let said = told_by(&package);
    let mut lines = said.lines();
    for start in STORY {
        let is_there = lines.any(|line| line.starts_with(start));
        assert!(is_there, "no {start:?} where it belongs:\n{said}");
    }
}

/// What comes out, in this order.
const STORY: [&str; 35] = [
    "SSO Connect is installed, and nothing runs yet.",
    "after the installation: inactive",
    "enabled: disabled",
    "data: sso-connect 700",
    "without a configuration: 1",
    "without a configuration it ends with: 5",
    "units: sound",
    "start: 0",
    "started: active",
    "type: notify",
    "status: Not Configured Yet: ",
    "by command: Not Configured Yet",
    "port: 443",
    "capabilities: 0000000000000400",
    "seccomp: 2",
    "reload: 0",
    "reloaded: active",
    "starts after a hang: 1",
    "after a hang: active",
    "after the upgrade: active",
    "program: new",
    "with a wrong setting: failed",
    "with a wrong setting it ends with: 3",
    "with a wrong setting, starts: 0",
    "with a credential: active",
    "keys: sealed",
    "hub: active",
    "hub says: Running",
    "Running",
    "server: inactive",
    "hub: inactive",
    "/var/lib/sso-connect was kept",
    "secrets of a server by itself. When you are sure: rm -r /var/lib/sso-connect",
    "keys: kept",
    "== end",
];

/// Runs the story on a machine with the package, and returns what it says.
fn told_by(package: &Package) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/package");
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said");
    let group = Group::make();
    let mut machine = Command::new("sh");
    // The process enters the group first, so that the machine sees no other.
    machine.args([
        "-c",
        "echo $$ >\"$1/cgroup.procs\" && shift && exec \"$@\"",
        "sh",
    ]);
    machine.arg(&group.0);
    machine.args(["timeout", "--signal=KILL", "100", "unshare", "--kill-child"]);
    machine.args([
        "--fork", "--pid", "--mount", "--uts", "--net", "--ipc", "--cgroup",
    ]);
    machine.args(["--propagation", "private", "sh"]);
    machine.arg(here.join("machine.sh")).arg(&package.file);
    machine.arg(here.join("story.sh")).arg(&said);
    // A machine that was switched off ends by a signal.
    let ended = machine.output().unwrap();
    format!(
        "\n{}",
        fs::read_to_string(said).unwrap_or_else(|_| panic!("{ended:?}"))
    )
}

/// A control group for the machine, gone with it.
struct Group(PathBuf);

impl Group {
    fn make() -> Self {
        let all = run(Command::new("findmnt").args(["-n", "-o", "TARGET", "-t", "cgroup2"]));
        let all = all.lines().next().unwrap().trim();
        let name = format!("sso-connect-test-{}", std::process::id());
        let path = Path::new(all).join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Groups within go first. One with a process that is about to end stays.
fn remove(group: &Path) {
    for inner in fs::read_dir(group).into_iter().flatten().flatten() {
        if inner.path().is_dir() {
            remove(&inner.path());
        }
    }
    let _ = fs::remove_dir(group);
}
