//! The command line as a whole: the commands, and the flags that all of them have.

use anyhow::Result;
use bulkhead_model::Verdict;
use clap::builder::FalseyValueParser;
use clap::{ArgAction, Parser, Subcommand, ValueEnum};

use crate::commands::{cel, completions, explain, fix, manual, policy, scan};

/// Secures Kubernetes over the whole life of a container
#[derive(Debug, Parser)]
#[command(name = "bulkhead", version, arg_required_else_help = true, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) talk: Talk,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "Every flag can also be set by the environment variable named beside it; lists take commas.\n\
    Exit status: 0 the gate held, 1 it did not, 2 the job could not be done.";

/// The commands, one file each in `commands/`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Scan(Box<scan::Args>),
    Fix(Box<fix::Args>),
    Explain(explain::Args),
    Policy(policy::Args),
    Cel(cel::Args),
    Completions(completions::Args),
    Manual(manual::Args),
}

impl Command {
    pub(crate) fn run(self, talk: &Talk) -> Result<Verdict> {
        match self {
            Self::Scan(args) => args.run(talk),
            Self::Fix(args) => args.run(),
            Self::Explain(args) => args.run(),
            Self::Policy(args) => args.run(),
            Self::Cel(args) => args.run(),
            Self::Completions(args) => args.run(),
            Self::Manual(args) => args.run(),
        }
    }
}

/// How much is said, and how it looks.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "How it looks")]
pub(crate) struct Talk {
    /// Say less: one line a finding, and on stderr errors alone
    #[arg(short, long, global = true, env = "BULKHEAD_QUIET", action = ArgAction::SetTrue,
          value_parser = FalseyValueParser::new(), conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more: why each check matters; twice for what happens inside
    #[arg(short, long, global = true, env = "BULKHEAD_VERBOSE", action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// How stderr is written
    #[arg(long, global = true, env = "BULKHEAD_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// When to use colour
    #[arg(long, global = true, env = "BULKHEAD_COLOR", value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// When text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Also into files and pipes
    Always,
    /// Never
    Never,
}

impl Color {
    /// Whether to colour a stream that is, or is not, a terminal.
    pub(crate) fn applies(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn commands() -> Vec<(String, clap::Command)> {
        let mut root = Cli::command();
        root.build();
        let mut open = vec![(String::new(), root)];
        let mut all = Vec::new();
        while let Some((path, command)) = open.pop() {
            let inner = command.get_subcommands().filter(|inner| inner.get_name() != "help");
            open.extend(inner.map(|inner| (format!("{path} {}", inner.get_name()), inner.clone())));
            all.push((path.trim().to_owned(), command));
        }
        all
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_its_environment_variable() {
        let mut flags = 0;
        for (path, command) in commands() {
            for flag in command.get_arguments().filter(|argument| argument.get_long().is_some()) {
                let name = flag.get_long().unwrap_or_default();
                if matches!(name, "help" | "version") {
                    continue;
                }
                let variable = flag.get_env().and_then(|name| name.to_str()).unwrap_or("none");
                assert!(variable.starts_with("BULKHEAD_"), "{path} --{name}: {variable}");
                let wanted = name.replace('-', "_").to_uppercase();
                assert!(variable.ends_with(&wanted), "{path} --{name}: {variable}");
                flags += 1;
            }
        }
        assert!(flags > 20, "{flags}");
    }

    #[test]
    fn every_command_and_flag_is_described() {
        for (path, command) in commands() {
            assert!(command.get_about().is_some(), "{path}");
            for flag in command.get_arguments() {
                assert!(flag.get_help().is_some(), "{path} {}", flag.get_id());
            }
        }
    }
}
