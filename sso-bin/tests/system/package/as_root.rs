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
    let mut rest = said.as_str();
    for line in STORY {
        let (_, after) = rest.split_once(&format!("\n{line}")).unwrap_or_else(|| {
            panic!("no {line:?} where it belongs:\n{said}");
        });
        rest = after;
    }
}

/// What comes out, in this order.
const STORY: [&str; 35] = [
    "SSO Connect is installed, and nothing runs yet.",
    "after the installation: inactive\n",
    "enabled: disabled\n",
    "data: sso-connect 700\n",
    "without a configuration: 1\n",
    "without a configuration it ends with: 5\n",
    "units: sound\n",
    "start: 0\n",
    "started: active\n",
    "type: notify\n",
    "status: Not Configured Yet: ",
    "by command: Not Configured Yet\n",
    "port: 443\n",
    "capabilities: 0000000000000400\n",
    "seccomp: 2\n",
    "reload: 0\n",
    "reloaded: active\n",
    "starts after a hang: 1\n",
    "after a hang: active\n",
    "after the upgrade: active\n",
    "program: new\n",
    "with a wrong setting: failed\n",
    "with a wrong setting it ends with: 3\n",
    "with a wrong setting, starts: 0\n",
    "with a credential: active\n",
    "keys: sealed\n",
    "hub: active\n",
    "hub says: Running\n",
    "Running\n",
    "server: inactive\n",
    "hub: inactive\n",
    "/var/lib/sso-connect was kept",
    "rm -r /var/lib/sso-connect\n",
    "keys: kept\n",
    "== end\n",
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
