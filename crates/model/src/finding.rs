//! A finding, and what an analysis returns.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Coverage, Excepted, Fingerprint, Severity, Subject, Workload};

/// A place in a source file. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The file as it was named, with forward slashes; `-` is standard input.
    pub file: Arc<str>,
    /// Which document of the file, counted from 0 (orders a report; not part of it).
    #[serde(skip)]
    pub document: u32,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
}

/// The first line of a finding's place, for people to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The line without its end, what is secret in it covered, cut to a sane length.
    pub text: Box<str>,
    /// Characters before the part to underline.
    pub start: u32,
    /// How many characters to underline; at least 1.
    pub length: u32,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The check's id, such as `host-ports`.
    pub check: Arc<str>,
    /// How bad it is here, after configuration.
    pub severity: Severity,
    /// What it is about.
    pub subject: Arc<Subject>,
    /// The workload a person would change, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<Arc<Workload>>,
    /// Path of the field to blame from the object's root, as in YAML
    /// (`spec.template.spec.containers[0].image`); empty where the whole subject is meant.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub field: Arc<str>,
    /// Where that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
    /// What is wrong, in a sentence without its full stop.
    pub message: Arc<str>,
    /// How to mend it.
    pub fix: Arc<str>,
    /// What it is called in every phase.
    pub fingerprint: Fingerprint,
    /// The exception that takes it out of the gate, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excepted: Option<Arc<Excepted>>,
    /// What the judged tree says for it without being listened to: the finding counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<Arc<Excepted>>,
    /// It was there before: in the report or revision that this run is compared with. The gate lets it be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// The source line, when a report for people asked for it.
    #[serde(skip)]
    pub excerpt: Option<Box<Excerpt>>,
}

/// What every analysis returns: what is wrong, and what that was judged from.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was looked at, left out and not judged.
    pub coverage: Coverage,
}

impl Analysis {
    /// Joins another analysis to this one.
    pub fn extend(&mut self, other: Self) {
        // Most analyses are joined to one that has found nothing yet.
        if self.findings.is_empty() {
            self.findings = other.findings;
        } else {
            self.findings.extend(other.findings);
        }
        self.coverage.extend(other.coverage);
    }
}
