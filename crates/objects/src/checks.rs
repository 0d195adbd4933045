//! The checks, one file each with its page beside it.

mod disruption_budget_above_replicas;
mod ingress_without_service;
mod missing;
mod missing_config_map;
mod missing_scale_target;
mod missing_secret;
mod missing_service_account;
mod missing_volume_claim;
mod namespace_without_default_deny;
mod namespace_without_limit_range;
mod namespace_without_quota;
mod network_policy_without_pods;
mod pods_without_network_policy;
mod replicas_beside_autoscaler;
mod service_port_undeclared;
mod service_without_pods;
mod shared_service_account;
mod stateful_set_without_service;
mod workload_without_disruption_budget;

use crate::cluster::Cluster;
use crate::findings::Findings;

/// A check over several objects.
#[derive(Debug)]
pub struct Check {
    /// Its id.
    pub id: &'static str,
    /// Its page: a policy `for-each: source`.
    pub page: &'static str,
    /// Whether it says that something is not there, which takes a source that is whole.
    pub absence: bool,
    /// Kinds one of which has to be there for it to say anything; empty where that is any Pod.
    pub about: &'static [&'static str],
    pub(crate) run: fn(&Cluster<'_>, &mut Findings),
}

/// Every check, by id.
pub static ALL: &[&Check] = &[
    &disruption_budget_above_replicas::DISRUPTION_BUDGET_ABOVE_REPLICAS,
    &ingress_without_service::INGRESS_WITHOUT_SERVICE,
    &missing_config_map::MISSING_CONFIG_MAP,
    &missing_scale_target::MISSING_SCALE_TARGET,
    &missing_secret::MISSING_SECRET,
    &missing_service_account::MISSING_SERVICE_ACCOUNT,
    &missing_volume_claim::MISSING_VOLUME_CLAIM,
    &namespace_without_default_deny::NAMESPACE_WITHOUT_DEFAULT_DENY,
    &namespace_without_limit_range::NAMESPACE_WITHOUT_LIMIT_RANGE,
    &namespace_without_quota::NAMESPACE_WITHOUT_QUOTA,
    &network_policy_without_pods::NETWORK_POLICY_WITHOUT_PODS,
    &pods_without_network_policy::PODS_WITHOUT_NETWORK_POLICY,
    &replicas_beside_autoscaler::REPLICAS_BESIDE_AUTOSCALER,
    &service_port_undeclared::SERVICE_PORT_UNDECLARED,
    &service_without_pods::SERVICE_WITHOUT_PODS,
    &shared_service_account::SHARED_SERVICE_ACCOUNT,
    &stateful_set_without_service::STATEFUL_SET_WITHOUT_SERVICE,
    &workload_without_disruption_budget::WORKLOAD_WITHOUT_DISRUPTION_BUDGET,
];
