//! Everything that continuous integration runs, with one line at the end that sums it up.
//!
//! Each step gives a [`Tally`]. A step that cannot run here (a folder, a program or the network is
//! missing) is skipped by name with its reason, and never counts as passed.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::{Task, fuzz, readme};
use crate::tally::Tally;
use crate::{cargo, libtest, packages, peers, promises, workspace};

pub(super) const TASK: Task = Task {
    name: "test",
    arguments: "[STEP…]",
    what: "format, lints, dependencies, all tests, fuzz targets, promises, README",
    run,
};

pub(super) const CI: Task = Task { name: "ci", arguments: "", what: "the same", run };

type Step = (&'static str, fn() -> Tally);

/// Every step, in order: what is quick and often wrong first.
const STEPS: &[Step] = &[
    ("format", format),
    ("tests", tests),
    ("clippy", clippy),
    ("dependencies", dependencies),
    ("promises", || promises::check_all().unwrap_or_else(|error| Tally::of("promises", Err(error)))),
    ("readme", || readme::check().unwrap_or_else(|error| Tally::of("readme", Err(error)))),
    ("peers", || peers::check().unwrap_or_else(|error| Tally::of("peers", Err(error)))),
    ("bench", bench),
    ("fuzz", fuzz::bounded),
];

fn run(wanted: &[String]) -> anyhow::Result<()> {
    for name in wanted {
        ensure!(
            STEPS.iter().any(|(step, _)| step == name),
            "there is no step {name}; there are {}",
            STEPS.iter().map(|(step, _)| *step).collect::<Vec<_>>().join(", ")
        );
    }
    let mut total = Tally::default();
    let mut times = Vec::new();
    for (name, step) in STEPS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        println!("\n== {name}");
        let start = Instant::now();
        let tally = step();
        times.push(format!("{:>6} s  {name}: {tally}", start.elapsed().as_secs()));
        total.extend(tally);
    }
    println!("\n== summary");
    for line in times {
        println!("{line}");
    }
    for skipped in &total.skipped {
        println!("skipped: {skipped}");
    }
    for failed in &total.failed {
        println!("failed: {failed}");
    }
    println!("{total}");
    if !total.failed.is_empty() {
        std::process::exit(1);
    }
    Ok(())
}

fn format() -> Tally {
    let mut tally = Tally::of("format", cargo::run(["fmt", "--all", "--check"]));
    let bench = cargo::run(["fmt", "--manifest-path", "bench/Cargo.toml", "--check"]);
    tally.extend(Tally::of("format of bench", bench));
    tally
}

fn clippy() -> Tally {
    let run = cargo::run(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    Tally::of("clippy", run)
}

fn dependencies() -> Tally {
    const NAME: &str = "dependencies";
    let deny = match packages::cargo_deny() {
        Ok(deny) => deny,
        Err(reason) => return Tally::skip(NAME, &reason),
    };
    let mut command = Command::new(deny);
    command
        .args(["--all-features", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"])
        .current_dir(workspace::root());
    Tally::of(NAME, cargo::finish(&mut command))
}

/// Unit, snapshot, corpus, oracle and doc tests of every crate.
fn tests() -> Tally {
    run_tests().unwrap_or_else(|error| Tally::of("tests", Err(error)))
}

fn run_tests() -> anyhow::Result<Tally> {
    let mut child = cargo::command()
        .env("PATH", renderers()?)
        .args(["test", "--workspace", "--no-fail-fast", "--", "--show-output"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let stdout = child.stdout.take().context("cargo has no output")?;
    let stderr = child.stderr.take().context("cargo has no standard error")?;
    let mut reader = libtest::Reader::default();
    let talk = thread::spawn(move || {
        let lines = lines(stderr).inspect(|line| eprintln!("{line}"));
        lines.filter(|line| line.starts_with("skipped: ")).collect::<Vec<_>>()
    });
    for line in lines(stdout) {
        if reader.line(&line) {
            println!("{line}");
        }
    }
    let status = child.wait()?;
    for line in talk.join().unwrap_or_default() {
        reader.stderr_line(&line);
    }
    let mut tally = reader.tally;
    if !status.success() && tally.failed.is_empty() {
        tally.failed.push(format!("cargo test ended with {status} and named no test"));
    }
    Ok(tally)
}

/// The search path with the renderers in it. Tests say by themselves what they skip without them.
fn renderers() -> anyhow::Result<OsString> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for program in &packages::RENDERERS {
        match packages::go_program(program) {
            Ok(file) => folders.extend(file.parent().map(PathBuf::from)),
            Err(reason) => println!("{} cannot be had: {reason}", program.name),
        }
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(std::env::split_paths(&path).chain(folders))?)
}

/// Lines of a stream to its end, whatever bytes are in them.
fn lines(stream: impl Read) -> impl Iterator<Item = String> {
    let lines = BufReader::new(stream).split(b'\n');
    lines.map_while(|line| Some(String::from_utf8_lossy(&line.ok()?).into_owned()))
}

/// The benches compile; what they measure is for `cargo xtask bench`.
fn bench() -> Tally {
    let arguments = ["clippy", "--quiet", "--all-targets", "--manifest-path", "bench/Cargo.toml"];
    let run = cargo::run(arguments.into_iter().chain(["--", "-D", "warnings"]));
    Tally::of("benches compile", run)
}
