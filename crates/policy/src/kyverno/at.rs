//! A place in a policy while it is read, for its mistakes.

use std::sync::Arc;

use bulkhead_document::Node;

use super::overlay::Part;
use super::value::Value;
use crate::native::document::Document;
use crate::read::PolicyError;

/// Something wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    path: Vec<Part>,
    message: String,
}

impl Mistake {
    /// With its place in the document.
    pub(crate) fn placed(&self, document: &Document<'_>) -> PolicyError {
        let mut node = document.root;
        let mut path = String::new();
        for part in &self.path {
            let next: Option<Node<'_>> = match part {
                Part::Field(name) => {
                    path = crate::native::document::join(&path, name);
                    node.get(name)
                }
                Part::Index(index) => {
                    path = format!("{path}[{index}]");
                    node.item(*index)
                }
            };
            node = next.unwrap_or(node);
        }
        let message =
            if path.is_empty() { self.message.clone() } else { format!("{path}: {}", self.message) };
        document.error(node, message)
    }
}

/// A value and the way to it.
#[derive(Debug, Clone)]
pub(crate) struct At<'v> {
    pub(crate) value: &'v Value,
    path: Vec<Part>,
}

type Reading<T> = Result<T, Mistake>;

impl<'v> At<'v> {
    pub(crate) fn new(value: &'v Value) -> Self {
        Self { value, path: Vec::new() }
    }

    pub(crate) fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake { path: self.path.clone(), message: message.into() }
    }

    fn below(&self, part: Part, value: &'v Value) -> Self {
        let mut path = self.path.clone();
        path.push(part);
        Self { value, path }
    }

    /// A field; null counts as absent.
    pub(crate) fn field(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| **value != Value::Null)?;
        Some(self.below(Part::Field(name.into()), value))
    }

    /// Refuses fields that are none of these.
    pub(crate) fn only(&self, names: &[&str]) -> Reading<()> {
        let Value::Map(entries) = self.value else { return Err(self.mistake("expected a mapping")) };
        match entries.keys().find(|key| !names.contains(&&***key)) {
            None => Ok(()),
            Some(stray) => {
                let at = self.below(Part::Field(stray.clone()), self.value);
                Err(at.mistake("no such field"))
            }
        }
    }

    /// A text; an empty one counts as absent.
    pub(crate) fn text(&self, name: &str) -> Reading<Option<Arc<str>>> {
        match self.field(name) {
            None => Ok(None),
            Some(Self { value: Value::Text(text), .. }) => {
                Ok(Some(text.clone()).filter(|text| !text.is_empty()))
            }
            Some(other) => Err(other.mistake("expected text")),
        }
    }

    pub(crate) fn required_text(&self, name: &str) -> Reading<Arc<str>> {
        self.text(name)?.ok_or_else(|| self.mistake(format!("{name} is missing")))
    }

    pub(crate) fn truth(&self, name: &str) -> Reading<Option<bool>> {
        match self.field(name) {
            None => Ok(None),
            Some(Self { value: Value::Bool(value), .. }) => Ok(Some(*value)),
            Some(other) => Err(other.mistake("expected true or false")),
        }
    }

    /// The items of a list in a field.
    pub(crate) fn items(&self, name: &str) -> Reading<Vec<Self>> {
        self.field(name).map_or_else(|| Ok(Vec::new()), |field| field.elements())
    }

    /// The items of this list.
    pub(crate) fn elements(&self) -> Reading<Vec<Self>> {
        let Value::List(items) = self.value else { return Err(self.mistake("expected a list")) };
        let items = items.iter().enumerate();
        Ok(items.map(|(place, item)| self.below(Part::Index(place), item)).collect())
    }

    /// The texts of a list in a field.
    pub(crate) fn texts(&self, name: &str) -> Reading<Vec<Arc<str>>> {
        let text = |at: &Self| match at.value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(at.mistake("expected text")),
        };
        self.items(name)?.iter().map(text).collect()
    }
}
