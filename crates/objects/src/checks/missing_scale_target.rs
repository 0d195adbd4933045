//! An autoscaler whose target is not there.

use super::Check;
use crate::cluster::Cluster;
use crate::facts::Detail;
use crate::findings::Findings;

pub(super) static MISSING_SCALE_TARGET: Check =
    Check { id: "missing-scale-target", page: include_str!("missing_scale_target.yaml"), absence: true, run };

fn run(cluster: &Cluster<'_>, findings: &mut Findings<'_>) {
    for (object, detail) in cluster.said() {
        let Detail::Scales { group, kind, name, spot, .. } = detail else { continue };
        let there = |namespace| cluster.inventory.find(group, kind, namespace, name).is_some();
        if !there(object.namespace()) && !there(None) {
            let message = format!("scales {kind} {name}, which is not there");
            findings.add(object, cluster.workload(object), Some(spot), message);
        }
    }
}
