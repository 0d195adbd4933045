//! An Ingress that leads to a Service that is not there.

use super::Check;
use super::missing;
use crate::cluster::Cluster;
use crate::facts::Target;
use crate::findings::Findings;

pub(super) static INGRESS_WITHOUT_SERVICE: Check = Check {
    id: "ingress-without-service",
    page: include_str!("ingress_without_service.yaml"),
    absence: true,
    about: &["Ingress"],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    missing::names(cluster, findings, Target::Service, &|object| object.kind() == "Ingress");
}
