//! The first command of the README: builds the binary and scans the sample under `examples/shop`.
//!
//! The shop is wrong in places on purpose, so the scan ends with 1: the gate did not hold. The demo
//! has then done its job and ends with 0; anything else is an error.

use std::process::Command;

use anyhow::{Context as _, bail};

use super::Task;
use crate::workspace;

pub(super) const TASK: Task =
    Task { name: "demo", arguments: "", what: "build bulkhead and scan the sample shop", run };

fn run(_: &[String]) -> anyhow::Result<()> {
    println!("Building bulkhead (release); the first time takes a few minutes.");
    let binary = workspace::release_binary()?;
    println!("\n$ bulkhead scan examples/shop");
    let status = Command::new(binary)
        .args(["scan", "examples/shop"])
        .current_dir(workspace::root())
        .status()
        .context("cannot run bulkhead")?;
    match status.code() {
        Some(1) => println!(
            "\nbulkhead ended with 1: there are findings of severity high or worse, so the gate did not hold. In \
             continuous\nintegration that stops a change; here it is what the sample is for (examples/README.md says \
             what is wrong\nwhere), and the demo ends with 0.\n\nNext: bulkhead explain ID shows what a finding means. \
             The binary is target/release/bulkhead."
        ),
        Some(0) => bail!("the gate held, although the sample has faults on purpose"),
        _ => bail!("bulkhead ended with {status}"),
    }
    Ok(())
}
