//! The policies that were lowered by hand (`testbed/native`): the oracle says of each example what the
//! API server said, for every workload kind, and so does our own engine.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_policy::{Judge, Namespaces, Origin, Pack, Selection, Set, Settings};
use bulkhead_testkit::{Oracle, pods};
use serde_json::{Value, json};

const POLICIES: &[&str] = &["runs-as-root", "keeps-capabilities", "host-path", "no-memory-limit", "apparmor"];

struct Example {
    policy: &'static str,
    text: String,
    object: Value,
}

impl Example {
    fn note(&self, name: &str) -> Option<&str> {
        self.text.lines().find_map(|line| line.strip_prefix("# ")?.strip_prefix(name))
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testbed/native")
}

fn examples() -> Vec<Example> {
    let mut all = Vec::new();
    for policy in POLICIES {
        let text =
            std::fs::read_to_string(folder().join(format!("examples/{policy}.yaml"))).expect("examples");
        for part in text.split("---\n") {
            let tree = read(part.into(), &Limits::default()).next().expect("an object").expect("YAML");
            let object = serde_json::to_value(tree.root()).expect("a value");
            all.push(Example { policy, text: part.to_owned(), object });
        }
    }
    all
}

#[test]
fn the_oracle_says_what_the_server_said() {
    let mut oracle = match Oracle::start() {
        Ok(oracle) => oracle,
        Err(error) if error.is_missing() => {
            println!("skipped: the_oracle_says_what_the_server_said: {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let mut asked = 0;
    for example in examples() {
        // What the API server does before policies run is not the oracle's: LimitRanges, copied annotations.
        if example.note("limit-range").is_some() || example.note("The server copies").is_some() {
            continue;
        }
        let file = std::fs::read_to_string(folder().join(format!("policies/{}.yaml", example.policy)))
            .expect("a policy");
        let (policy, _) = file.split_once("---\n").expect("a policy and its binding");
        let binding = json!({"metadata": {"name": "b"}, "spec": {"policyName": example.policy, "validationActions": ["Deny"]}});
        for object in wrapped(&example) {
            let answer = oracle
                .ask(&json!({"op": "vap", "policies": [policy], "bindings": [binding], "object": object, "typeCheck": true}))
                .expect("an answer");
            assert_eq!(answer["policies"][0]["invalid"], json!([]), "{}", example.policy);
            assert_eq!(answer["policies"][0]["typeWarnings"], json!([]), "{}", example.policy);
            let wanted = example.note("denied: ");
            let denied =
                answer["denied"].as_str().map(|text| text.rsplit("denied request: ").next().unwrap_or(""));
            assert_eq!(denied, wanted, "{} {object}", example.policy);
            asked += 1;
        }
    }
    assert!(asked > 150, "only {asked} were asked");
}

/// The example itself, with its ephemeral container if it has one, and its Pod in every other kind.
fn wrapped(example: &Example) -> Vec<Value> {
    let object = &example.object;
    let paths = ["/template", "/spec/jobTemplate/spec/template", "/spec/template"];
    let template = paths.iter().find_map(|path| object.pointer(path)).unwrap_or(object);
    let mut template = json!({"metadata": template["metadata"], "spec": template["spec"]});
    if let Some(name) = example.note("ephemeral: ") {
        template["spec"]["ephemeralContainers"] = json!([{"name": name, "image": "a"}]);
    }
    if template["metadata"].is_null() {
        template["metadata"] = json!({});
    }
    pods::KINDS.iter().map(|kind| pods::wrap(kind, &template)).collect()
}

/// The same policies in our own form (`testbed/native/form`) blame the fields that the examples name, in
/// every kind, and find something exactly where the server denies.
#[test]
fn our_engine_says_the_same() {
    let mut wrong = Vec::new();
    for name in POLICIES {
        let mut pack = Pack::default();
        let file = folder().join(format!("form/{name}.yaml"));
        let text = std::fs::read_to_string(&file).expect("a policy");
        pack.read(name, &text).unwrap_or_else(|error| panic!("{error}"));
        let selection = Selection { set: Set::All, ..Selection::default() };
        let judge = Judge::new(&pack, &selection, &Settings::default()).expect("a judge");
        for example in examples().iter().filter(|example| example.policy == *name) {
            let own = fields(&judge, &example.object);
            let finds = example.note("finds: ").unwrap_or("").split_whitespace();
            let wanted: BTreeSet<String> = finds.map(str::to_owned).collect();
            // A Pod's LimitRange and its ephemeral containers are not in the file.
            let alone = example.note("ephemeral: ").is_none()
                && !example.text.starts_with("# limit-range\n# allowed");
            if alone && own != wanted {
                wrong
                    .push(format!("{name} {}: found {own:?}, wanted {wanted:?}", example.object["metadata"]));
            }
            if !alone {
                continue;
            }
            for object in wrapped(example) {
                let found = !fields(&judge, &object).is_empty();
                if found != example.note("denied: ").is_some() {
                    wrong.push(format!("{name} {object}: found {found}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn fields(judge: &Judge, object: &Value) -> BTreeSet<String> {
    let (file, namespaces) = (Arc::from("example.yaml"), Namespaces::default());
    let source: Arc<str> = object.to_string().into();
    let tree = read(source, &Limits::default()).next().expect("an object").expect("JSON");
    let analysis = judge.judge(tree, Origin { file: &file, document: 0, namespaces: &namespaces });
    assert!(analysis.coverage.gaps.is_empty(), "{:?}", analysis.coverage.gaps);
    analysis.findings.iter().map(|finding| finding.field.to_string()).collect()
}
