//! The tasks of the repository: `cargo xtask TASK`.
//!
//! To add one, write a file in `tasks/` and a line in [`tasks::ALL`]. What several tasks share lies
//! beside `tasks/`. The tests of this crate are those of the repository as a whole: the map of crates
//! ([`map`]) and the tidiness of its files ([`tidy`]).

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tasks talk to the person who runs them")]

mod cargo;
mod libtest;
#[cfg(test)]
mod map;
mod packages;
mod peers;
mod promises;
mod tally;
mod tasks;
#[cfg(test)]
mod tidy;
mod workspace;

use std::fmt::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let arguments: Vec<String> = arguments.collect();
    let Some(task) = tasks::ALL.iter().find(|task| task.name == name) else {
        eprint!("{}", usage());
        return ExitCode::from(if matches!(&*name, "" | "help" | "-h" | "--help") { 0 } else { 2 });
    };
    match (task.run)(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let mut text = String::from("usage: cargo xtask TASK\n\n");
    for task in tasks::ALL {
        let call = format!("{} {}", task.name, task.arguments);
        _ = writeln!(text, "  {:<40} {}", call.trim_end(), task.what);
    }
    text
}
