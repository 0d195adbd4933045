//! A claim that a volume names and that is not there.

use super::Check;
use super::missing;
use crate::cluster::Cluster;
use crate::facts::Target;
use crate::findings::Findings;

pub(super) static MISSING_VOLUME_CLAIM: Check = Check {
    id: "missing-volume-claim",
    page: include_str!("missing_volume_claim.yaml"),
    absence: true,
    about: &[],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    missing::names(cluster, findings, Target::VolumeClaim, &|_| true);
}
