//! The policies that a run can choose from.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::builtin::BUILTIN;
use crate::plan;
use crate::policy::Policy;
use crate::read::{self, PolicyError};

/// Policies by id: the built-in ones and a user's.
#[derive(Debug, Clone, Default)]
pub struct Pack {
    policies: Vec<Arc<Policy>>,
}

impl Pack {
    /// The built-in policies.
    ///
    /// # Errors
    /// One of them is damaged, which its tests would have shown.
    pub fn builtin() -> Result<Self, PolicyError> {
        let mut pack = Self::default();
        for (file, text) in BUILTIN {
            pack.read(file, text)?;
        }
        Ok(pack)
    }

    /// Adds the policies of a file.
    ///
    /// # Errors
    /// The file has a mistake, or an id of it is taken.
    pub fn read(&mut self, file: &str, text: &str) -> Result<(), PolicyError> {
        for policy in read::policies(&file.into(), &text.into())? {
            if let Some(taken) = self.policies.iter().find(|known| known.id == policy.id) {
                let message = format!("id {}: is taken by {}:{}", policy.id, taken.file, taken.line);
                let Policy { file, line, .. } = policy;
                return Err(PolicyError { file, line, column: 1, message });
            }
            self.policies.push(Arc::new(policy));
        }
        Ok(())
    }

    /// Adds the policies of a user's file, compiled once to see that they can be.
    ///
    /// # Errors
    /// As [`Pack::read`], or an expression has a mistake.
    pub fn read_checked(&mut self, file: &str, text: &str) -> Result<(), PolicyError> {
        let before = self.policies.len();
        self.read(file, text)?;
        let environment = plan::environment(*bulkhead_kinds::SUPPORTED.end());
        let mut index = crate::index::KeyIndex::default();
        for policy in self.policies.iter().skip(before) {
            plan::rule(policy, policy.severity, None, &environment, &mut index)?;
        }
        Ok(())
    }

    /// All policies, in the order they were read.
    pub fn policies(&self) -> impl ExactSizeIterator<Item = &Arc<Policy>> {
        self.policies.iter()
    }

    /// The policies of a name: one by its id, or all whose alias in another tool it is.
    pub fn find(&self, name: &str) -> Vec<&Arc<Policy>> {
        match self.policies.iter().find(|policy| *policy.id == *name) {
            Some(policy) => vec![policy],
            None => self.policies.iter().filter(|policy| policy.is_called(name)).collect(),
        }
    }

    /// Ids that are spelled much like a name, the nearest first.
    pub fn similar(&self, name: &str) -> Vec<&str> {
        let mut near: Vec<(usize, &str)> = self
            .policies
            .iter()
            .map(|policy| (distance(name, &policy.id), &*policy.id))
            .filter(|(distance, id)| *distance <= 2 + id.len() / 5)
            .collect();
        near.sort_unstable();
        near.into_iter().take(3).map(|(_, id)| id).collect()
    }

    /// Hash over the policies' text in the order of their ids: `sha256:…`.
    pub fn digest(&self) -> String {
        use std::fmt::Write as _;

        let mut sorted: Vec<_> = self.policies.iter().collect();
        sorted.sort_by(|left, right| left.id.cmp(&right.id));
        let mut hasher = Sha256::new();
        for policy in sorted {
            for part in [&*policy.id, &*policy.text] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        hasher.finalize().iter().fold("sha256:".to_owned(), |mut digest, byte| {
            _ = write!(digest, "{byte:02x}");
            digest
        })
    }
}

/// How many letters differ (Levenshtein), for suggestions.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut next = vec![index + 1];
        for ((to, above), diagonal) in right.iter().zip(row.iter().skip(1)).zip(&row) {
            let before = next.last().copied().unwrap_or(0);
            next.push((above + 1).min(before + 1).min(diagonal + usize::from(from != *to)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
