//! The programs that we measure ourselves against, built from their Go modules.
//!
//! Each is built inside a module of our own, so that one exact version is asked for and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// A program that judges Kubernetes files.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    binary: PathBuf,
    arguments: &'static [&'static str],
    /// Whether it wants files instead of a folder.
    wants_files: bool,
}

impl Peer {
    /// What to run on a tree.
    pub(crate) fn command(&self, tree: &Path) -> Vec<String> {
        let mut command = vec![self.binary.display().to_string()];
        command.extend(self.arguments.iter().map(|&word| word.to_owned()));
        if self.wants_files {
            files(tree, &mut command);
        } else {
            command.push(tree.display().to_string());
        }
        command
    }
}

fn files(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path.display().to_string());
        }
    }
}

/// Builds the peers that are not there yet.
pub(crate) fn build(folder: &Path) -> anyhow::Result<Vec<Peer>> {
    let linter = "require golang.stackrox.io/kube-linter v0.8.3\n\
                  replace golang.stackrox.io/kube-linter => github.com/stackrox/kube-linter v0.8.3\n";
    let score = "require github.com/zegl/kube-score v1.20.0\n";
    Ok(vec![
        Peer {
            name: "kube-linter 0.8.3, its defaults",
            binary: install(folder, "kube-linter", linter, "golang.stackrox.io/kube-linter/cmd/kube-linter")?,
            // That check waits for the network.
            arguments: &["lint", "--format", "json", "--exclude", "schema-validation"],
            wants_files: false,
        },
        Peer {
            name: "kube-score 1.20.0",
            binary: install(folder, "kube-score", score, "github.com/zegl/kube-score/cmd/kube-score")?,
            arguments: &["score", "--output-format", "json"],
            wants_files: true,
        },
    ])
}

fn install(folder: &Path, name: &str, module: &str, package: &str) -> anyhow::Result<PathBuf> {
    let binary = std::path::absolute(folder)?.join("bin").join(name);
    if binary.exists() {
        return Ok(binary);
    }
    eprintln!("building {name}");
    let source = folder.join(name);
    fs::create_dir_all(&source)?;
    fs::write(source.join("go.mod"), format!("module peers\n\ngo 1.25\n\n{module}"))?;
    let status = Command::new("go")
        .args(["build", "-mod=mod", "-trimpath", "-ldflags=-s -w", "-o"])
        .arg(&binary)
        .arg(package)
        .env("CGO_ENABLED", "0")
        .current_dir(&source)
        .status()
        .context("cannot run go")?;
    ensure!(status.success(), "go could not build {name}");
    Ok(binary)
}
