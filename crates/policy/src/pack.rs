//! The policies that a run can choose from.

use std::sync::Arc;

use bulkhead_document::Position;
use bulkhead_kinds::{Kinds, SUPPORTED};
use bulkhead_model::{Gap, GapKind, Place};
use sha2::{Digest as _, Sha256};

use crate::builtin::BUILTIN;
use crate::native::compile;
use crate::native::constraint::{Constraint, Template};
use crate::native::read::{Object, constraint_policy};
use crate::native::surroundings::Surroundings;
use crate::plan;
use crate::policy::Policy;
use crate::read::{self, PolicyError};

/// Policies by id: the built-in ones and a user's.
#[derive(Debug, Clone, Default)]
pub struct Pack {
    policies: Vec<Arc<Policy>>,
    templates: Vec<Template>,
    constraints: Vec<Constraint>,
    /// What stood beside native policies: bindings, parameters, Namespaces.
    surroundings: Surroundings,
    /// The texts of that, for the digest.
    companions: Vec<Arc<str>>,
    /// Policies that change objects.
    mutating: Vec<Arc<Policy>>,
    /// What is among the policies and is not judged by.
    unread: Vec<Gap>,
}

/// A policy that changes objects is not applied to what is judged.
fn unread(policy: &Policy) -> Gap {
    let place = Place {
        file: Some(policy.file.clone()),
        line: Some(policy.line),
        column: Some(1),
        ..Place::default()
    };
    let message = format!(
        "MutatingAdmissionPolicy {} was not applied: objects are judged as if it changed nothing (bulkhead policy \
         preview shows what it changes)",
        policy.id
    )
    .into();
    Gap { kind: GapKind::UNDECIDED_POLICY, place, checks: Vec::new(), message }
}

fn is_taken(policy: Policy, by: &Policy) -> PolicyError {
    let message = format!("id {}: is taken by {}:{}", policy.id, by.file, by.line);
    let Policy { file, line, .. } = policy;
    PolicyError { file, line, column: 1, message }
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
        let (file, text) = (Arc::from(file), Arc::from(text));
        for object in read::objects(&file, &text)? {
            match object {
                Object::Policy(policy) => self.add(*policy)?,
                Object::Mutating(policy) => {
                    if let Some(taken) = self.mutating.iter().find(|known| known.id == policy.id) {
                        return Err(is_taken(*policy, taken));
                    }
                    self.unread.push(unread(&policy));
                    self.mutating.push(Arc::new(*policy));
                }
                Object::Template(template) => {
                    self.templates.push(template);
                    self.pair()?;
                }
                Object::Constraint(constraint) => {
                    self.constraints.push(constraint);
                    self.pair()?;
                }
                Object::Companion(tree) => {
                    if let Some(kinds) = Kinds::for_minor(*SUPPORTED.end()) {
                        self.surroundings.add(&file, *tree, kinds);
                    }
                    if self.companions.last() != Some(&text) {
                        self.companions.push(text.clone());
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, policy: Policy) -> Result<(), PolicyError> {
        if let Some(taken) = self.policies.iter().find(|known| known.id == policy.id) {
            return Err(is_taken(policy, taken));
        }
        self.policies.push(Arc::new(policy));
        Ok(())
    }

    /// Constraints whose template is there become policies.
    fn pair(&mut self) -> Result<(), PolicyError> {
        for constraint in std::mem::take(&mut self.constraints) {
            match self.templates.iter().find(|template| template.kind == constraint.kind) {
                Some(template) => self.add(constraint_policy(template, &constraint)?)?,
                None => self.constraints.push(constraint),
            }
        }
        Ok(())
    }

    /// What stood beside native policies: their bindings, parameters and Namespaces.
    pub(crate) fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// Objects that say what a server would do to others, which nobody here does.
    pub(crate) fn unread(&self) -> &[Gap] {
        &self.unread
    }

    /// The first constraint whose template is missing.
    ///
    /// # Errors
    /// There is one.
    pub fn check_whole(&self) -> Result<(), PolicyError> {
        let Some(Constraint { file, tree, kind, name }) = self.constraints.first() else { return Ok(()) };
        let Position { line, column } = tree.position(tree.root().span().start);
        let message = format!("{name} is a constraint of kind {kind}, whose ConstraintTemplate is missing");
        Err(PolicyError { file: file.clone(), line, column, message })
    }

    /// Adds the policies of a user's file, compiled once to see that they can be.
    ///
    /// # Errors
    /// As [`Pack::read`], or an expression has a mistake.
    pub fn read_checked(&mut self, file: &str, text: &str) -> Result<(), PolicyError> {
        let before = self.policies.len();
        self.read(file, text)?;
        let environment = plan::environment(*SUPPORTED.end());
        for policy in &self.mutating {
            if let Some(native) = &policy.native {
                compile::prepare(policy, native, None, *SUPPORTED.end())?;
            }
        }
        let mut index = crate::index::KeyIndex::default();
        for policy in self.policies.iter().skip(before) {
            match (&policy.native, &policy.kyverno) {
                (Some(native), _) => _ = compile::prepare(policy, native, None, *SUPPORTED.end())?,
                (None, Some(kyverno)) => kyverno.check(policy)?,
                (None, None) => _ = plan::rule(policy, policy.severity, None, &environment, &mut index)?,
            }
        }
        Ok(())
    }

    /// Policies that change objects, in the order they were read.
    pub fn mutating(&self) -> &[Arc<Policy>] {
        &self.mutating
    }

    /// How many policies and parts of policies there are: a template is one, and a constraint whose
    /// template has not come yet.
    pub fn parts(&self) -> usize {
        self.policies.len() + self.mutating.len() + self.templates.len() + self.constraints.len()
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
        for text in &self.companions {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
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
