//! What files further in may not change: `locked:`.
//!
//! A stranger's branch is not to fail the run by trying, nor to have its way: what it says of a locked thing has
//! no effect, and a note says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use bulkhead_document::Position;
use bulkhead_model::{Note, Place};
use bulkhead_policy::{Pack, Policy};

use super::{Config, ConfigError};
use crate::policies;

/// Fields that can be locked as a whole.
const FIELDS: [&str; 5] = ["policies", "set", "kubernetesVersion", "defaultNamespace", "paths"];

/// What is locked from some file on.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    fields: BTreeSet<String>,
    policies: BTreeSet<Arc<str>>,
    /// What had no effect.
    pub(crate) notes: BTreeSet<Note>,
}

impl Locks {
    /// Adds what a file locks, for those that come after it.
    pub(crate) fn add(&mut self, pack: &Pack, config: &Config) -> Result<()> {
        for (name, at) in &config.locked {
            if FIELDS.contains(&name.as_str()) {
                self.fields.insert(name.clone());
                continue;
            }
            let found = pack.find(name);
            if found.is_empty() {
                let fields = FIELDS.join(", ");
                let message = format!("locked: {}; fields are {fields}", policies::unknown(pack, name));
                return Err(ConfigError { file: config.file.clone(), at: *at, message }.into());
            }
            self.policies.extend(found.iter().map(|policy| policy.id.clone()));
        }
        Ok(())
    }

    /// Whether a field is free; else what the file says of it has no effect.
    pub(crate) fn allow(&mut self, config: &Config, field: &str, is_said: bool) -> bool {
        let locked = self.fields.contains(field);
        if locked && is_said {
            self.say(config, Position { line: 1, column: 1 }, field);
        }
        !locked
    }

    /// The same of one policy.
    pub(crate) fn allow_policy(&mut self, config: &Config, at: Position, policy: &Policy) -> bool {
        let locked = self.fields.contains("policies") || self.policies.contains(&policy.id);
        if locked {
            self.say(config, at, &format!("policies.{}", policy.id));
        }
        !locked
    }

    fn say(&mut self, config: &Config, at: Position, what: &str) {
        let (line, column) = (Some(at.line), Some(at.column));
        let place = Place { file: Some(config.file.clone()), line, column, ..Place::default() };
        let message = format!("{what} has no effect here: a file further out locks it").into();
        self.notes.insert(Note { kind: "locked-setting".into(), place, message });
    }
}
