//! JSON patches, as the API server applies them.
//!
//! It is RFC 6902 with what the server's library makes of its corners: an index may count from the end (`-1`),
//! a field that is absent may be replaced, a test that fails leaves the object as it was and is no error. A
//! library that follows the RFC would judge these differently.
//!
//! Source: `Patch.Apply` of evanphx/json-patch v4.

use bulkhead_cel::{Object, Value};
use serde_json::Value as Json;

use super::convert::operand;

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    op: String,
    path: String,
    from: String,
    value: Option<Json>,
}

/// What came of a patch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Patched {
    Done,
    /// A test failed: nothing is changed.
    Untouched,
}

impl Operation {
    /// # Errors
    /// What the server says of one that cannot be.
    pub(super) fn of(value: &Value<'_>) -> Result<Self, String> {
        let Some(object) = value.as_object().filter(|object| object.is_patch()) else {
            return Err(
                "type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch".to_owned()
            );
        };
        let text = |name| match object.get(name) {
            None => Ok(String::new()),
            Some(value) => value.as_str().map(str::to_owned).ok_or_else(|| {
                format!("unexpected type {} for JSONPatchType '{name}' field", value.type_of().name())
            }),
        };
        let value = match object.get("value") {
            None => None,
            Some(value) => {
                if let Some(object) = value.as_object() {
                    Object::check_names(object).map_err(|error| format!("type mismatch: {error}"))?;
                }
                Some(operand(value).map_err(|what| {
                    format!(
                        "JSONPath valueExpression evaluated to a type that could not marshal to JSON: {what}"
                    )
                })?)
            }
        };
        Ok(Self { op: text("op")?, path: text("path")?, from: text("from")?, value })
    }
}

/// Applies operations to a document.
///
/// # Errors
/// The first that does not apply, in the server's words where they are short.
pub(super) fn apply(document: &mut Json, operations: &[Operation]) -> Result<Patched, String> {
    let mut changed = document.clone();
    for operation in operations {
        let Operation { op, path, from, value } = operation;
        match op.as_str() {
            "add" => add(&mut changed, path, value.clone().unwrap_or_default(), "add")?,
            "remove" => _ = take(&mut changed, path, "remove")?,
            "replace" if path.is_empty() => match value {
                Some(whole @ (Json::Object(_) | Json::Array(_))) => changed = whole.clone(),
                _ => return Err("replace operation value must be object or array".to_owned()),
            },
            "replace" => replace(&mut changed, path, value.clone().unwrap_or_default())?,
            "move" => {
                let moved = take(&mut changed, from, "move")?;
                add(&mut changed, path, moved, "move")?;
            }
            "copy" => {
                let copied = get(&mut changed, from, "copy")?.cloned().unwrap_or_default();
                add(&mut changed, path, copied, "copy")?;
            }
            "test" => {
                let found = if path.is_empty() { Some(&changed) } else { get(&mut changed, path, "test")? };
                let holds = match (found, value) {
                    (None, None) => true,
                    (Some(found), Some(value)) => same(found, value),
                    _ => false,
                };
                if !holds {
                    return Ok(Patched::Untouched);
                }
            }
            other => return Err(format!("unexpected kind: {other}")),
        }
    }
    *document = changed;
    Ok(Patched::Done)
}

/// Whether two documents say the same: numbers by what they are worth.
fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

/// The steps of a pointer: those to the container, and the last.
fn steps(path: &str) -> Option<(Vec<String>, String)> {
    let mut steps = path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
    let mut all: Vec<String> = steps.by_ref().collect();
    let last = all.pop()?;
    Some((all, last))
}

fn no_path(what: &str, path: &str) -> String {
    format!("{what} operation does not apply: doc is missing path: \"{path}\"")
}

/// The container that the last step is in.
fn container<'d>(document: &'d mut Json, path: &str, what: &str) -> Result<(&'d mut Json, String), String> {
    let (before, last) = steps(path).ok_or_else(|| no_path(what, path))?;
    let mut at = document;
    for step in before {
        let next = match at {
            Json::Object(fields) => fields.get_mut(&step),
            Json::Array(items) => index(&step, items.len()).ok().and_then(|place| items.get_mut(place)),
            _ => None,
        };
        at = next
            .filter(|next| next.is_object() || next.is_array())
            .ok_or_else(|| no_path(what, path))?;
    }
    Ok((at, last))
}

/// An item's place: from the end where it is negative.
fn index(step: &str, length: usize) -> Result<usize, String> {
    let place: i64 = step.parse().map_err(|_| format!("value was not a proper array index: '{step}'"))?;
    let wrong = || format!("Unable to access invalid index: {place}");
    let counted = if place < 0 { i64::try_from(length).unwrap_or(i64::MAX) + place } else { place };
    usize::try_from(counted).ok().filter(|place| *place < length).ok_or_else(wrong)
}

fn add(document: &mut Json, path: &str, value: Json, what: &str) -> Result<(), String> {
    let (at, last) = container(document, path, what)?;
    match at {
        Json::Object(fields) => _ = fields.insert(last, value),
        Json::Array(items) if last == "-" => items.push(value),
        Json::Array(items) => {
            let place = index(&last, items.len() + 1)
                .map_err(|error| format!("error in {what} for path: '{path}': {error}"))?;
            items.insert(place, value);
        }
        _ => return Err(no_path(what, path)),
    }
    Ok(())
}

fn replace(document: &mut Json, path: &str, value: Json) -> Result<(), String> {
    let (at, last) = container(document, path, "replace")?;
    match at {
        // A field that is not there is made.
        Json::Object(fields) => _ = fields.insert(last, value),
        Json::Array(items) => {
            let missing = |_| format!("replace operation does not apply: doc is missing key: {path}");
            let place = index(&last, items.len()).map_err(missing)?;
            if let Some(item) = items.get_mut(place) {
                *item = value;
            }
        }
        _ => return Err(no_path("replace", path)),
    }
    Ok(())
}

fn take(document: &mut Json, path: &str, what: &str) -> Result<Json, String> {
    let (at, last) = container(document, path, what)?;
    let wrong = |error: String| format!("error in {what} for path: '{path}': {error}");
    match at {
        Json::Object(fields) => fields
            .remove(&last)
            .ok_or_else(|| wrong(format!("Unable to remove nonexistent key: {last}"))),
        Json::Array(items) => {
            let place = index(&last, items.len()).map_err(wrong)?;
            Ok(items.remove(place))
        }
        _ => Err(no_path(what, path)),
    }
}

/// What is at a path; nothing where the container has no such field.
fn get<'d>(document: &'d mut Json, path: &str, what: &str) -> Result<Option<&'d Json>, String> {
    let (at, last) = container(document, path, what)?;
    match at {
        Json::Object(fields) => Ok(fields.get(&last)),
        Json::Array(items) => {
            let wrong = |error| format!("error in {what} for path: '{path}': {error}");
            let place = index(&last, items.len()).map_err(wrong)?;
            Ok(items.get(place))
        }
        _ => Err(no_path(what, path)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(op: &str, path: &str, from: &str, value: Option<Json>) -> Result<Json, String> {
        let mut document = json!({"a": {"b/c": 1, "~": 2}, "list": [1, 2, 3]});
        let operation = Operation { op: op.into(), path: path.into(), from: from.into(), value };
        apply(&mut document, &[operation]).map(|_| document)
    }

    #[test]
    fn corners_are_the_library_s() {
        let list = |found: Result<Json, String>| found.map(|document| document["list"].clone());
        assert_eq!(list(patched("add", "/list/-", "", Some(json!(4)))), Ok(json!([1, 2, 3, 4])));
        assert_eq!(list(patched("add", "/list/-1", "", Some(json!(4)))), Ok(json!([1, 2, 3, 4])));
        assert_eq!(list(patched("remove", "/list/-1", "", None)), Ok(json!([1, 2])));
        assert_eq!(list(patched("replace", "/list/-3", "", Some(json!(0)))), Ok(json!([0, 2, 3])));
        assert_eq!(list(patched("move", "/list/0", "/list/2", None)), Ok(json!([3, 1, 2])));
        assert!(patched("remove", "/list/3", "", None).is_err());
        assert!(patched("add", "/list/5", "", None).is_err());
        assert!(patched("add", "/nothing/here", "", None).is_err());
        assert_eq!(patched("replace", "/a/new", "", Some(json!(5))).unwrap()["a"]["new"], 5);
        assert_eq!(patched("remove", "/a/b~1c", "", None).unwrap()["a"], json!({"~": 2}));
        assert_eq!(patched("copy", "/a/x", "/a/~0", None).unwrap()["a"]["x"], 2);
    }

    #[test]
    fn a_failed_test_leaves_all_as_it_was() {
        let mut document = json!({"a": 1});
        let operation =
            |op: &str, value| Operation { op: op.into(), path: "/a".into(), from: String::new(), value };
        let operations = [operation("replace", Some(json!(2))), operation("test", Some(json!(1)))];
        assert_eq!(apply(&mut document, &operations), Ok(Patched::Untouched));
        assert_eq!(document, json!({"a": 1}));
        assert_eq!(apply(&mut document, &[operation("test", Some(json!(1.0)))]), Ok(Patched::Done));
    }
}
