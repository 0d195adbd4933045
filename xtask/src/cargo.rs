//! Running cargo.
//!
//! Every call goes without `RUSTFLAGS` of our own and into the same target folder, because cargo
//! compiles everything again for other flags. (The linker needs none: on x86-64 Linux rustc brings
//! a fast one.) Only the fuzz targets need flags, and have a folder of their own.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::workspace;

/// A cargo command in the repository's root. The benches, a workspace of their own, share the target folder.
pub(crate) fn command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace::root()).env("CARGO_TARGET_DIR", workspace::target());
    command
}

/// Runs cargo, its output going where ours goes.
pub(crate) fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> anyhow::Result<()> {
    let mut command = command();
    command.args(arguments);
    finish(&mut command)
}

/// Runs a command, its output going where ours goes; an error when it fails.
pub(crate) fn finish(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", shown(command)))?;
    ensure!(status.success(), "{} ended with {status}", shown(command));
    Ok(())
}

/// A command as a person would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy);
    words.collect::<Vec<_>>().join(" ")
}
