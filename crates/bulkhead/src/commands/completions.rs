//! `bulkhead completions`: what a shell needs to complete our flags.

use anyhow::Result;
use bulkhead_model::Verdict;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::output;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  bulkhead completions bash > bulkhead.bash\n  \
    bulkhead completions zsh > _bulkhead")]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

impl Args {
    pub(crate) fn run(self) -> Result<Verdict> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "bulkhead", &mut text);
        output::print(&text)?;
        Ok(Verdict::Held)
    }
}
