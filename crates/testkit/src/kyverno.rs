//! Random questions about Kyverno's patterns, queries and policies, in the shapes of `testbed/kyverno`.

mod policy;
mod query;

use serde_json::{Map, Value, json};

use crate::Random;

pub use policy::policy;
pub use query::query;

/// A question of any sort.
pub fn any(random: &mut Random) -> Value {
    match random.below(10) {
        0..2 => leaf(random),
        2..5 => pattern(random),
        5..7 => query(random),
        _ => policy(random),
    }
}

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "nginx",
    "nginx:latest",
    "nginx:1.25",
    "ghcr.io/a/b:v1",
    "1",
    "10",
    "0",
    "-1",
    "1.5",
    "100m",
    "1Gi",
    "1024Mi",
    "512Mi",
    "2",
    "1h",
    "60m",
    "30s",
    "3600s",
    "true",
    "false",
    "1.2.3",
    "2.0.0-rc.1",
    "prod",
    "kube-system",
    "a,b",
    "*",
    "?",
    "1e3",
    "[\"a\",\"b\"]",
    "5-10",
];
const OPERANDS: &[&str] = &[
    "a", "b", "nginx", "nginx:*", "*:latest", "*", "?*", "1", "10", "0", "1.5", "100m", "1Gi", "512Mi",
    "1024Mi", "1h", "60m", "30s", "true", "false", "prod", "kube-*", "?", "", "-1", "2",
];

/// A scalar.
pub(super) fn scalar(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(false),
        3 | 4 => json!(random.between(-2, 12)),
        5 => json!(*random.choose(&[0.5, 1.5, -2.25, 10.0, 1e10, 0.1])),
        _ => json!(random.pick(TEXTS)),
    }
}

/// A pattern of one value.
pub(super) fn leaf_pattern(random: &mut Random) -> Value {
    if random.percent(30) {
        return scalar(random);
    }
    let mut text = condition(random);
    while random.percent(25) {
        text = format!("{text} {} {}", random.pick(&["|", "&"]), condition(random));
    }
    json!(text)
}

fn condition(random: &mut Random) -> String {
    let operand = random.pick(OPERANDS);
    match random.below(10) {
        0 => format!(">{operand}"),
        1 => format!("<{operand}"),
        2 => format!(">={operand}"),
        3 => format!("<= {operand}"),
        4 => format!("!{operand}"),
        5 => format!("{operand}-{}", random.pick(OPERANDS)),
        6 => format!("{operand}!-{}", random.pick(OPERANDS)),
        _ => operand.to_owned(),
    }
}

fn leaf(random: &mut Random) -> Value {
    let value = match random.below(12) {
        0 => json!(["a", scalar(random)]),
        1 => json!({"a": scalar(random)}),
        _ => scalar(random),
    };
    json!({"op": "leaf", "value": value, "pattern": leaf_pattern(random)})
}

const KEYS: &[&str] = &["a", "b", "c", "name", "image"];

/// A value of some depth.
pub(super) fn tree(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 5 } else { 10 }) {
        0..5 => scalar(random),
        5..8 => map(random, depth),
        8 => {
            let items = (0..random.below(4)).map(|_| map(random, depth - 1));
            Value::Array(items.collect())
        }
        _ => Value::Array((0..random.below(3)).map(|_| scalar(random)).collect()),
    }
}

fn map(random: &mut Random, depth: usize) -> Value {
    let mut entries = Map::new();
    for _ in 0..=random.below(3) {
        entries.insert(random.pick(KEYS).to_owned(), tree(random, depth.saturating_sub(1)));
    }
    Value::Object(entries)
}

/// A pattern that is much like a value.
pub(super) fn pattern_of(random: &mut Random, value: &Value) -> Value {
    if random.percent(6) {
        return tree(random, 1);
    }
    match value {
        Value::Object(entries) => {
            let mut pattern = Map::new();
            for (key, value) in entries {
                if random.percent(60) {
                    let below = pattern_of(random, value);
                    pattern.insert(anchored(random, key), below);
                }
            }
            if random.percent(12) {
                let key = random.pick(KEYS).to_owned();
                let below = if random.percent(50) { leaf_pattern(random) } else { json!([{"a": "b"}]) };
                pattern.insert(anchored(random, &key), below);
            }
            Value::Object(pattern)
        }
        Value::Array(items) => match items.first() {
            Some(first) if random.percent(85) => {
                let count = 1 + usize::from(random.percent(15));
                Value::Array((0..count).map(|_| pattern_of(random, first)).collect())
            }
            _ => Value::Array((0..random.below(2)).map(|_| leaf_pattern(random)).collect()),
        },
        scalar if random.percent(35) => scalar.clone(),
        _ => leaf_pattern(random),
    }
}

fn anchored(random: &mut Random, key: &str) -> String {
    match random.below(16) {
        0 | 1 => format!("({key})"),
        2 => format!("=({key})"),
        3 => format!("^({key})"),
        4 => format!("X({key})"),
        5 => format!("<({key})"),
        6 if random.percent(30) => format!("+({key})"),
        _ => key.to_owned(),
    }
}

fn pattern(random: &mut Random) -> Value {
    let value = if random.percent(20) {
        let labels = json!({"app": "a", "tier/x": random.pick(TEXTS), "n": "1"});
        json!({"metadata": {"labels": labels, "annotations": {"k/a": "b"}}, "a": tree(random, 1)})
    } else {
        map(random, 3)
    };
    let mut pattern = pattern_of(random, &value);
    if value.get("metadata").is_some() && random.percent(60) {
        let key = random.pick(&["*", "ti*", "(app)", "=(n*)", "X(z*)", "app", "?"]);
        pattern = json!({"metadata": {"labels": {key: leaf_pattern(random)}}});
    }
    json!({"op": "pattern", "value": value, "pattern": pattern})
}

/// Smaller questions that may show the same difference.
pub fn smaller(question: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    shrink(question, &mut |smaller| found.push(smaller), 0);
    found
}

fn shrink(value: &Value, found: &mut dyn FnMut(Value), depth: usize) {
    match value {
        Value::Object(entries) => {
            for key in entries.keys() {
                if depth > 0 {
                    let mut fewer = entries.clone();
                    fewer.remove(key);
                    found(Value::Object(fewer));
                }
            }
            for (key, below) in entries {
                shrink(
                    below,
                    &mut |smaller| {
                        let mut changed = entries.clone();
                        changed.insert(key.clone(), smaller);
                        found(Value::Object(changed));
                    },
                    depth + 1,
                );
            }
        }
        Value::Array(items) => {
            for place in 0..items.len() {
                let mut fewer = items.clone();
                fewer.remove(place);
                found(Value::Array(fewer));
            }
            for (place, below) in items.iter().enumerate() {
                shrink(
                    below,
                    &mut |smaller| {
                        let mut changed = items.clone();
                        if let Some(item) = changed.get_mut(place) {
                            *item = smaller;
                        }
                        found(Value::Array(changed));
                    },
                    depth + 1,
                );
            }
        }
        _ => (),
    }
}
