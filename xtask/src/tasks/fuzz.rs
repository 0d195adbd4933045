//! Fuzzing on stable Rust.
//!
//! libFuzzer needs coverage counters in the code under test. They are inserted by a pass that LLVM brings
//! (`sancov-module`) and that any compiler can be asked for by `-Cpasses`. What needs nightly is a
//! sanitizer (`-Zsanitizer`); without `unsafe` code there is little for one to find, while panics,
//! overflows, endless loops and memory use are caught without.
//!
//! Inputs that reached new code are kept in `target/fuzz/corpus/TARGET` between runs. The short run of
//! `cargo xtask test` is another thing: it begins with the seeds alone, always draws the same numbers and ends
//! after a number of inputs, so that it says the same of the same code on every machine.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context as _, bail, ensure};

use super::Task;
use crate::tally::Tally;
use crate::{cargo, packages, workspace};

pub(super) const TASK: Task = Task {
    name: "fuzz",
    arguments: "[TARGET…] [--seconds N]",
    what: "fuzz all targets, or some, 60 seconds each unless told",
    run,
};

/// How long a target is fuzzed.
#[derive(Debug, Clone, Copy)]
enum Bound {
    /// So many seconds, from what earlier runs found.
    Seconds(u32),
    /// What `cargo xtask test` does: so many inputs, the same ones each time. The seconds are a limit for a
    /// machine so slow that it would be better to know.
    Runs { runs: u32, seconds: u32 },
}

const SHORT: Bound = Bound::Runs { runs: 60_000, seconds: 120 };

const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // The counters of functions that the linker drops would otherwise lack their other half.
    "-Clink-dead-code",
];

fn run(arguments: &[String]) -> anyhow::Result<()> {
    let mut seconds = 60;
    let mut wanted = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--seconds" {
            let number = arguments.next().context("--seconds needs a number")?;
            seconds = number.parse().with_context(|| format!("{number} is no number of seconds"))?;
        } else {
            wanted.push(argument.clone());
        }
    }
    let all = targets()?;
    for name in &wanted {
        ensure!(all.contains(name), "there is no target {name}; there are {}", all.join(", "));
    }
    let names = if wanted.is_empty() { all } else { wanted };
    packages::find(&packages::CXX).map_err(anyhow::Error::msg)?;
    let tally = fuzz(&names, Bound::Seconds(seconds))?;
    println!("{tally}");
    ensure!(tally.failed.is_empty(), "found faults in {}", tally.failed.join(", "));
    Ok(())
}

/// A short run of every target.
pub(super) fn bounded() -> Tally {
    let names = match targets() {
        Ok(names) => names,
        Err(error) => return Tally::of("fuzz", Err(error)),
    };
    if let Err(reason) = packages::find(&packages::CXX) {
        let mut tally = Tally::default();
        for name in names {
            tally.extend(Tally::skip(&format!("fuzz {name}"), &reason));
        }
        return tally;
    }
    fuzz(&names, SHORT).unwrap_or_else(|error| Tally::of("fuzz", Err(error)))
}

/// Every target has a folder of seeds; a test in `fuzz` compares the two.
fn targets() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace::root().join("fuzz/seeds"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Runs targets side by side, one per processor.
fn fuzz(names: &[String], bound: Bound) -> anyhow::Result<Tally> {
    let binary = build()?;
    let waiting = Mutex::new(names.iter());
    let total = Mutex::new(Tally::default());
    let next = || waiting.lock().ok()?.next();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(name) = next() {
                    let tally = Tally::of(&format!("fuzz {name}"), fuzz_one(&binary, name, bound));
                    if let Ok(mut total) = total.lock() {
                        total.extend(tally);
                    }
                }
            });
        }
    });
    total.into_inner().context("a target's thread ended early")
}

fn build() -> anyhow::Result<PathBuf> {
    let host = host()?;
    let folder = workspace::target().join("fuzz/build");
    let mut command = cargo::command();
    command
        // With --target, flags are for the code under test and not for build scripts and macros.
        .args([
            "build",
            "--quiet",
            "--release",
            "--package",
            "fuzz",
            "--features",
            "libfuzzer",
            "--target",
            &host,
        ])
        .arg("--target-dir")
        .arg(&folder)
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"))
        // Optimised, yet with the checks that make a fault visible.
        .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
        .env("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    println!("building the fuzz targets");
    cargo::finish(&mut command)?;
    Ok(folder.join(host).join("release/fuzz"))
}

fn host() -> anyhow::Result<String> {
    let text = workspace::output(Command::new("rustc").arg("-vV").current_dir(workspace::root()))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}

fn fuzz_one(binary: &Path, name: &str, bound: Bound) -> anyhow::Result<()> {
    let folder = workspace::target().join("fuzz");
    let (corpus, arguments) = match bound {
        Bound::Seconds(seconds) => ("corpus", vec![format!("-max_total_time={seconds}")]),
        Bound::Runs { runs, seconds } => {
            let arguments = ["-seed=1".into(), format!("-runs={runs}"), format!("-max_total_time={seconds}")];
            ("short", arguments.into())
        }
    };
    let corpus = folder.join(corpus).join(name);
    if matches!(bound, Bound::Runs { .. }) && corpus.exists() {
        fs::remove_dir_all(&corpus)?;
    }
    let found = folder.join("found").join(name);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&found)?;
    let log = folder.join(format!("{name}.log"));
    let mut command = Command::new(binary);
    command
        .env("BULKHEAD_FUZZ_TARGET", name)
        .args(arguments)
        .args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=16384", "-print_final_stats=1"])
        .arg(format!("-artifact_prefix={}/", found.display()))
        .args([&corpus, &workspace::root().join("fuzz/seeds").join(name)])
        .stdout(Stdio::null())
        .stderr(File::create(&log)?);
    let dictionary = workspace::root().join("fuzz/dictionaries").join(format!("{name}.dict"));
    if dictionary.exists() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    let status = command.status().with_context(|| format!("cannot run {}", binary.display()))?;
    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    if !status.success() {
        let last: Vec<&str> = text.lines().rev().take(40).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        bail!(
            "{status}\n{}\nThe input is kept (see above); it belongs into fuzz/seeds/{name}, where `cargo test -p fuzz` \
             replays it. Log: {}",
            last.join("\n"),
            log.display()
        );
    }
    let runs = text.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units: "));
    println!("{name}: no fault in {} runs", runs.unwrap_or("?").trim());
    Ok(())
}
