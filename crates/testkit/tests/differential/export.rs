//! Policies and what they are exported as: the same verdict by our engine and, through the oracle, by the
//! API server, on every example in every workload kind, and on Kubernetes' own Pod Security fixtures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_policy::{
    Exceptions, Export, ExportOptions, Judge, Level, Namespaces, Origin, Pack, Selection, Set, Settings,
    examples,
};
use bulkhead_testkit::{Oracle, pods};
use serde_json::{Value, json};

const LISTED: &str = include_str!("export.listed");
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/psa");
/// The server's version.
pub(crate) const MINOR: u32 = 35;

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub(crate) fn oracle(test: &str) -> Option<Oracle> {
    match Oracle::start() {
        Ok(oracle) => Some(oracle),
        Err(error) if error.is_missing() => {
            println!("skipped: {test}: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn settings() -> Settings {
    Settings { minor: Some(MINOR), ..Settings::default() }
}

fn export(pack: &Pack, selection: &Selection, settings: &Settings) -> Export {
    let options = ExportOptions {
        prefix: "bulkhead-".into(),
        enforce: true,
        namespaces: Vec::new(),
        exempt: Vec::new(),
        parameters_namespace: "kube-system".into(),
        as_of: None,
    };
    let none = Exceptions::default();
    bulkhead_policy::export(pack, selection, settings, &none, &options).expect("an export")
}

/// What the oracle is asked with, all but the object.
pub(crate) fn question(export: &Export) -> Value {
    let of = |kind: &str| {
        export.objects.iter().filter(|object| object["kind"] == kind).cloned().collect::<Vec<_>>()
    };
    json!({
        "op": "vap",
        "policies": of("ValidatingAdmissionPolicy"),
        "bindings": of("ValidatingAdmissionPolicyBinding"),
        "params": of("ConfigMap"),
    })
}

/// The object as a server would hold it, if it takes it at all.
fn defaulted(oracle: &mut Oracle, object: &Value) -> Option<Value> {
    let answer = oracle
        .ask(&json!({"op": "default", "object": object, "convert": true}))
        .expect("an answer");
    answer.get("value").cloned()
}

/// The ids that deny an object, and what went wrong.
pub(crate) fn denied(answer: &Value) -> (BTreeSet<String>, Vec<String>) {
    let (mut ids, mut wrong) = (BTreeSet::new(), Vec::new());
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for policy in list(&answer["policies"]) {
        for binding in list(&policy["bindings"]) {
            if !binding["error"].is_null() && binding["error"] != "" {
                wrong.push(binding["error"].to_string());
            }
            for result in list(&binding["results"]) {
                for decision in list(&result["decisions"]) {
                    if decision["action"] == "admit" {
                        continue;
                    }
                    let message = decision["message"].as_str().unwrap_or_default();
                    if decision["evaluation"] == "error" {
                        wrong.push(message.chars().take(300).collect());
                    }
                    ids.insert(message.split(": ").next().unwrap_or_default().to_owned());
                }
            }
        }
    }
    (ids, wrong)
}

struct Ours {
    judge: Judge,
    exported: BTreeSet<String>,
}

impl Ours {
    fn of(pack: &Pack, selection: &Selection, settings: &Settings, export: &Export) -> Self {
        let judge = Judge::new(pack, selection, settings).expect("a judge");
        Self { judge, exported: export.exported.iter().map(|one| one.id.clone()).collect() }
    }

    fn found(&self, object: &Value) -> BTreeSet<String> {
        let (file, namespaces) = (Arc::from("example.yaml"), Namespaces::default());
        let tree = read(object.to_string().into(), &Limits::default())
            .next()
            .expect("an object")
            .expect("JSON");
        let origin = Origin { file: &file, document: 0, namespaces: &namespaces };
        let analysis = self.judge.judge(tree, origin);
        let found = analysis.findings.iter().map(|finding| finding.check.to_string());
        found.filter(|id| self.exported.contains(id)).collect()
    }
}

/// Cases judged differently, with the reason: `POLICY KIND: reason`.
fn listed() -> BTreeMap<&'static str, &'static str> {
    let lines = LISTED.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split_once(": ").expect("each line is `case: reason`")).collect()
}

/// Compares; what differs and is not listed is written down.
struct Comparison {
    asked: usize,
    wrong: Vec<String>,
    used: BTreeSet<&'static str>,
}

impl Comparison {
    fn compare(&mut self, ours: &BTreeSet<String>, theirs: &(BTreeSet<String>, Vec<String>), object: &Value) {
        self.asked += 1;
        let kind = object["kind"].as_str().unwrap_or_default();
        let listed = listed();
        for id in ours.symmetric_difference(&theirs.0) {
            if let Some((case, _)) = listed.get_key_value(&*format!("{id} {kind}")) {
                self.used.insert(case);
                continue;
            }
            let who = if ours.contains(id) { "ours alone" } else { "the server alone" };
            let text: String = object.to_string().chars().take(700).collect();
            self.wrong.push(format!("{id} {kind}: {who} {:?} {text}", theirs.1));
        }
    }
}

#[test]
fn examples_are_judged_alike() {
    let Some(mut oracle) = oracle("examples_are_judged_alike") else { return };
    let pack = Pack::builtin().expect("policies");
    let selection = Selection { set: Set::All, ..Selection::default() };
    let whole = export(&pack, &selection, &settings());
    let mut checked = question(&whole);
    checked["object"] =
        pods::wrap("Pod", &json!({"metadata": {}, "spec": {"containers": [{"name": "a", "image": "a"}]}}));
    checked["typeCheck"] = true.into();
    let answer = oracle.ask(&checked).expect("an answer");
    for policy in answer["policies"].as_array().expect("policies") {
        assert_eq!(policy["invalid"], json!([]), "{}", policy["name"]);
        assert_eq!(policy["typeWarnings"], json!([]), "{}", policy["name"]);
    }
    let mut comparison = Comparison { asked: 0, wrong: Vec::new(), used: BTreeSet::new() };
    let exported: BTreeSet<String> = whole.exported.iter().map(|one| one.id.clone()).collect();
    // One policy at a time: the oracle compiles what it is asked about for each question.
    for policy in pack.policies().filter(|policy| exported.contains(&*policy.id)) {
        for example in examples(policy) {
            if example.minor.is_some_and(|minor| minor != MINOR) {
                continue;
            }
            let only = Selection { only: vec![policy.id.to_string()], ..Selection::default() };
            let mut settings = settings();
            settings.parameters.insert(policy.id.to_string(), example.parameters.clone());
            let export = export(&pack, &only, &settings);
            let (ours, asked) = (Ours::of(&pack, &only, &settings, &export), question(&export));
            for object in wrapped(&example.object) {
                let Some(object) = defaulted(&mut oracle, &object) else { continue };
                let mut question = asked.clone();
                question["object"] = object.clone();
                let answer = oracle.ask(&question).expect("an answer");
                if let Some(fault) = answer.get("fault").or(answer.get("error")) {
                    // The oracle, as the server, knows no custom resources.
                    assert!(fault.to_string().contains("no kind"), "{fault} {object}");
                    continue;
                }
                comparison.compare(&ours.found(&object), &denied(&answer), &object);
            }
        }
    }
    report(&comparison, 1500);
    let stale: Vec<&str> = listed().into_keys().filter(|case| !comparison.used.contains(case)).collect();
    assert!(stale.is_empty(), "listed, yet judged alike: {stale:?}");
}

#[expect(clippy::print_stdout, reason = "a runner says how it went")]
fn report(comparison: &Comparison, least: usize) {
    println!(
        "exported policies: {} asked, {} failed, {} listed",
        comparison.asked,
        comparison.wrong.len(),
        comparison.used.len()
    );
    let ids: BTreeMap<&str, usize> = comparison.wrong.iter().fold(BTreeMap::new(), |mut ids, line| {
        *ids.entry(line.split(' ').next().unwrap_or_default()).or_default() += 1;
        ids
    });
    let few: Vec<&str> = comparison.wrong.iter().take(12).map(String::as_str).collect();
    assert!(comparison.wrong.is_empty(), "{ids:?}\n{}", few.join("\n"));
    assert!(comparison.asked > least, "only {} were asked", comparison.asked);
}

/// The object, and its Pod in every other kind.
fn wrapped(object: &Value) -> Vec<Value> {
    if object["kind"] != "Pod" {
        return vec![object.clone()];
    }
    let mut template = json!({"metadata": object["metadata"], "spec": object["spec"]});
    if let Some(metadata) = template["metadata"].as_object_mut() {
        metadata.remove("name");
        metadata.remove("namespace");
    }
    let others = pods::KINDS.iter().filter(|kind| **kind != "Pod").map(|kind| pods::wrap(kind, &template));
    std::iter::once(object.clone()).chain(others).collect()
}

#[test]
fn pod_security_fixtures_are_judged_alike() {
    let test = "pod_security_fixtures_are_judged_alike";
    if !Path::new(CORPUS).is_dir() {
        println!("skipped: {test}: {CORPUS} is missing");
        return;
    }
    let Some(mut oracle) = oracle(test) else { return };
    let pack = Pack::builtin().expect("policies");
    let mut comparison = Comparison { asked: 0, wrong: Vec::new(), used: BTreeSet::new() };
    for (level, name) in [(Level::Baseline, "baseline"), (Level::Restricted, "restricted")] {
        let selection = Selection { pod_security: Some((level, Some(MINOR))), ..Selection::default() };
        let export = export(&pack, &selection, &settings());
        assert_eq!(
            export.refused.iter().filter(|one| one.reason != bulkhead_policy::Reason::Version).count(),
            0
        );
        let ours = Ours::of(&pack, &selection, &settings(), &export);
        let asked = question(&export);
        for outcome in ["pass", "fail"] {
            let folder = format!("{CORPUS}/{name}/v1.{MINOR}/{outcome}");
            let mut files: Vec<_> = std::fs::read_dir(&folder).expect(&folder).flatten().collect();
            files.sort_by_key(std::fs::DirEntry::file_name);
            for file in files {
                let source = std::fs::read_to_string(file.path()).expect("a file");
                let tree = read(source.into(), &Limits::default()).next().expect("an object").expect("YAML");
                let object = serde_json::to_value(tree.root()).expect("a value");
                for object in wrapped(&object) {
                    let Some(object) = defaulted(&mut oracle, &object) else { continue };
                    let mut question = asked.clone();
                    question["object"] = object.clone();
                    let answer = oracle.ask(&question).expect("an answer");
                    let theirs = denied(&answer);
                    let found = ours.found(&object);
                    comparison.compare(&found, &theirs, &object);
                    assert_eq!(theirs.0.is_empty(), outcome == "pass", "{:?} {:?}", file.path(), theirs);
                }
            }
        }
    }
    report(&comparison, 1000);
}

/// What was there before is let through; what is new is refused, by value and by container.
#[test]
fn updates_are_refused_for_what_is_new_alone() {
    let Some(mut oracle) = oracle("updates_are_refused_for_what_is_new_alone") else { return };
    let pack = Pack::builtin().expect("policies");
    let ids = ["added-capabilities", "host-ports", "privileged-container", "sensitive-host-path"];
    let only = ids.iter().map(|id| (*id).to_owned()).collect();
    let selection = Selection { only, ..Selection::default() };
    let asked = question(&export(&pack, &selection, &settings()));
    let app = |context: Value| json!({"name": "app", "image": "a", "securityContext": context});
    let pod = |containers: Vec<Value>| json!({"metadata": {}, "spec": {"containers": containers}});
    let adds = |names: Value| app(json!({"capabilities": {"add": names}}));
    let other = json!({"name": "other", "image": "a", "securityContext": {"privileged": true}});
    let mut deleted = pods::wrap("Pod", &pod(vec![adds(json!(["BPF"]))]));
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    let path = |path: &str| {
        json!({"metadata": {}, "spec": {"containers": [{"name": "a", "image": "a"}],
            "volumes": [{"name": "node", "hostPath": {"path": path, "type": ""}}]}})
    };
    let clean = pod(vec![app(json!({}))]);
    let cases = [
        ("clean", clean.clone(), clean.clone(), false),
        ("new", clean.clone(), pod(vec![adds(json!(["BPF"]))]), true),
        ("kept", pod(vec![adds(json!(["BPF"]))]), pod(vec![adds(json!(["BPF"]))]), false),
        ("one more", pod(vec![adds(json!(["BPF"]))]), pod(vec![adds(json!(["SYS_ADMIN", "BPF"]))]), true),
        (
            "one less",
            pod(vec![adds(json!(["BPF", "SYS_ADMIN"]))]),
            pod(vec![adds(json!(["SYS_ADMIN"]))]),
            false,
        ),
        ("moved", pod(vec![app(json!({})), other.clone()]), pod(vec![other.clone(), app(json!({}))]), false),
        (
            "another container",
            pod(vec![app(json!({})), other.clone()]),
            pod(vec![app(json!({"privileged": true})), other]),
            true,
        ),
        ("another path", path("/etc"), path("/var"), true),
        ("the same path", path("/etc"), path("/etc"), false),
    ];
    for (name, old, new, refused) in cases {
        for kind in pods::KINDS {
            let mut question = asked.clone();
            question["object"] = pods::wrap(kind, &new);
            question["oldObject"] = pods::wrap(kind, &old);
            question["request"] = json!({"operation": "UPDATE"});
            let answer = oracle.ask(&question).expect("an answer");
            let (ids, wrong) = denied(&answer);
            assert!(wrong.is_empty(), "{name} {kind}: {wrong:?}");
            assert_eq!(!ids.is_empty(), refused, "{name} {kind}: {ids:?}");
            assert_eq!(answer["allowed"], !refused, "{name} {kind}");
        }
    }
    let mut question = asked.clone();
    question["object"] = deleted;
    question["oldObject"] = pods::wrap("Pod", &clean);
    question["request"] = json!({"operation": "UPDATE"});
    assert_eq!(oracle.ask(&question).expect("an answer")["allowed"], true, "what is being deleted");
}
