//! Which policies a run judges by, and with what settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_model::Severity;
use serde_json::Value;

use crate::pack::Pack;
use crate::policy::{Level, Policy, Set};

/// What is chosen on the command line or in configuration.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Ids or aliases; where it is not empty, these alone, whatever their set.
    pub only: Vec<String>,
    /// Ids or aliases that are left out, also of `only`.
    pub skip: Vec<String>,
    /// The set.
    pub set: Set,
    /// A Pod Security level: its policies alone, whatever their set, judged for a minor version.
    pub pod_security: Option<(Level, Option<u32>)>,
}

/// How it is judged.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The minor version of Kubernetes; the newest supported one where it is left out.
    pub minor: Option<u32>,
    /// The namespace of objects that name none.
    pub default_namespace: Option<Arc<str>>,
    /// Severities that configuration changed, by id.
    pub severities: BTreeMap<String, Severity>,
    /// Parameters that configuration set, by id and name.
    pub parameters: BTreeMap<String, BTreeMap<String, Value>>,
    /// Whether findings carry their source line.
    pub excerpts: bool,
    /// Whether coverage tells the kinds that were judged.
    pub kinds: bool,
}

/// Why no judge could be made.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// A name that no policy has.
    #[error("no policy is called {name:?}{}", suggestion(.similar))]
    UnknownPolicy {
        /// The name.
        name: String,
        /// Ids much like it.
        similar: Vec<String>,
    },
    /// A version that this build knows nothing of.
    #[error("Kubernetes 1.{minor} is not supported; supported are 1.{first} to 1.{last}")]
    UnsupportedVersion {
        /// What was asked for.
        minor: u32,
        /// The oldest.
        first: u32,
        /// The newest.
        last: u32,
    },
    /// A policy has a mistake.
    #[error(transparent)]
    Policy(#[from] crate::PolicyError),
}

fn suggestion(similar: &[String]) -> String {
    if similar.is_empty() {
        "; `bulkhead policy list` shows them all".to_owned()
    } else {
        format!("; did you mean {}?", similar.join(" or "))
    }
}

/// The policies of a selection, in the order of the pack.
pub(crate) fn choose<'a>(
    pack: &'a Pack,
    selection: &Selection,
) -> Result<Vec<&'a Arc<Policy>>, SelectionError> {
    let only = resolve(pack, &selection.only)?;
    let skip = resolve(pack, &selection.skip)?;
    let holds =
        |policies: &[&Arc<Policy>], policy: &Arc<Policy>| policies.iter().any(|known| known.id == policy.id);
    let chosen = |policy: &&Arc<Policy>| {
        let by_set = match selection.pod_security {
            _ if !only.is_empty() => holds(&only, policy),
            Some((level, _)) => policy.belongs_to(level),
            None => policy.set <= selection.set,
        };
        by_set && !holds(&skip, policy)
    };
    Ok(pack.policies().filter(chosen).collect())
}

fn resolve<'a>(pack: &'a Pack, names: &[String]) -> Result<Vec<&'a Arc<Policy>>, SelectionError> {
    let mut policies = Vec::new();
    for name in names {
        let found = pack.find(name);
        if found.is_empty() {
            let similar = pack.similar(name).into_iter().map(str::to_owned).collect();
            return Err(SelectionError::UnknownPolicy { name: name.clone(), similar });
        }
        policies.extend(found);
    }
    Ok(policies)
}
