//! An autoscaler whose target is not there.

use super::Check;
use crate::cluster::Cluster;
use crate::facts::Detail;
use crate::findings::Findings;

pub(super) static MISSING_SCALE_TARGET: Check = Check {
    id: "missing-scale-target",
    page: include_str!("missing_scale_target.yaml"),
    absence: true,
    about: &["HorizontalPodAutoscaler"],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    for (object, detail) in cluster.said() {
        let Detail::Scales(scales) = detail else { continue };
        let [group, kind, name] = [scales.group, scales.kind, scales.name].map(|word| cluster.text(word));
        let there = |namespace| cluster.inventory.find(group, kind, namespace, name).is_some();
        if !there(object.namespace()) && !there(None) {
            let message = format!("scales {kind} {name}, which is not there");
            findings.add(object, Some(&scales.spot), message);
        }
    }
}
