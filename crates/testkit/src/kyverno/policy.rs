//! Random policies with objects that they are for, or nearly.

use serde_json::{Map, Value, json};

use super::query::expression;
use super::{TEXTS, leaf_pattern, pattern_of, scalar};
use crate::Random;

/// A question about a policy.
pub fn policy(random: &mut Random) -> Value {
    let object = object(random);
    let rules: Vec<Value> = (0..=random.below(2)).map(|number| rule(random, number, &object)).collect();
    let mut spec = json!({"rules": rules});
    if random.percent(15) {
        spec["applyRules"] = json!("One");
    }
    let mut metadata = json!({"name": "p"});
    if random.percent(15) {
        let said = random.pick(&["none", "Deployment", "Deployment,CronJob", "CronJob", "Job"]);
        metadata["annotations"] = json!({"pod-policies.kyverno.io/autogen-controllers": said});
    }
    let mut kind = "ClusterPolicy";
    if random.percent(10) {
        kind = "Policy";
        metadata["namespace"] = json!(random.pick(&["prod", "dev"]));
    }
    let policy = json!({"apiVersion": "kyverno.io/v1", "kind": kind, "metadata": metadata, "spec": spec});
    let mut question = json!({"op": "policy", "policy": policy, "object": object});
    if random.percent(40) {
        question["namespaceLabels"] =
            json!({"env": random.pick(&["prod", "dev"]), "kubernetes.io/metadata.name": "prod"});
    }
    if random.percent(12) {
        question["exceptions"] = json!([exception(random)]);
    }
    question
}

fn exception(random: &mut Random) -> Value {
    let rules = [random.pick(&["r0", "r1", "*", "autogen-*", "autogen-r0"])];
    let policy = random.pick(&["p", "prod/p", "q"]);
    let mut spec = json!({
        "exceptions": [{"policyName": policy, "ruleNames": rules}],
        "match": {random.pick(&["any", "all"]): [filter(random)]},
    });
    if random.percent(30) {
        spec["conditions"] = json!({random.pick(&["any", "all"]): [condition(random, false)]});
    }
    json!({"apiVersion": "kyverno.io/v2", "kind": "PolicyException", "metadata": {"name": "e", "namespace": "prod"}, "spec": spec})
}

fn object(random: &mut Random) -> Value {
    let mut metadata =
        json!({"name": random.pick(&["web", "db-1", "x"]), "namespace": random.pick(&["prod", "dev"])});
    if random.percent(70) {
        metadata["labels"] = json!({"app": random.pick(&["a", "b"]), "tier": random.pick(TEXTS)});
    }
    if random.percent(40) {
        metadata["annotations"] = json!({"owner": random.pick(TEXTS), "k/x": "y"});
    }
    let kind = random.pick(&["Pod", "Pod", "Deployment", "CronJob", "ConfigMap", "Thing", "DaemonSet"]);
    match kind {
        "ConfigMap" => {
            json!({"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": {"a": scalar(random), "b": "x"}})
        }
        "Thing" => json!({
            "apiVersion": "example.com/v1beta1", "kind": kind, "metadata": metadata,
            "spec": {"a": scalar(random), "list": [{"name": "x", "v": scalar(random)}, {"name": "y", "v": scalar(random)}], "replicas": random.between(0, 5)},
        }),
        kind => {
            let template = pod_spec(random);
            let (version, spec) = match kind {
                "Pod" => ("v1", template),
                "CronJob" => (
                    "batch/v1",
                    json!({"jobTemplate": {"spec": {"template": {"metadata": {"labels": {"app": "a"}}, "spec": template}}}}),
                ),
                _ => (
                    "apps/v1",
                    json!({"replicas": random.between(0, 4), "template": {"metadata": {"labels": {"app": "a"}}, "spec": template}}),
                ),
            };
            json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})
        }
    }
}

fn pod_spec(random: &mut Random) -> Value {
    let names = ["c0", "c1", "c2"];
    let mut containers = Vec::new();
    for name in names.iter().take(1 + random.below(2)) {
        let mut container = json!({"name": name, "image": random.pick(&["nginx", "nginx:latest", "ghcr.io/a/b:v1", "a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"])});
        if random.percent(50) {
            container["resources"] = json!({"limits": {"memory": random.pick(&["1Gi", "512Mi", "2Gi"]), "cpu": random.pick(&["1", "500m"])}});
        }
        if random.percent(40) {
            container["securityContext"] =
                json!({"privileged": random.percent(50), "runAsUser": random.between(0, 2000)});
        }
        containers.push(container);
    }
    let mut spec = json!({"containers": containers});
    if random.percent(30) {
        spec["hostNetwork"] = json!(random.percent(50));
    }
    if random.percent(30) {
        spec["initContainers"] = json!([{"name": "i", "image": "busybox:1"}]);
    }
    if random.percent(30) {
        spec["volumes"] = json!([{"name": "v", "hostPath": {"path": "/"}}, {"name": "w", "emptyDir": {}}]);
    }
    spec
}

fn rule(random: &mut Random, number: usize, object: &Value) -> Value {
    let mut rule = json!({"name": format!("r{number}"), "match": sides(random, object)});
    if random.percent(25) {
        rule["exclude"] = sides(random, object);
    }
    if random.percent(30) {
        let mut entries = vec![];
        for name in ["v", "w"].iter().take(1 + random.below(2)) {
            let mut variable = Map::new();
            if random.percent(50) {
                variable.insert(
                    "value".into(),
                    if random.percent(50) {
                        scalar(random)
                    } else {
                        json!("{{ request.object.metadata.name }}")
                    },
                );
            }
            if random.percent(60) {
                variable.insert(
                    "jmesPath".into(),
                    json!(random.pick(&[
                        "request.object.metadata.labels.app",
                        "request.object.spec.containers[].image",
                        "to_upper(@)",
                        "request.object.metadata.absent",
                        "length(request.object.spec.containers)"
                    ])),
                );
            }
            if random.percent(40) {
                variable.insert("default".into(), json!(random.pick(TEXTS)));
            }
            entries.push(json!({"name": name, "variable": variable}));
        }
        rule["context"] = json!(entries);
    }
    if random.percent(30) {
        rule["preconditions"] = conditions(random, false);
    }
    rule["validate"] = validate(random, object);
    rule
}

fn validate(random: &mut Random, object: &Value) -> Value {
    let message = random.pick(&[
        "",
        "not so",
        "must be {{ request.object.metadata.name }}.",
        "no {{ request.object.metadata.absent }}",
    ]);
    let mut validate = body(random, object, 0);
    if !message.is_empty() {
        validate["message"] = json!(message);
    }
    validate
}

/// What of an object patterns are made of.
fn part_of(object: &Value) -> Value {
    let mut part = object.clone();
    if let Some(entries) = part.as_object_mut() {
        entries.remove("apiVersion");
        entries.remove("kind");
    }
    part
}

fn body(random: &mut Random, object: &Value, nesting: usize) -> Value {
    let pattern = |random: &mut Random| {
        let part = part_of(object);
        let pattern = pattern_of(random, &part);
        if random.percent(15) {
            json!({"metadata": {"labels": {"app": "{{ request.object.metadata.name }}"}, "name": leaf_pattern(random)}})
        } else {
            pattern
        }
    };
    match random.below(if nesting > 1 { 6 } else { 9 }) {
        0 | 1 => json!({"pattern": pattern(random)}),
        2 => {
            let patterns: Vec<Value> = (0..=random.below(2)).map(|_| pattern(random)).collect();
            json!({"anyPattern": patterns})
        }
        3..6 => json!({"deny": {"conditions": conditions(random, nesting > 0)}}),
        _ => {
            let list = random.pick(&[
                "request.object.spec.containers",
                "request.object.spec.[containers, initContainers][]",
                "request.object.spec.list",
                "request.object.spec.absent",
                "request.object.spec.volumes",
                "request.object.spec.containers[].image",
                "request.object.metadata.labels | items(@, 'k', 'v')",
            ]);
            let mut each = match random.below(3) {
                0 => {
                    let element = json!({"name": "c0", "image": "nginx", "v": "a", "resources": {"limits": {"memory": "1Gi"}}});
                    json!({"pattern": pattern_of(random, &element)})
                }
                1 => json!({"deny": {"conditions": conditions(random, true)}}),
                _ => body(random, object, nesting + 1),
            };
            each["list"] = json!(list);
            if random.percent(25) {
                let name = random.pick(&["any", "all"]);
                each["preconditions"] = json!({name: [condition(random, true)]});
            }
            if random.percent(10) {
                each["elementScope"] = json!(random.percent(50));
            }
            json!({"foreach": [each]})
        }
    }
}

fn conditions(random: &mut Random, in_loop: bool) -> Value {
    let list = |random: &mut Random| {
        (0..=random.below(2)).map(|_| condition(random, in_loop)).collect::<Vec<Value>>()
    };
    match random.below(8) {
        0 => json!(list(random)),
        1 => json!({"any": list(random), "all": list(random)}),
        2..5 => json!({"any": list(random)}),
        _ => json!({"all": list(random)}),
    }
}

fn condition(random: &mut Random, in_loop: bool) -> Value {
    let operator = random.pick(&[
        "Equals",
        "NotEquals",
        "In",
        "AnyIn",
        "AllIn",
        "NotIn",
        "AnyNotIn",
        "AllNotIn",
        "GreaterThan",
        "GreaterThanOrEquals",
        "LessThan",
        "LessThanOrEquals",
        "DurationGreaterThan",
        "DurationLessThanOrEquals",
        "Equal",
        "NotEqual",
    ]);
    let value = match random.below(8) {
        0 => json!([random.pick(TEXTS), random.pick(TEXTS)]),
        1 => json!([random.pick(TEXTS), random.between(0, 3), "*"]),
        2 => json!("{{ request.object.metadata.name }}"),
        3 => json!("5-10"),
        _ => scalar(random),
    };
    let key = match random.below(10) {
        0 => scalar(random),
        1 => json!([random.pick(TEXTS), random.pick(TEXTS)]),
        2 => json!(format!("{{{{ {} }}}}", expression(random, 1))),
        3 if in_loop => json!(random.pick(&[
            "{{ element.image }}",
            "{{ element.name }}",
            "{{ elementIndex }}",
            "{{ element }}",
            "{{ element.resources.limits.memory || '0' }}",
            "{{ element.v }}"
        ])),
        4 => json!(random.pick(&[
            "{{ images.containers.c0.tag }}",
            "{{ images.containers.*.registry }}",
            "{{ images.containers.c0.digest || 'none' }}",
            "{{ v }}",
            "{{ w }}"
        ])),
        _ => json!(random.pick(&[
            "{{ request.object.metadata.name }}",
            "{{ request.object.metadata.labels.tier }}",
            "{{ request.operation }}",
            "{{ request.object.metadata.labels.app || '' }}",
            "{{ request.object.spec.containers[].image }}",
            "{{ request.namespace }}",
            "{{ request.object.spec.replicas }}",
            "{{ request.object.metadata.labels.keys(@) | sort(@) }}",
            "{{ length(request.object.spec.containers || `[]`) }}",
            "{{ request.object.spec.containers[?image == 'nginx'].name }}",
            "app-{{ request.object.metadata.name }}",
            "{{ request.object.metadata.absent }}",
            "{{ request.object.spec.hostNetwork || `false` }}",
            "{{ request.object.metadata.annotations.owner || '' }}",
        ])),
    };
    let mut condition = json!({"key": key, "operator": operator, "value": value});
    if random.percent(15) {
        condition["message"] = json!("because {{ request.object.metadata.name }}");
    }
    condition
}

fn sides(random: &mut Random, object: &Value) -> Value {
    let wanted = object["kind"].as_str().unwrap_or("Pod");
    let one = |random: &mut Random| {
        if random.percent(70) {
            let kind =
                if wanted == "Thing" || wanted == "ConfigMap" || random.percent(30) { wanted } else { "Pod" };
            json!({"resources": {"kinds": [kind]}})
        } else {
            filter(random)
        }
    };
    match random.below(8) {
        0 => one(random),
        1 => json!({"all": [one(random), filter(random)]}),
        2 => json!({"any": [one(random), filter(random)]}),
        3 => json!({"all": [one(random)]}),
        _ => json!({"any": [one(random)]}),
    }
}

fn filter(random: &mut Random) -> Value {
    let mut resources = Map::new();
    let mut add = |name: &str, value: Value| _ = resources.insert(name.to_owned(), value);
    if random.percent(70) {
        let kind = random.pick(&[
            "Pod",
            "Deployment",
            "CronJob",
            "v1/Pod",
            "apps/v1/Deployment",
            "*/Pod",
            "*",
            "example.com/*/Thing",
            "apps/*/*",
            "Pod/exec",
            "Pod.status",
            "*/*",
            "D*",
            "Thing",
            "ConfigMap",
            "batch/v1/CronJob",
            "*/exec",
        ]);
        let pods = random.percent(20).then(|| json!("Pod"));
        add("kinds", [json!(kind)].into_iter().chain(pods).collect());
    }
    if random.percent(15) {
        add("names", json!([random.pick(&["web", "db-*", "?", "*"])]));
    }
    if random.percent(10) {
        add("name", json!(random.pick(&["web", "w*", "zzz"])));
    }
    if random.percent(25) {
        add("namespaces", json!([random.pick(&["prod", "d*", "*", "kube-system"])]));
    }
    if random.percent(15) {
        add("annotations", json!({random.pick(&["owner", "k/*", "*"]): random.pick(&["*", "y", "?*"])}));
    }
    if random.percent(20) {
        add("selector", selector(random));
    }
    if random.percent(15) {
        add("namespaceSelector", selector(random));
    }
    if random.percent(10) {
        add("operations", json!([random.pick(&["CREATE", "UPDATE"])]));
    }
    json!({"resources": resources})
}

fn selector(random: &mut Random) -> Value {
    match random.below(6) {
        0 => json!({"matchLabels": {"app": random.pick(&["a", "*", "b", "?"])}}),
        1 => json!({"matchLabels": {random.pick(&["*", "ap*", "env"]): random.pick(&["a", "prod", "*"])}}),
        2 => json!({"matchLabels": {"env": random.pick(&["prod", "dev"])}}),
        3 => json!({}),
        _ => {
            let operator = random.pick(&["In", "NotIn", "Exists", "DoesNotExist"]);
            let mut expression = json!({"key": random.pick(&["app", "env", "none"]), "operator": operator});
            if operator.ends_with("In") {
                expression["values"] = json!(["a", "prod"]);
            }
            json!({"matchExpressions": [expression]})
        }
    }
}
