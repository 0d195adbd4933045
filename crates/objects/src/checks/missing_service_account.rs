//! A `ServiceAccount` that is named and not there.

use super::Check;
use super::missing;
use crate::cluster::Cluster;
use crate::facts::Target;
use crate::findings::Findings;

pub(super) static MISSING_SERVICE_ACCOUNT: Check = Check {
    id: "missing-service-account",
    page: include_str!("missing_service_account.yaml"),
    absence: true,
    about: &[],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    missing::names(cluster, findings, Target::ServiceAccount, &|_| true);
}
