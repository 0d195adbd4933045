//! The whole binary, measured from outside: processor time, wall time, peak memory.
//!
//! `whole scan` scans generated trees, `whole start` measures how soon small jobs are done. Each figure is the
//! least of several runs, for whatever else the machine does only adds. A run is measured by a process of
//! its own (`whole measure`), because the kernel tells peak memory only of all children together.

mod machine;
mod measure;
mod peers;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use bench::tree;

use crate::measure::Cost;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let binary = || after("--binary").map(PathBuf::from).context("--binary FILE is missing");
    match arguments.first().map(String::as_str) {
        Some("measure") => measure::child(&arguments[1..]),
        Some("scan") => {
            let sizes = after("--objects").map_or("1000,10000,1600000", String::as_str);
            let sizes = sizes.split(',').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
            scan(&binary()?, &sizes, arguments.iter().any(|argument| argument == "--peers"))
        }
        Some("start") => start(&binary()?),
        _ => bail!("usage: whole (scan [--objects N,…] [--peers] | start) --binary FILE"),
    }
}

/// Where trees and peers lie between runs.
fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    target.join("bench")
}

fn scan(binary: &Path, sizes: &[usize], peers: bool) -> anyhow::Result<()> {
    let peers = if peers { peers::build(&folder().join("peers"))? } else { Vec::new() };
    println!("{}\n", machine::describe());
    println!("| objects | bytes | program | CPU s | wall s | peak MB |\n|---:|---:|---|---:|---:|---:|");
    for &objects in sizes {
        let tree = folder().join(format!("tree-{objects}"));
        let bytes = make(&tree, objects)?;
        let runs = if objects > 100_000 { 1 } else { 5 };
        let ours = [&binary.display().to_string(), "scan", "--set", "all", "-o", "json"].map(str::to_owned);
        let mut programs = vec![("bulkhead".to_owned(), [&ours[..], &[tree.display().to_string()]].concat())];
        if objects <= 100_000 {
            programs.extend(peers.iter().map(|peer| (peer.name.to_owned(), peer.command(&tree))));
        }
        for (name, command) in programs {
            let cost = least(&command, runs)?;
            println!(
                "| {objects} | {bytes} | {name} | {:.2} | {:.2} | {:.0} |",
                cost.cpu, cost.wall, cost.peak_megabytes
            );
        }
    }
    Ok(())
}

/// A tree of so many objects, made once.
fn make(tree: &Path, objects: usize) -> anyhow::Result<u64> {
    let note = tree.with_extension("bytes");
    if let Ok(text) = fs::read_to_string(&note) {
        return Ok(text.parse()?);
    }
    if tree.exists() {
        fs::remove_dir_all(tree)?;
    }
    let bytes = tree::write(tree, objects).with_context(|| format!("cannot write {}", tree.display()))?;
    fs::write(note, bytes.to_string())?;
    Ok(bytes)
}

fn start(binary: &Path) -> anyhow::Result<()> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shop");
    println!("{}\n", machine::describe());
    println!("| command | CPU ms | wall ms | peak MB |\n|---|---:|---:|---:|");
    let sample = sample.display().to_string();
    for (name, arguments) in [
        ("--version", &["--version"][..]),
        ("scan examples/shop", &["scan", &sample]),
        ("explain host-ports", &["explain", "host-ports"]),
    ] {
        let mut command = vec![binary.display().to_string()];
        command.extend(arguments.iter().map(|&word| word.to_owned()));
        let cost = least(&command, 20)?;
        println!(
            "| {name} | {:.1} | {:.1} | {:.1} |",
            cost.cpu * 1000.0,
            cost.wall * 1000.0,
            cost.peak_megabytes
        );
    }
    Ok(())
}

fn least(command: &[String], runs: u32) -> anyhow::Result<Cost> {
    let mut least = measure::run(command)?;
    for _ in 1..runs {
        least = least.least(measure::run(command)?);
    }
    Ok(least)
}
