//! A policy's examples, run: each finds what it says and nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bulkhead_document::{Kind, Limits, Node, apply, read};
use serde_json::{Value, json};

use crate::judge::{Judge, Namespaces, Origin};
use crate::pack::Pack;
use crate::policy::{Level, Policy, Unit};
use crate::read::plain;
use crate::select::{Selection, Settings};

/// An example that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFailure {
    /// The policy's id.
    pub policy: Arc<str>,
    /// Its file.
    pub file: Arc<str>,
    /// The example's line.
    pub line: u32,
    /// What was expected and what was found.
    pub message: String,
}

impl fmt::Display for ExampleFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.policy, self.message)
    }
}

/// Runs a policy's examples: how many there are, and which do not hold. A policy without a faulty or
/// without a clean example fails too, unless the reader finds what it is about.
pub fn check_examples(pack: &Pack, policy: &Policy) -> (usize, Vec<ExampleFailure>) {
    let failure = |line: u32, message: String| ExampleFailure {
        policy: policy.id.clone(),
        file: policy.file.clone(),
        line,
        message,
    };
    let Some(Ok(tree)) = read(policy.text.clone(), &Limits::default()).nth(policy.document) else {
        return (0, vec![failure(policy.line, "cannot be read again".to_owned())]);
    };
    let root = tree.root();
    let body = if root.get("apiVersion").is_some() { root.get("spec").unwrap_or(root) } else { root };
    let examples: Vec<Node<'_>> = body.get("examples").into_iter().flat_map(Node::items).collect();
    let mut failures = Vec::new();
    for example in &examples {
        let line = tree.position(example.span().start).line;
        if let Err(message) = run(pack, policy, *example) {
            failures.push(failure(line, message));
        }
    }
    let clean = |example: &&Node<'_>| example.get("finds").is_some_and(|finds| finds.items().len() == 0);
    let (clean, faulty) = (examples.iter().any(|e| clean(&e)), examples.iter().any(|e| !clean(&e)));
    let needs_examples = !matches!(policy.unit, Unit::Document | Unit::Native);
    if needs_examples && !(clean && faulty) {
        let missing = if clean { "an example that it finds" } else { "a clean example" };
        failures.push(failure(policy.line, format!("needs {missing}")));
    }
    (examples.len(), failures)
}

fn run(pack: &Pack, policy: &Policy, example: Node<'_>) -> Result<(), String> {
    let object = object(example)?;
    let minor = minor(example)?;
    let settings = Settings {
        minor: minor.filter(|minor| bulkhead_kinds::SUPPORTED.contains(minor)),
        parameters: BTreeMap::from([(policy.id.to_string(), parameters(example))]),
        ..Settings::default()
    };
    // A Pod Security level may be judged as of a version that is no longer served.
    let pod_security = minor.map(|minor| (Level::Restricted, Some(minor)));
    let selection = Selection { only: vec![policy.id.to_string()], pod_security, ..Selection::default() };
    let judge = Judge::new(pack, &selection, &settings).map_err(|error| error.to_string())?;
    let namespaces = Namespaces::default();
    let origin = Origin { file: &policy.file, document: 0, namespaces: &namespaces };
    let judged = |object: &Value| match read(object.to_string().into(), &Limits::default()).next() {
        Some(Ok(tree)) => Ok(judge.judge_and_mend(tree, origin)),
        other => Err(format!("the object cannot be read: {other:?}")),
    };
    let (analysis, patches) = judged(&object)?;
    if let Some(gap) = analysis.coverage.gaps.first() {
        return Err(format!("the object cannot be judged: {}", gap.message));
    }
    let mut found: Vec<String> = analysis.findings.iter().map(|finding| finding.field.to_string()).collect();
    let mut wanted: Vec<String> = example
        .get("finds")
        .into_iter()
        .flat_map(Node::items)
        .map(|field| field.as_str().unwrap_or_default().to_owned())
        .collect();
    found.sort_unstable();
    wanted.sort_unstable();
    if found != wanted {
        return Err(format!("expected {wanted:?}, found {found:?}"));
    }
    for patch in &patches {
        let mut mended = object.clone();
        // A default has no place of its own: what caused it is to be mended.
        if apply(&mut mended, &patch.edit).is_err() {
            continue;
        }
        let (after, _) = judged(&mended)?;
        if after.findings.len() >= analysis.findings.len() {
            return Err(format!("{} is still found after its patch", patch.field));
        }
    }
    Ok(())
}

/// The example's object, with what its short forms leave out.
fn object(example: Node<'_>) -> Result<Value, String> {
    let pod = |spec: Value| {
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "example", "namespace": "example"},
            "spec": spec,
        })
    };
    let app = json!({"name": "app", "image": "registry.example/app:1.0"});
    match (example.get("object"), example.get("spec"), example.get("container")) {
        (Some(object), None, None) => Ok(plain(object)),
        (None, Some(spec), None) => {
            let mut whole = json!({"containers": [app]});
            if let (Some(whole), Value::Object(given)) = (whole.as_object_mut(), plain(spec)) {
                whole.extend(given);
            }
            Ok(pod(whole))
        }
        (None, None, Some(container)) => {
            let mut whole = app;
            if let (Some(whole), Value::Object(given)) = (whole.as_object_mut(), plain(container)) {
                whole.extend(given);
            }
            Ok(pod(json!({"containers": [whole]})))
        }
        _ => Err("expected one of object, spec and container".to_owned()),
    }
}

fn minor(example: Node<'_>) -> Result<Option<u32>, String> {
    let Some(node) = example.get("kubernetes") else {
        return Ok(None);
    };
    let text = match node.kind() {
        Kind::Text(text) => text.to_owned(),
        // 1.30 without quotes is the number 1.3: there is no telling which was meant.
        _ => return Err("kubernetes: expected text in quotes, such as \"1.30\"".to_owned()),
    };
    let minor = text.strip_prefix("1.").and_then(|minor| minor.parse().ok());
    minor
        .map(Some)
        .ok_or_else(|| format!("kubernetes: expected a version such as \"1.30\", found {text:?}"))
}

fn parameters(example: Node<'_>) -> BTreeMap<String, Value> {
    let given = example.get("parameters").into_iter().flat_map(Node::entries);
    given.map(|(name, value)| (name.to_owned(), plain(value))).collect()
}

/// An example as an object, for those who ask somebody else about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The object.
    pub object: Value,
    /// Whether something is found in it.
    pub faulty: bool,
    /// The minor version to judge for, where it is not any.
    pub minor: Option<u32>,
    /// Parameters other than the defaults.
    pub parameters: BTreeMap<String, Value>,
}

/// A policy's examples; those that cannot be read are left out.
pub fn examples(policy: &Policy) -> Vec<Example> {
    let Some(Ok(tree)) = read(policy.text.clone(), &Limits::default()).nth(policy.document) else {
        return Vec::new();
    };
    let root = tree.root();
    let body = if root.get("apiVersion").is_some() { root.get("spec").unwrap_or(root) } else { root };
    let listed = body.get("examples").into_iter().flat_map(Node::items);
    let example = |example: Node<'_>| {
        Some(Example {
            object: object(example).ok()?,
            faulty: example.get("finds").is_some_and(|finds| finds.items().len() > 0),
            minor: minor(example).ok()?,
            parameters: parameters(example),
        })
    };
    listed.filter_map(example).collect()
}
