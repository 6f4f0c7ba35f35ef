//! The memory that this process takes.

use std::fs;

/// From now on the [most](most_memory) is counted anew.
pub(crate) fn count_memory_anew() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// The most memory that was taken, in KiB.
pub(crate) fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let most = lines.find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    most.trim_end_matches("kB").trim().parse().unwrap()
}
