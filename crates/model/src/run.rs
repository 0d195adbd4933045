//! What a report says of the run that made it, so that it can be made again.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Bulkhead's version.
    pub version: Arc<str>,
    /// What was judged by.
    pub policy_pack: PolicyPack,
    /// The minor version judged for, such as `1.35`.
    pub kubernetes_version: Arc<str>,
    /// The command line, without the program's name.
    pub arguments: Vec<String>,
    /// What was read, in the order it was named.
    pub inputs: Vec<Input>,
    /// When, or the day that `--as-of` set.
    pub time: Timestamp,
}

/// The policies of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyPack {
    /// Hash over the policies' text in the order of their ids (`sha256:…`).
    pub digest: Arc<str>,
    /// How many there are.
    pub policies: u64,
}

/// One path that was named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// As it was named; `-` is standard input.
    pub path: Arc<str>,
    /// `sha256:` over its files' relative paths and contents, in order.
    pub digest: Arc<str>,
    /// How many files.
    pub files: u64,
    /// How many bytes.
    pub bytes: u64,
}
