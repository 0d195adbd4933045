//! A `NetworkPolicy` whose selector selects nothing.

use super::Check;
use crate::cluster::Cluster;
use crate::facts::Detail;
use crate::findings::Findings;

pub(super) static NETWORK_POLICY_WITHOUT_PODS: Check = Check {
    id: "network-policy-without-pods",
    page: include_str!("network_policy_without_pods.yaml"),
    absence: true,
    about: &["NetworkPolicy"],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    for (object, detail) in cluster.said() {
        let Detail::Selects { selector, spot } = detail else { continue };
        // Whoever selects everything means what will come, too.
        if object.kind() == "NetworkPolicy"
            && !selector.is_everything()
            && cluster.selected(object, selector).is_empty()
        {
            let message = "governs Pods that nothing here makes".to_owned();
            findings.add(object, Some(spot), message);
        }
    }
}
