//! Pods that no `NetworkPolicy` governs in one direction or both.

use super::Check;
use std::collections::BTreeMap;

use bulkhead_inventory::ObjectId;

use crate::cluster::Cluster;
use crate::facts::Detail;
use crate::findings::Findings;

pub(super) static PODS_WITHOUT_NETWORK_POLICY: Check = Check {
    id: "pods-without-network-policy",
    page: include_str!("pods_without_network_policy.yaml"),
    absence: true,
    about: &[],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    let mut governed: BTreeMap<ObjectId, (bool, bool)> = BTreeMap::new();
    for (object, detail) in cluster.said() {
        let (Detail::Selects { selector, .. }, "NetworkPolicy") = (detail, object.kind()) else { continue };
        let directions = cluster.said_by(object).find_map(|detail| match detail {
            Detail::Governs { ingress, egress } => Some((*ingress, *egress)),
            _ => None,
        });
        let (ingress, egress) = directions.unwrap_or_default();
        for pods in cluster.selected(object, selector) {
            let known = governed.entry(pods.id()).or_default();
            *known = (known.0 || ingress, known.1 || egress);
        }
    }
    for object in cluster.workloads() {
        let message = match governed.get(&object.id()).copied().unwrap_or_default() {
            (true, true) => continue,
            (true, false) => "no NetworkPolicy says whom its Pods may call",
            (false, true) => "no NetworkPolicy says who may call its Pods",
            (false, false) => "no NetworkPolicy governs its Pods",
        };
        findings.add(object, None, message.to_owned());
    }
}
