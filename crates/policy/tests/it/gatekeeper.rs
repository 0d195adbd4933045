//! The suites of Gatekeeper's library: every case is judged as its author wants it, by the templates' Rego and,
//! where they have some, by their CEL.
//!
//! A case counts violations, and may want one whose message matches a pattern. A case of an update says
//! so, but holds no old object.

use std::path::Path;
use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_policy::{
    Judge, Namespaces, Operation, Origin, Pack, Review, Selection, Settings, Surroundings,
};
use serde_json::{Value, json};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/gatekeeper/suites.json");

/// Cases that are judged differently, with the language and the reason.
const LISTED: &[(&str, &str, &str)] = &[(
    "Rego",
    "general/horizontalpodautoscaler/horizontal-pod-autoscaler/example-disallowed-hpa-replicas",
    "its sprintf has too few arguments: OPA writes %!v(MISSING), the interpreter fails, and that is a gap",
)];

#[test]
fn cases_in_cel_are_judged_as_their_authors_want() {
    run("cases_in_cel_are_judged_as_their_authors_want", "CEL", (16, 131), |test| {
        test["cel"].is_object().then(|| {
            json!({
                "target": "admission.k8s.gatekeeper.sh",
                "code": [{"engine": "K8sNativeValidation", "source": test["cel"]}],
            })
        })
    });
}

#[test]
fn cases_in_rego_are_judged_as_their_authors_want() {
    run("cases_in_rego_are_judged_as_their_authors_want", "Rego", (49, 270), |test| {
        let (rego, libs) = (&test["rego"], &test["libs"]);
        Some(json!({"target": "admission.k8s.gatekeeper.sh", "rego": rego, "libs": libs}))
    });
}

/// Judges by the targets that `target` makes of a test; `wanted` are how many templates and cases there are.
#[expect(clippy::print_stdout, reason = "a test says what it skipped and how many passed")]
fn run(name: &str, language: &str, wanted: (usize, usize), target: impl Fn(&Value) -> Option<Value>) {
    if !Path::new(CORPUS).is_file() {
        println!("skipped: {name}: {CORPUS} is missing");
        return;
    }
    let suites: Value = serde_json::from_str(&std::fs::read_to_string(CORPUS).unwrap()).unwrap();
    let (mut passed, mut stale, mut failures) = (0, Vec::new(), Vec::new());
    let mut templates = std::collections::BTreeSet::new();
    let of_language = LISTED.iter().filter(|(known, _, _)| *known == language);
    for test in suites.as_array().unwrap() {
        let Some(target) = target(test) else { continue };
        templates.insert(test["kind"].as_str().unwrap());
        let mut judge = judge(test, &target);
        for case in test["cases"].as_array().unwrap() {
            let name = format!(
                "{}/{}/{}",
                test["suite"].as_str().unwrap(),
                test["test"].as_str().unwrap(),
                case["name"].as_str().unwrap()
            );
            let listed = of_language.clone().any(|(_, known, _)| *known == name);
            if !case["inventory"].is_null() {
                // Each case has objects of its own around it.
                judge = self::judge(test, &target);
            }
            match (wrong(&mut judge, case), listed) {
                (None, false) => passed += 1,
                (None, true) => stale.push(name),
                (Some(wrong), false) => failures.push(format!("{name}: {wrong}")),
                (Some(_), true) => (),
            }
        }
    }
    println!(
        "gatekeeper, {language}: {} templates, {passed} passed, {} failed, {} listed",
        templates.len(),
        failures.len(),
        of_language.clone().count()
    );
    assert!(stale.is_empty(), "listed, yet judged as wanted: {stale:?}");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert_eq!((templates.len(), passed + of_language.count()), wanted, "templates and cases of the corpus");
}

fn judge(test: &Value, target: &Value) -> Judge {
    let kind = test["kind"].as_str().unwrap();
    let template = json!({
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {
            "name": kind.to_lowercase(),
            // The corpus holds no annotations; the library's templates name what their cases look up.
            "annotations": {"metadata.gatekeeper.sh/requires-sync-data": looked_up(test)},
        },
        "spec": {
            "crd": {"spec": {"names": {"kind": kind}}},
            "targets": [target],
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

/// The kinds of all objects in a test's inventories, as the annotation has them.
fn looked_up(test: &Value) -> String {
    let objects = test["cases"].as_array().unwrap().iter().flat_map(inventory);
    let kinds = objects.map(|object| {
        let version = object["apiVersion"].as_str().unwrap();
        let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
        json!({"groups": [group], "versions": [version], "kinds": [object["kind"]]})
    });
    Value::Array(vec![Value::Array(kinds.collect())]).to_string()
}

/// The objects around a case: `namespace/NS/VERSION/KIND/NAME` and `cluster/VERSION/KIND/NAME`.
fn inventory(case: &Value) -> Vec<Value> {
    let mut open = vec![case["inventory"].clone()];
    let mut found = Vec::new();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) if fields.contains_key("apiVersion") => found.push(Value::Object(fields)),
            Value::Object(fields) => open.extend(fields.into_iter().map(|(_, value)| value)),
            _ => (),
        }
    }
    found
}

fn wrong(judge: &mut Judge, case: &Value) -> Option<String> {
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
    let review = Review { operation, user: Some(review["userInfo"].clone()), ..Review::default() };
    let mut around = Surroundings::default();
    for object in inventory(case) {
        let tree = read(object.to_string().into(), &Limits::default()).next().unwrap().unwrap();
        around.add(&file, tree, bulkhead_kinds::Kinds::for_minor(*bulkhead_kinds::SUPPORTED.end()).unwrap());
    }
    let problems = judge.know(around);
    if let Some(problem) = problems.first() {
        return Some(problem.message.to_string());
    }
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
