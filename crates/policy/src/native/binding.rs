//! `ValidatingAdmissionPolicyBinding` and `MutatingAdmissionPolicyBinding`: what puts a policy in force, where, with which parameters, and what
//! comes of a violation.

use std::sync::Arc;

use bulkhead_document::Node;
use bulkhead_inventory::Selector;
use bulkhead_model::{Gap, GapKind, Place, Severity};

use super::document::{Document, is_of_admission, join};
use super::{MatchResources, mutating};
use crate::read::PolicyError;

/// What a server does with a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Actions {
    pub(crate) deny: bool,
    pub(crate) warn: bool,
    pub(crate) audit: bool,
}

impl Actions {
    pub(crate) const DENY: Self = Self { deny: true, warn: false, audit: false };

    /// What either does.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            deny: self.deny || other.deny,
            warn: self.warn || other.warn,
            audit: self.audit || other.audit,
        }
    }

    /// How bad a violation is, unless the policy says so: what is refused, what is told, what is noted.
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self { deny: true, .. } => Severity::High,
            Self { warn: true, .. } => Severity::Medium,
            _ => Severity::Low,
        }
    }
}

/// A binding as read.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) name: Arc<str>,
    pub(crate) policy: Box<str>,
    pub(crate) parameters: Option<ParameterRef>,
    pub(crate) actions: Actions,
    /// Narrower than the policy's own constraints.
    pub(crate) matching: Option<MatchResources>,
}

/// `spec.paramRef`.
#[derive(Debug, Clone)]
pub(crate) struct ParameterRef {
    pub(crate) which: Which,
    pub(crate) namespace: Option<Box<str>>,
    /// `parameterNotFoundAction: Deny`.
    pub(crate) must_exist: bool,
}

/// Which parameter objects.
#[derive(Debug, Clone)]
pub(crate) enum Which {
    Named(Box<str>),
    Selected(Selector),
}

/// The kind that binds what changes objects: it has no actions.
pub(crate) const MUTATING: &str = "MutatingAdmissionPolicyBinding";

/// Whether an object is a binding.
pub(crate) fn is_binding(root: Node<'_>) -> bool {
    is_of_admission(root, &["ValidatingAdmissionPolicyBinding", MUTATING])
}

/// That a binding has a mistake, and so binds nothing.
pub(crate) fn unused(error: &PolicyError, checks: Vec<Arc<str>>) -> Gap {
    Gap {
        kind: GapKind::INVALID_OBJECT,
        place: Place {
            file: Some(error.file.clone()),
            line: Some(error.line),
            column: Some(error.column),
            ..Place::default()
        },
        checks,
        message: format!("the binding was not used: {}", error.message).into(),
    }
}

/// Reads a binding.
pub(crate) fn read(document: &Document<'_>) -> Result<Binding, PolicyError> {
    let spec = document.required(document.root, "spec", "")?;
    let Some((_, policy)) = document.text(spec, "policyName", "spec")? else {
        return Err(document.error(spec, "spec.policyName: is missing"));
    };
    let parameters = match spec.get("paramRef").filter(|node| !node.is_null()) {
        Some(node) => Some(parameter_ref(document, node, "spec.paramRef")?),
        None => None,
    };
    let matching = match spec.get("matchResources").filter(|node| !node.is_null()) {
        Some(node) => Some(MatchResources::read(document, node, "spec.matchResources")?),
        None => None,
    };
    let is_mutating = document.root.get("kind").and_then(Node::as_str) == Some(MUTATING);
    if is_mutating {
        mutating::read::operations(document, spec.get("matchResources"), "spec.matchResources")?;
    }
    Ok(Binding {
        name: document.name()?.into(),
        policy: policy.into(),
        parameters,
        actions: if is_mutating { Actions::DENY } else { actions(document, spec)? },
        matching,
    })
}

fn actions(document: &Document<'_>, spec: Node<'_>) -> Result<Actions, PolicyError> {
    const PATH: &str = "spec.validationActions";
    let mut actions = Actions::default();
    let items: Vec<_> = spec.get("validationActions").into_iter().flat_map(Node::items).collect();
    for item in &items {
        let place = match item.as_str() {
            Some("Deny") => &mut actions.deny,
            Some("Warn") => &mut actions.warn,
            Some("Audit") => &mut actions.audit,
            _ => {
                let message = format!("{PATH}: {item:?} is none of Deny, Warn, Audit");
                return Err(document.error(*item, message));
            }
        };
        if std::mem::replace(place, true) {
            return Err(document.error(*item, format!("{PATH}: {item:?} stands here a second time")));
        }
    }
    match items.first() {
        None => Err(document.error(spec, format!("{PATH}: needs at least one of Deny, Warn, Audit"))),
        Some(first) if actions.deny && actions.warn => {
            Err(document.error(*first, format!("{PATH}: Deny and Warn exclude each other")))
        }
        Some(_) => Ok(actions),
    }
}

fn parameter_ref(document: &Document<'_>, node: Node<'_>, path: &str) -> Result<ParameterRef, PolicyError> {
    let name = node.get("name").and_then(Node::as_str).filter(|name| !name.is_empty());
    let selector = node.get("selector").filter(|node| !node.is_null());
    let which = match (name, selector) {
        (Some(name), None) => Which::Named(name.into()),
        (None, Some(selector)) => Which::Selected(
            Selector::of_labels_and_expressions(selector)
                .map_err(|error| document.error(selector, format!("{}: {error}", join(path, "selector"))))?,
        ),
        (Some(_), Some(_)) => {
            return Err(document.error(node, format!("{path}: name and selector exclude each other")));
        }
        (None, None) => {
            return Err(document.error(node, format!("{path}: needs a name or a selector")));
        }
    };
    let must_exist = match node.get("parameterNotFoundAction").and_then(Node::as_str) {
        Some("Deny") => true,
        Some("Allow") => false,
        _ => {
            let message = format!("{}: expected Allow or Deny", join(path, "parameterNotFoundAction"));
            return Err(document.error(node, message));
        }
    };
    let namespace = node.get("namespace").and_then(Node::as_str).filter(|name| !name.is_empty());
    Ok(ParameterRef { which, namespace: namespace.map(Into::into), must_exist })
}
