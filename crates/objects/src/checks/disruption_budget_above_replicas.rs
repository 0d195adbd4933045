//! A budget that keeps as many Pods as there may be, so that none can ever go.

use super::Check;
use crate::cluster::Cluster;
use crate::facts::{Amount, Detail, Spot};
use crate::findings::Findings;
use bulkhead_inventory::Object;

pub(super) static DISRUPTION_BUDGET_ABOVE_REPLICAS: Check = Check {
    id: "disruption-budget-above-replicas",
    page: include_str!("disruption_budget_above_replicas.yaml"),
    absence: false,
    about: &["PodDisruptionBudget"],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    for (object, detail) in cluster.said() {
        let Detail::Keeps(keeps) = detail else { continue };
        let (amount, spot) = &**keeps;
        for detail in cluster.said_by(object) {
            let Detail::Selects { selector, .. } = detail else { continue };
            for pods in cluster.selected(object, selector).iter().filter(|pods| pods.owners().len() == 0) {
                judge(cluster, findings, (object, *amount, spot), *pods);
            }
        }
    }
}

fn judge<'a>(
    cluster: &Cluster<'a>,
    findings: &mut Findings,
    (budget, amount, spot): (Object<'a>, Amount, &Spot),
    pods: Object<'a>,
) {
    let Some(replicas) = least(cluster, pods).filter(|replicas| *replicas > 0) else { return };
    // Kubernetes rounds up what is to stay.
    let stays = match amount {
        Amount::Count(count) => count,
        Amount::Percent(percent) => percent.saturating_mul(replicas).saturating_add(99) / 100,
    };
    if stays >= replicas {
        let (kind, name) = (pods.kind(), pods.name());
        let message = format!("keeps {stays} of the {replicas} Pods that {kind} {name} may come down to");
        findings.add(budget, Some(spot), message);
    }
}

/// How many Pods a workload may come down to: as few as its autoscaler allows, else as many as it says.
fn least<'a>(cluster: &Cluster<'a>, pods: Object<'a>) -> Option<i64> {
    cluster.scaled_to(pods).or_else(|| {
        cluster.said_by(pods).find_map(|detail| match detail {
            Detail::Replicas(replicas) => Some(*replicas),
            _ => None,
        })
    })
}
