//! Policies as `ValidatingAdmissionPolicies`, which an API server runs without Bulkhead.
//!
//! Each policy becomes one variable, a list of what it finds in the object and the same for the old object,
//! and one validation: everything found was found before. Policies are grouped, as the units they look at
//! (`variables.containers` and its kin) are computed once for all policies of an object, and the server
//! compiles each policy object that it holds. What cannot be lowered says why.

mod assemble;
mod excepted;
mod find;
mod rule;
mod shared;
mod text;
mod yaml;

use jiff::civil::Date;
use serde_json::Value;

use bulkhead_kinds::Kinds;

use crate::except::Exceptions;
use crate::export::excepted::Lines;
use crate::pack::Pack;
use crate::policy::Unit;
use crate::select::{Selection, SelectionError, Settings, choose};

pub use assemble::NamespaceLabel;
pub use excepted::Kept;
pub use yaml::write_yaml;

/// The first version in which `ValidatingAdmissionPolicies` are stable.
const STABLE_SINCE: u32 = 30;

/// How policies are exported.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// What the names of all objects begin with.
    pub prefix: String,
    /// Whether requests are denied, rather than answered with a warning and an audit annotation.
    pub enforce: bool,
    /// Labels that a namespace has to carry.
    pub namespaces: Vec<NamespaceLabel>,
    /// Namespaces that are let off.
    pub exempt: Vec<String>,
    /// Where the `ConfigMap` with the parameters is.
    pub parameters_namespace: String,
    /// The day that the export counts as, where exceptions end.
    pub as_of: Option<Date>,
}

/// A policy that was lowered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Its id.
    pub id: String,
    /// The `ValidatingAdmissionPolicy` that holds it.
    pub object: String,
    /// Kinds that it is for and that the server knows nothing of.
    pub without: Vec<String>,
}

/// A policy that was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its id.
    pub id: String,
    /// Why, for programs.
    pub reason: Reason,
    /// Why, for people.
    pub message: String,
}

/// Why a policy cannot be lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is about how files are written, which a server never sees.
    Reader,
    /// It is in a form that an API server runs already.
    Native,
    /// It is not for this version of Kubernetes.
    Version,
    /// It is for kinds that are not objects of an API server, or whose resources are not known.
    NotServed,
    /// It walks over something whose shape is not known.
    UnknownShape,
    /// It needs a default that only Pods get, within an expression.
    PodDefault,
    /// An expression does not compile in this version of Kubernetes.
    Expression,
}

impl Reason {
    /// The word for it, which stays.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Native => "native",
            Self::Version => "version",
            Self::NotServed => "not-served",
            Self::UnknownShape => "unknown-shape",
            Self::PodDefault => "pod-default",
            Self::Expression => "expression",
        }
    }
}

/// What came of an export.
#[derive(Debug, Clone, Default)]
pub struct Export {
    /// The objects to apply, in their order.
    pub objects: Vec<Value>,
    /// What is in them.
    pub exported: Vec<Exported>,
    /// What is not.
    pub refused: Vec<Refused>,
    /// Exceptions that are not, or not for all that they cover.
    pub kept: Vec<Kept>,
    /// The first day on which an exception no longer holds: when to export again.
    pub again: Option<Date>,
}

/// Why nothing could be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The server has no such policies.
    #[error("Kubernetes 1.{minor} has no stable ValidatingAdmissionPolicy; it came with 1.{STABLE_SINCE}")]
    TooOld {
        /// What was asked for.
        minor: u32,
    },
    /// An exception ends, which an object of a cluster cannot know.
    #[error(
        "exception {name} ends with {day}, and no object of a cluster knows the day: say --as-of DATE, and export \
         again when it ends"
    )]
    Expires {
        /// The exception.
        name: String,
        /// Its last day.
        day: Date,
    },
    /// The policies could not be chosen.
    #[error(transparent)]
    Selection(#[from] SelectionError),
}

/// A refusal before it has the policy's id.
pub(crate) type Refusal = (Reason, String);

/// Lowers the chosen policies.
///
/// # Errors
/// The version is too old or not supported, or a name is unknown.
pub fn export(
    pack: &Pack,
    selection: &Selection,
    settings: &Settings,
    exceptions: &Exceptions,
    options: &ExportOptions,
) -> Result<Export, ExportError> {
    let (first, last) = (*bulkhead_kinds::SUPPORTED.start(), *bulkhead_kinds::SUPPORTED.end());
    let target = settings.minor.unwrap_or(last);
    if target < STABLE_SINCE {
        return Err(ExportError::TooOld { minor: target });
    }
    let kinds =
        Kinds::for_minor(target).ok_or(SelectionError::UnsupportedVersion { minor: target, first, last })?;
    // Mistakes of policies are told as every other command tells them.
    crate::Judge::new(pack, selection, settings)?;
    let minor = selection.pod_security.and_then(|(_, minor)| minor).unwrap_or(target);
    let chosen = choose(pack, selection)?;
    let lines = Lines::of(exceptions, &chosen, options.as_of)
        .map_err(|(name, day)| ExportError::Expires { name, day })?;
    let mut export = Export { kept: lines.kept.clone(), again: lines.again, ..Export::default() };
    let mut lowered = Vec::new();
    for policy in chosen {
        let range = policy.kubernetes;
        let outcome = match policy.unit {
            Unit::Document => Err((Reason::Reader, "looks at how files are written".to_owned())),
            Unit::Native => Err((Reason::Native, "is in a form that a cluster runs as it is".to_owned())),
            _ if !range.contains(minor) => {
                Err((Reason::Version, format!("is not judged for Kubernetes 1.{minor}")))
            }
            _ => rule::lower(policy, settings, &lines, kinds, minor),
        };
        match outcome {
            Ok(rule) => lowered.push(rule),
            Err((reason, message)) => {
                export.refused.push(Refused { id: policy.id.to_string(), reason, message });
            }
        }
    }
    let level = selection.pod_security.map(|(level, _)| level);
    assemble::assemble(lowered, level, target, (options, &lines), &mut export);
    export.exported.sort_by(|left, right| left.id.cmp(&right.id));
    export.refused.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(export)
}
