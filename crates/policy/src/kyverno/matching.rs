//! `match` and `exclude` of a rule.
//!
//! Source: Kyverno 1.17, `pkg/engine/utils/match.go` and `pkg/utils/match`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::at::{At, Mistake};
use super::value::Value;
use super::wildcard;
use crate::native::Truth;

/// Filters of which one, or all, must be met.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filters {
    pub(crate) any: Vec<Filter>,
    pub(crate) all: Vec<Filter>,
    /// The older form, used where the two are empty.
    pub(crate) one: Filter,
}

/// Objects, and who asks for them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    kinds: Vec<Arc<str>>,
    names: Vec<Vec<Arc<str>>>,
    namespaces: Vec<Arc<str>>,
    annotations: Vec<(Arc<str>, Arc<str>)>,
    selector: Option<Value>,
    namespace_selector: Option<Value>,
    operations: Vec<Arc<str>>,
    /// Whether it looks at who asks.
    by_user: bool,
}

/// What is looked at.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    pub(crate) kind: &'a str,
    /// Its name, or the beginning of one that the server will make.
    pub(crate) name: &'a str,
    /// `None` where that is not known; empty where it has none.
    pub(crate) namespace: Option<&'a str>,
    pub(crate) labels: BTreeMap<&'a str, &'a str>,
    pub(crate) annotations: BTreeMap<&'a str, &'a str>,
    /// The labels of its namespace; `None` where they are not known.
    pub(crate) namespace_labels: Option<BTreeMap<&'a str, &'a str>>,
    pub(crate) operation: &'a str,
}

const FILTER: &[&str] = &["resources", "roles", "clusterRoles", "subjects"];
const RESOURCES: &[&str] =
    &["kinds", "name", "names", "namespaces", "annotations", "selector", "namespaceSelector", "operations"];

impl Filters {
    pub(crate) fn read(at: &At<'_>) -> Result<Self, Mistake> {
        at.only(&["any", "all", "resources", "roles", "clusterRoles", "subjects"])?;
        let list = |field: &str| at.items(field)?.iter().map(Filter::read).collect::<Result<Vec<_>, _>>();
        Ok(Self { any: list("any")?, all: list("all")?, one: Filter::of(at)? })
    }

    /// Whether labels of namespaces decide.
    pub(crate) fn reads_namespaces(&self) -> bool {
        self.any
            .iter()
            .chain(&self.all)
            .chain([&self.one])
            .any(|filter| filter.namespace_selector.is_some())
    }

    /// Whether a rule with this `match` is for a subject.
    pub(crate) fn matches(&self, subject: &Subject<'_>) -> Truth {
        if !self.any.is_empty() {
            return self.any.iter().fold(Truth::No, |met, filter| met.or(|| filter.met(subject)));
        }
        if !self.all.is_empty() {
            return self.all.iter().fold(Truth::Yes, |met, filter| met.and(|| filter.met(subject)));
        }
        self.one.met(subject)
    }

    /// Whether an exception with this `match` is for a subject, whatever is done with it.
    pub(crate) fn excepts(&self, subject: &Subject<'_>) -> Truth {
        let met = |filter: &Filter| {
            let is_namespace = subject.kind == "Namespace";
            let without = Filter {
                operations: Vec::new(),
                namespace_selector: filter.namespace_selector.clone().filter(|_| !is_namespace),
                ..filter.clone()
            };
            match (filter.is_empty(), without.is_empty()) {
                (true, _) => Truth::No,
                (false, true) => Truth::Yes,
                (false, false) => without.met(subject),
            }
        };
        if !self.any.is_empty() {
            return self.any.iter().fold(Truth::No, |truth, filter| truth.or(|| met(filter)));
        }
        self.all.iter().fold(Truth::Yes, |truth, filter| truth.and(|| met(filter)))
    }

    /// Whether a rule with this `exclude` leaves a subject out.
    pub(crate) fn excludes(&self, subject: &Subject<'_>) -> Truth {
        if !self.any.is_empty() {
            return self.any.iter().fold(Truth::No, |met, filter| met.or(|| filter.met(subject)));
        }
        if !self.all.is_empty() {
            // An empty filter does not leave anything out, and so does not hinder the others.
            return self.all.iter().fold(Truth::Yes, |met, filter| {
                met.and(|| if filter.is_empty() { Truth::No } else { filter.met(subject) })
            });
        }
        self.one.met(subject)
    }
}

impl Filter {
    fn read(at: &At<'_>) -> Result<Self, Mistake> {
        at.only(FILTER)?;
        Self::of(at)
    }

    fn of(at: &At<'_>) -> Result<Self, Mistake> {
        let by_user = ["roles", "clusterRoles", "subjects"].iter().any(|field| {
            at.field(field)
                .is_some_and(|field| field.value.as_list().is_none_or(|items| !items.is_empty()))
        });
        let Some(resources) = at.field("resources") else { return Ok(Self { by_user, ..Self::default() }) };
        resources.only(RESOURCES)?;
        let names = [resources.text("name")?.into_iter().collect(), resources.texts("names")?];
        let mut annotations = Vec::new();
        if let Some(found) = resources.field("annotations") {
            for (key, value) in found.value.as_map().into_iter().flat_map(|entries| entries.iter()) {
                let text = value.as_text().ok_or_else(|| found.mistake("expected texts"))?;
                annotations.push((key.clone(), text.into()));
            }
        }
        let selector = |field: &str| resources.field(field).map(|found| found.value.clone());
        Ok(Self {
            kinds: resources.texts("kinds")?,
            names: names.into_iter().filter(|names: &Vec<_>| !names.is_empty()).collect(),
            namespaces: resources.texts("namespaces")?,
            annotations,
            selector: selector("selector"),
            namespace_selector: selector("namespaceSelector"),
            operations: resources.texts("operations")?,
            by_user,
        })
    }

    fn is_empty(&self) -> bool {
        self.kinds.is_empty()
            && self.names.is_empty()
            && self.namespaces.is_empty()
            && self.annotations.is_empty()
            && self.selector.is_none()
            && self.namespace_selector.is_none()
            && self.operations.is_empty()
            && !self.by_user
    }

    /// Whether a subject is meant; an empty filter means none.
    pub(crate) fn met(&self, subject: &Subject<'_>) -> Truth {
        if self.is_empty() {
            return Truth::No;
        }
        let operation =
            self.operations.is_empty() || self.operations.iter().any(|each| **each == *subject.operation);
        let kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| is_of_kind(kind, subject));
        let named = self
            .names
            .iter()
            .all(|names| names.iter().any(|name| wildcard::matches(name, subject.name)));
        let annotated = self.annotations.iter().all(|(key, value)| {
            let mut found = subject.annotations.iter();
            found.any(|(name, text)| wildcard::matches(key, name) && wildcard::matches(value, text))
        });
        let labelled = self
            .selector
            .as_ref()
            .is_none_or(|selector| selects(selector, &subject.labels).unwrap_or(false));
        Truth::from(operation && kind && named && annotated && labelled)
            .and(|| self.in_namespace(subject))
            .and(|| self.in_labelled_namespace(subject))
            .and(|| if self.by_user { Truth::hangs_on("who asks (subjects, roles)") } else { Truth::Yes })
    }

    fn in_namespace(&self, subject: &Subject<'_>) -> Truth {
        if self.namespaces.is_empty() {
            return Truth::Yes;
        }
        let namespace = if subject.kind == "Namespace" { Some(subject.name) } else { subject.namespace };
        match namespace {
            Some(namespace) => {
                self.namespaces.iter().any(|pattern| wildcard::matches(pattern, namespace)).into()
            }
            None if self.namespaces.iter().any(|pattern| **pattern == *"*") => Truth::Yes,
            None => Truth::hangs_on("object.metadata.namespace"),
        }
    }

    fn in_labelled_namespace(&self, subject: &Subject<'_>) -> Truth {
        let Some(selector) = &self.namespace_selector else { return Truth::Yes };
        if subject.kind == "Namespace" {
            return Truth::No;
        }
        labels_of_namespace(selector, subject)
    }
}

/// Whether the labels of a subject's namespace are as a selector wants them.
pub(crate) fn labels_of_namespace(selector: &Value, subject: &Subject<'_>) -> Truth {
    const NAME: &str = "kubernetes.io/metadata.name";
    if let Some(labels) = &subject.namespace_labels {
        return selects(selector, labels).unwrap_or(false).into();
    }
    let Some(namespace) = subject.namespace else { return Truth::hangs_on("object.metadata.namespace") };
    // Each Namespace has its name as a label.
    let labels = selector.get("matchLabels").and_then(Value::as_map);
    let expressions = selector.get("matchExpressions").and_then(Value::as_list);
    let keys = labels.into_iter().flat_map(|labels| labels.keys().map(|key| &**key));
    let more = expressions.into_iter().flat_map(|items| items.iter());
    let more = more.map(|item| item.get("key").and_then(Value::as_text).unwrap_or(""));
    if keys.chain(more).all(|key| key == NAME) {
        return selects(selector, &BTreeMap::from([(NAME, namespace)])).unwrap_or(false).into();
    }
    Truth::hangs_on(format!("the labels of Namespace {namespace}"))
}

/// Whether labels are as a selector wants them; nothing where it is broken, and then it selects nothing.
fn selects(selector: &Value, labels: &BTreeMap<&str, &str>) -> Option<bool> {
    let wanted = selector.get("matchLabels").and_then(Value::as_map);
    let mut selected = wanted.into_iter().flat_map(|wanted| wanted.iter()).all(|(key, value)| {
        let value = value.as_text().unwrap_or("");
        if wildcard::has_wildcard(key) || wildcard::has_wildcard(value) {
            let mut found = labels.iter();
            found.any(|(name, text)| wildcard::matches(key, name) && wildcard::matches(value, text))
        } else {
            labels.get(&**key) == Some(&value)
        }
    });
    let expressions = selector.get("matchExpressions").and_then(Value::as_list);
    for expression in expressions.into_iter().flat_map(|items| items.iter()) {
        let found = labels.get(expression.get("key")?.as_text()?);
        let values = expression.get("values").and_then(Value::as_list);
        let values: Vec<&str> =
            values.into_iter().flat_map(|items| items.iter()).filter_map(Value::as_text).collect();
        selected &= match (expression.get("operator")?.as_text()?, values.is_empty()) {
            ("In", false) => found.is_some_and(|found| values.contains(found)),
            ("NotIn", false) => found.is_none_or(|found| !values.contains(found)),
            ("Exists", true) => found.is_some(),
            ("DoesNotExist", true) => found.is_none(),
            _ => return None,
        };
    }
    Some(selected)
}

/// Group, version, kind and subresource of a kind as policies spell it: `Pod`, `apps/v1/Deployment`, `*/Deployment`,
/// `Pod/exec`, `Pod.status`.
pub(crate) fn parse_kind(text: &str) -> [&str; 4] {
    let mut parts: Vec<&str> = text.split('/').collect();
    if let Some(last) = parts.pop() {
        parts.extend(last.split('.'));
    }
    match *parts.as_slice() {
        [kind] => ["*", "*", kind, ""],
        ["*", "*"] => ["*"; 4],
        ["*", sub] if sub.to_lowercase() == sub => ["*", "*", "*", sub],
        [version, kind] if is_version(version) => ["*", version, kind, ""],
        [kind, sub] => ["*", "*", kind, sub],
        [version, kind, sub] if is_version(version) => ["*", version, kind, sub],
        [group, version, kind] => [group, version, kind, ""],
        [group, version, kind, sub] => [group, version, kind, sub],
        _ => [""; 4],
    }
}

/// `v1`, `v1beta1`, `*`; numbers of one digit.
fn is_version(text: &str) -> bool {
    let digit = |text: &str| text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(rest) = text.strip_prefix('v') else { return text == "*" };
    digit(rest)
        || ["alpha", "beta"]
            .iter()
            .any(|stage| rest.split_once(stage).is_some_and(|(major, minor)| digit(major) && digit(minor)))
}

fn is_of_kind(pattern: &str, subject: &Subject<'_>) -> bool {
    let [group, version, kind, sub] = parse_kind(pattern);
    wildcard::matches(group, subject.group)
        && wildcard::matches(version, subject.version)
        && wildcard::matches(kind, subject.kind)
        && wildcard::matches(sub, "")
}
