//! What a run of all tests adds up to.

use std::fmt;

/// Counts, with the names of what did not pass.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    /// What failed, by name.
    pub(crate) failed: Vec<String>,
    /// What could not be run: `NAME: reason`.
    pub(crate) skipped: Vec<String>,
}

impl Tally {
    /// One step that passed or failed as a whole. The error is printed here, the name kept.
    pub(crate) fn of(name: &str, result: anyhow::Result<()>) -> Self {
        let mut tally = Self::default();
        match result {
            Ok(()) => tally.passed = 1,
            Err(error) => {
                eprintln!("error: {name}: {error:#}");
                tally.failed.push(name.to_owned());
            }
        }
        tally
    }

    /// One thing that could not be run.
    pub(crate) fn skip(name: &str, reason: &str) -> Self {
        Self { skipped: vec![format!("{name}: {reason}")], ..Self::default() }
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
    }
}

/// The last line of a run.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped } = self;
        write!(f, "{passed} passed, {} failed, {} skipped", failed.len(), skipped.len())
    }
}
