//! Writes the data of crate `kinds` anew from Kubernetes' own code (`testbed/kinds`).
//!
//! The generator is built once per minor version, against that version's modules; then the lines of all
//! versions are joined. It takes Go and some minutes. A build of Bulkhead needs neither: the joined data
//! is committed.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::Task;
use crate::{cargo, workspace};

pub(super) const TASK: Task = Task {
    name: "kinds",
    arguments: "[1.N…]",
    what: "generate what crate kinds knows of Kubernetes (needs Go)",
    run,
};

fn run(wanted: &[String]) -> anyhow::Result<()> {
    ensure!(workspace::program("go").is_some(), "there is no go on PATH");
    let folder = workspace::root().join("testbed/kinds");
    let out = workspace::target().join("kinds");
    fs::create_dir_all(&out)?;
    let mut versions = Vec::new();
    for entry in fs::read_dir(folder.join("mod")).context("cannot read testbed/kinds/mod")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        versions.extend(name.strip_suffix(".mod").map(str::to_owned));
    }
    versions.sort();
    for version in wanted {
        ensure!(versions.contains(version), "there is no {version}; there are {}", versions.join(", "));
    }
    let go = |flags: &str| {
        let mut go = Command::new("go");
        go.arg("run").current_dir(&folder).env("GOFLAGS", flags);
        go
    };
    for version in versions {
        // Lines of versions that are not wanted are those of the run before.
        let skip = !wanted.is_empty() && !wanted.contains(&version);
        if !skip || !out.join(format!("{version}.txt")).exists() {
            println!("kinds of {version}");
            cargo::finish(go(&format!("-modfile=mod/{version}.mod")).arg(".").arg(&out))?;
        }
    }
    cargo::finish(go("").arg("./pack").arg(&out).arg("../../crates"))
}
