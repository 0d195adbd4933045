//! The one binary: reads the command line, runs one command, and turns what came of it into an exit code.
//!
//! 0 the gate held, 1 it did not, 2 the job could not be done. Stdout is for data, stderr for talk.

mod baseline;
mod changed;
mod cli;
mod commands;
mod config;
mod exceptions;
mod git;
mod output;
mod pipeline;
mod policies;
mod talk;

use std::process::ExitCode;

use bulkhead_model::Verdict;
use clap::Parser;

use crate::cli::Cli;

/// A scan makes hundreds of small things for each object and drops them on another thread: this allocator takes an
/// eighth of all time less for it than the C library's (and much less than that of musl).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The job could not be done, or the command line could not be understood.
const COULD_NOT: u8 = 2;

fn main() -> ExitCode {
    // Mistakes in the command line end here, with clap's own words and status 2.
    let Cli { talk, command } = Cli::parse();
    talk::start(&talk);
    match command.run(&talk) {
        Ok(Verdict::Held) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::FAILURE,
        Ok(Verdict::Undecided) => COULD_NOT.into(),
        Err(error) => {
            tracing::error!("{error:#}");
            COULD_NOT.into()
        }
    }
}
