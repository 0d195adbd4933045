//! The machine that figures belong to.

use std::fs;

/// `AMD EPYC, 2 processors, 23 GB, Linux 6.1`.
pub(crate) fn describe() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    };
    let model =
        value(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = value(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
    let kilobytes: u64 = memory.trim_end_matches(" kB").parse().unwrap_or(0);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let release = read("/proc/sys/kernel/osrelease");
    let os = std::env::consts::OS;
    format!("{model}, {processors} processors, {} GB, {os} {}", kilobytes >> 20, release.trim())
}
