//! The suites of Gatekeeper's library, as far as its templates are written in CEL: every case is judged
//! as its author wants it.
//!
//! A case counts violations, and may want one whose message matches a pattern. A case of an update says
//! so, but holds no old object.

use std::path::Path;
use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_policy::{Judge, Namespaces, Operation, Origin, Pack, Review, Selection, Settings};
use serde_json::{Value, json};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/gatekeeper/suites.json");

/// Cases that are judged differently, with the reason.
const LISTED: &[(&str, &str)] = &[];

#[test]
fn cases_in_cel_are_judged_as_their_authors_want() {
    if !Path::new(CORPUS).is_file() {
        println!("skipped: cases_in_cel_are_judged_as_their_authors_want: {CORPUS} is missing");
        return;
    }
    let suites: Value = serde_json::from_str(&std::fs::read_to_string(CORPUS).unwrap()).unwrap();
    let (mut passed, mut stale, mut failures) = (0, Vec::new(), Vec::new());
    let mut templates = std::collections::BTreeSet::new();
    for test in suites.as_array().unwrap().iter().filter(|test| test["cel"].is_object()) {
        templates.insert(test["kind"].as_str().unwrap());
        let judge = judge(test);
        for case in test["cases"].as_array().unwrap() {
            let name = format!(
                "{}/{}/{}",
                test["suite"].as_str().unwrap(),
                test["test"].as_str().unwrap(),
                case["name"].as_str().unwrap()
            );
            let listed = LISTED.iter().any(|(known, _)| *known == name);
            match (wrong(&judge, case), listed) {
                (None, false) => passed += 1,
                (None, true) => stale.push(name),
                (Some(wrong), false) => failures.push(format!("{name}: {wrong}")),
                (Some(_), true) => (),
            }
        }
    }
    println!(
        "gatekeeper, CEL: {} templates, {passed} passed, {} failed, {} listed",
        templates.len(),
        failures.len(),
        LISTED.len()
    );
    assert!(stale.is_empty(), "listed, yet judged as wanted: {stale:?}");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert_eq!((templates.len(), passed + LISTED.len()), (16, 131), "templates and cases of the corpus");
}

fn judge(test: &Value) -> Judge {
    let kind = test["kind"].as_str().unwrap();
    let template = json!({
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": kind.to_lowercase()},
        "spec": {
            "crd": {"spec": {"names": {"kind": kind}}},
            "targets": [{
                "target": "admission.k8s.gatekeeper.sh",
                "code": [{"engine": "K8sNativeValidation", "source": test["cel"]}],
            }],
        },
    });
    let mut pack = Pack::default();
    pack.read("template.yaml", &template.to_string()).unwrap();
    pack.read_checked("constraint.yaml", &test["constraint"].to_string()).unwrap();
    assert_eq!(pack.policies().len(), 1);
    // Of what names no namespace, the library's cases want that it is in none that is excluded.
    let settings = Settings { default_namespace: Some("default".into()), ..Settings::default() };
    Judge::new(&pack, &Selection::default(), &settings).unwrap()
}

fn wrong(judge: &Judge, case: &Value) -> Option<String> {
    let review = &case["review"];
    let object = if review["object"].is_null() { &review["oldObject"] } else { &review["object"] };
    let (file, namespaces) = (Arc::from("case.yaml"), Namespaces::default());
    let source: Arc<str> = object.to_string().into();
    let tree = read(source, &Limits::default()).next().unwrap().unwrap();
    let operation = match review["operation"].as_str() {
        Some("UPDATE") => Operation::Update,
        Some("DELETE") => Operation::Delete,
        _ => Operation::Create,
    };
    let review = Review { operation, old_object: None };
    let origin = Origin { file: &file, document: 0, namespaces: &namespaces };
    let analysis = judge.judge_review(tree, origin, &review);
    if let Some(gap) = analysis.coverage.gaps.first() {
        return Some(format!("{}: {}", gap.kind, gap.message));
    }
    let messages: Vec<&str> = analysis.findings.iter().map(|finding| &*finding.message).collect();
    case["assertions"].as_array().unwrap().iter().find_map(|assertion| {
        let pattern = assertion["message"].as_str();
        let matching =
            messages.iter().filter(|message| pattern.is_none_or(|pattern| message.contains(pattern)));
        let found = matching.count();
        let holds = match &assertion["violations"] {
            Value::Null => found > 0,
            Value::Bool(wanted) => (found > 0) == *wanted,
            Value::Number(wanted) => wanted.as_u64() == Some(found as u64),
            Value::String(wanted) => (found > 0) == (wanted == "yes"),
            _ => false,
        };
        (!holds).then(|| format!("wanted {assertion}, found {messages:?}"))
    })
}
