//! How far the judged tree is believed about itself.

use std::sync::Arc;

use super::glob;

/// What becomes of exceptions, annotations and ignore files in the judged tree. The order is from the
/// loosest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Counting {
    /// They take findings out of the gate.
    #[default]
    Counted,
    /// They are told beside findings that count all the same.
    ReportOnly,
    /// Nobody looks at them.
    Off,
}

impl std::str::FromStr for Counting {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "counted" => Ok(Self::Counted),
            "report-only" => Ok(Self::ReportOnly),
            "off" => Ok(Self::Off),
            _ => Err(format!("expected counted, report-only or off, found {word:?}")),
        }
    }
}

/// Who may except what, in one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// What becomes of what the tree says.
    pub counting: Counting,
    /// Whether annotations, comments and ignore files of other tools are looked at.
    pub peers: bool,
    /// Lists of owners who may except, with `*`; each list must hold the owner.
    pub owners: Vec<Vec<String>>,
    /// Ids of checks that the tree may not except.
    pub never: Vec<Arc<str>>,
}

impl Default for Trust {
    fn default() -> Self {
        Self { counting: Counting::default(), peers: true, owners: Vec::new(), never: Vec::new() }
    }
}

impl Trust {
    /// Whether an exception of the tree takes a finding out of the gate. Where owners are listed, what
    /// nobody owns does not.
    pub(crate) fn counts(&self, check: &str, owner: Option<&str>) -> bool {
        let is_listed = |owners: &Vec<String>| {
            owner.is_some_and(|owner| owners.iter().any(|pattern| glob::matches(pattern, owner)))
        };
        self.counting == Counting::Counted
            && self.owners.iter().all(is_listed)
            && !self.never.iter().any(|never| **never == *check)
    }
}
