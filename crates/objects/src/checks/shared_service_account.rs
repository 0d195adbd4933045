//! One account for applications that have nothing to do with each other.

use super::Check;
use std::collections::BTreeMap;

use bulkhead_inventory::Object;

use crate::cluster::Cluster;
use crate::facts::Detail;
use crate::findings::Findings;

pub(super) static SHARED_SERVICE_ACCOUNT: Check = Check {
    id: "shared-service-account",
    page: include_str!("shared_service_account.yaml"),
    absence: false,
    about: &[],
    run,
};

/// Labels that say which application a workload is part of.
const APPLICATION: [&str; 3] =
    ["app.kubernetes.io/part-of", "app.kubernetes.io/instance", "app.kubernetes.io/name"];

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    let mut users: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for object in cluster.workloads() {
        for detail in cluster.said_by(object) {
            if let Detail::RunsAs { account, spot } = detail
                && cluster.text(*account) != "default"
            {
                users
                    .entry((object.namespace(), cluster.text(*account)))
                    .or_default()
                    .push((object, spot));
            }
        }
    }
    for ((_, account), users) in users {
        let Some(((first, _), others)) = users.split_first() else { continue };
        for (object, spot) in others {
            if !are_related(*first, *object) {
                let message =
                    format!("shares ServiceAccount {account} with {} {}", first.kind(), first.name());
                findings.add(*object, Some(spot), message);
            }
        }
    }
}

/// Workloads are related when a label puts them into one application, or one name begins with the other.
fn are_related(left: Object<'_>, right: Object<'_>) -> bool {
    let same = |key: &str| {
        let value = left.labels().get(key);
        value.is_some() && value == right.labels().get(key)
    };
    APPLICATION.iter().any(|key| same(key))
        || left.name().starts_with(right.name())
        || right.name().starts_with(left.name())
}
