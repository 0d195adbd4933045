//! The README's examples are real: what it shows of `bulkhead` is what `bulkhead` prints.
//!
//! In a block marked `console`, each line `$ bulkhead …` or `$ … | bulkhead …` is run in the repository's root; what follows it up
//! to the next `$` is its output (standard output, then standard error). A line `…` there stands for any lines.
//! `cargo xtask readme --write` writes today's output into the blocks that have no such line.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::Task;
use crate::tally::Tally;
use crate::workspace;

pub(super) const TASK: Task = Task {
    name: "readme",
    arguments: "[--write]",
    what: "check the README's examples, or write their output",
    run: |arguments| {
        let write = arguments.iter().any(|argument| argument == "--write");
        let tally = examine(write)?;
        ensure!(tally.failed.is_empty(), "{tally}");
        println!("{tally}");
        Ok(())
    },
};

/// Pages with examples.
const PAGES: &[&str] = &["README.md", "CONTRIBUTING.md", "examples/README.md"];

/// Runs every example and compares.
pub(super) fn check() -> anyhow::Result<Tally> {
    examine(false)
}

fn examine(write: bool) -> anyhow::Result<Tally> {
    let binary = workspace::debug_binary()?;
    let mut tally = Tally::default();
    for page in PAGES {
        let path = workspace::root().join(page);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {page}"))?;
        let mut parts = split(&text);
        for part in &mut parts {
            let Part::Example { command, shown } = part else {
                continue;
            };
            let name = format!("{page}: {command}");
            let printed = run(&binary, command)?;
            if matches(shown, &printed) {
                tally.passed += 1;
            } else if write && !shown.lines().any(|line| line == ANY) {
                *shown = printed;
                tally.passed += 1;
            } else {
                eprintln!("error: {name} prints\n{printed}");
                tally.failed.push(name);
            }
        }
        if write {
            fs::write(&path, join(&parts))?;
        }
    }
    Ok(tally)
}

/// Stands for any number of lines.
const ANY: &str = "…";

enum Part {
    Text(String),
    Example { command: String, shown: String },
}

/// Cuts a page into examples and what is between them.
fn split(page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut console = false;
    for line in page.lines() {
        let fence = line.starts_with("```");
        if fence {
            console = line == "```console";
        }
        match (line.strip_prefix("$ ").filter(|_| console), parts.last_mut()) {
            (Some(command), _) if runs_bulkhead(command) => {
                parts.push(Part::Example { command: command.to_owned(), shown: String::new() });
            }
            (None, Some(Part::Example { shown, .. })) if console && !fence => {
                shown.push_str(line);
                shown.push('\n');
            }
            (_, Some(Part::Text(text))) => {
                text.push_str(line);
                text.push('\n');
            }
            _ => parts.push(Part::Text(format!("{line}\n"))),
        }
    }
    parts
}

fn runs_bulkhead(command: &str) -> bool {
    command.starts_with("bulkhead ") || command.contains("| bulkhead ")
}

fn join(parts: &[Part]) -> String {
    let mut page = String::new();
    for part in parts {
        match part {
            Part::Text(text) => page.push_str(text),
            Part::Example { command, shown } => _ = write!(page, "$ {command}\n{shown}"),
        }
    }
    page
}

/// Runs an example as a shell would, with our binary as `bulkhead`.
fn run(binary: &Path, command: &str) -> anyhow::Result<String> {
    let folder: PathBuf = binary.parent().context("the binary lies nowhere")?.to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&path)))?;
    let output = Command::new("bash")
        .args(["-c", command])
        .env("PATH", path)
        .env("COLUMNS", "100")
        .current_dir(workspace::root())
        .output()
        .context("cannot run bash")?;
    ensure!(
        matches!(output.status.code(), Some(0 | 1)),
        "{command} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).context("bulkhead printed bytes that are no text")?;
    // Editors take away what ends a line, and so do we.
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    Ok(if lines.is_empty() { String::new() } else { lines.join("\n") + "\n" })
}

/// Whether printed text is what a page shows.
fn matches(shown: &str, printed: &str) -> bool {
    let mut rest = printed;
    let mut any = false;
    for part in shown.split_inclusive('\n') {
        if part.trim_end() == ANY {
            any = true;
        } else if let Some(after) = rest.strip_prefix(part) {
            rest = after;
            any = false;
        } else if let Some(at) = rest.find(&format!("\n{part}")).filter(|_| any) {
            rest = &rest[at + 1 + part.len()..];
            any = false;
        } else {
            return false;
        }
    }
    any || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_cut_and_joined() {
        let page = "# A\n\n```console\n$ bulkhead a\none\ntwo\n$ ls\nx\n$ bulkhead b\n```\n\n```\n$ bulkhead no\n```\n";
        let parts = split(page);
        let examples: Vec<_> = parts
            .iter()
            .filter_map(|part| match part {
                Part::Example { command, shown } => Some((command.as_str(), shown.as_str())),
                Part::Text(_) => None,
            })
            .collect();
        assert_eq!(examples, [("bulkhead a", "one\ntwo\n"), ("bulkhead b", "")]);
        assert_eq!(join(&parts), page);
    }

    #[test]
    fn dots_stand_for_any_lines() {
        assert!(matches("a\nb\n", "a\nb\n"));
        assert!(matches("a\n…\nd\n", "a\nb\nc\nd\n"));
        assert!(matches("a\n…\n", "a\nb\n"));
        assert!(matches("…\nb\n", "b\n"));
        assert!(!matches("a\n", "a\nb\n"));
        assert!(!matches("a\n…\nd\n", "a\nb\nc\n"));
    }
}
