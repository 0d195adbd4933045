//! A workload whose Pods may all be evicted at once.

use super::Check;
use std::collections::BTreeSet;

use crate::cluster::Cluster;
use crate::facts::Detail;
use crate::findings::Findings;

pub(super) static WORKLOAD_WITHOUT_DISRUPTION_BUDGET: Check = Check {
    id: "workload-without-disruption-budget",
    page: include_str!("workload_without_disruption_budget.yaml"),
    absence: true,
    about: &[],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    let mut kept = BTreeSet::new();
    for (object, detail) in cluster.said() {
        if let (Detail::Selects { selector, .. }, "PodDisruptionBudget") = (detail, object.kind()) {
            kept.extend(cluster.selected(object, selector).iter().map(|pods| pods.id()));
        }
    }
    for object in cluster.workloads() {
        let runs_on = matches!(object.kind(), "Deployment" | "StatefulSet");
        // One Pod has nothing left to keep while it is moved.
        let single = cluster.said_by(object).any(|detail| matches!(detail, Detail::Replicas(..=1)));
        if runs_on && !single && !kept.contains(&object.id()) {
            let message = "no PodDisruptionBudget keeps any of its Pods".to_owned();
            findings.add(object, None, message);
        }
    }
}
