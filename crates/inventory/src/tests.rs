//! Inventories of small sources.

use std::sync::Arc;

use bulkhead_document::{Limits, Tree};
use bulkhead_kinds::Kinds;

use super::*;

const SHOP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}, annotations: {a/b: c}}
spec: {template: {metadata: {labels: {app: web, tier: front}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: web-6d4cf56db6
  namespace: shop
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, controller: true}]
spec: {template: {metadata: {labels: {app: web, pod-template-hash: 6d4cf56db6}}}}
---
apiVersion: v1
kind: Pod
metadata:
  name: web-6d4cf56db6-x7k2p
  namespace: shop
  labels: {app: web}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-6d4cf56db6, controller: true}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
---
apiVersion: batch/v1
kind: Job
metadata: {generateName: migrate-}
spec: {template: {metadata: {labels: {app: migrate}}}}
---
apiVersion: example.com/v1
kind: Region
metadata: {name: north}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: regions.example.com}
spec: {group: example.com, scope: Cluster, names: {kind: Region}}
";

fn add_all(builder: &mut Builder, path: &str, whole: bool, text: &str) {
    let file = builder.file(File { path: path.into(), whole });
    for (document, tree) in (0..).zip(bulkhead_document::read(text.into(), &Limits::default())) {
        let tree: Arc<Tree> = Arc::new(tree.unwrap());
        let line = tree.first_line();
        let root = tree.root().id();
        builder.add_kept(&tree, root, Origin { file, document, line, column: 1 }).unwrap();
    }
}

fn builder() -> Builder {
    Builder::new(Kinds::for_minor(35).unwrap(), None)
}

fn shop() -> Inventory {
    let mut builder = builder();
    add_all(&mut builder, "shop.yaml", true, SHOP);
    builder.finish()
}

fn names<'a>(objects: impl IntoIterator<Item = Object<'a>>) -> Vec<String> {
    objects.into_iter().map(|object| object.reference().to_string()).collect()
}

#[test]
fn found_by_kind_namespace_and_name() {
    let shop = shop();
    assert_eq!(shop.len(), 8);
    assert_eq!(names(shop.of_kind("apps", "Deployment")), ["Deployment shop/web"]);
    assert_eq!(names(shop.of_kind("extensions", "Deployment")), [""; 0]);
    assert_eq!(names(shop.in_namespace("", "Service", Some("shop"))), ["Service shop/web"]);
    assert_eq!(names(shop.in_namespace("", "Service", None)), [""; 0]);
    assert_eq!(
        names(shop.find("rbac.authorization.k8s.io", "ClusterRole", None, "reader")),
        ["ClusterRole reader"]
    );
    assert_eq!(names(shop.all_in_namespace("shop")).len(), 4);
    assert_eq!(shop.namespaces(), ["shop"]);
    let job = shop.of_kind("batch", "Job").next().unwrap();
    assert_eq!(
        (job.reference().to_string().as_str(), job.namespace(), job.is_cluster_scoped()),
        ("Job migrate-*", None, false)
    );
}

#[test]
fn an_object_knows_its_own() {
    let shop = shop();
    let web = shop.find("apps", "Deployment", Some("shop"), "web").unwrap();
    assert_eq!(web.labels().get("app"), Some("web"));
    assert_eq!(web.labels().get("tier"), None);
    assert_eq!(web.pod_labels().unwrap().get("tier"), Some("front"));
    assert!(web.has_annotation("a/b"));
    assert_eq!((web.origin().document, web.origin().line), (0, 2));
    assert!(web.is_from_whole());
    assert_eq!(web.node().unwrap().at(&["metadata", "name"]).unwrap().as_str(), Some("web"));
    assert!(shop.find("", "Service", Some("shop"), "web").unwrap().pod_labels().is_none());
}

#[test]
fn owners_both_ways() {
    let shop = shop();
    let web = shop.find("apps", "Deployment", Some("shop"), "web").unwrap();
    let replicas = shop.owned_by(web).next().unwrap();
    assert_eq!(replicas.name(), "web-6d4cf56db6");
    let pod = shop.owned_by(replicas).next().unwrap();
    assert_eq!(shop.controller_of(pod).unwrap().id(), replicas.id());
    for object in [pod, replicas, web] {
        assert_eq!(shop.workload(object).to_string(), "Deployment shop/web");
    }
    assert_eq!(shop.workload(shop.of_kind("batch", "Job").next().unwrap()).to_string(), "Job migrate");
}

#[test]
fn a_service_selects_what_makes_pods() {
    let shop = shop();
    let service = shop.find("", "Service", Some("shop"), "web").unwrap();
    let selector = Selector::of_labels(service.node().unwrap().at(&["spec", "selector"]).unwrap()).unwrap();
    let selected = names(shop.pods_selected(service.namespace(), &selector));
    assert_eq!(
        selected,
        ["Deployment shop/web", "ReplicaSet shop/web-6d4cf56db6", "Pod shop/web-6d4cf56db6-x7k2p"]
    );
}

#[test]
fn definitions_say_which_custom_resources_have_namespaces() {
    let shop = shop();
    assert!(shop.of_kind("example.com", "Region").next().unwrap().is_cluster_scoped());
}

#[test]
fn a_default_namespace_is_where_the_rest_is() {
    let mut builder = Builder::new(Kinds::for_minor(35).unwrap(), Some("shop"));
    add_all(&mut builder, "a.yaml", true, SHOP);
    let inventory = builder.finish();
    assert_eq!(inventory.of_kind("batch", "Job").next().unwrap().namespace(), Some("shop"));
    assert!(
        inventory
            .of_kind("rbac.authorization.k8s.io", "ClusterRole")
            .next()
            .unwrap()
            .is_cluster_scoped()
    );
}

#[test]
fn parts_join_to_the_same_whole() {
    let (first, second) = SHOP.split_at(SHOP.find("---\napiVersion: v1\nkind: Pod").unwrap());
    let (mut left, mut right) = (builder(), builder());
    add_all(&mut left, "a.yaml", true, first);
    add_all(&mut right, "b.yaml", false, second);
    left.append(right).unwrap();
    let joined = left.finish();
    let shop = shop();
    assert_eq!(names(joined.objects()), names(shop.objects()));
    assert_eq!(
        joined.files().map(|(_, file)| file.path.to_string()).collect::<Vec<_>>(),
        ["a.yaml", "b.yaml"]
    );
    assert!(!joined.is_whole());
    let pod = joined.of_kind("", "Pod").next().unwrap();
    assert_eq!((pod.file().unwrap().path.as_ref(), pod.is_from_whole()), ("b.yaml", false));
    assert_eq!(joined.workload(pod).to_string(), "Deployment shop/web");
    assert!(joined.of_kind("example.com", "Region").next().unwrap().is_cluster_scoped());
}

#[test]
fn what_is_no_object_is_refused() {
    let mut builder = builder();
    let file = builder.file(File { path: "a".into(), whole: true });
    let origin = Origin { file, document: 0, line: 1, column: 1 };
    for text in ["5", "[]", "kind: Pod", "apiVersion: v1", "{apiVersion: 1, kind: Pod}"] {
        let tree = bulkhead_document::read(text.into(), &Limits::default()).next().unwrap().unwrap();
        assert_eq!(builder.add(tree.root(), origin), Err(InventoryError::NotAnObject), "{text}");
    }
    let tree = bulkhead_document::read("{apiVersion: v1, kind: Pod, metadata: 5}".into(), &Limits::default());
    assert!(builder.add(tree.flatten().next().unwrap().root(), origin).is_ok());
}

/// 1.7 million objects, the documents of 2 GB of manifests, must stay well under a gigabyte.
#[test]
fn an_object_takes_few_bytes() {
    let mut builder = builder();
    let file = builder.file(File { path: "a".into(), whole: true });
    let count = 40_000;
    for number in 0..count {
        let (team, kind) = (number % 200, if number % 3 == 0 { "Service" } else { "Pod" });
        let text = format!(
            "{{apiVersion: v1, kind: {kind}, metadata: {{name: some-application-{number}, namespace: team-{team}, \
             labels: {{app: some-application-{number}, app.kubernetes.io/part-of: shop, tier: t{team}}}, \
             annotations: {{a: b}}}}}}"
        );
        let tree = bulkhead_document::read(text.into(), &Limits::default()).next().unwrap().unwrap();
        builder.add(tree.root(), Origin { file, document: number, line: 1, column: 1 }).unwrap();
    }
    let inventory = builder.finish();
    let each = inventory.heap_bytes() / count as usize;
    assert!(each < 220, "{each} bytes an object");
}
