//! What one process costs.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Seconds on all processors, in the program and in the kernel for it.
    pub(crate) cpu: f64,
    /// Seconds on the clock.
    pub(crate) wall: f64,
    /// The most memory that was resident at once.
    pub(crate) peak_megabytes: f64,
}

impl Cost {
    /// The lesser of each.
    pub(crate) fn least(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.min(other.cpu),
            wall: self.wall.min(other.wall),
            peak_megabytes: self.peak_megabytes.min(other.peak_megabytes),
        }
    }
}

/// Runs a command in a process that runs nothing else, and asks that one what it took.
pub(crate) fn run(command: &[String]) -> anyhow::Result<Cost> {
    let output = Command::new(std::env::current_exe()?)
        .arg("measure")
        .args(command)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run ourselves")?;
    ensure!(output.status.success(), "{} could not be measured", command.join(" "));
    let words = String::from_utf8(output.stdout)?;
    let numbers = words.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    let [cpu, wall, peak_megabytes] = numbers[..] else { anyhow::bail!("{words:?} is no measure") };
    Ok(Cost { cpu, wall, peak_megabytes })
}

/// The other side: runs the command, its output going nowhere, and prints three numbers.
pub(crate) fn child(command: &[String]) -> anyhow::Result<()> {
    let (program, arguments) = command.split_first().context("nothing to measure")?;
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {program}"))?;
    let wall = start.elapsed().as_secs_f64();
    // Scanners end with a small number when they found something.
    ensure!(
        status.code().is_some_and(|code| code == 0 || code == 1) || program.contains("kube-"),
        "{} ended with {status}",
        command.join(" ")
    );
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
    #[allow(clippy::cast_precision_loss, reason = "kilobytes of memory are few")]
    let peak = usage.max_rss() as f64 / 1024.0;
    println!("{cpu} {wall} {peak}");
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "a run takes less than a century")]
fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}
