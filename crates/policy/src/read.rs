//! Policies out of a file, with the place of every mistake.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_document::{Kind, Limits, Node, Position, Span, read};
use serde_json::Value;

use crate::form::{self, BODY, Stray};
use crate::native::document::text_start;
use crate::native::read::{self as native, Object};
use crate::patch::{Mend, Verb};
use crate::path::{Path, Segment};
use crate::policy::{Blame, Expression, Find, KindPattern, Minors, Parameter, Part, Policy, Unit};

/// A mistake in a policy, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct PolicyError {
    /// The policy's file.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong and what was expected.
    pub message: String,
}

/// One document of a policy file while it is read.
struct Reader<'a> {
    file: &'a Arc<str>,
    text: &'a Arc<str>,
    document: usize,
    root: Node<'a>,
}

/// Reads every object of a file.
pub(crate) fn objects(file: &Arc<str>, text: &Arc<str>) -> Result<Vec<Object>, PolicyError> {
    let mut objects = Vec::new();
    for (document, tree) in read(text.clone(), &Limits::default()).enumerate() {
        let tree = tree.map_err(|error| PolicyError {
            file: file.clone(),
            line: error.at.line,
            column: error.at.column,
            message: error.problem.to_string(),
        })?;
        if let Some(duplicate) = tree.duplicate_keys().first() {
            let name = tree.key_name(duplicate.key);
            let position = tree.position(duplicate.again.start);
            return Err(error_at(file, position, format!("{name}: stands here a second time")));
        }
        if native::is_foreign(tree.root()) {
            objects.extend(native::objects(file, text, document, &tree)?);
        } else {
            let policy = Reader { file, text, document, root: tree.root() }.policy()?;
            objects.push(Object::Policy(Box::new(policy)));
        }
    }
    if objects.is_empty() {
        let start = Position { line: 1, column: 1 };
        return Err(error_at(file, start, "expected a policy, found nothing".to_owned()));
    }
    Ok(objects)
}

fn error_at(file: &Arc<str>, at: Position, message: String) -> PolicyError {
    PolicyError { file: file.clone(), line: at.line, column: at.column, message }
}

impl<'a> Reader<'a> {
    fn policy(&self) -> Result<Policy, PolicyError> {
        let root = self.root;
        let stray = |Stray { span, message }| self.error(span, message);
        let (id, body) = if root.get("apiVersion").is_some() || root.get("spec").is_some() {
            let expected = [("apiVersion", "bulkhead.dev/v1alpha1"), ("kind", "Policy")];
            for (field, wanted) in expected {
                let found = root.get(field);
                if found.and_then(Node::as_str) != Some(wanted) {
                    let span = found.map_or(root.span(), Node::span);
                    return Err(self.error(span, format!("{field}: expected {wanted}")));
                }
            }
            let name = root.at(&["metadata", "name"]);
            let body = root.get("spec").ok_or_else(|| self.error(root.span(), "spec: is missing".into()))?;
            form::check(body, BODY, "spec", &[]).map_err(stray)?;
            (name, body)
        } else {
            form::check(root, BODY, "", &["id"]).map_err(stray)?;
            (root.get("id"), root)
        };
        let id = id.ok_or_else(|| self.error(root.span(), "id: is missing".into()))?;
        let name = id.as_str().filter(|name| is_kebab(name)).ok_or_else(|| {
            self.error(id.span(), "id: expected small letters, digits and hyphens, such as host-ports".into())
        })?;
        let text = |field: &str| Arc::from(body.get(field).and_then(Node::as_str).unwrap_or_default().trim());
        let unit = self.unit(body)?;
        let kinds = self.kinds(body, &unit)?;
        let policy = Policy {
            id: name.into(),
            title: text("title"),
            severity: text("severity")
                .parse()
                .map_err(|_| self.error(body.span(), "severity: unknown".into()))?,
            set: body
                .get("set")
                .and_then(Node::as_str)
                .and_then(|set| set.parse().ok())
                .unwrap_or_default(),
            why: text("why"),
            fix: text("fix"),
            standards: word_lists(body.get("standards")),
            aliases: word_lists(body.get("aliases")),
            parameters: parameters(body),
            file: self.file.clone(),
            line: root.tree().position(root.span().start).line,
            text: self.text.clone(),
            document: self.document,
            kubernetes: self.minors(body)?,
            unit,
            kinds,
            when: body.get("when").map(Self::expression),
            variables: body
                .get("variables")
                .iter()
                .flat_map(|node| node.entries())
                .map(|(name, node)| (name.into(), Self::expression(node)))
                .collect(),
            find: self.find(body)?,
            native: None,
            more: Vec::new(),
            kyverno: None,
            sets_severity: true,
        };
        match (&policy.unit, policy.find.is_empty()) {
            (Unit::Document, false) => {
                Err(self.error(body.span(), "find: a policy for each document has none".into()))
            }
            (unit, true) if *unit != Unit::Document => {
                Err(self.error(body.span(), "find: is missing (what is wrong, and where)".into()))
            }
            _ => Ok(policy),
        }
    }

    fn unit(&self, body: Node<'a>) -> Result<Unit, PolicyError> {
        let node = body.get("for-each").unwrap_or(body);
        Ok(match node.as_str().unwrap_or_default() {
            "object" => Unit::Object,
            "pod" => Unit::Pod,
            "container" => Unit::Container,
            "volume" => Unit::Volume,
            "document" | "source" => Unit::Document,
            text => Unit::Path(self.path(node, text)?),
        })
    }

    fn kinds(&self, body: Node<'a>, unit: &Unit) -> Result<Vec<KindPattern>, PolicyError> {
        let of_objects = matches!(unit, Unit::Object | Unit::Path(_));
        match body.get("kinds") {
            None if of_objects => {
                let message = "kinds: is missing (which kinds of objects it is for, such as Service)";
                Err(self.error(body.span(), message.into()))
            }
            Some(node) if !of_objects => {
                Err(self.error(node.span(), "kinds: goes with for-each object or a path alone".into()))
            }
            node => Ok(node.map_or_else(Vec::new, words).iter().map(|word| kind_pattern(word)).collect()),
        }
    }

    fn find(&self, body: Node<'a>) -> Result<Vec<Find>, PolicyError> {
        let entries = body.get("find").into_iter().flat_map(Node::items);
        entries
            .map(|entry| {
                let blame = match (entry.get("at"), entry.get("missing")) {
                    (Some(at), None) => Blame::At(self.path(at, at.as_str().unwrap_or_default())?),
                    (None, Some(at)) => Blame::Missing(self.path(at, at.as_str().unwrap_or_default())?),
                    _ => return Err(self.error(entry.span(), "find: expected either at or missing".into())),
                };
                let message = entry.get("message").unwrap_or(entry);
                Ok(Find {
                    blame,
                    when: entry.get("when").map(Self::expression),
                    message: self.message(message)?,
                    patch: entry.get("patch").map(|patch| self.patch(patch)).transpose()?,
                })
            })
            .collect()
    }

    fn patch(&self, node: Node<'a>) -> Result<Mend, PolicyError> {
        let verbs = [("set", Verb::Set), ("append", Verb::Append), ("remove", Verb::Remove)];
        let mut named = verbs.iter().filter_map(|(name, verb)| Some((node.get(name)?, *verb)));
        let (Some((at, verb)), None) = (named.next(), named.next()) else {
            return Err(self.error(node.span(), "patch: expected one of set, append and remove".into()));
        };
        let (path, below) = match at.as_str().unwrap_or_default() {
            "." => (None, Vec::new()),
            text => match text.strip_prefix('.') {
                Some(below) => (None, self.path(at, below)?.segments),
                None => (Some(self.path(at, text)?), Vec::new()),
            },
        };
        if path
            .iter()
            .flat_map(|path| &path.segments)
            .chain(&below)
            .any(|part| *part == Segment::Every)
        {
            let message = "patch: a path names one field; what [*] matched is written as .";
            return Err(self.error(at.span(), message.into()));
        }
        let value = node.get("to").map(plain);
        if value.is_none() != (verb == Verb::Remove) {
            let message = "patch: set and append go with to, remove goes without";
            return Err(self.error(node.span(), message.into()));
        }
        let may_break = node.get("may-break").and_then(Node::as_str).map(Into::into);
        Ok(Mend { verb, path, below, value: value.unwrap_or_default(), may_break })
    }

    fn path(&self, node: Node<'a>, text: &str) -> Result<Path, PolicyError> {
        Path::parse(text).map_err(|(at, message)| {
            let mut position = text_start(node);
            position.column += u32::try_from(text.get(..at).unwrap_or("").chars().count()).unwrap_or(0);
            error_at(self.file, position, format!("path {text:?}: {message}"))
        })
    }

    /// Splits `takes port {value} of its node` at its braces; `{{` is a brace.
    fn message(&self, node: Node<'a>) -> Result<Vec<Part>, PolicyError> {
        let text = node.as_str().unwrap_or_default();
        let unclosed = || self.error(node.span(), format!("message {text:?}: a {{ has no }}"));
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            if let Some(after) = after.strip_prefix('{') {
                plain.push('{');
                rest = after;
                continue;
            }
            let (source, after) = after.split_once('}').ok_or_else(unclosed)?;
            parts.push(Part::Text(std::mem::take(&mut plain).into()));
            parts.push(Part::Value(Expression { source: source.into(), at: text_start(node) }));
            rest = after;
        }
        plain.push_str(&rest.replace("}}", "}"));
        parts.push(Part::Text(plain.into()));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        Ok(parts)
    }

    fn expression(node: Node<'a>) -> Expression {
        let source = match node.kind() {
            Kind::Bool(value) => value.to_string(),
            _ => node.as_str().unwrap_or_default().to_owned(),
        };
        Expression { source: source.into(), at: text_start(node) }
    }

    fn minors(&self, body: Node<'a>) -> Result<Minors, PolicyError> {
        let Some(node) = body.get("kubernetes") else {
            return Ok(Minors::ALL);
        };
        let wrong =
            || self.error(node.span(), "kubernetes: expected a range such as \">=1.23 <1.30\"".into());
        let mut minors = Minors::ALL;
        for part in node.as_str().unwrap_or_default().split_whitespace() {
            let digits = part.trim_start_matches(['<', '>', '=']);
            let minor: u32 =
                digits.strip_prefix("1.").and_then(|minor| minor.parse().ok()).ok_or_else(wrong)?;
            match part.get(..part.len() - digits.len()) {
                Some(">=") => minors.from = minors.from.max(minor),
                Some(">") => minors.from = minors.from.max(minor + 1),
                Some("<=") => minors.to = minors.to.min(minor),
                Some("<") => minors.to = minors.to.min(minor.checked_sub(1).ok_or_else(wrong)?),
                Some("=" | "==") => minors = Minors { from: minor, to: minor },
                _ => return Err(wrong()),
            }
        }
        if minors.from > minors.to { Err(wrong()) } else { Ok(minors) }
    }

    fn error(&self, span: Span, message: String) -> PolicyError {
        error_at(self.file, self.root.tree().position(span.start), message)
    }
}

fn is_kebab(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    name.split('-').all(part)
}

pub(crate) fn kind_pattern(word: &str) -> KindPattern {
    match word.rsplit_once('/') {
        Some((group, kind)) => KindPattern { group: Some(group.into()), kind: kind.into() },
        None => KindPattern { group: None, kind: word.into() },
    }
}

fn word_lists(node: Option<Node<'_>>) -> BTreeMap<String, Vec<String>> {
    node.iter()
        .flat_map(|node| node.entries())
        .map(|(name, ids)| (name.to_owned(), words(ids)))
        .collect()
}

fn words(node: Node<'_>) -> Vec<String> {
    let word = |node: Node<'_>| match node.kind() {
        Kind::Text(text) => text.to_owned(),
        _ => format!("{node:?}"),
    };
    match node.kind() {
        Kind::Sequence(_) => node.items().map(word).collect(),
        _ => vec![word(node)],
    }
}

fn parameters(body: Node<'_>) -> Vec<Parameter> {
    let entries = body.get("parameters").into_iter().flat_map(Node::entries);
    entries
        .map(|(name, node)| Parameter {
            name: name.into(),
            default: node.get("default").map_or(Value::Null, plain),
            description: node.get("description").and_then(Node::as_str).unwrap_or("").into(),
            off_without: node.get("off-without").and_then(Node::as_str).map(Into::into),
        })
        .collect()
}

/// A node as a JSON value.
pub(crate) fn plain(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Bool(value) => value.into(),
        Kind::Int(value) => value.into(),
        Kind::UInt(value) => value.into(),
        Kind::Float(value) => value.into(),
        Kind::Text(value) => value.into(),
        Kind::Sequence(_) => node.items().map(plain).collect(),
        Kind::Mapping(_) => node.entries().map(|(name, value)| (name.to_owned(), plain(value))).collect(),
    }
}
