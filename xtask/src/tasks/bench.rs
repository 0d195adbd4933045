//! Measures: `cargo xtask bench` runs the benches, `cargo xtask bench scan` the whole binary on generated
//! trees, `cargo xtask bench start` how soon it answers.

use super::Task;
use crate::{cargo, workspace};

pub(super) const TASK: Task = Task {
    name: "bench",
    arguments: "[FILTER | scan [--peers] | start]",
    what: "measure reading, judging, whole scans, start-up",
    run,
};

fn run(arguments: &[String]) -> anyhow::Result<()> {
    let mut command = cargo::command();
    match arguments.first().map(String::as_str) {
        Some("scan" | "start") => {
            let binary = workspace::release_binary()?;
            command
                .args([
                    "run",
                    "--quiet",
                    "--release",
                    "--manifest-path",
                    "bench/Cargo.toml",
                    "--bin",
                    "whole",
                    "--",
                ])
                .args(arguments)
                .arg("--binary")
                .arg(binary);
        }
        _ => {
            command
                .args(["bench", "--quiet", "--manifest-path", "bench/Cargo.toml", "--bench", "parts", "--"])
                .args(arguments);
        }
    }
    cargo::finish(&mut command)
}
