//! A `ConfigMap` that is named and not there, or lacks the key.

use super::Check;
use super::missing;
use crate::cluster::Cluster;
use crate::facts::Target;
use crate::findings::Findings;

pub(super) static MISSING_CONFIG_MAP: Check = Check {
    id: "missing-config-map",
    page: include_str!("missing_config_map.yaml"),
    absence: true,
    about: &[],
    run,
};

fn run(cluster: &Cluster<'_>, findings: &mut Findings) {
    missing::names(cluster, findings, Target::ConfigMap, &|_| true);
}
