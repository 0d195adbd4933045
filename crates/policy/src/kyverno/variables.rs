//! Variables `{{ query }}` and references `$(path)` in a policy, put in their places.
//!
//! Source: Kyverno 1.17, `pkg/engine/variables/vars.go`.

use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::anchor;
use super::jmespath::Problem;
use super::leaf::Operator;
use super::value::{Entries, Value};

/// What answers queries.
pub(crate) trait Scope {
    fn query(&mut self, query: &str) -> Result<Value, Problem>;
}

/// How often what a variable gave may hold variables again.
const MOST_ROUNDS: usize = 32;
/// The most bytes that a text may grow to.
const MOST_BYTES: usize = 1 << 20;

static VARIABLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?s)(?:^|[^\\])(\{\{(?:\{[^{}]*\}|[^{}])*\}\})"));
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\$\(.[^ ]*\)|[^\\]\$\(.[^ ]*\)"));
static ESCAPED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\\\$\(.[^ )]*\)"));

#[expect(clippy::expect_used, reason = "a constant")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

/// Puts values in the places of references and variables, in keys too.
pub(crate) fn substitute(scope: &mut dyn Scope, document: &Value) -> Result<Value, Problem> {
    let mut text = |text: &Arc<str>, path: &str| references(document, text, path);
    let with_references = walk(document, "", &mut text)?;
    walk(&with_references, "", &mut |text, _| variables(scope, text))
}

type OnText<'f> = dyn FnMut(&Arc<str>, &str) -> Result<Value, Problem> + 'f;

fn walk(value: &Value, path: &str, on_text: &mut OnText<'_>) -> Result<Value, Problem> {
    match value {
        Value::Text(text) => on_text(text, path),
        Value::List(items) => {
            let items = items.iter().enumerate();
            let items = items.map(|(place, item)| walk(item, &format!("{path}/{place}"), on_text));
            Ok(Value::list(items.collect::<Result<_, _>>()?))
        }
        Value::Map(entries) => {
            let mut found = Entries::new();
            for (key, value) in entries.iter() {
                let renamed = match on_text(key, path)? {
                    Value::Text(renamed) => renamed,
                    Value::Null => key.clone(),
                    _ => {
                        return Err(Problem::failed(format!(
                            "expected string after substituting variables in key \"{key}\""
                        )));
                    }
                };
                let below = format!("{path}/{}", key.replace('/', "\\/"));
                found.insert(renamed, walk(value, &below, on_text)?);
            }
            Ok(Value::map(found))
        }
        _ => Ok(value.clone()),
    }
}

/// A variable in a text: the text of its braces, and what is asked.
fn query_of(variable: &str) -> (String, bool) {
    let inner = variable.replace("{{", "").replace("}}", "");
    let inner = inner.trim();
    match inner.strip_prefix('-') {
        Some(rest) => (rest.trim().to_owned(), true),
        None => (inner.to_owned(), false),
    }
}

fn variables(scope: &mut dyn Scope, text: &Arc<str>) -> Result<Value, Problem> {
    let mut value = (**text).to_owned();
    for _ in 0..MOST_ROUNDS {
        let found: Vec<String> = VARIABLE
            .captures_iter(&value)
            .filter_map(|captures| captures.get(1).map(|variable| variable.as_str().to_owned()))
            .collect();
        if found.is_empty() {
            return Ok(if value == **text { Value::Text(text.clone()) } else { Value::text(value) }
                .map_text(|text| text.replace("\\{{", "{{")));
        }
        let whole = value.clone();
        let mut is_shallow = false;
        for variable in &found {
            let (query, shallow) = query_of(variable);
            is_shallow = shallow;
            if query == "@" {
                return Err(Problem::Unsupported("{{ @ }}".to_owned()));
            }
            let answer = scope.query(&query)?;
            if whole == *variable {
                return Ok(answer);
            }
            let mut spelled = match &answer {
                Value::Text(text) => (**text).to_owned(),
                answer => answer.to_json(),
            };
            if shallow && answer != Value::Null {
                spelled = spelled.replace("{{", "\\{{");
            }
            value = value.replacen(variable, &spelled, 1);
            if value.len() > MOST_BYTES {
                return Err(Problem::failed(format!("a text grows to more than {MOST_BYTES} bytes")));
            }
        }
        if is_shallow {
            return Ok(Value::text(value.replace("\\{{", "{{")));
        }
    }
    Err(Problem::failed("variables give variables without end"))
}

impl Value {
    fn map_text(self, change: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Text(text) if text.contains("\\{{") => Self::text(change(&text)),
            value => value,
        }
    }
}

/// Text with the values of other places of the same document.
fn references(document: &Value, text: &Arc<str>, path: &str) -> Result<Value, Problem> {
    if !text.contains("$(") {
        return Ok(Value::Text(text.clone()));
    }
    let mut value = (**text).to_owned();
    let found: Vec<String> = REFERENCE.find_iter(text).map(|found| found.as_str().to_owned()).collect();
    for old in found {
        let start = old.find("$(").unwrap_or(0);
        let (before, reference) = old.split_at_checked(start).unwrap_or(("", &old));
        let found = resolve(document, reference, path)?;
        let Value::Text(found) = found else {
            return Err(Problem::failed(format!(
                "NotResolvedReferenceErr,reference {reference} not resolved at path {path}"
            )));
        };
        value = value.replacen(&old, &format!("{before}{found}"), 1);
    }
    for escaped in ESCAPED.find_iter(&value.clone()) {
        if let Some(plain) = escaped.as_str().get(1..) {
            value = value.replace(escaped.as_str(), plain);
        }
    }
    Ok(Value::text(value))
}

fn resolve(document: &Value, reference: &str, path: &str) -> Result<Value, Problem> {
    let inner = reference.trim_matches(['$', '(', ')']);
    let (operator, sign) = Operator::of(inner);
    let target = inner.get(sign.len()..).unwrap_or("");
    if target.is_empty() {
        return Err(Problem::failed("expected path, found empty reference"));
    }
    let absolute = if target.starts_with('/') { target.to_owned() } else { join(path, target) };
    let found = leaf_at(document, &absolute, "");
    let found = found.ok_or_else(|| {
        Problem::failed(format!("got nil resolved variable {reference} at path {path}: <nil>"))
    })?;
    if operator == Operator::Equal {
        return Ok(found);
    }
    let spelled = match &found {
        Value::Text(text) => (**text).to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:.6}"),
        other => {
            return Err(Problem::failed(format!(
                "incorrect expression: operator {sign} does not match with value {}",
                other.printed()
            )));
        }
    };
    Ok(Value::text(format!("{sign}{spelled}")))
}

/// Go's `path.Join`: dots are resolved.
fn join(base: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(relative.split('/')) {
        match part {
            "" | "." => (),
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The last value that is neither list nor map whose path, without its anchors, is this one.
fn leaf_at(value: &Value, wanted: &str, path: &str) -> Option<Value> {
    match value {
        Value::Map(entries) => {
            let mut below = entries.iter().filter_map(|(key, value)| {
                let key = anchor::parse(key).map_or(&**key, |(_, inner)| inner);
                leaf_at(value, wanted, &format!("{path}/{key}"))
            });
            below.next_back()
        }
        Value::List(items) => {
            let below = items.iter().enumerate();
            below
                .filter_map(|(place, item)| leaf_at(item, wanted, &format!("{path}/{place}")))
                .next_back()
        }
        leaf => (path == wanted).then(|| leaf.clone()),
    }
}

/// The path of an object's field that a text names as a whole, such as `{{ request.object.spec.replicas }}`.
pub(crate) fn field_named(text: &str) -> Option<Vec<Arc<str>>> {
    let captures = VARIABLE.captures(text)?;
    let (query, _) = query_of(captures.get(1)?.as_str());
    let rest = query.strip_prefix("request.object.")?;
    let end = rest
        .find(|letter: char| {
            !letter.is_ascii_alphanumeric() && !matches!(letter, '.' | '_' | '"' | '-' | '/')
        })
        .unwrap_or(rest.len());
    let path = rest.get(..end)?.trim_end_matches('.');
    // A quoted name may hold dots, so such a path ends before it.
    let path = path.split('"').next().unwrap_or(path).trim_end_matches('.');
    let fields: Vec<Arc<str>> = path.split('.').filter(|part| !part.is_empty()).map(Arc::from).collect();
    (!fields.is_empty()).then_some(fields)
}
