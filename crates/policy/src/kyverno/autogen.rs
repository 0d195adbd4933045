//! Rules for Pods made into rules for the controllers of Pods.
//!
//! Kyverno rewrites a rule as text: `request.object.spec` becomes `request.object.spec.template.spec`, and patterns are
//! laid below `spec.template`. So it is done here, on the policy's values.
//!
//! Source: Kyverno 1.17, `pkg/autogen/v1`.

use std::sync::Arc;

use super::value::{Entries, Value};

/// The controllers that rules are made for.
pub(crate) const CONTROLLERS: [&str; 7] =
    ["DaemonSet", "Deployment", "Job", "StatefulSet", "ReplicaSet", "ReplicationController", "CronJob"];
/// The annotation that says for which.
const ANNOTATION: &str = "pod-policies.kyverno.io/autogen-controllers";
const LONGEST_NAME: usize = 63;

/// The rules of a policy for a kind: each with the name of the rule it was made from, and that one's place.
pub(crate) fn rules(policy: &Value, kind: &str) -> Vec<(Value, Arc<str>, usize)> {
    let own = policy.at(&["spec", "rules"]).and_then(Value::as_list);
    let own: Vec<&Value> = own.into_iter().flat_map(|rules| rules.iter()).collect();
    let name = |rule: &Value| -> Arc<str> { rule.get("name").and_then(Value::as_text).unwrap_or("").into() };
    let as_they_are = || {
        own.iter()
            .enumerate()
            .map(|(place, rule)| ((*rule).clone(), name(rule), place))
            .collect::<Vec<_>>()
    };
    if !CONTROLLERS.contains(&kind) || !controllers(policy, &own).contains(&kind) {
        return as_they_are();
    }
    let made = own.iter().enumerate().filter_map(|(place, rule)| {
        let origin = name(rule);
        Some((generate(rule, kind)?, origin, place))
    });
    let made: Vec<_> = made.collect();
    if made.is_empty() {
        return as_they_are();
    }
    let mut all = as_they_are();
    all.retain(|(_, name, _)| !name.starts_with("autogen-"));
    all.extend(made);
    all
}

/// The controllers that rules are wanted for.
fn controllers<'p>(policy: &'p Value, rules: &[&Value]) -> Vec<&'p str> {
    if !is_possible(rules) {
        return Vec::new();
    }
    let said = policy.at(&["metadata", "annotations"]).and_then(|all| all.get(ANNOTATION));
    match said.and_then(Value::as_text) {
        Some(said) => said.split(',').collect(),
        None => CONTROLLERS.to_vec(),
    }
}

fn is_possible(rules: &[&Value]) -> bool {
    let mut needed = false;
    for rule in rules {
        let patches = |mutate: &Value| mutate.get("patchesJson6902").and_then(Value::as_text).is_some();
        let mutate = rule.get("mutate");
        let loops = mutate.and_then(|mutate| mutate.get("foreach")).and_then(Value::as_list);
        let mut loops = loops.into_iter().flat_map(|loops| loops.iter());
        if rule.get("generate").is_some() || mutate.is_some_and(patches) || loops.any(patches) {
            return false;
        }
        for side in ["match", "exclude"] {
            let Some(side) = rule.get(side) else { continue };
            let lists = ["any", "all"].into_iter().filter_map(|list| side.get(list)?.as_list());
            let filters = lists.flat_map(|list| list.iter()).chain([side]);
            for resources in filters.filter_map(|filter| filter.get("resources")) {
                let hinders = ["name", "names", "selector", "annotations"];
                let kinds = texts(resources.get("kinds"));
                if hinders.iter().any(|field| resources.get(field).is_some())
                    || kinds.len() > 1 && has_pod(&kinds)
                {
                    return false;
                }
                needed |= kinds.iter().any(|kind| *kind == "Pod" || CONTROLLERS.contains(kind));
            }
        }
    }
    needed
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    let items = value.and_then(Value::as_list);
    items.into_iter().flat_map(|items| items.iter()).filter_map(Value::as_text).collect()
}

/// Whether `Pod` is among kinds, with a version or not.
fn has_pod(kinds: &[&str]) -> bool {
    kinds.iter().any(|kind| {
        let [_, _, kind, _] = super::matching::parse_kind(kind);
        kind == "Pod"
    })
}

/// All kinds that one side of a rule names.
fn kinds_of(side: &Value) -> Vec<&str> {
    let lists = ["any", "all"].into_iter().filter_map(|list| side.get(list)?.as_list());
    let filters = lists.flat_map(|list| list.iter()).chain([side]);
    filters.flat_map(|filter| texts(filter.at(&["resources", "kinds"]))).collect()
}

fn generate(rule: &Value, kind: &str) -> Option<Value> {
    let name = rule.get("name").and_then(Value::as_text).unwrap_or("");
    let excluded = rule.get("exclude").map(kinds_of).unwrap_or_default();
    let for_pods = rule.get("match").is_some_and(|side| has_pod(&kinds_of(side)));
    if name.starts_with("autogen-") || !for_pods || !excluded.is_empty() && !has_pod(&excluded) {
        return None;
    }
    let is_cel = rule.at(&["validate", "cel"]).is_some();
    let once = reshape(rule, kind, "template", false)?;
    let (shaped, prefix, way) = if kind == "CronJob" {
        let twice = reshape(&once, kind, "jobTemplate", true)?;
        (twice, "autogen-cronjob", "spec.jobTemplate.spec.template")
    } else {
        (once, "autogen", "spec.template")
    };
    let name: String = format!("{prefix}-{name}").chars().take(LONGEST_NAME).collect();
    let mut entries = (**shaped.as_map()?).clone();
    entries.insert("name".into(), Value::text(name));
    Some(rename(&Value::map(entries), way, is_cel))
}

/// A rule for controllers, with what it wants of a Pod below `spec.KEY`.
fn reshape(rule: &Value, kind: &str, key: &str, all_filters: bool) -> Option<Value> {
    let mut entries = (**rule.as_map()?).clone();
    for side in ["match", "exclude"] {
        if let Some(found) = rule.get(side) {
            entries.insert(side.into(), filters(found, kind, side == "match", all_filters));
        }
    }
    let below = |pattern: &Value| Value::object([("spec", Value::object([(key, pattern.clone())]))]);
    let validate = rule.get("validate")?;
    let mut kept = (**validate.as_map()?).clone();
    if let Some(pattern) = validate.get("pattern") {
        kept.insert("pattern".into(), below(pattern));
        drop_others(&mut kept, "pattern");
    } else if validate.get("deny").is_some() {
        drop_others(&mut kept, "deny");
    } else if validate.get("podSecurity").is_some() {
        drop_others(&mut kept, "podSecurity");
    } else if let Some(Value::List(patterns)) = validate.get("anyPattern") {
        kept.insert("anyPattern".into(), Value::list(patterns.iter().map(below).collect()));
        drop_others(&mut kept, "anyPattern");
    } else if validate.get("foreach").is_some() {
        drop_others(&mut kept, "foreach");
    } else if validate.get("cel").is_none() && validate.get("assert").is_none() {
        return None;
    }
    entries.insert("validate".into(), Value::map(kept));
    Some(Value::map(entries))
}

fn drop_others(validate: &mut Entries, kept: &str) {
    const CHECKS: [&str; 8] =
        ["pattern", "deny", "podSecurity", "anyPattern", "foreach", "cel", "manifests", "assert"];
    validate.retain(|key, _| **key == *kept || !CHECKS.contains(&&**key));
}

fn filters(side: &Value, kind: &str, is_match: bool, all: bool) -> Value {
    let Value::Map(entries) = side else { return side.clone() };
    let mut entries = (**entries).clone();
    let kinds = || Value::list(vec![Value::text(kind)]);
    let with_kinds = |filter: &Value| {
        let mut filter = filter.as_map().map(|filter| (**filter).clone()).unwrap_or_default();
        let mut resources = filter
            .get("resources")
            .and_then(Value::as_map)
            .map(|found| (**found).clone())
            .unwrap_or_default();
        resources.insert("kinds".into(), kinds());
        filter.insert("resources".into(), Value::map(resources));
        Value::map(filter)
    };
    let is_filled = |list: &str| side.get(list).and_then(Value::as_list).is_some_and(|list| !list.is_empty());
    let Some(list) = ["any", "all"].into_iter().find(|list| is_filled(list)) else {
        let has_kinds = !texts(side.at(&["resources", "kinds"])).is_empty();
        return if is_match || has_kinds { with_kinds(side) } else { side.clone() };
    };
    let found = side.get(list).and_then(Value::as_list);
    let changed = found.into_iter().flat_map(|list| list.iter()).map(|filter| {
        if all || has_pod(&texts(filter.at(&["resources", "kinds"]))) {
            with_kinds(filter)
        } else {
            filter.clone()
        }
    });
    entries.insert(list.into(), Value::list(changed.collect()));
    Value::map(entries)
}

/// A text with the Pod's fields named where the controller has them.
pub(crate) fn renamed(text: &str, way: &str, is_cel: bool) -> String {
    let mut text = text.to_owned();
    let request = if is_cel { "" } else { "request." };
    for part in ["spec", "metadata"] {
        for object in ["object", "oldObject"] {
            let from = format!("{request}{object}.{part}");
            text = text.replace(&from, &format!("{request}{object}.{way}.{part}"));
        }
    }
    text
}

fn rename(value: &Value, way: &str, is_cel: bool) -> Value {
    let text = |text: &str| renamed(text, way, is_cel);
    match value {
        Value::Text(found) => Value::text(text(found)),
        Value::List(items) => Value::list(items.iter().map(|item| rename(item, way, is_cel)).collect()),
        Value::Map(entries) => {
            let entries = entries.iter();
            Value::map(entries.map(|(key, value)| (text(key).into(), rename(value, way, is_cel))).collect())
        }
        _ => value.clone(),
    }
}
