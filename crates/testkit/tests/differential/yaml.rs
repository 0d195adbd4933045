//! What a document's value is: `bulkhead-document` beside `sigs.k8s.io/yaml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bulkhead_document::{Kind, Limits, Node, ReadError, Tree, read, split};
use bulkhead_testkit::differential::{Comparison, Difference, smaller_texts};
use bulkhead_testkit::{Random, yaml};
use serde_json::{Value, json};

#[test]
fn differential_yaml() {
    crate::hold(&Yaml, 40_000, include_str!("yaml.listed"));
}

/// What people really write, as it is and damaged.
#[test]
fn differential_yaml_corpora() {
    let files = corpora();
    if files.is_empty() {
        println!("skipped: differential_yaml_corpora: {CORPORA} is missing");
        return;
    }
    crate::hold(&Corpora(files), 8_000, include_str!("yaml.listed"));
}

const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora");
/// Larger files say nothing more, and take long to be made small.
const LARGEST: u64 = 40_000;

fn corpora() -> Vec<String> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["apps", "manifests"].iter().map(|name| Path::new(CORPORA).join(name)).collect();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let small = path.metadata().is_ok_and(|file| file.is_file() && file.len() <= LARGEST);
            if path.is_dir() {
                folders.push(path);
            } else if small
                && path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json")
            {
                files.extend(std::fs::read_to_string(path));
            }
        }
    }
    files
}

struct Yaml;
struct Corpora(Vec<String>);

impl Comparison for Yaml {
    type Case = String;
    const NAME: &'static str = "differential-yaml";

    fn make(&self, random: &mut Random) -> String {
        yaml::any(random)
    }

    fn question(&self, text: &String) -> Value {
        question(text)
    }

    fn show(&self, text: &String) -> String {
        format!("{text:?}")
    }

    fn compare(&self, text: &String, answer: &Value) -> Option<Difference> {
        compare(text, answer)
    }

    fn smaller(&self, text: &String) -> Vec<String> {
        smaller_texts(text)
    }
}

impl Comparison for Corpora {
    type Case = String;
    const NAME: &'static str = "differential-yaml-corpora";

    fn make(&self, random: &mut Random) -> String {
        let text = random.choose(&self.0);
        if random.percent(35) { text.clone() } else { yaml::mutate(random, text) }
    }

    fn question(&self, text: &String) -> Value {
        question(text)
    }

    fn show(&self, text: &String) -> String {
        format!("{text:?}")
    }

    fn compare(&self, text: &String, answer: &Value) -> Option<Difference> {
        compare(text, answer)
    }

    fn smaller(&self, text: &String) -> Vec<String> {
        smaller_texts(text)
    }
}

fn question(text: &str) -> Value {
    // sigs.k8s.io/yaml reads the first document of a stream; kubectl cuts the stream before it.
    json!({"op": "yaml", "text": text, "stream": split(text).len() > 1})
}

fn compare(text: &str, answer: &Value) -> Option<Difference> {
    let read = read(Arc::from(text), &Limits::default());
    let ours: Vec<String> = read.map(|read| ours(&read)).filter(|text| text != NULL).collect();
    let oracle: Vec<String> = match answer.get("documents").and_then(Value::as_array) {
        Some(documents) => documents.iter().map(theirs).filter(|text| text != NULL).collect(),
        None => vec![theirs(answer)],
    };
    let one = |mut all: Vec<String>| match all.len() {
        0 => NULL.to_owned(),
        1 => all.remove(0),
        _ => format!("stream: {}", all.join(" --- ")),
    };
    let (ours, oracle) = (one(ours), one(oracle));
    // Where both refuse some document, the rest of the stream may be cut differently. The library
    // never looks behind the first document, where we see damage that is there.
    let damaged = answer.get("rest").is_some()
        || answer["documents"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one.get("rest").is_some()));
    let both_refuse = ours.contains(ERROR) && (oracle.contains(ERROR) || damaged);
    (ours != oracle && !both_refuse).then_some(Difference { ours, oracle })
}

const NULL: &str = "value: null";
const ERROR: &str = "error: ";

fn ours(read: &Result<Tree, ReadError>) -> String {
    match read {
        Ok(tree) => format!("value: {}", value(tree.root())),
        Err(error) => format!("{ERROR}{error}"),
    }
}

fn theirs(answer: &Value) -> String {
    match answer.get("value") {
        Some(value) => format!("value: {}", canonical(value)),
        None => format!("{ERROR}{}", answer.get("error").and_then(Value::as_str).unwrap_or("fault")),
    }
}

/// A value as text in which 1 and 1.0 differ and keys are in order.
fn value(node: Node<'_>) -> String {
    match node.kind() {
        Kind::Null => "null".into(),
        Kind::Bool(value) => value.to_string(),
        Kind::Int(value) => value.to_string(),
        Kind::UInt(value) => value.to_string(),
        Kind::Float(value) => format!("{value:?}f"),
        Kind::Text(value) => format!("{value:?}"),
        Kind::Sequence(_) => format!("[{}]", node.items().map(value).collect::<Vec<_>>().join(",")),
        Kind::Mapping(_) => {
            let sorted: BTreeMap<&str, String> =
                node.entries().map(|(key, node)| (key, value(node))).collect();
            mapping(sorted.iter().map(|(key, value)| (*key, value.clone())))
        }
    }
}

fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => number.to_string(),
            (_, Some(number), _) => number.to_string(),
            // Go writes the float -0 as `-0`, which reads as the whole number.
            (.., Some(0.0)) => "0".into(),
            (.., number) => format!("{:?}f", number.unwrap_or(f64::NAN)),
        },
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(entries) => {
            let sorted: BTreeMap<&str, String> =
                entries.iter().map(|(key, value)| (key.as_str(), canonical(value))).collect();
            mapping(sorted.iter().map(|(key, value)| (*key, value.clone())))
        }
        other => other.to_string(),
    }
}

fn mapping<'a>(entries: impl Iterator<Item = (&'a str, String)>) -> String {
    let entries: Vec<String> = entries.map(|(key, value)| format!("{key:?}:{value}")).collect();
    format!("{{{}}}", entries.join(","))
}
