//! A namespace without defaults for what containers take.

use super::Check;
use crate::cluster::Cluster;
use crate::findings::Findings;

pub(super) static NAMESPACE_WITHOUT_LIMIT_RANGE: Check = Check {
    id: "namespace-without-limit-range",
    page: include_str!("namespace_without_limit_range.yaml"),
    absence: true,
    about: &["Namespace"],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    for namespace in cluster.inventory.of_kind("", "Namespace") {
        let has = cluster.inventory.in_namespace("", "LimitRange", Some(namespace.name())).next().is_some();
        // The cluster's own namespaces are its makers' to limit.
        if !has && !namespace.name().starts_with("kube-") {
            findings.add(namespace, None, "has no LimitRange".to_owned());
        }
    }
}
