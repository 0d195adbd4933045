//! A namespace in which whatever no policy names is open.

use super::Check;
use crate::cluster::Cluster;
use crate::facts::Detail;
use crate::findings::Findings;

pub(super) static NAMESPACE_WITHOUT_DEFAULT_DENY: Check = Check {
    id: "namespace-without-default-deny",
    page: include_str!("namespace_without_default_deny.yaml"),
    absence: true,
    about: &["Namespace"],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    for namespace in cluster.inventory.of_kind("", "Namespace") {
        let policies =
            cluster
                .inventory
                .in_namespace("networking.k8s.io", "NetworkPolicy", Some(namespace.name()));
        let (mut ingress, mut egress) = (false, false);
        for policy in policies {
            let of_all = cluster
                .said_by(policy)
                .any(|detail| matches!(detail, Detail::Selects { selector, .. } if selector.is_everything()));
            for detail in cluster.said_by(policy).filter(|_| of_all) {
                if let Detail::Governs { ingress: inwards, egress: outwards } = detail {
                    ingress |= inwards;
                    egress |= outwards;
                }
            }
        }
        let message = match (ingress, egress) {
            (true, true) => continue,
            (true, false) => "lets all Pods call anybody unless a policy says else",
            (false, true) => "lets everybody call all Pods unless a policy says else",
            (false, false) => "has no NetworkPolicy that closes it by default",
        };
        if !namespace.name().starts_with("kube-") {
            findings.add(namespace, None, message.to_owned());
        }
    }
}
