//! A `StatefulSet` whose Service is not there.

use super::Check;
use super::missing;
use crate::cluster::Cluster;
use crate::facts::Target;
use crate::findings::Findings;

pub(super) static STATEFUL_SET_WITHOUT_SERVICE: Check = Check {
    id: "stateful-set-without-service",
    page: include_str!("stateful_set_without_service.yaml"),
    absence: true,
    about: &["StatefulSet"],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    missing::names(cluster, findings, Target::Service, &|object| object.kind() == "StatefulSet");
}
