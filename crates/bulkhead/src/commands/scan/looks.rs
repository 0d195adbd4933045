//! How reports look: what the terminal can show, and what the gate is.

use anyhow::{Context, Result};
use bulkhead_model::Gate;
use bulkhead_report::{CheckInfo, Options};

use crate::cli::Talk;
use crate::output::{self, Output};

/// Columns where nothing says how many there are.
const COLUMNS: usize = 100;

pub(super) struct Looks {
    talk: Talk,
    pub(super) gate: Gate,
    /// Whether each excepted finding is shown.
    show_excepted: bool,
    /// Whether findings are new or known.
    compared: bool,
    terminal: bool,
    columns: Option<usize>,
    directory: String,
}

impl Looks {
    pub(super) fn new(talk: Talk, gate: Gate, show_excepted: bool, compared: bool) -> Result<Self> {
        let (terminal, columns) = output::terminal();
        let directory = std::env::current_dir().context("cannot tell the current directory")?;
        let directory = directory.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        Ok(Self { talk, gate, show_excepted, compared, terminal, columns, directory })
    }

    pub(super) fn options<'a>(&'a self, checks: &'a [CheckInfo], output: &Output) -> Options<'a> {
        let to_terminal = output.file.is_none();
        Options {
            color: self.talk.color.applies(self.terminal && to_terminal),
            width: self.columns.filter(|_| to_terminal).unwrap_or(COLUMNS),
            quiet: self.talk.quiet,
            verbose: self.talk.verbose,
            gate: self.gate.clone(),
            show_excepted: self.show_excepted,
            compared: self.compared,
            directory: Some(&self.directory),
            ..Options::new(checks)
        }
    }
}
