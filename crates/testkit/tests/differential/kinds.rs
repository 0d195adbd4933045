//! What the API server makes of an object: `bulkhead-kinds` beside its own decoding and defaulting.

use std::collections::BTreeSet;
use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_kinds::{Kinds, ProblemKind, normalise};
use bulkhead_testkit::differential::{Comparison, Difference};
use bulkhead_testkit::{Random, objects};
use serde_json::{Value, json};

#[test]
fn differential_kinds() {
    crate::hold(&Objects, 20_000, include_str!("kinds.listed"));
}

/// The version that the oracle is built from.
const MINOR: u32 = 35;

struct Objects;

impl Comparison for Objects {
    type Case = Value;
    const NAME: &'static str = "differential-kinds";

    fn make(&self, random: &mut Random) -> Value {
        objects::any(random, Kinds::for_minor(MINOR).expect("a supported version"))
    }

    fn question(&self, object: &Value) -> Value {
        json!({"op": "default", "object": object, "convert": true})
    }

    fn show(&self, object: &Value) -> String {
        object.to_string()
    }

    fn compare(&self, object: &Value, answer: &Value) -> Option<Difference> {
        let (ours, oracle) = (ours(object), theirs(answer));
        if ours.starts_with(ERROR) && oracle.starts_with(ERROR) || ours == oracle {
            return None;
        }
        Some(Difference { ours, oracle }.apart())
    }

    fn smaller(&self, object: &Value) -> Vec<Value> {
        let mut all = Vec::new();
        smaller(object, &mut |copy| all.push(copy));
        all.retain(|copy| copy.get("kind").is_some() && copy.get("apiVersion").is_some());
        all
    }
}

const ERROR: &str = "error: ";

fn ours(object: &Value) -> String {
    let source: Arc<str> = object.to_string().into();
    let Some(Ok(mut tree)) = read(source, &Limits::default()).next() else {
        return "unread".into();
    };
    let view = normalise(&mut tree, Kinds::for_minor(MINOR).expect("a supported version"));
    if let Some(problem) = view.problems.iter().find(|problem| problem.kind != ProblemKind::UnknownField) {
        return format!("{ERROR}{} {}", problem.path, problem.message);
    }
    let unknown: BTreeSet<String> = view.problems.iter().map(|problem| problem.path.clone()).collect();
    let mut value = serde_json::to_value(tree.node(view.root)).expect("a value");
    without_nulls(&mut value);
    format!("value: {value} UNKNOWN {unknown:?}")
}

fn theirs(answer: &Value) -> String {
    let Some(value) = answer.get("value") else {
        return format!(
            "{ERROR}{}",
            answer.get("error").or(answer.get("fault")).and_then(Value::as_str).unwrap_or("")
        );
    };
    let unknown: BTreeSet<&str> = answer["warnings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|warning| warning.as_str()?.strip_prefix("unknown field \"")?.strip_suffix('"'))
        .collect();
    let mut value = value.clone();
    without_nulls(&mut value);
    format!("value: {value} UNKNOWN {unknown:?}")
}

/// Go writes null where there is nothing; to us a field is there or not.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            entries.retain(|_, value| !value.is_null());
            entries.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => (),
    }
}

/// Each copy with one part less.
pub(crate) fn smaller(value: &Value, give: &mut dyn FnMut(Value)) {
    match value {
        Value::Object(entries) => {
            for key in entries.keys() {
                let mut copy = entries.clone();
                copy.remove(key);
                give(copy.into());
            }
            for (key, inner) in entries {
                smaller(inner, &mut |smaller| {
                    let mut copy = entries.clone();
                    copy.insert(key.clone(), smaller);
                    give(copy.into());
                });
            }
        }
        Value::Array(items) => {
            for place in 0..items.len() {
                let mut copy = items.clone();
                copy.remove(place);
                give(copy.into());
            }
            for (place, inner) in items.iter().enumerate() {
                smaller(inner, &mut |smaller| {
                    let mut copy = items.clone();
                    copy[place] = smaller;
                    give(copy.into());
                });
            }
        }
        _ => (),
    }
}
