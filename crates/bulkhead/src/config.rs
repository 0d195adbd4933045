//! Settings from files: `--config FILE` and each `bulkhead.yaml` of the tree.
//!
//! The form is told in docs/configuration.md. A file is read with the place of every value, so that a
//! mistake names file, line and what was expected ([`read`]); the files that hold for a folder lie over
//! each other in [`layers`]; what they and the command line choose together is made into judges in
//! [`choice`].

pub(crate) mod choice;
pub(crate) mod layers;
pub(crate) mod locks;
pub(crate) mod read;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bulkhead_document::Position;
use bulkhead_kinds::Minor;
use bulkhead_model::Severity;
use bulkhead_policy::{Counting, Set};
use bulkhead_source::{ChartSettings, PathRules};
use serde_json::Value;

/// A mistake in a settings file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{}:{}: {message}", .at.line, .at.column)]
pub(crate) struct ConfigError {
    /// The file, for people.
    pub(crate) file: Arc<str>,
    pub(crate) at: Position,
    /// What is wrong and what was expected.
    pub(crate) message: String,
}

/// One settings file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    /// The file, for people.
    pub(crate) file: Arc<str>,
    /// The folder that its paths are relative to.
    pub(crate) folder: PathBuf,
    pub(crate) kubernetes_version: Option<Minor>,
    pub(crate) default_namespace: Option<Arc<str>>,
    /// Whether the folder holds all of what runs, so that what is not there does not exist.
    pub(crate) complete: Option<bool>,
    pub(crate) set: Option<Set>,
    pub(crate) policies: Vec<PolicySetting>,
    /// Files and folders with further policies.
    pub(crate) policy_paths: Vec<PolicyPath>,
    pub(crate) paths: PathRules,
    /// How charts below the folder are rendered.
    pub(crate) charts: Vec<ChartSettings>,
    /// Files that this one stands over, as written.
    pub(crate) extends: Vec<(PathBuf, Position)>,
    /// Those files.
    pub(crate) beneath: Vec<Config>,
    /// Fields and policies that files further in may not change.
    pub(crate) locked: Vec<(String, Position)>,
    pub(crate) exceptions: ExceptionSettings,
}

impl Config {
    /// This file over those that it extends, the outermost first.
    pub(crate) fn stack(&self) -> Vec<&Self> {
        self.beneath.iter().flat_map(Self::stack).chain([self]).collect()
    }
}

/// Who may except what.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExceptionSettings {
    /// What becomes of what the tree says of itself.
    pub(crate) tree: Counting,
    /// Whether the words of other tools are not looked at.
    pub(crate) no_peers: bool,
    /// Owners who may except.
    pub(crate) owners: Option<Vec<String>>,
    /// Checks that the tree may not except.
    pub(crate) never: Vec<(String, Position)>,
    /// Files and folders with exceptions.
    pub(crate) files: Vec<(PathBuf, Position)>,
}

/// What a file says of one policy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PolicySetting {
    /// Its id or alias, as written.
    pub(crate) name: String,
    pub(crate) at: Position,
    /// Whether it is judged, whatever its set.
    pub(crate) on: Option<bool>,
    pub(crate) severity: Option<Severity>,
    pub(crate) parameters: BTreeMap<String, (Value, Position)>,
}

/// Where a file says further policies are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyPath {
    pub(crate) path: PathBuf,
    pub(crate) at: Position,
}
