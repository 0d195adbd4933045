//! A Secret that is named and not there, or lacks the key.

use super::Check;
use super::missing;
use crate::cluster::Cluster;
use crate::facts::Target;
use crate::findings::Findings;

pub(super) static MISSING_SECRET: Check =
    Check { id: "missing-secret", page: include_str!("missing_secret.yaml"), absence: true, about: &[], run };

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    missing::names(cluster, findings, Target::Secret, &|_| true);
}
