//! A document of a policy's file while it is read: fields, and mistakes with their places.

use std::sync::Arc;

use bulkhead_document::{Kind, Node, Position, Tree};
use bulkhead_kinds::{Kinds, ProblemKind};

use crate::policy::Expression;
use crate::read::PolicyError;

/// An object of a policy's file.
pub(crate) struct Document<'a> {
    pub(crate) file: &'a Arc<str>,
    pub(crate) root: Node<'a>,
}

impl<'a> Document<'a> {
    /// A mistake at a node.
    pub(crate) fn error(&self, node: Node<'_>, message: impl Into<String>) -> PolicyError {
        let Position { line, column } = node.tree().position(node.span().start);
        PolicyError { file: self.file.clone(), line, column, message: message.into() }
    }

    /// `metadata.name`.
    pub(crate) fn name(&self) -> Result<&'a str, PolicyError> {
        let name = self.root.at(&["metadata", "name"]).and_then(Node::as_str);
        name.filter(|name| !name.is_empty())
            .ok_or_else(|| self.error(self.root, "metadata.name: is missing"))
    }

    /// An annotation.
    pub(crate) fn annotation(&self, name: &str) -> Option<Node<'a>> {
        self.root.at(&["metadata", "annotations", name])
    }

    /// A field that must be there.
    pub(crate) fn required<'n>(
        &self,
        parent: Node<'n>,
        field: &str,
        path: &str,
    ) -> Result<Node<'n>, PolicyError> {
        let found = parent.get(field).filter(|node| !node.is_null());
        found.ok_or_else(|| self.error(parent, format!("{}: is missing", join(path, field))))
    }

    /// A text that may be absent; an empty one counts as absent.
    pub(crate) fn text<'n>(
        &self,
        parent: Node<'n>,
        field: &str,
        path: &str,
    ) -> Result<Option<(Node<'n>, &'n str)>, PolicyError> {
        let Some(node) = parent.get(field).filter(|node| !node.is_null()) else { return Ok(None) };
        match node.kind() {
            Kind::Text("") => Ok(None),
            Kind::Text(text) => Ok(Some((node, text))),
            _ => Err(self.error(node, format!("{}: expected text, found {node:?}", join(path, field)))),
        }
    }

    /// The texts of a list.
    pub(crate) fn texts(
        &self,
        parent: Node<'_>,
        field: &str,
        path: &str,
    ) -> Result<Vec<Box<str>>, PolicyError> {
        let items = parent.get(field).into_iter().flat_map(Node::items);
        items
            .map(|item| match item.as_str() {
                Some(text) => Ok(text.into()),
                None => {
                    Err(self.error(item, format!("{}: expected text, found {item:?}", join(path, field))))
                }
            })
            .collect()
    }

    /// One word of several; nothing where the field is absent.
    pub(crate) fn word(
        &self,
        parent: Node<'_>,
        field: &str,
        path: &str,
        allowed: &[&'static str],
    ) -> Result<Option<&'static str>, PolicyError> {
        let Some((node, text)) = self.text(parent, field, path)? else { return Ok(None) };
        let found = allowed.iter().find(|word| **word == text).copied();
        found.map(Some).ok_or_else(|| {
            self.error(node, format!("{}: {text:?} is none of {}", join(path, field), allowed.join(", ")))
        })
    }

    /// An expression that must be there and say something.
    pub(crate) fn expression(
        &self,
        parent: Node<'_>,
        field: &str,
        path: &str,
    ) -> Result<Expression, PolicyError> {
        match self.text(parent, field, path)? {
            Some((node, text)) if !text.trim().is_empty() => Ok(expression(node, text)),
            _ => Err(self.error(parent, format!("{}: is missing", join(path, field)))),
        }
    }

    /// An expression that may be absent, but not blank.
    pub(crate) fn optional_expression(
        &self,
        parent: Node<'_>,
        field: &str,
        path: &str,
    ) -> Result<Option<Expression>, PolicyError> {
        match self.text(parent, field, path)? {
            Some((node, text)) if text.trim().is_empty() => {
                Err(self.error(node, format!("{}: must not be blank", join(path, field))))
            }
            found => Ok(found.map(|(node, text)| expression(node, text))),
        }
    }

    /// Fields that the kind does not have and values of the wrong type: a server drops the former unless
    /// the client asked it not to, and a policy that is not what it seems is worse than none.
    pub(crate) fn check_fields(&self, tree: &Tree, kinds: &Kinds) -> Result<(), PolicyError> {
        let mut copy = tree.clone();
        copy.set_root(self.root.id());
        let problems = bulkhead_kinds::normalise(&mut copy, kinds).problems;
        let Some(problem) = problems.first() else { return Ok(()) };
        let Position { line, column } = tree.position(problem.span.start);
        let what = match problem.kind {
            ProblemKind::UnknownField => format!("{}: no such field", problem.path),
            _ => format!("{}: {}", problem.path, problem.message),
        };
        Err(PolicyError { file: self.file.clone(), line, column, message: what })
    }
}

/// Whether an object is of one of these kinds of `admissionregistration.k8s.io`.
pub(crate) fn is_of_admission(root: Node<'_>, kinds: &[&str]) -> bool {
    let text = |field| root.get(field).and_then(Node::as_str).unwrap_or_default();
    kinds.contains(&text("kind")) && text("apiVersion").starts_with("admissionregistration.k8s.io/")
}

/// A field below a path.
pub(crate) fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

fn expression(node: Node<'_>, text: &str) -> Expression {
    Expression { source: text.into(), at: text_start(node) }
}

/// Where a scalar's text begins: behind its quote or block indicator, where it has one.
pub(crate) fn text_start(node: Node<'_>) -> Position {
    let tree = node.tree();
    let span = node.span();
    let raw = tree.source().get(span.start as usize..span.end as usize).unwrap_or("");
    let first = node.as_str().and_then(|text| text.lines().next()).unwrap_or("");
    let skip = raw.find(first).and_then(|skip| u32::try_from(skip).ok()).unwrap_or(0);
    tree.position(span.start.saturating_add(skip))
}
