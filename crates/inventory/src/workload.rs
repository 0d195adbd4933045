//! Which object a person changes to change this one: a Pod's Deployment, a Job's `CronJob`.
//!
//! An owner reference says it best; but the owner of a Pod is a `ReplicaSet` or a Job, whose names end in
//! what a controller made up, so their ends are cut off:
//!
//! - a `ReplicaSet` is named `DEPLOYMENT-HASH`, and its Pods have the hash as label
//!   `pod-template-hash` (Argo Rollouts: `rollouts-pod-template-hash`);
//! - a Job of a `CronJob` is named `CRONJOB-MINUTES`, the minutes from 1970 to when it was due (before
//!   1.21 the seconds);
//! - `generateName` is followed by five letters and digits of an alphabet without vowels;
//! - Kustomize puts ten characters of a hash behind the names of `ConfigMaps` and Secrets;
//! - a static Pod's name ends in its node's.
//!
//! Sources: kubernetes/pkg/controller/deployment/sync.go, pkg/controller/cronjob/utils.go,
//! apimachinery/pkg/util/rand, kubernetes-sigs/kustomize/api/hasher.

use bulkhead_document::Node;
use bulkhead_model::{Namespace, Workload};

/// The workload of an object, as far as the object itself tells. For what runs no Pods it is the
/// object.
pub fn workload_of(root: Node<'_>, namespace: Namespace) -> Workload {
    let metadata = root.get("metadata");
    let text = |name: &str| metadata.and_then(|metadata| metadata.get(name)).and_then(Node::as_str);
    let labels = metadata.and_then(|metadata| metadata.get("labels"));
    let named = named(&Names {
        kind: root.get("kind").and_then(Node::as_str).unwrap_or_default(),
        name: text("name").unwrap_or_default(),
        generate_name: text("generateName").unwrap_or_default(),
        node_name: root.at(&["spec", "nodeName"]).and_then(Node::as_str),
        owner: metadata.and_then(|metadata| metadata.get("ownerReferences")).and_then(owner),
        label: |key: &str| labels.and_then(|labels| labels.get(key)).and_then(Node::as_str),
    });
    Workload { kind: named.0.into(), namespace, name: named.1.into() }
}

/// The owner that manages an object, or else the first.
fn owner(references: Node<'_>) -> Option<(&str, &str)> {
    let is_controller = |owner: &Node<'_>| owner.get("controller").and_then(Node::as_bool) == Some(true);
    let owner = references.items().find(is_controller).or_else(|| references.item(0))?;
    Some((owner.get("kind")?.as_str()?, owner.get("name")?.as_str()?))
}

/// What names an object and its owner.
pub(crate) struct Names<'a, L> {
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) generate_name: &'a str,
    pub(crate) node_name: Option<&'a str>,
    pub(crate) owner: Option<(&'a str, &'a str)>,
    pub(crate) label: L,
}

/// Kind and name of the workload.
pub(crate) fn named<'a>(names: &Names<'a, impl Fn(&str) -> Option<&'a str>>) -> (&'a str, &'a str) {
    let own = (names.kind, ungenerated(names.name, names.generate_name));
    match (names.kind, names.owner) {
        ("Pod", Some(("Node", node))) => ("Pod", names.name.strip_suffix(node).map_or(names.name, trimmed)),
        ("Pod", Some(("ReplicaSet", replicas))) => of_replica_set(replicas, &names.label),
        ("Pod", Some(("Job", job))) => of_job(job),
        ("Pod", Some(("ReplicationController", controller))) => match (names.label)("deploymentconfig") {
            Some(config) if controller.starts_with(config) => ("DeploymentConfig", config),
            _ => ("ReplicationController", controller),
        },
        ("Pod" | "ReplicaSet" | "Job" | "ReplicationController", Some(owner)) => owner,
        ("Pod", None) => {
            let mirror = names.node_name.filter(|_| (names.label)("kubernetes.io/config.mirror").is_some());
            let deployment = hash(&names.label).and_then(|(kind, hash)| {
                let (before, after) = names.name.rsplit_once('-')?;
                let is_suffix = after.len() == 5 && after.bytes().all(is_generated);
                let stem = if is_suffix { before } else { names.name };
                Some((kind, trimmed(stem.strip_suffix(hash)?)))
            });
            match (deployment, mirror) {
                (Some(deployment), _) => deployment,
                (None, Some(node)) => ("Pod", names.name.strip_suffix(node).map_or(names.name, trimmed)),
                (None, None) => own,
            }
        }
        ("ReplicaSet", None) => match hash(&names.label) {
            Some(_) => of_replica_set(names.name, &names.label),
            None => own,
        },
        ("ConfigMap" | "Secret", _) => (names.kind, without_kustomize_hash(own.1)),
        _ => own,
    }
}

fn hash<'a>(label: &impl Fn(&str) -> Option<&'a str>) -> Option<(&'static str, &'a str)> {
    label("pod-template-hash")
        .map(|hash| ("Deployment", hash))
        .or_else(|| label("rollouts-pod-template-hash").map(|hash| ("Rollout", hash)))
        .filter(|(_, hash)| !hash.is_empty())
}

/// The Deployment of a `ReplicaSet`, by the hash that its name ends in.
fn of_replica_set<'a>(name: &'a str, label: &impl Fn(&str) -> Option<&'a str>) -> (&'a str, &'a str) {
    if let Some((kind, hash)) = hash(label) {
        return match name.strip_suffix(hash).and_then(|stem| stem.strip_suffix('-')) {
            Some(stem) if !stem.is_empty() => (kind, stem),
            _ => ("ReplicaSet", name),
        };
    }
    match name.rsplit_once('-') {
        Some((stem, hash))
            if !stem.is_empty() && (6..=10).contains(&hash.len()) && hash.bytes().all(is_generated) =>
        {
            ("Deployment", stem)
        }
        _ => ("ReplicaSet", name),
    }
}

/// The `CronJob` of a Job, if its name ends in a time that one could have been due.
fn of_job(name: &str) -> (&str, &str) {
    // Minutes and seconds since 1970, from 2017 to 2050.
    let is_time = |time: u64| {
        (24_700_000..42_100_000).contains(&time) || (1_480_000_000..2_525_000_000).contains(&time)
    };
    match name.rsplit_once('-') {
        Some((stem, time)) if !stem.is_empty() && time.parse().is_ok_and(is_time) => ("CronJob", stem),
        _ => ("Job", name),
    }
}

/// A name without what followed its `generateName`.
fn ungenerated<'a>(name: &'a str, generate_name: &'a str) -> &'a str {
    if name.is_empty() {
        return trimmed(generate_name);
    }
    match name.strip_prefix(generate_name) {
        Some(rest) if !generate_name.is_empty() && rest.len() == 5 && rest.bytes().all(is_generated) => {
            trimmed(generate_name)
        }
        _ => name,
    }
}

fn trimmed(stem: &str) -> &str {
    stem.strip_suffix('-').unwrap_or(stem)
}

/// What Kubernetes makes names of: no vowels, so no words, and nothing that looks like another.
fn is_generated(byte: u8) -> bool {
    matches!(byte, b'2' | b'4'..=b'9' | b'b'..=b'd' | b'f'..=b'h' | b'j'..=b'n' | b'p'..=b't' | b'v'..=b'x' | b'z')
}

/// A name without the hash of its content: ten hexadecimal digits, five of which are written as letters
/// that cannot make a word.
fn without_kustomize_hash(name: &str) -> &str {
    let is_digit = |byte: u8| {
        matches!(byte, b'2' | b'4'..=b'9' | b'b' | b'c' | b'd' | b'f' | b'g' | b'h' | b'k' | b'm' | b't')
    };
    match name.rsplit_once('-') {
        Some((stem, hash)) if !stem.is_empty() && hash.len() == 10 && hash.bytes().all(is_digit) => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use bulkhead_document::Limits;

    use super::*;

    fn workload(text: &str) -> String {
        let tree = bulkhead_document::read(text.into(), &Limits::default()).next().unwrap().unwrap();
        let workload = workload_of(tree.root(), Namespace::Unknown);
        format!("{} {}", workload.kind, workload.name)
    }

    fn owned(kind: &str, name: &str, owner: &str, labels: &str) -> String {
        let (owner_kind, owner_name) = owner.split_once(' ').unwrap();
        workload(&format!(
            "{{kind: {kind}, metadata: {{name: {name}, labels: {{{labels}}}, \
             ownerReferences: [{{kind: {owner_kind}, name: {owner_name}, controller: true}}]}}}}"
        ))
    }

    #[test]
    fn owners_come_first() {
        for (kind, name, owner, labels, wanted) in [
            (
                "Pod",
                "web-6d4cf56db6-x7k2p",
                "ReplicaSet web-6d4cf56db6",
                "pod-template-hash: 6d4cf56db6",
                "Deployment web",
            ),
            ("Pod", "web-6d4cf56db6-x7k2p", "ReplicaSet web-6d4cf56db6", "", "Deployment web"),
            ("Pod", "a-x7k2p", "ReplicaSet by-hand", "", "ReplicaSet by-hand"),
            ("Pod", "a-5d-x7k2p", "ReplicaSet a-5d", "rollouts-pod-template-hash: 5d", "Rollout a"),
            ("Pod", "db-0", "StatefulSet db", "", "StatefulSet db"),
            ("Pod", "agent-x7k2p", "DaemonSet agent", "", "DaemonSet agent"),
            ("Pod", "backup-28391234-x7k2p", "Job backup-28391234", "", "CronJob backup"),
            ("Pod", "backup-1604311200-x7k2p", "Job backup-1604311200", "", "CronJob backup"),
            ("Pod", "backup-20240101-x7k2p", "Job backup-20240101", "", "Job backup-20240101"),
            (
                "Pod",
                "shop-3-x7k2p",
                "ReplicationController shop-3",
                "deploymentconfig: shop",
                "DeploymentConfig shop",
            ),
            ("Pod", "kube-apiserver-node-1", "Node node-1", "", "Pod kube-apiserver"),
            ("Pod", "hello-main-1", "Workflow hello", "", "Workflow hello"),
            ("ReplicaSet", "web-6d4cf56db6", "Deployment web", "", "Deployment web"),
            ("Job", "backup-28391234", "CronJob backup", "", "CronJob backup"),
            ("StatefulSet", "prometheus-k8s", "Prometheus k8s", "", "StatefulSet prometheus-k8s"),
            ("ConfigMap", "a", "Deployment b", "", "ConfigMap a"),
        ] {
            assert_eq!(owned(kind, name, owner, labels), wanted, "{kind} {name} of {owner}");
        }
    }

    #[test]
    fn names_without_what_was_generated() {
        for (text, wanted) in [
            ("{kind: Deployment, metadata: {name: web-6d4cf56db6}}", "Deployment web-6d4cf56db6"),
            (
                "{kind: ReplicaSet, metadata: {name: web-6d4cf56db6, labels: {pod-template-hash: 6d4cf56db6}}}",
                "Deployment web",
            ),
            (
                "{kind: Pod, metadata: {name: web-6d4cf56db6-x7k2p, labels: {pod-template-hash: 6d4cf56db6}}}",
                "Deployment web",
            ),
            ("{kind: Job, metadata: {generateName: migrate-}}", "Job migrate"),
            ("{kind: Job, metadata: {generateName: migrate-, name: migrate-x7k2p}}", "Job migrate"),
            ("{kind: Job, metadata: {generateName: migrate-, name: other}}", "Job other"),
            ("{kind: ConfigMap, metadata: {name: settings-k2gbft7m8h}}", "ConfigMap settings"),
            ("{kind: Secret, metadata: {name: settings-k2gbft7m8h}}", "Secret settings"),
            ("{kind: ConfigMap, metadata: {name: settings-background}}", "ConfigMap settings-background"),
            ("{kind: Service, metadata: {name: settings-k2gbft7m8h}}", "Service settings-k2gbft7m8h"),
            ("{kind: Pod}", "Pod "),
            ("5", " "),
        ] {
            assert_eq!(workload(text), wanted, "{text}");
        }
    }
}
