//! What several checks share: names that lead nowhere.

use bulkhead_inventory::Object;

use crate::cluster::{Cluster, Presence};
use crate::facts::{Detail, Target};
use crate::findings::Findings;

/// Finds what objects name and nobody has.
pub(super) fn names(
    cluster: &Cluster<'_>,
    findings: &mut Findings,
    wanted: Target,
    by: &dyn Fn(&Object<'_>) -> bool,
) {
    for (object, detail) in cluster.said() {
        let Detail::Names { target, name, key, spot } = detail else { continue };
        let (name, key) = (cluster.text(*name), key.map(|key| cluster.text(key)));
        if *target != wanted || !by(&object) || object.owners().len() > 0 {
            continue;
        }
        let kind = target.kind();
        let message = match (cluster.presence(object, *target, name, key), key) {
            (Presence::There, _) => continue,
            (Presence::WithoutKey, Some(key)) => {
                format!("names key {key} of {kind} {name}, which it does not have")
            }
            (Presence::WithoutKey | Presence::Missing, _) => {
                format!("names {kind} {name}, which is not there")
            }
        };
        findings.add(object, Some(spot), message);
    }
}
