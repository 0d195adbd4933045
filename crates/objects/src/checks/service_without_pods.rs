//! A Service whose selector selects nothing.

use super::Check;
use crate::cluster::Cluster;
use crate::facts::Detail;
use crate::findings::Findings;

pub(super) static SERVICE_WITHOUT_PODS: Check = Check {
    id: "service-without-pods",
    page: include_str!("service_without_pods.yaml"),
    absence: true,
    about: &["Service"],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    for (object, detail) in cluster.said() {
        let Detail::Selects { selector, spot } = detail else { continue };
        if object.kind() == "Service" && cluster.selected(object, selector).is_empty() {
            let message = "selects Pods that nothing here makes".to_owned();
            findings.add(object, Some(spot), message);
        }
    }
}
