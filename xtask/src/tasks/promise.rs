//! Keeps what this version says, for later ones to be compared with: run once for each release.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};

use super::Task;
use crate::{promises, workspace};

pub(super) const TASK: Task =
    Task { name: "promise", arguments: "", what: "keep this release's report under docs/releases", run };

/// Everything, at a fixed day and for a fixed version of Kubernetes, so that only Bulkhead changes.
const ARGUMENTS: &[&str] = &[
    "scan",
    "input",
    "--set",
    "all",
    "--output",
    "json",
    "--kubernetes-version",
    "1.35",
    "--as-of",
    "2026-01-01",
];

fn run(_: &[String]) -> anyhow::Result<()> {
    let folder = promises::folder().join(env!("CARGO_PKG_VERSION"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    copy(&workspace::root().join("examples/shop"), &folder.join("input"))?;
    let arguments: Vec<String> = ARGUMENTS.iter().map(|&word| word.to_owned()).collect();
    let said = promises::ask(&workspace::debug_binary()?, &folder, &arguments)?;
    let kept = promises::Said::parse(&said[0], &said[1])?.arguments();
    ensure!(kept == ARGUMENTS, "the report does not say how it was asked: {kept:?}");
    for (name, text) in ["report.json", "policies.json"].iter().zip(said) {
        fs::write(folder.join(name), text)?;
    }
    println!("kept in {}", folder.display());
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
