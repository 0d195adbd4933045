//! Where things lie: the repository's root, the target folder, the binary.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context as _, ensure};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the repository's root")
}

/// The folder that cargo builds into; `CARGO_TARGET_DIR` moves it.
pub(crate) fn target() -> &'static Path {
    static TARGET: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        root().join(folder)
    });
    &TARGET
}

/// The file of a program on `PATH`, or in the folder where [`crate::packages`] keeps its own.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([target().join("tools/bin")])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The binary as the tests build it: one profile for everything, so that nothing is compiled twice.
pub(crate) fn debug_binary() -> anyhow::Result<PathBuf> {
    crate::cargo::run(["build", "--package", "bulkhead"])?;
    Ok(target().join("debug/bulkhead"))
}

/// The binary as it is shipped.
pub(crate) fn release_binary() -> anyhow::Result<PathBuf> {
    crate::cargo::run(["build", "--release", "--package", "bulkhead"])?;
    Ok(target().join("release/bulkhead"))
}

/// What a command prints to standard output; an error when it fails.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let shown = format!("{command:?}");
    let output = command.output().with_context(|| format!("cannot run {shown}"))?;
    ensure!(
        output.status.success(),
        "{shown} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    String::from_utf8(output.stdout).with_context(|| format!("{shown} printed bytes that are no text"))
}
