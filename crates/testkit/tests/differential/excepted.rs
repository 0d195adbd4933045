//! Exceptions and what they are exported as: what our engine marks as excepted, the API server lets through.

use std::collections::BTreeSet;
use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_policy::{
    Around, Exceptions, ExportOptions, Judge, Names, Namespaces, Origin, Pack, Selection, Settings, Trust,
    read_exceptions,
};
use bulkhead_testkit::{Random, pods};
use serde_json::{Value, json};

use crate::export::{MINOR, denied, oracle, question};

/// Of a container and of the whole Pod.
const CHECKS: [&str; 4] = ["privileged-container", "may-run-as-root", "host-network", "moving-image-tag"];

fn exception(random: &mut Random) -> Value {
    let mut spec = json!({"owner": "x", "reason": "y", "until": "fixable"});
    let mut checks: Vec<&str> = CHECKS.into_iter().filter(|_| random.percent(50)).collect();
    if checks.is_empty() {
        checks.push("*");
    }
    spec["checks"] = json!(checks);
    let sides: [(&str, &[&str]); 5] = [
        ("kinds", &["Deployment", "Pod", "CronJob", "*Set", "Job"]),
        ("namespaces", &["shop", "sh*", "data", "*"]),
        ("names", &["cart", "c*", "web", "*a*"]),
        ("containers", &["app", "side*", "*"]),
        ("images", &["nginx", "docker.io/library/nginx", "registry.example:5000/*", "*/loki", "docker.io/*"]),
    ];
    for (side, names) in sides {
        if random.percent(33) {
            let some: Vec<&str> = names.iter().copied().filter(|_| random.percent(50)).collect();
            if !some.is_empty() {
                spec[side] = json!(some);
            }
        }
    }
    if random.percent(25) {
        spec["labels"] = json!({"app.kubernetes.io/part-of": random.choose(&["shop", "s*", "*", "data"])});
    }
    json!({"apiVersion": "bulkhead.dev/v1alpha1", "kind": "Exception", "metadata": {"name": "e"}, "spec": spec})
}

fn object(random: &mut Random) -> Value {
    let images = [
        "nginx",
        "nginx:1.27",
        "grafana/loki",
        "registry.example:5000/a/b:1@sha256:00",
        "localhost/x:latest",
    ];
    let container = |name: &str, random: &mut Random| {
        let mut context = json!({});
        if random.percent(50) {
            context["privileged"] = random.percent(66).into();
        }
        if random.percent(50) {
            context["runAsNonRoot"] = random.percent(66).into();
        }
        json!({"name": name, "image": random.choose(&images), "securityContext": context})
    };
    let containers = vec![container("app", random), container("sidecar", random)];
    let spec = json!({"containers": containers, "hostNetwork": random.percent(33)});
    let mut object = pods::wrap(random.pick(pods::KINDS), &json!({"metadata": {}, "spec": spec}));
    object["metadata"]["namespace"] = (*random.choose(&["shop", "data", "default"])).into();
    object["metadata"]["name"] = (*random.choose(&["cart", "web", "data-0"])).into();
    if random.percent(50) {
        object["metadata"]["labels"] = json!({"app.kubernetes.io/part-of": random.choose(&["shop", "data"])});
    }
    if object["kind"] == "Pod" && random.percent(50) {
        let (kind, owner) = *random.choose(&[
            ("ReplicaSet", "cart-7d9f8b6c5d"),
            ("Job", "cart-28912345"),
            ("StatefulSet", "web"),
            ("ReplicaSet", "cart"),
        ]);
        object["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "x/v1", "kind": kind, "name": owner, "uid": "1", "controller": true}]);
        object["metadata"]["name"] = format!("{owner}-x2k4f").into();
    }
    object
}

/// The checks of which a finding is left.
fn ours(judge: &Judge, exceptions: &Exceptions, object: &Value) -> BTreeSet<String> {
    let (file, namespaces, trust) = (Arc::from("a.yaml"), Namespaces::default(), Trust::default());
    let source: Arc<str> = object.to_string().into();
    let tree = || read(source.clone(), &Limits::default()).next().expect("an object").expect("JSON");
    let marks = exceptions.look(&tree(), &file, &trust);
    let origin = Origin { file: &file, document: 0, namespaces: &namespaces };
    let mut findings = judge.judge(tree(), origin).findings;
    let around = Around { folder: None, trust: &trust };
    exceptions.apply(&mut findings, marks.as_ref().map(|(marks, _)| marks), around);
    let left = findings.iter().filter(|finding| finding.excepted.is_none());
    left.map(|finding| finding.check.to_string()).collect()
}

#[test]
fn what_is_excepted_is_let_through() {
    let Some(mut oracle) = oracle("what_is_excepted_is_let_through") else { return };
    let pack = Pack::builtin().expect("policies");
    let selection = Selection { only: CHECKS.map(str::to_owned).to_vec(), ..Selection::default() };
    let settings = Settings { minor: Some(MINOR), ..Settings::default() };
    let judge = Judge::new(&pack, &selection, &settings).expect("a judge");
    let mut random = Random::new(7);
    let (mut asked, mut let_through, mut wrong) = (0, 0, Vec::new());
    for _ in 0..60 {
        let declared: Vec<Value> = (0..=random.below(3)).map(|_| exception(&mut random)).collect();
        let text = declared.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n---\n");
        let mut exceptions = Exceptions::new(Names::new(&pack), jiff::civil::date(2026, 11, 27));
        exceptions.add_central(read_exceptions("e.yaml", &text).expect("exceptions"));
        assert_eq!(exceptions.mistakes().collect::<Vec<_>>(), Vec::<String>::new());
        let none = Exceptions::new(Names::new(&pack), jiff::civil::date(2026, 11, 27));
        let export = exported(&pack, &selection, &settings, &exceptions);
        let asking = question(&export);
        for _ in 0..15 {
            let object = object(&mut random);
            let mut question = asking.clone();
            question["object"] = object.clone();
            let answer = oracle.ask(&question).expect("an answer");
            assert!(answer.get("fault").or(answer.get("error")).is_none(), "{answer} {object}");
            let (theirs, faults) = denied(&answer);
            let ours = ours(&judge, &exceptions, &object);
            asked += 1;
            let_through += usize::from(ours != self::ours(&judge, &none, &object));
            if ours != theirs || !faults.is_empty() {
                wrong.push(format!(
                    "ours {ours:?}, the server's {theirs:?} {faults:?}\n{text}{object}\n{}",
                    export.objects[0]
                ));
            }
        }
    }
    println!("exported exceptions: {asked} asked, {let_through} excepted, {} failed", wrong.len());
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.first().map_or("", String::as_str));
    assert!(let_through > 100, "only {let_through} were excepted");
}

fn exported(
    pack: &Pack,
    selection: &Selection,
    settings: &Settings,
    exceptions: &Exceptions,
) -> bulkhead_policy::Export {
    let options = ExportOptions {
        prefix: "bulkhead-".into(),
        enforce: true,
        namespaces: Vec::new(),
        exempt: Vec::new(),
        parameters_namespace: "kube-system".into(),
        as_of: None,
    };
    bulkhead_policy::export(pack, selection, settings, exceptions, &options).expect("an export")
}
