//! A workload that says how many Pods it has, and an autoscaler that says so too.

use super::Check;
use crate::cluster::Cluster;
use crate::facts::Detail;
use crate::findings::Findings;

pub(super) static REPLICAS_BESIDE_AUTOSCALER: Check = Check {
    id: "replicas-beside-autoscaler",
    page: include_str!("replicas_beside_autoscaler.yaml"),
    absence: false,
    about: &["HorizontalPodAutoscaler"],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    for (scaler, detail) in cluster.said() {
        let Detail::Scales(scales) = detail else { continue };
        let [group, kind, name] = [scales.group, scales.kind, scales.name].map(|word| cluster.text(word));
        if scaler.kind() != "HorizontalPodAutoscaler" {
            continue;
        }
        let Some(target) = cluster.inventory.find(group, kind, scaler.namespace(), name) else { continue };
        let says = cluster.said_by(target).any(|detail| matches!(detail, Detail::Replicas(2..)));
        if says {
            let message = format!("scales {kind} {name}, which sets its number of Pods itself");
            findings.add(scaler, Some(&scales.spot), message);
        }
    }
}
