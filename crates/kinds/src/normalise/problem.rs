//! What the API server would refuse, or drop without a word.

use std::fmt::Write;

use bulkhead_document::{Key, Span, Tree};

/// One step of a path into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Into a mapping.
    Key(Key),
    /// Into a sequence.
    Index(usize),
}

/// Something in a document that does not fit its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which sort.
    pub kind: ProblemKind,
    /// The value, or the key of an unknown field.
    pub span: Span,
    /// Where: `spec.containers[0].ports`.
    pub path: String,
    /// What is wrong, for people, without the path.
    pub message: String,
}

/// Sorts of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A field that the kind does not have. The API server drops it, or refuses the object where the
    /// client asked for strict validation.
    UnknownField,
    /// A value of the wrong type. The API server refuses the object; here the value is left out.
    WrongType,
    /// A value of the right type that cannot be read: a quantity, a time, a number too large. The API
    /// server refuses the object; here the value is left out.
    BadValue,
    /// The document is deeper or larger than the walk goes; what lies beyond is left out.
    TooLarge,
}

impl ProblemKind {
    /// A stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownField => "unknown-field",
            Self::WrongType => "wrong-type",
            Self::BadValue => "bad-value",
            Self::TooLarge => "too-large",
        }
    }
}

/// Where the walk is: a chain through its stack.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    pub(super) above: Option<&'a Self>,
    pub(super) step: Option<Step>,
    pub(super) depth: u16,
}

impl<'a> Path<'a> {
    pub(super) const ROOT: Self = Self { above: None, step: None, depth: 0 };

    pub(super) fn key(&'a self, key: Key) -> Self {
        self.then(Step::Key(key))
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    fn then(&'a self, step: Step) -> Self {
        Self { above: Some(self), step: Some(step), depth: self.depth.saturating_add(1) }
    }

    /// Its steps, from the root.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = Some(self);
        while let Some(path) = at {
            steps.extend(path.step);
            at = path.above;
        }
        steps.reverse();
        steps
    }

    /// The path as people write it.
    pub(super) fn spell(&self, tree: &Tree) -> String {
        spell(tree, &self.steps())
    }
}

/// A path as people write it; a key that is no plain word stands in brackets and quotes.
pub fn spell(tree: &Tree, steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Index(index) => {
                let _ = write!(text, "[{index}]");
            }
            Step::Key(key) => {
                let name = tree.key_name(*key);
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
                if name.is_empty() || !name.bytes().all(plain) {
                    let _ = write!(text, "[{name:?}]");
                } else {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(name);
                }
            }
        }
    }
    text
}
