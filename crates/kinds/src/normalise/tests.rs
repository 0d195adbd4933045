//! What the view of an object is, as small documents.

use bulkhead_document::{Kind, Limits, Node, Origin, Tree};

use super::{Normalised, ProblemKind, normalise};
use crate::Kinds;

fn view(text: &str) -> (Tree, Normalised) {
    view_at(35, text)
}

fn view_at(minor: u32, text: &str) -> (Tree, Normalised) {
    let mut tree = bulkhead_document::read(text.into(), &Limits::default()).next().unwrap().unwrap();
    let normalised = normalise(&mut tree, Kinds::for_minor(minor).unwrap());
    (tree, normalised)
}

fn json(node: Node<'_>) -> String {
    serde_json::to_value(node).unwrap().to_string()
}

/// The value at a path of keys and indexes, as JSON.
fn at(tree: &Tree, normalised: &Normalised, path: &str) -> String {
    found(tree.node(normalised.root), path).map_or_else(|| "absent".to_owned(), json)
}

fn found<'a>(root: Node<'a>, path: &str) -> Option<Node<'a>> {
    path.split('.').filter(|step| !step.is_empty()).try_fold(root, |node, step| match step.parse() {
        Ok(index) => node.item(index),
        Err(_) => node.get(step),
    })
}

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostNetwork: true
  containers:
  - name: web
    image: nginx
    ports: [{containerPort: 80}]
    resources: {limits: {memory: 1024Mi, cpu: 0.5}}
";

#[test]
fn host_network_makes_host_ports() {
    let (tree, normalised) = view(POD);
    assert_eq!(normalised.problems, []);
    assert_eq!(normalised.pods[0].root, normalised.root);
    let pod = tree.node(normalised.pods[0].root);
    let port = found(pod, "spec.containers.0.ports.0.hostPort").unwrap();
    assert_eq!(port.kind(), Kind::Int(80));
    assert_eq!(port.origin(), Origin::Default);
    assert_eq!(port.span().of(POD), "true");
    assert_eq!(
        json(found(pod, "spec.containers.0.resources").unwrap()),
        r#"{"limits":{"cpu":"500m","memory":"1Gi"},"requests":{"cpu":"500m","memory":"1Gi"}}"#
    );
}
