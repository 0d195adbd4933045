//! What a renderer is told before the first finding.

use bulkhead_model::{Gate, Severity};

/// What renderers need to know of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckInfo {
    /// Its id, such as `host-ports`.
    pub id: String,
    /// What it finds, in a line.
    pub title: String,
    /// How bad a finding is unless it says otherwise.
    pub severity: Severity,
    /// Why it matters.
    pub why: String,
    /// How to mend it.
    pub fix: String,
    /// Standards and the parts of them that ask for it: `("nsa-cisa", ["pod-security"])`.
    pub standards: Vec<(String, Vec<String>)>,
    /// A page about it.
    pub help_uri: Option<String>,
    /// The smallest set that holds it: `essential`, `recommended` or `all`.
    pub set: String,
}

/// How to render.
#[allow(clippy::struct_excessive_bools, reason = "switches of the command line, independent of each other")]
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Options<'a> {
    /// Whether text may hold colours.
    pub color: bool,
    /// Columns of the terminal that text is read on.
    pub width: usize,
    /// One line for each finding and gap, and the verdict; nothing else (text).
    pub quiet: bool,
    /// From 1: every source line, why each check matters, fingerprints, all workloads (text).
    pub verbose: u8,
    /// Each finding that is excepted or was known before, in place of a count by check (text).
    pub show_excepted: bool,
    /// Whether findings are compared with earlier ones: each is then new or was known before.
    pub compared: bool,
    /// What fails the gate.
    pub gate: Gate,
    /// The checks there are; one that is missing here is shown by its id.
    pub checks: &'a [CheckInfo],
    /// The directory that relative paths begin at, absolute and with forward slashes. Formats that
    /// must name files relatively (SARIF) cut it off absolute paths.
    pub directory: Option<&'a str>,
}

impl<'a> Options<'a> {
    /// Plain text of 100 columns, by a gate that nothing fails.
    pub fn new(checks: &'a [CheckInfo]) -> Self {
        Self {
            color: false,
            width: 100,
            quiet: false,
            verbose: 0,
            show_excepted: false,
            compared: false,
            gate: Gate { fail_on: None, fail_on_gap: None, allow_gap: std::collections::BTreeSet::new() },
            checks,
            directory: None,
        }
    }

    /// What is known of a check.
    pub(crate) fn check(&self, id: &str) -> Option<&'a CheckInfo> {
        self.checks.iter().find(|check| check.id == id)
    }
}
