//! `kind: Exception` out of a file, with the place of every mistake.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bulkhead_document::{Kind, Limits, Node, Span, Tree, read as read_documents};
use bulkhead_model::{Exception, Fingerprint, Location, Scope, Until};
use serde_json::{Value, json};

use super::peers::day;

const VERSION: &str = "bulkhead.dev/v1alpha1";
const KIND: &str = "Exception";

/// Fields of `spec` that are lists of texts, and what their items are.
const LISTS: [(&str, &str); 9] = [
    ("checks", "Ids of checks, ours or another tool's; * is all"),
    ("kinds", "Kinds of objects, or of their workloads"),
    ("namespaces", "Namespaces; * stands for anything"),
    ("names", "Names of objects or workloads; * stands for anything"),
    ("containers", "Names of containers; * stands for anything"),
    ("images", "Image repositories, without tag; * stands for anything"),
    ("packages", "Package URLs, with or without version; * stands for anything"),
    ("vulnerabilities", "Vulnerability ids"),
    ("fingerprints", "Fingerprints of findings"),
];
const TEXTS: [(&str, &str); 4] = [
    ("owner", "Who answers for it"),
    ("reason", "Why it is right"),
    ("link", "A ticket or page"),
    ("until", "The last day it holds (UTC), such as 2027-01-31; or fixable: until a fix exists"),
];

/// An Exception object, as far as it could be read.
#[derive(Debug)]
pub struct Declared {
    /// What it says; nothing where it has mistakes.
    pub exception: Option<Exception>,
    /// Where it stands.
    pub place: Location,
    /// Mistakes: a sentence, the field, the place.
    pub problems: Vec<(String, String, Location)>,
    /// Its name and namespace.
    pub object: (Arc<str>, Option<Arc<str>>),
}

/// An Exception that does not count, and why.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) field: String,
    pub(super) place: Location,
    pub(super) object: (Arc<str>, Option<Arc<str>>),
    pub(super) home: Option<PathBuf>,
}

/// Whether an object is an exception of ours.
pub(super) fn is_exception(object: Node<'_>) -> bool {
    let text = |field| object.get(field).and_then(Node::as_str);
    text("kind") == Some(KIND)
        && text("apiVersion").is_some_and(|version| version.starts_with("bulkhead.dev/"))
}

/// The exceptions in a file; what else it holds is left alone. A damaged document is an error that names its
/// place.
///
/// # Errors
/// A document could not be read.
pub fn read(file: &str, text: &str) -> Result<Vec<Declared>, String> {
    let mut all = Vec::new();
    for (tree, number) in read_documents(text.into(), &Limits::default()).zip(0..) {
        let tree =
            tree.map_err(|error| format!("{file}:{}:{}: {}", error.at.line, error.at.column, error.problem))?;
        all.extend(of_tree(file, number, &tree));
    }
    Ok(all)
}

/// The exceptions of a document: itself, or the items of a list.
pub fn of_tree(file: &str, document: u32, tree: &Tree) -> Vec<Declared> {
    let root = tree.root();
    if is_exception(root) {
        return vec![declared(file, document, tree, root)];
    }
    let items = root.get("items").into_iter().flat_map(Node::items);
    items
        .filter(|item| is_exception(*item))
        .map(|item| declared(file, document, tree, item))
        .collect()
}

/// Reads one object.
pub(super) fn declared(file: &str, document: u32, tree: &Tree, root: Node<'_>) -> Declared {
    let text = |node: Option<Node<'_>>| {
        node.and_then(Node::as_str)
            .filter(|text| !text.trim().is_empty())
            .map(|text| Arc::from(text.trim()))
    };
    let name = text(root.at(&["metadata", "name"]));
    let namespace: Option<Arc<str>> = text(root.at(&["metadata", "namespace"]));
    let mut reader = Reader { file: file.into(), document, tree, problems: Vec::new() };
    let exception = reader.exception(root, name.clone(), namespace.clone());
    Declared {
        place: reader.location(root.get("kind").unwrap_or(root).span()),
        object: (name.unwrap_or_else(|| "".into()), namespace),
        exception,
        problems: reader.problems,
    }
}

struct Reader<'a> {
    file: Arc<str>,
    document: u32,
    tree: &'a Tree,
    problems: Vec<(String, String, Location)>,
}

impl Reader<'_> {
    fn exception(
        &mut self,
        root: Node<'_>,
        name: Option<Arc<str>>,
        namespace: Option<Arc<str>>,
    ) -> Option<Exception> {
        let version = root.get("apiVersion").unwrap_or(root);
        if version.as_str() != Some(VERSION) {
            self.wrong(version, "apiVersion", &format!("expected {VERSION}, found {version:?}"));
        }
        if name.is_none() {
            self.wrong(root.get("metadata").unwrap_or(root), "metadata.name", "is missing");
        }
        let Some(spec) = root.get("spec").filter(|spec| spec.is_mapping()) else {
            self.wrong(
                root.get("spec").unwrap_or(root),
                "spec",
                "expected a mapping with checks, owner and reason",
            );
            return None;
        };
        self.fields(spec);
        let mut lists = LISTS.iter().map(|(field, _)| self.list(spec, field)).collect::<Vec<_>>().into_iter();
        let mut next = || lists.next().unwrap_or_default();
        let mut scope = Scope {
            checks: next(),
            kinds: next(),
            namespaces: next(),
            names: next(),
            containers: next(),
            images: next(),
            packages: next(),
            vulnerabilities: next(),
            fingerprints: next(),
            labels: BTreeMap::new(),
        };
        scope.labels = self.labels(spec);
        if let Some(namespace) = namespace {
            match spec.get("namespaces") {
                Some(node) => self.wrong(
                    node,
                    "spec.namespaces",
                    &format!("its own namespace, {namespace}, is all that it can cover"),
                ),
                None => scope.namespaces = vec![namespace],
            }
        }
        if scope.checks.is_empty() && scope.vulnerabilities.is_empty() && scope.fingerprints.is_empty() {
            self.wrong(spec, "spec.checks", "is missing (which checks it is for; [\"*\"] is all of them)");
        }
        let owner = self.text(spec, "owner");
        let reason = self.text(spec, "reason");
        if owner.is_none() {
            self.wrong(spec.get("owner").unwrap_or(spec), "spec.owner", "is missing (who answers for it)");
        }
        if reason.is_none() {
            self.wrong(spec.get("reason").unwrap_or(spec), "spec.reason", "is missing (why it is right)");
        }
        let until = self.until(spec);
        Some(Exception {
            name: name?,
            scope,
            owner: owner?,
            reason: reason?,
            link: self.text(spec, "link"),
            until: until?,
        })
    }

    fn fields(&mut self, spec: Node<'_>) {
        let known: Vec<&str> =
            LISTS.iter().chain(&TEXTS).map(|(field, _)| *field).chain(["labels"]).collect();
        for entry in spec.raw_entries() {
            let name = self.tree.key_name(entry.key);
            if !known.contains(&name) {
                let message = format!("spec has no field {name}; it has {}", known.join(", "));
                self.problems.push((message, format!("spec.{name}"), self.location(entry.span)));
            }
        }
    }

    fn list(&mut self, spec: Node<'_>, field: &str) -> Vec<Arc<str>> {
        let Some(node) = spec.get(field) else { return Vec::new() };
        let path = format!("spec.{field}");
        if !node.is_sequence() || node.items().len() == 0 {
            self.wrong(node, &path, &format!("expected a list of texts, found {}", sort(node)));
            return Vec::new();
        }
        let mut texts = Vec::new();
        for (item, number) in node.items().zip(0..) {
            let text = item.as_str().map(str::trim).filter(|text| !text.is_empty());
            match text {
                None => self.wrong(
                    item,
                    &format!("{path}[{number}]"),
                    &format!("expected text, found {}", sort(item)),
                ),
                Some(text) if field == "fingerprints" && text.parse::<Fingerprint>().is_err() => {
                    let message = format!("expected v1: and 40 hexadecimal digits, found {text:?}");
                    self.wrong(item, &format!("{path}[{number}]"), &message);
                }
                Some(text) => texts.push(text.into()),
            }
        }
        texts
    }

    fn labels(&mut self, spec: Node<'_>) -> BTreeMap<Arc<str>, Arc<str>> {
        let Some(node) = spec.get("labels") else { return BTreeMap::new() };
        if !node.is_mapping() {
            self.wrong(node, "spec.labels", &format!("expected a mapping of texts, found {}", sort(node)));
        }
        let mut labels = BTreeMap::new();
        for (name, value) in node.entries() {
            match value.as_str() {
                Some(text) => _ = labels.insert(name.into(), text.into()),
                None => self.wrong(
                    value,
                    &format!("spec.labels['{name}']"),
                    &format!("expected text, found {}", sort(value)),
                ),
            }
        }
        labels
    }

    fn text(&mut self, spec: Node<'_>, field: &str) -> Option<Arc<str>> {
        let node = spec.get(field)?;
        if node.as_str().is_none() && !node.is_null() {
            self.wrong(node, &format!("spec.{field}"), &format!("expected text, found {}", sort(node)));
        }
        node.as_str().map(str::trim).filter(|text| !text.is_empty()).map(Arc::from)
    }

    fn until(&mut self, spec: Node<'_>) -> Option<Until> {
        let expected = "a day such as 2027-01-31, or fixable";
        let Some(node) = spec.get("until") else {
            self.wrong(spec, "spec.until", &format!("is missing (how long it holds: {expected})"));
            return None;
        };
        let until = match node.as_str().map(str::trim) {
            Some("fixable") => Some(Until::Fixable),
            Some(text) => day(text).map(Until::Date),
            None => None,
        };
        if until.is_none() {
            self.wrong(node, "spec.until", &format!("expected {expected}, found {}", sort(node)));
        }
        until
    }

    fn wrong(&mut self, node: Node<'_>, field: &str, what: &str) {
        let place = self.location(node.span());
        self.problems.push((format!("{field}: {what}"), field.to_owned(), place));
    }

    fn location(&self, span: Span) -> Location {
        let start = self.tree.position(span.start);
        // Of what is larger than a line, where it begins.
        let text = span.of(self.tree.source()).lines().next().unwrap_or_default();
        let width = u32::try_from(text.chars().count()).unwrap_or(1);
        Location {
            file: self.file.clone(),
            document: self.document,
            line: start.line,
            column: start.column,
            end_line: start.line,
            end_column: start.column.saturating_add(width.max(1)),
        }
    }
}

fn sort(node: Node<'_>) -> String {
    match node.kind() {
        Kind::Sequence(_) if node.items().len() == 0 => "an empty list".to_owned(),
        Kind::Sequence(_) => "a list".to_owned(),
        Kind::Mapping(_) => "a mapping".to_owned(),
        _ => format!("{node:?}"),
    }
}

/// The JSON schema of an Exception object.
pub fn schema() -> Value {
    let mut properties = serde_json::Map::new();
    for (field, what) in LISTS {
        let items = json!({"type": "string", "minLength": 1});
        properties.insert(
            field.to_owned(),
            json!({"description": what, "type": "array", "minItems": 1, "items": items}),
        );
    }
    for (field, what) in TEXTS {
        properties.insert(field.to_owned(), json!({"description": what, "type": "string", "minLength": 1}));
    }
    let labels = json!({
        "description": "Labels that the object, or its Pod template, has; * stands for anything",
        "type": "object",
        "additionalProperties": {"type": "string"},
    });
    properties.insert("labels".to_owned(), labels);
    let name = json!({"type": "string", "minLength": 1});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Bulkhead exception",
        "type": "object",
        "properties": {
            "apiVersion": {"const": VERSION},
            "kind": {"const": KIND},
            "metadata": {"type": "object", "properties": {"name": name, "namespace": name}, "required": ["name"]},
            "spec": {
                "type": "object",
                "properties": properties,
                "required": ["owner", "reason", "until"],
                "anyOf": [
                    {"required": ["checks"]}, {"required": ["vulnerabilities"]}, {"required": ["fingerprints"]},
                ],
                "additionalProperties": false,
            },
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
    })
}
