//! `bulkhead manual`: the manual pages, made from the same words as `--help`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use bulkhead_model::Verdict;
use clap::CommandFactory;
use clap_mangen::Man;

use crate::cli::Cli;
use crate::output;

/// Print a manual page, or write all of them
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  bulkhead manual scan > bulkhead-scan.1\n  bulkhead manual --directory man1/"
)]
pub(crate) struct Args {
    /// The command it is about; without one, the program
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Write the pages of all commands to a folder
    #[arg(long, value_name = "FOLDER", env = "BULKHEAD_MANUAL_DIRECTORY", conflicts_with = "command")]
    directory: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(self) -> Result<Verdict> {
        let mut root = Cli::command();
        root.build();
        if let Some(folder) = self.directory {
            let written =
                std::fs::create_dir_all(&folder).and_then(|()| clap_mangen::generate_to(root, &folder));
            written.with_context(|| format!("cannot write manual pages to {}", folder.display()))?;
            return Ok(Verdict::Held);
        }
        let mut command = &root;
        for name in &self.command {
            match command.find_subcommand(name) {
                Some(found) => command = found,
                None => bail!("there is no command {:?}", self.command.join(" ")),
            }
        }
        let mut page = Vec::new();
        Man::new(command.clone()).render(&mut page)?;
        output::print(&page)?;
        Ok(Verdict::Held)
    }
}
