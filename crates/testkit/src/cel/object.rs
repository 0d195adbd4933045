//! The random value that `object` has: like a Pod, with oddities.

use serde_json::{Map, Value, json};

use super::expr::Type;
use crate::Random;

/// A Pod-like object.
pub fn object(random: &mut Random) -> Value {
    let mut containers = Vec::new();
    for number in 0..random.below(4) {
        containers.push(container(random, number));
    }
    let mut object = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": text(random), "namespace": "default", "labels": labels(random)},
        "spec": {"containers": containers, "replicas": random.between(-3, 12)},
    });
    let extra = Map::from_iter([
        ("flag".to_owned(), json!(random.percent(50))),
        ("ratio".to_owned(), json!(*random.choose(&[0.5, 1.25, -2.25, 1e21, 3.75]))),
        ("huge".to_owned(), json!(*random.choose(&[u64::MAX, i64::MAX.unsigned_abs(), 1 << 53]))),
        ("nothing".to_owned(), Value::Null),
        ("numbers".to_owned(), (0..random.below(5)).map(|_| json!(random.between(-5, 20))).collect()),
        ("words".to_owned(), (0..random.below(5)).map(|_| json!(text(random))).collect()),
        ("mixed".to_owned(), json!([1, "a", true, null, 2.5, [1], {"a": 1}])),
        ("nested".to_owned(), json!([[1, 2], [], [3]])),
        ("since".to_owned(), json!("2024-01-31T23:59:59Z")),
        ("wait".to_owned(), json!("1h30m")),
        ("in-key".to_owned(), json!({"a.b/c": 1, "": 2, "true": 3, "x y": 4})),
        ("empty".to_owned(), json!({})),
    ]);
    for (key, value) in extra {
        if random.percent(60) {
            object["spec"][key] = value;
        }
    }
    if random.percent(20) {
        object["metadata"]["annotations"] = labels(random);
    }
    object
}

fn container(random: &mut Random, number: usize) -> Value {
    let mut container = json!({"name": format!("c{number}"), "image": "registry.example/app:1.2"});
    if random.percent(50) {
        container["ports"] = (0..random.below(3))
            .map(|at| json!({"containerPort": 8080 + at, "name": text(random)}))
            .collect();
    }
    if random.percent(50) {
        container["securityContext"] =
            json!({"runAsUser": random.between(0, 2000), "privileged": random.percent(30)});
    }
    if random.percent(40) {
        container["resources"] = json!({"limits": {"cpu": "500m", "memory": "64Mi"}});
    }
    if random.percent(30) {
        container["env"] = json!([{"name": "A", "value": text(random)}, {"name": "B"}]);
    }
    container
}

fn labels(random: &mut Random) -> Value {
    let keys = ["app", "tier", "app.kubernetes.io/name", "x", "in", "size"];
    keys.iter()
        .filter(|_| random.percent(50))
        .map(|key| ((*key).to_owned(), json!("web")))
        .collect::<Map<_, _>>()
        .into()
}

fn text(random: &mut Random) -> String {
    random.pick(&["a", "web", "nginx", "", "é", "A-b", "1", "true", "日本", "x y"]).to_owned()
}

/// Every place in an object, as an expression and what stands there.
pub(super) fn places(object: &Value) -> Vec<(String, Type)> {
    let mut all = Vec::new();
    walk(object, "object".to_owned(), &mut all);
    all
}

fn walk(value: &Value, path: String, all: &mut Vec<(String, Type)>) {
    use super::expr::Item;
    let kind = match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Bool,
        Value::Number(number) if number.is_i64() => Type::Int,
        Value::Number(_) => Type::Double,
        Value::String(_) => Type::String,
        Value::Array(items) if items.iter().all(Value::is_i64) => Type::List(Item::Int),
        Value::Array(items) if items.iter().all(Value::is_string) => Type::List(Item::String),
        Value::Array(_) => Type::List(Item::Dyn),
        Value::Object(entries) if entries.values().all(Value::is_i64) => Type::Map(Item::Int),
        Value::Object(entries) if entries.values().all(Value::is_string) => Type::Map(Item::String),
        Value::Object(_) => Type::Map(Item::Dyn),
    };
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(item, format!("{path}[{at}]"), all);
            }
        }
        Value::Object(entries) => {
            for (key, item) in entries {
                let plain =
                    key.chars().all(|char| char.is_ascii_alphabetic()) && key != "in" && !key.is_empty();
                let step = if plain { format!(".{key}") } else { format!("['{key}']") };
                walk(item, format!("{path}{step}"), all);
            }
        }
        _ => (),
    }
    all.push((path, kind));
}
