//! One Pod in every workload kind: the same findings, and fingerprints that differ by the workload alone.

use bulkhead_model::{Fingerprint, Identity, Namespace, Workload};
use serde_json::{Value, json};

use crate::support::tree;

fn pod_spec() -> Value {
    json!({
        "hostNetwork": true,
        "volumes": [{"name": "host", "hostPath": {"path": "/var/run"}}],
        "initContainers": [{"name": "init", "image": "init", "securityContext": {"privileged": true}}],
        "containers": [{
            "name": "app",
            "image": "registry.example/app:latest",
            "ports": [{"containerPort": 80, "hostPort": 80}],
            "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}},
        }],
    })
}

/// Each kind with the way to its Pod template.
fn objects() -> Vec<(Value, &'static str)> {
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": pod_spec()});
    let object = |version: &str, kind: &str, spec: Value| {
        json!({
            "apiVersion": version, "kind": kind,
            "metadata": {"name": "web", "namespace": "shop"}, "spec": spec,
        })
    };
    let selected = json!({"selector": {"matchLabels": {"app": "web"}}, "template": template});
    let mut set = selected.clone();
    set["serviceName"] = "web".into();
    let mut pod_template = object("v1", "PodTemplate", json!(null));
    pod_template["template"] = template.clone();
    pod_template.as_object_mut().unwrap().remove("spec");
    vec![
        (object("v1", "Pod", pod_spec()), ""),
        (object("apps/v1", "Deployment", selected.clone()), "spec.template."),
        (object("apps/v1", "StatefulSet", set), "spec.template."),
        (object("apps/v1", "DaemonSet", selected.clone()), "spec.template."),
        (object("apps/v1", "ReplicaSet", selected.clone()), "spec.template."),
        (
            object("v1", "ReplicationController", json!({"selector": {"app": "web"}, "template": template})),
            "spec.template.",
        ),
        (object("batch/v1", "Job", json!({"template": template})), "spec.template."),
        (
            object(
                "batch/v1",
                "CronJob",
                json!({"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": template}}}),
            ),
            "spec.jobTemplate.spec.template.",
        ),
        (pod_template, "template."),
        (object("argoproj.io/v1alpha1", "Rollout", selected), "spec.template."),
    ]
}

/// Policies that look at the Pod template alone, whatever manages it.
const CHECKS: &str = "host-network,host-path-volume,privileged-container,host-ports,moving-image-tag,\
                      dangerous-capability,writable-root-filesystem,no-memory-limit";

/// The path within the Pod template as fingerprints have it.
fn identity_path(field: &str) -> String {
    let mut path = field.replace("initContainers[0]", "initContainers[name=init]");
    path = path.replace("spec.containers[0]", "spec.containers[name=app]");
    path = path.replace("volumes[0]", "volumes[name=host]");
    path = path.replace("ports[0]", "ports[containerPort=80,protocol=TCP]");
    path.replace("capabilities.add[0]", "capabilities.add[=SYS_ADMIN]")
}

#[test]
fn every_workload_kind_is_judged_alike() {
    let mut expected: Option<Vec<(String, String, String)>> = None;
    for (object, template) in objects() {
        let tree = tree(&[("a.json", &object.to_string())]);
        let (_, report) = tree.report(&["a.json", "--only", CHECKS]);
        let kind = object["kind"].as_str().unwrap();
        assert_eq!(report["coverage"]["gaps"], json!([]), "{kind}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut found = Vec::new();
        for finding in report["findings"].as_array().unwrap() {
            let field = text(&finding["field"]);
            let field = field.strip_prefix(template).unwrap_or_else(|| panic!("{kind}: {field}")).to_owned();
            let workload = Workload {
                kind: kind.into(),
                namespace: Namespace::Named("shop".into()),
                name: "web".into(),
            };
            let check = text(&finding["check"]);
            let path = identity_path(&field);
            let named = Fingerprint::of(Identity { check: &check, workload: &workload, path: &path });
            assert_eq!(text(&finding["fingerprint"]), named.to_string(), "{kind} {check} {path}");
            found.push((check, field, text(&finding["message"])));
        }
        found.sort();
        assert!(found.len() >= 10, "{kind}: {found:?}");
        match &expected {
            None => expected = Some(found),
            Some(expected) => assert_eq!(&found, expected, "{kind}"),
        }
    }
}
#[test]
fn what_a_controller_made_counts_as_the_controllers() {
    let owned = |object: &Value, version: &str, kind: &str, owner: &str, name: &str| {
        let mut object = object.clone();
        object["metadata"]["name"] = name.into();
        object["metadata"]["ownerReferences"] =
            json!([{"apiVersion": version, "kind": kind, "name": owner, "uid": "1", "controller": true}]);
        object
    };
    let objects = objects();
    let of = |kind: &str| &objects.iter().find(|(object, _)| object["kind"] == kind).unwrap().0;
    let mut replica_set = owned(of("ReplicaSet"), "apps/v1", "Deployment", "web", "web-5d4f8c7b9");
    let mut pod = owned(of("Pod"), "apps/v1", "ReplicaSet", "web-5d4f8c7b9", "web-5d4f8c7b9-x2x4z");
    for object in [&mut replica_set, &mut pod] {
        object["metadata"]["labels"] = json!({"pod-template-hash": "5d4f8c7b9"});
    }
    let fingerprints = |object: &Value| {
        let tree = tree(&[("a.json", &object.to_string())]);
        let (_, report) = tree.report(&["a.json", "--only", CHECKS]);
        let text = |finding: &Value| finding["fingerprint"].as_str().unwrap().to_owned();
        let mut all: Vec<_> = report["findings"].as_array().unwrap().iter().map(text).collect();
        all.sort();
        all
    };
    let deployment = fingerprints(of("Deployment"));
    assert_eq!(fingerprints(&replica_set), deployment);
    assert_eq!(fingerprints(&pod), deployment);
}
