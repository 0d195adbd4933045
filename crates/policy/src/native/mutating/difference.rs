//! The changes that lead from one object to another, in the object as it was written.
//!
//! Server and file do not hold the same: the server's object has defaults. What a policy changed is therefore
//! found between two objects of the server's, and made in the one that was written, which keeps the rest.

use bulkhead_document::{Edit, EditStep};
use serde_json::Value as Json;

/// Fields that tell one item of a list from another, in lists of Kubernetes' kinds.
const NAMES: &[&str] = &["name", "containerPort", "mountPath", "key", "ip", "topologyKey", "port"];

/// The changes from `before` to `after`; `written` is what they will be made in.
pub(super) fn edits(before: &Json, after: &Json, written: &Json) -> Vec<Edit> {
    let mut edits = Vec::new();
    between(before, after, Some(written), &mut Vec::new(), &mut edits);
    edits
}

fn between(
    before: &Json,
    after: &Json,
    written: Option<&Json>,
    path: &mut Vec<EditStep>,
    edits: &mut Vec<Edit>,
) {
    if before == after {
        return;
    }
    match (before, after) {
        (Json::Object(old), Json::Object(new)) => {
            for (name, value) in new {
                path.push(EditStep::Field(name.clone()));
                match old.get(name) {
                    Some(old) => between(old, value, written.and_then(|at| at.get(name)), path, edits),
                    None => edits.push(Edit::Set { path: path.clone(), value: value.clone() }),
                }
                path.pop();
            }
            for name in old.keys().filter(|name| !new.contains_key(*name)) {
                // A default that nobody wrote needs no removal.
                if written.is_some_and(|at| at.get(name).is_some()) {
                    path.push(EditStep::Field(name.clone()));
                    edits.push(Edit::Remove { path: path.clone() });
                    path.pop();
                }
            }
        }
        (Json::Array(old), Json::Array(new))
            if new.len() >= old.len() && old.iter().zip(new).all(|(old, new)| is_same_item(old, new)) =>
        {
            for (place, (old, new)) in old.iter().zip(new).enumerate() {
                path.push(EditStep::Item(place));
                between(old, new, written.and_then(|at| at.get(place)), path, edits);
                path.pop();
            }
            for value in new.iter().skip(old.len()) {
                edits.push(Edit::Append { path: path.clone(), value: value.clone() });
            }
        }
        (Json::Array(old), Json::Array(new)) => {
            // What stays is written as it was, without the server's defaults.
            let written = written.and_then(Json::as_array).filter(|items| items.len() == old.len());
            let item = |new: &Json| {
                let place = old.iter().position(|old| old == new);
                let kept = place.and_then(|place| written.and_then(|items| items.get(place)));
                kept.unwrap_or(new).clone()
            };
            edits.push(Edit::Set { path: path.clone(), value: new.iter().map(item).collect() });
        }
        _ => edits.push(Edit::Set { path: path.clone(), value: after.clone() }),
    }
}

/// Whether two items at one place are the same thing, perhaps changed.
fn is_same_item(old: &Json, new: &Json) -> bool {
    match (old, new) {
        (Json::Object(old), Json::Object(new)) => {
            match NAMES.iter().find(|name| old.contains_key(**name) || new.contains_key(**name)) {
                Some(name) => old.get(*name) == new.get(*name),
                None => true,
            }
        }
        _ => old == new,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_made_in_what_was_written() {
        let before = json!({"a": 1, "default": true, "list": [{"name": "x", "d": 0}, {"name": "y", "d": 0}]});
        let written = json!({"a": 1, "list": [{"name": "x"}, {"name": "y"}]});
        let cases = [
            (
                json!({"a": 2, "default": true, "list": before["list"]}),
                json!({"a": 2, "list": written["list"]}),
            ),
            (json!({"a": 1, "list": before["list"]}), written.clone()),
            (
                json!({"a": 1, "default": true, "list": [{"name": "y", "d": 0}]}),
                json!({"a": 1, "list": [{"name": "y"}]}),
            ),
            (
                json!({"a": 1, "default": true, "list": [{"name": "x", "d": 0}, {"name": "y", "d": 0, "e": 1}, {"name": "z"}]}),
                json!({"a": 1, "list": [{"name": "x"}, {"name": "y", "e": 1}, {"name": "z"}]}),
            ),
        ];
        for (after, wanted) in cases {
            let mut made = written.clone();
            for edit in edits(&before, &after, &written) {
                bulkhead_document::apply(&mut made, &edit).unwrap();
            }
            assert_eq!(made, wanted);
        }
    }
}
