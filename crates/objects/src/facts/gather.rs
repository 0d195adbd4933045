//! What an object says that checks over several objects compare.

use bulkhead_document::Node;
use bulkhead_inventory::Selector;

use super::pods::names;
use super::{Amount, Detail, Port, Target, Way, pods};

pub(super) fn details(root: Node<'_>, add: &mut dyn FnMut(Detail)) {
    let text = |name| root.get(name).and_then(Node::as_str).unwrap_or_default();
    let group = text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let way = Way::root(root);
    match (group, text("kind")) {
        ("", "Secret") => keys(root, &["data", "stringData"], add),
        ("", "ConfigMap") => keys(root, &["data", "binaryData"], add),
        ("", "Service") => service(&way, add),
        ("networking.k8s.io" | "extensions", "Ingress") => ingress(&way, add),
        ("networking.k8s.io", "NetworkPolicy") => network_policy(&way, add),
        ("policy", "PodDisruptionBudget") => budget(&way, add),
        ("autoscaling", "HorizontalPodAutoscaler") => scales(&way, "scaleTargetRef", add),
        ("autoscaling.k8s.io", "VerticalPodAutoscaler") => scales(&way, "targetRef", add),
        ("apps" | "batch" | "" | "argoproj.io" | "apps.openshift.io", kind) => {
            workload(&way, kind, add);
        }
        (group, kind) => makes(root, group, kind, add),
    }
}

fn keys(root: Node<'_>, fields: &[&str], add: &mut dyn FnMut(Detail)) {
    let entries = fields.iter().filter_map(|field| root.get(field)).flat_map(Node::entries);
    add(Detail::Keys(entries.map(|(key, _)| key.into()).collect()));
}

fn workload(way: &Way<'_>, kind: &str, add: &mut dyn FnMut(Detail)) {
    let Some(path) = pods::template(kind) else { return };
    if let Some(spec) = way.at(path).and_then(|template| template.get("spec")) {
        pods::details(&spec, add);
    }
    if matches!(kind, "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" | "Rollout") {
        let replicas = way.at(&["spec", "replicas"]).and_then(|way| way.node.as_i64());
        add(Detail::Replicas(replicas.unwrap_or(1)));
    }
    if let (true, Some(service)) = (kind == "StatefulSet", way.at(&["spec", "serviceName"])) {
        names(&service, Target::Service, None, add);
    }
}

fn service(way: &Way<'_>, add: &mut dyn FnMut(Detail)) {
    let Some(selector) = way.at(&["spec", "selector"]).filter(|way| way.node.entries().len() > 0) else {
        return;
    };
    if let Ok(labels) = Selector::of_labels(selector.node) {
        add(Detail::Selects { selector: labels, spot: selector.spot() });
    }
    for port in way.at(&["spec", "ports"]).iter().flat_map(|list| list.items("name")) {
        let Some(target) = port.get("targetPort").or_else(|| port.get("port")) else { continue };
        let named = match (target.node.as_i64(), target.text()) {
            (Some(number), _) => Port::Number(number),
            (None, Some(name)) => Port::Name(name.into()),
            (None, None) => continue,
        };
        add(Detail::SendsTo { port: named, spot: target.spot() });
    }
}

fn ingress(way: &Way<'_>, add: &mut dyn FnMut(Detail)) {
    let backend = |backend: Option<Way<'_>>, add: &mut dyn FnMut(Detail)| {
        let name = backend.and_then(|way| way.at(&["service", "name"]).or_else(|| way.get("serviceName")));
        if let Some(name) = name {
            names(&name, Target::Service, None, add);
        }
    };
    backend(way.at(&["spec", "defaultBackend"]).or_else(|| way.at(&["spec", "backend"])), add);
    for rule in way.at(&["spec", "rules"]).iter().flat_map(|list| list.items("host")) {
        for path in rule.at(&["http", "paths"]).iter().flat_map(|list| list.items("path")) {
            backend(path.get("backend"), add);
        }
    }
    // cert-manager makes the certificate's Secret for an Ingress that asks for it.
    let annotations = way.node.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
    let issued = annotations
        .into_iter()
        .any(|(key, _)| key.starts_with("cert-manager.io/") || key == "kubernetes.io/tls-acme");
    for tls in way.at(&["spec", "tls"]).iter().flat_map(|list| list.items("secretName")) {
        if let (false, Some(name)) = (issued, tls.get("secretName")) {
            names(&name, Target::Secret, None, add);
        }
    }
}

fn network_policy(way: &Way<'_>, add: &mut dyn FnMut(Detail)) {
    let Some(spec) = way.get("spec") else { return };
    let (selector, spot) = match spec.get("podSelector") {
        Some(selector) => (Selector::of_labels_and_expressions(selector.node), selector.spot()),
        None => (Ok(Selector::default()), spec.spot()),
    };
    if let Ok(selector) = selector {
        add(Detail::Selects { selector, spot });
    }
    let types = spec.node.get("policyTypes");
    let has =
        |wanted: &str| types.into_iter().flat_map(Node::items).any(|kind| kind.as_str() == Some(wanted));
    let (ingress, egress) = match types {
        Some(_) => (has("Ingress"), has("Egress")),
        None => (true, spec.node.get("egress").is_some()),
    };
    add(Detail::Governs { ingress, egress });
}

fn budget(way: &Way<'_>, add: &mut dyn FnMut(Detail)) {
    if let Some(selector) = way.at(&["spec", "selector"])
        && let Ok(labels) = Selector::of_labels_and_expressions(selector.node)
    {
        add(Detail::Selects { selector: labels, spot: selector.spot() });
    }
    let Some(least) = way.at(&["spec", "minAvailable"]) else { return };
    let amount = match (least.node.as_i64(), least.text()) {
        (Some(count), _) => Some(Amount::Count(count)),
        (None, Some(text)) => match text.strip_suffix('%') {
            Some(percent) => percent.parse().ok().map(Amount::Percent),
            None => text.parse().ok().map(Amount::Count),
        },
        (None, None) => None,
    };
    if let Some(amount) = amount {
        add(Detail::Keeps { amount, spot: least.spot() });
    }
}

fn scales(way: &Way<'_>, field: &str, add: &mut dyn FnMut(Detail)) {
    let Some(target) = way.at(&["spec", field]) else { return };
    let text = |name| target.node.get(name).and_then(Node::as_str).unwrap_or_default();
    if text("kind").is_empty() || text("name").is_empty() {
        return;
    }
    add(Detail::Scales {
        group: text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group).into(),
        kind: text("kind").into(),
        name: text("name").into(),
        least: way.at(&["spec", "minReplicas"]).and_then(|way| way.node.as_i64()),
        spot: target.get("name").map_or_else(|| target.spot(), |name| name.spot()),
    });
}

/// What controllers make of custom resources: where the name of the Secret stands, the object's own name where
/// that says nothing.
const MAKERS: &[(&str, &str, &[&str])] = &[
    ("external-secrets.io", "ExternalSecret", &["spec", "target", "name"]),
    ("external-secrets.io", "ClusterExternalSecret", &["spec", "externalSecretSpec", "target", "name"]),
    ("bitnami.com", "SealedSecret", &["spec", "template", "metadata", "name"]),
    ("isindir.github.com", "SopsSecret", &["metadata", "name"]),
    ("cert-manager.io", "Certificate", &["spec", "secretName"]),
    ("cert-manager.io", "Issuer", &["spec", "acme", "privateKeySecretRef", "name"]),
    ("cert-manager.io", "ClusterIssuer", &["spec", "acme", "privateKeySecretRef", "name"]),
    ("secrets.hashicorp.com", "VaultStaticSecret", &["spec", "destination", "name"]),
    ("secrets.hashicorp.com", "VaultDynamicSecret", &["spec", "destination", "name"]),
    ("secrets.hashicorp.com", "VaultPKISecret", &["spec", "destination", "name"]),
    ("onepassword.com", "OnePasswordItem", &["metadata", "name"]),
    ("infisical.com", "InfisicalSecret", &["spec", "managedSecretReference", "secretName"]),
    ("secrets.doppler.com", "DopplerSecret", &["spec", "managedSecret", "name"]),
];

fn makes(root: Node<'_>, group: &str, kind: &str, add: &mut dyn FnMut(Detail)) {
    if let ("secrets-store.csi.x-k8s.io", "SecretProviderClass") = (group, kind) {
        for object in root.at(&["spec", "secretObjects"]).into_iter().flat_map(Node::items) {
            if let Some(name) = object.get("secretName").and_then(Node::as_str) {
                add(Detail::Makes { target: Target::Secret, name: name.into() });
            }
        }
        return;
    }
    let Some((.., path)) = MAKERS.iter().find(|maker| (maker.0, maker.1) == (group, kind)) else { return };
    let name = root.at(path).or_else(|| root.at(&["metadata", "name"])).and_then(Node::as_str);
    if let Some(name) = name {
        add(Detail::Makes { target: Target::Secret, name: name.into() });
    }
}
