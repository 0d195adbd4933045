//! `spec.match` of a Gatekeeper constraint.
//!
//! Source: open-policy-agent/gatekeeper, `pkg/mutation/match`. Names and namespaces may begin or end with
//! `*`.

use bulkhead_document::{Kind, Node};
use bulkhead_inventory::Selector;
use bulkhead_model::Namespace;

use super::document::{Document, join};
use super::matching::selects_by_name;
use super::request::{NAME, NAMESPACE, Request};
use super::truth::Truth;
use crate::read::PolicyError;

const PATH: &str = "spec.match";
const FIELDS: &[&str] = &[
    "source",
    "kinds",
    "scope",
    "namespaces",
    "excludedNamespaces",
    "labelSelector",
    "namespaceSelector",
    "name",
];

/// Kinds of some groups.
#[derive(Debug, Clone)]
struct Kinds {
    groups: Vec<Box<str>>,
    kinds: Vec<Box<str>>,
}

/// Which objects a constraint is for.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConstraintMatch {
    /// Groups and kinds; all where it is empty.
    kinds: Vec<Kinds>,
    /// Whether objects with a namespace are meant, where that is said.
    namespaced: Option<bool>,
    namespaces: Vec<Box<str>>,
    excluded: Vec<Box<str>>,
    name: Option<Box<str>>,
    objects: Option<Selector>,
    of_namespaces: Option<Selector>,
    /// `source: Generated`: objects that a workload would make, never those of a file.
    generated_only: bool,
}

impl ConstraintMatch {
    /// Reads it; absent means every object.
    pub(crate) fn read(document: &Document<'_>, node: Option<Node<'_>>) -> Result<Self, PolicyError> {
        let Some(node) = node.filter(|node| !node.is_null()) else { return Ok(Self::default()) };
        if !matches!(node.kind(), Kind::Mapping(_)) {
            return Err(document.error(node, format!("{PATH}: expected a mapping, found {node:?}")));
        }
        if let Some((field, value)) = node.entries().find(|(field, _)| !FIELDS.contains(field)) {
            return Err(document.error(value, format!("{PATH}.{field}: no such field")));
        }
        let selector = |field: &str| match node.get(field).filter(|node| !node.is_null()) {
            None => Ok(None),
            Some(selector) => Selector::of_labels_and_expressions(selector)
                .map(Some)
                .map_err(|error| document.error(selector, format!("{}: {error}", join(PATH, field)))),
        };
        let mut kinds = Vec::new();
        for (place, entry) in node.get("kinds").into_iter().flat_map(Node::items).enumerate() {
            let path = format!("{PATH}.kinds[{place}]");
            kinds.push(Kinds {
                groups: document.texts(entry, "apiGroups", &path)?,
                kinds: document.texts(entry, "kinds", &path)?,
            });
        }
        let scope = document.word(node, "scope", PATH, &["*", "Namespaced", "Cluster"])?;
        let source = document.word(node, "source", PATH, &["All", "Generated", "Original"])?;
        Ok(Self {
            kinds,
            namespaced: scope.filter(|scope| *scope != "*").map(|scope| scope == "Namespaced"),
            namespaces: document.texts(node, "namespaces", PATH)?,
            excluded: document.texts(node, "excludedNamespaces", PATH)?,
            name: document.text(node, "name", PATH)?.map(|(_, name)| name.into()),
            objects: selector("labelSelector")?,
            of_namespaces: selector("namespaceSelector")?,
            generated_only: source == Some("Generated"),
        })
    }

    /// Whether labels of namespaces decide.
    pub(crate) fn reads_namespaces(&self) -> bool {
        self.of_namespaces.as_ref().is_some_and(|selector| !selector.is_everything())
    }

    /// Whether a request is meant.
    pub(crate) fn matches(&self, request: &Request<'_>) -> Truth {
        let has = |items: &[Box<str>], wanted: &str| {
            items.is_empty() || items.iter().any(|item| **item == *"*" || **item == *wanted)
        };
        let kind = self.kinds.is_empty()
            || self
                .kinds
                .iter()
                .any(|each| has(&each.groups, &request.resource.group) && has(&each.kinds, request.kind));
        let labels = request.object.at(&["metadata", "labels"]);
        let objects = self.objects.as_ref().is_none_or(|selector| selector.matches_node(labels));
        Truth::from(kind && objects && !self.generated_only)
            .and(|| self.named(request))
            .and(|| self.scope(request))
            .and(|| listed(&self.namespaces, request, true))
            .and(|| listed(&self.excluded, request, false).not())
            .and(|| self.namespace_labels(request))
    }

    fn named(&self, request: &Request<'_>) -> Truth {
        match (&self.name, request.name) {
            (None, _) => Truth::Yes,
            (Some(pattern), Some(name)) => glob(pattern, name).into(),
            (Some(_), None) => Truth::hangs_on(NAME),
        }
    }

    fn scope(&self, request: &Request<'_>) -> Truth {
        match (self.namespaced, request.is_namespaced) {
            (None, _) => Truth::Yes,
            (Some(wanted), Some(is)) => (wanted == is).into(),
            (Some(_), None) => Truth::hangs_on(format!("the scope of {}", request.kind)),
        }
    }

    fn namespace_labels(&self, request: &Request<'_>) -> Truth {
        let Some(selector) = self.of_namespaces.as_ref().filter(|selector| !selector.is_everything()) else {
            return Truth::Yes;
        };
        if request.is_for_namespace() {
            return selector.matches_node(request.object.at(&["metadata", "labels"])).into();
        }
        match (&request.namespace, request.namespace_object) {
            (Namespace::Cluster, _) => Truth::Yes,
            (_, Some(object)) => selector.matches_node(object.at(&["metadata", "labels"])).into(),
            (Namespace::Named(name), None) => selects_by_name(selector, name),
            (Namespace::Unknown, None) => Truth::hangs_on(NAMESPACE),
        }
    }
}

/// Whether the object's namespace is one of a list; what has none is in no list, and in every list
/// that was left out.
fn listed(patterns: &[Box<str>], request: &Request<'_>, absent: bool) -> Truth {
    if patterns.is_empty() {
        return absent.into();
    }
    let one = |name: &str| Truth::from(patterns.iter().any(|pattern| glob(pattern, name)));
    match &request.namespace {
        _ if request.is_for_namespace() => request.name.map_or_else(|| Truth::hangs_on(NAME), one),
        Namespace::Named(name) => one(name),
        Namespace::Unknown => Truth::hangs_on(NAMESPACE),
        Namespace::Cluster => absent.into(),
    }
}

/// A pattern may begin with `*`, end with it, or both.
fn glob(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) if pattern.len() > 1 => name.contains(pattern.trim_matches('*')),
        (Some(end), _) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => pattern == name,
    }
}

#[test]
fn patterns_as_gatekeeper_has_them() {
    for (pattern, name, wanted) in [
        ("kube-*", "kube-system", true),
        ("kube-*", "my-kube-system", false),
        ("*-system", "kube-system", true),
        ("*-sys*", "kube-system", true),
        ("*", "a", true),
        ("a", "ab", false),
    ] {
        assert_eq!(glob(pattern, name), wanted, "{pattern} {name}");
    }
}
