//! Runs the language's own conformance cases that need no protobuf messages.
//!
//! A case that is not passed on purpose stands in `conformance-listed.txt` with its reason; one that is
//! listed and passes all the same is a mistake in the list.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken corpus ends the run")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bulkhead_cel::{Budget, Duration, Env, Map, StaticType, Timestamp, Value};
use serde_json::Value as Json;

/// What became of a case.
enum Outcome {
    Passed,
    Failed(String),
}

#[test]
fn conformance() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora/cel/cel-conformance.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: conformance: {} is missing", file.parent().unwrap().display());
        return;
    };
    let cases: Vec<Json> = serde_json::from_str(&text).unwrap();
    let listed = listed();
    let mut used = BTreeMap::new();
    let (mut passed, mut failures, mut left_out) = (0, Vec::new(), 0);
    for case in cases.iter().filter(|case| case["proto"] == false) {
        let group = format!("{}/*", case["file"].as_str().unwrap());
        let name =
            format!("{}/{}/{}", text_of(case, "file"), text_of(case, "section"), text_of(case, "name"));
        if listed.contains_key(&group) {
            *used.entry(group).or_insert(0) += 1;
            left_out += 1;
            continue;
        }
        match (run(case), listed.contains_key(&name)) {
            (Outcome::Passed, false) => passed += 1,
            (Outcome::Failed(_), true) => {
                used.insert(name, 1);
                left_out += 1;
            }
            (Outcome::Passed, true) => failures.push(format!("{name}: is listed, and passes")),
            (Outcome::Failed(why), false) => {
                failures.push(format!("{name}: {}: {why}", text_of(case, "expr")));
            }
        }
    }
    failures.extend(
        listed
            .keys()
            .filter(|name| !used.contains_key(*name))
            .map(|name| format!("{name}: no such case")),
    );
    println!("cel-conformance: {passed} passed, {} failed, {left_out} listed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn text_of<'c>(case: &'c Json, field: &str) -> &'c str {
    case[field].as_str().unwrap()
}

/// The list beside this file: a name and a reason per line.
fn listed() -> BTreeMap<String, String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance-listed.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &str| line.split_once(": ").map(|(name, why)| (name.to_owned(), why.to_owned()));
    lines.map(|line| split(line).unwrap_or_else(|| panic!("no reason: {line}"))).collect()
}

fn run(case: &Json) -> Outcome {
    let mut env = Env::conformance();
    if let Some(container) = case["container"].as_str() {
        env = env.with_container(container);
    }
    if case["disable_check"] == true {
        env = env.unchecked();
    }
    for declared in case["type_env"].as_array().into_iter().flatten() {
        env = with_declared(env, declared);
    }
    let bindings: Vec<(String, Value<'_>)> = case["bindings"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, json)| (name.clone(), value(json)))
        .collect();
    let wanted_type = case["expect"]["deduced_type"].as_str();
    if let (Some(wanted), Ok(program)) = (wanted_type, env.compile(text_of(case, "expr"))) {
        let found = program.result_type().unwrap();
        if *found != declared_type(wanted) {
            return Outcome::Failed(format!("found type {found}, wanted {wanted}"));
        }
        if case["check_only"] == true {
            return Outcome::Passed;
        }
    }
    let result = match env.compile(text_of(case, "expr")) {
        Ok(program) => program.eval(&bindings, &mut Budget::default()).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let expected = &case["expect"];
    match (result, expected.get("value"), expected.get("error")) {
        (Ok(found), Some(wanted), _) => {
            let wanted = value(wanted);
            if same(&found, &wanted) {
                Outcome::Passed
            } else {
                Outcome::Failed(format!("found {found}, wanted {wanted}"))
            }
        }
        (Err(_), None, Some(_)) => Outcome::Passed,
        (Ok(found), None, _) => Outcome::Failed(format!("found {found}, wanted an error")),
        (Err(error), _, _) => Outcome::Failed(error),
    }
}

/// The environment with a variable or a function more.
fn with_declared(env: Env, declared: &Json) -> Env {
    let name = declared["name"].as_str().unwrap();
    if let Some(of) = declared.get("ident") {
        return env.with_typed_variable(name, declared_type(of.as_str().unwrap()));
    }
    let signatures: Vec<String> = declared["function"].as_array().unwrap().iter().map(signature).collect();
    env.with_function(name, &signatures.iter().map(String::as_str).collect::<Vec<_>>())
        .unwrap()
}

fn signature(overload: &Json) -> String {
    let types: Vec<&str> =
        overload["params"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    let (receiver, parameters) =
        if overload["member"] == true { types.split_at(1) } else { types.split_at(0) };
    let receiver = receiver.first().map(|receiver| format!("{receiver}.")).unwrap_or_default();
    let text = format!("{receiver}({}) -> {}", parameters.join(", "), text_of(overload, "result"));
    text.replace(['<', '>'], " ").replace("- ", "->")
}

/// A type as the corpus writes it.
fn declared_type(text: &str) -> StaticType {
    text.replace(['<', '>'], "").parse().unwrap()
}

/// Whether two values are the same, types included; NaN is the same as NaN.
fn same(left: &Value<'_>, right: &Value<'_>) -> bool {
    if left.type_of() != right.type_of() {
        return false;
    }
    match (left, right) {
        (Value::Double(left), Value::Double(right)) => {
            left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan()
        }
        (Value::Optional(left), Value::Optional(right)) => match (left, right) {
            (Some(left), Some(right)) => same(left, right),
            (left, right) => left.is_none() == right.is_none(),
        },
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(&**right).all(|(left, right)| same(left, right))
        }
        (Value::Map(left), Value::Map(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| {
                    right.iter().any(|(other, wanted)| same(key, other) && same(value, wanted))
                })
        }
        _ => left.to_string() == right.to_string(),
    }
}

/// A value from the corpus' form.
fn value(json: &Json) -> Value<'static> {
    let (kind, inner) = json.as_object().unwrap().iter().next().unwrap();
    let text = || inner.as_str().unwrap();
    match kind.as_str() {
        "null" => Value::Null,
        "bool" => Value::Bool(inner.as_bool().unwrap()),
        "int" => Value::Int(text().parse().unwrap()),
        "uint" => Value::UInt(text().parse().unwrap()),
        "double" => Value::Double(text().parse().unwrap()),
        "string" => Value::text(text()),
        "bytes" => Value::Bytes(base64(text()).into()),
        "list" => Value::list(inner.as_array().unwrap().iter().map(value).collect()),
        "map" => {
            let mut map = Map::new();
            for pair in inner.as_array().unwrap() {
                map.insert(value(&pair[0]), value(&pair[1])).unwrap();
            }
            map.into()
        }
        "type" => {
            let program = Env::conformance().compile(text()).unwrap();
            program.eval(&(), &mut Budget::default()).unwrap().to_plain()
        }
        "duration" => {
            let (seconds, nanos) = seconds_and_nanos(inner);
            Value::Duration(Duration(seconds * 1_000_000_000 + nanos))
        }
        "timestamp" => {
            let (seconds, nanos) = seconds_and_nanos(inner);
            Value::Timestamp(Timestamp::new(seconds, nanos).unwrap())
        }
        other => panic!("a value of kind {other}"),
    }
}

fn seconds_and_nanos(pair: &Json) -> (i64, i64) {
    (pair[0].as_str().unwrap().parse().unwrap(), pair[1].as_i64().unwrap())
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |letter: u8| match letter {
        b'A'..=b'Z' => u32::from(letter - b'A'),
        b'a'..=b'z' => u32::from(letter - b'a') + 26,
        b'0'..=b'9' => u32::from(letter - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').collect();
    let mut bytes = Vec::new();
    for group in letters.chunks(4) {
        let bits = group.iter().fold(0, |bits, letter| bits << 6 | digit(*letter)) << (6 * (4 - group.len()));
        bytes.extend(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}
