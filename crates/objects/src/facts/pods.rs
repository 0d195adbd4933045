//! What a Pod template names: Secrets, `ConfigMaps`, its account, claims; and the ports it declares.

use bulkhead_document::Node;

use super::{Detail, Sink, Target, Way};

/// The way from a workload to its Pod template.
pub(super) fn template(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "Pod" => Some(&[]),
        "CronJob" => Some(&["spec", "jobTemplate", "spec", "template"]),
        "Deployment"
        | "StatefulSet"
        | "DaemonSet"
        | "ReplicaSet"
        | "Job"
        | "ReplicationController"
        | "Rollout"
        | "DeploymentConfig" => Some(&["spec", "template"]),
        _ => None,
    }
}

/// What the spec of a Pod says of others.
pub(super) fn details(spec: &Way<'_>, into: &mut Sink<'_>) {
    let account = spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount"));
    if let Some((way, account)) = account.and_then(|way| Some((way.clone(), way.text()?))) {
        let (account, spot) = (into.word(account), into.spot(&way));
        into.add(Detail::RunsAs { account, spot });
        names(&way, Target::ServiceAccount, None, into);
    }
    for pull in spec.get("imagePullSecrets").iter().flat_map(|list| list.items("name")) {
        if let Some(name) = pull.get("name") {
            names(&name, Target::Secret, None, into);
        }
    }
    for volume in spec.get("volumes").iter().flat_map(|list| list.items("name")) {
        source(&volume, "secret", "secretName", Target::Secret, into);
        source(&volume, "configMap", "name", Target::ConfigMap, into);
        source(&volume, "persistentVolumeClaim", "claimName", Target::VolumeClaim, into);
        for part in volume.at(&["projected", "sources"]).iter().flat_map(|list| list.items("name")) {
            source(&part, "secret", "name", Target::Secret, into);
            source(&part, "configMap", "name", Target::ConfigMap, into);
        }
    }
    for list in ["initContainers", "containers"] {
        for container in spec.get(list).iter().flat_map(|list| list.items("name")) {
            environment(&container, into);
            for port in container.node.get("ports").into_iter().flat_map(Node::items) {
                if let Some(number) = port.get("containerPort").and_then(Node::as_i64) {
                    let name = port.get("name").and_then(Node::as_str).map(|name| into.word(name));
                    into.add(Detail::Declares { name, number });
                }
            }
        }
    }
}

fn environment(container: &Way<'_>, into: &mut Sink<'_>) {
    for variable in container.get("env").iter().flat_map(|list| list.items("name")) {
        for (field, target) in [("secretKeyRef", Target::Secret), ("configMapKeyRef", Target::ConfigMap)] {
            let Some(reference) = variable.at(&["valueFrom", field]).filter(required) else { continue };
            if let Some(name) = reference.get("name") {
                names(&name, target, reference.node.get("key").and_then(Node::as_str), into);
            }
        }
    }
    for all in container.get("envFrom").iter().flat_map(|list| list.items("name")) {
        for (field, target) in [("secretRef", Target::Secret), ("configMapRef", Target::ConfigMap)] {
            if let Some(name) = all.get(field).filter(required).and_then(|reference| reference.get("name")) {
                names(&name, target, None, into);
            }
        }
    }
}

/// What a volume, or a part of one, is filled from, with the keys it takes.
fn source(volume: &Way<'_>, field: &str, name: &str, target: Target, into: &mut Sink<'_>) {
    let Some(reference) = volume.get(field).filter(required) else { return };
    let Some(name) = reference.get(name) else { return };
    let mut keys = reference.node.get("items").into_iter().flat_map(Node::items).peekable();
    if keys.peek().is_none() {
        names(&name, target, None, into);
    }
    for key in keys {
        names(&name, target, key.get("key").and_then(Node::as_str), into);
    }
}

fn required(reference: &Way<'_>) -> bool {
    reference.node.get("optional").and_then(Node::as_bool) != Some(true)
}

pub(super) fn names(way: &Way<'_>, target: Target, key: Option<&str>, into: &mut Sink<'_>) {
    if let Some(name) = way.text() {
        let (name, key, spot) = (into.word(name), key.map(|key| into.word(key)), into.spot(way));
        into.add(Detail::Names { target, name, key, spot });
    }
}
