//! `bulkhead policy`: what policies there are, and whether they do what they say.

mod list;
mod test;

use anyhow::Result;
use bulkhead_model::Verdict;
use clap::Subcommand;

/// List policies, or run their examples
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Args),
    Test(test::Args),
}

impl Args {
    pub(crate) fn run(self) -> Result<Verdict> {
        match self.command {
            Command::List(args) => args.run(),
            Command::Test(args) => args.run(),
        }
    }
}
