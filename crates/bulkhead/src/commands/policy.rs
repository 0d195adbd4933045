//! `bulkhead policy`: what policies there are, and whether they do what they say.

mod export;
mod list;
mod preview;
mod test;

use anyhow::Result;
use bulkhead_model::Verdict;
use clap::Subcommand;

/// List policies, run their examples, export them for a cluster, or preview what they change
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Export(Box<export::Args>),
    List(list::Args),
    Preview(Box<preview::Args>),
    Test(test::Args),
}

impl Args {
    pub(crate) fn run(self) -> Result<Verdict> {
        match self.command {
            Command::Export(args) => args.run(),
            Command::List(args) => args.run(),
            Command::Preview(args) => args.run(),
            Command::Test(args) => args.run(),
        }
    }
}
