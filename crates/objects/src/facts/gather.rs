//! What an object says that checks over several objects compare.

use bulkhead_document::Node;
use bulkhead_inventory::Selector;

use super::pods::names;
use super::{Amount, Detail, Port, Scales, Sink, Target, Way, pods};

pub(super) fn details(root: Node<'_>, into: &mut Sink<'_>) {
    let text = |name| root.get(name).and_then(Node::as_str).unwrap_or_default();
    let group = text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let way = Way::root(root);
    match (group, text("kind")) {
        ("", "Secret") => keys(root, &["data", "stringData"], into),
        ("", "ConfigMap") => keys(root, &["data", "binaryData"], into),
        ("", "Service") => service(&way, into),
        ("networking.k8s.io" | "extensions", "Ingress") => ingress(&way, into),
        ("networking.k8s.io", "NetworkPolicy") => network_policy(&way, into),
        ("policy", "PodDisruptionBudget") => budget(&way, into),
        ("autoscaling", "HorizontalPodAutoscaler") => scales(&way, "scaleTargetRef", into),
        ("autoscaling.k8s.io", "VerticalPodAutoscaler") => scales(&way, "targetRef", into),
        ("apps" | "batch" | "" | "argoproj.io" | "apps.openshift.io", kind) => {
            workload(&way, kind, into);
        }
        (group, kind) => makes(root, group, kind, into),
    }
}

fn keys(root: Node<'_>, fields: &[&str], into: &mut Sink<'_>) {
    let entries = fields.iter().filter_map(|field| root.get(field)).flat_map(Node::entries);
    let keys = entries.map(|(key, _)| into.word(key)).collect();
    into.add(Detail::Keys(keys));
}

fn workload(way: &Way<'_>, kind: &str, into: &mut Sink<'_>) {
    let Some(path) = pods::template(kind) else { return };
    if let Some(spec) = way.at(path).and_then(|template| template.get("spec")) {
        pods::details(&spec, into);
    }
    if matches!(kind, "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" | "Rollout") {
        let replicas = way.at(&["spec", "replicas"]).and_then(|way| way.node.as_i64());
        into.add(Detail::Replicas(replicas.unwrap_or(1)));
    }
    if let (true, Some(service)) = (kind == "StatefulSet", way.at(&["spec", "serviceName"])) {
        names(&service, Target::Service, None, into);
    }
}

fn service(way: &Way<'_>, into: &mut Sink<'_>) {
    let Some(selector) = way.at(&["spec", "selector"]).filter(|way| way.node.entries().len() > 0) else {
        return;
    };
    if let Ok(labels) = Selector::of_labels(selector.node) {
        let spot = into.spot(&selector);
        into.add(Detail::Selects { selector: Box::new(labels), spot });
    }
    for port in way.at(&["spec", "ports"]).iter().flat_map(|list| list.items("name")) {
        let Some(target) = port.get("targetPort").or_else(|| port.get("port")) else { continue };
        let named = match (target.node.as_i64(), target.text()) {
            (Some(number), _) => Port::Number(number),
            (None, Some(name)) => Port::Name(into.word(name)),
            (None, None) => continue,
        };
        let spot = into.spot(&target);
        into.add(Detail::SendsTo(Box::new((named, spot))));
    }
}

fn ingress(way: &Way<'_>, into: &mut Sink<'_>) {
    let backend = |backend: Option<Way<'_>>, into: &mut Sink<'_>| {
        let name = backend.and_then(|way| way.at(&["service", "name"]).or_else(|| way.get("serviceName")));
        if let Some(name) = name {
            names(&name, Target::Service, None, into);
        }
    };
    backend(way.at(&["spec", "defaultBackend"]).or_else(|| way.at(&["spec", "backend"])), into);
    for rule in way.at(&["spec", "rules"]).iter().flat_map(|list| list.items("host")) {
        for path in rule.at(&["http", "paths"]).iter().flat_map(|list| list.items("path")) {
            backend(path.get("backend"), into);
        }
    }
    // cert-manager makes the certificate's Secret for an Ingress that asks for it.
    let annotations = way.node.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
    let issued = annotations
        .into_iter()
        .any(|(key, _)| key.starts_with("cert-manager.io/") || key == "kubernetes.io/tls-acme");
    for tls in way.at(&["spec", "tls"]).iter().flat_map(|list| list.items("secretName")) {
        if let (false, Some(name)) = (issued, tls.get("secretName")) {
            names(&name, Target::Secret, None, into);
        }
    }
}

fn network_policy(way: &Way<'_>, into: &mut Sink<'_>) {
    let Some(spec) = way.get("spec") else { return };
    let (selector, spot) = match spec.get("podSelector") {
        Some(selector) => (Selector::of_labels_and_expressions(selector.node), into.spot(&selector)),
        None => (Ok(Selector::default()), into.spot(&spec)),
    };
    if let Ok(selector) = selector {
        into.add(Detail::Selects { selector: Box::new(selector), spot });
    }
    let types = spec.node.get("policyTypes");
    let has =
        |wanted: &str| types.into_iter().flat_map(Node::items).any(|kind| kind.as_str() == Some(wanted));
    let (ingress, egress) = match types {
        Some(_) => (has("Ingress"), has("Egress")),
        None => (true, spec.node.get("egress").is_some()),
    };
    into.add(Detail::Governs { ingress, egress });
}

fn budget(way: &Way<'_>, into: &mut Sink<'_>) {
    if let Some(selector) = way.at(&["spec", "selector"])
        && let Ok(labels) = Selector::of_labels_and_expressions(selector.node)
    {
        let spot = into.spot(&selector);
        into.add(Detail::Selects { selector: Box::new(labels), spot });
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
        let spot = into.spot(&least);
        into.add(Detail::Keeps(Box::new((amount, spot))));
    }
}

fn scales(way: &Way<'_>, field: &str, into: &mut Sink<'_>) {
    let Some(target) = way.at(&["spec", field]) else { return };
    let text = |name| target.node.get(name).and_then(Node::as_str).unwrap_or_default();
    if text("kind").is_empty() || text("name").is_empty() {
        return;
    }
    let scales = Scales {
        group: into.word(text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group)),
        kind: into.word(text("kind")),
        name: into.word(text("name")),
        least: way.at(&["spec", "minReplicas"]).and_then(|way| way.node.as_i64()),
        spot: into.spot(target.get("name").as_ref().unwrap_or(&target)),
    };
    into.add(Detail::Scales(Box::new(scales)));
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

fn makes(root: Node<'_>, group: &str, kind: &str, into: &mut Sink<'_>) {
    if let ("secrets-store.csi.x-k8s.io", "SecretProviderClass") = (group, kind) {
        for object in root.at(&["spec", "secretObjects"]).into_iter().flat_map(Node::items) {
            if let Some(name) = object.get("secretName").and_then(Node::as_str) {
                let name = into.word(name);
                into.add(Detail::Makes { target: Target::Secret, name });
            }
        }
        return;
    }
    let Some((.., path)) = MAKERS.iter().find(|maker| (maker.0, maker.1) == (group, kind)) else { return };
    let name = root.at(path).or_else(|| root.at(&["metadata", "name"])).and_then(Node::as_str);
    if let Some(name) = name {
        let name = into.word(name);
        into.add(Detail::Makes { target: Target::Secret, name });
    }
}
