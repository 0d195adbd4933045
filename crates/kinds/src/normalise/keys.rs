//! Keys that the code of defaults looks for. One that the schemas did not have would be found nowhere,
//! which a test rules out.

use std::sync::LazyLock;

use bulkhead_document::Key;

macro_rules! keys {
    ($($name:ident = $text:literal,)*) => {
        pub(super) struct Keys { $(pub(super) $name: Option<Key>,)* }
        pub(super) static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys { $($name: Key::known($text),)* });

        #[cfg(test)]
        pub(super) const NAMES: &[&str] = &[$($text,)*];
    };
}

keys! {
    api_version = "apiVersion",
    client_ip = "clientIP",
    container_port = "containerPort",
    containers = "containers",
    data = "data",
    default = "default",
    default_request = "defaultRequest",
    empty_dir = "emptyDir",
    enable_service_links = "enableServiceLinks",
    host_network = "hostNetwork",
    host_port = "hostPort",
    image = "image",
    image_pull_policy = "imagePullPolicy",
    init_containers = "initContainers",
    ip = "ip",
    kind = "kind",
    labels = "labels",
    limits = "limits",
    list_kind = "listKind",
    match_labels = "matchLabels",
    max = "max",
    metadata = "metadata",
    min = "min",
    name = "name",
    names = "names",
    pod_cidr = "podCIDR",
    pod_cidrs = "podCIDRs",
    pod_ip = "podIP",
    pod_ips = "podIPs",
    ports = "ports",
    pull_policy = "pullPolicy",
    reference = "reference",
    requests = "requests",
    resources = "resources",
    restart_policy = "restartPolicy",
    selector = "selector",
    service_account = "serviceAccount",
    service_account_name = "serviceAccountName",
    session_affinity = "sessionAffinity",
    session_affinity_config = "sessionAffinityConfig",
    singular = "singular",
    spec = "spec",
    status = "status",
    storage = "storage",
    stored_versions = "storedVersions",
    string_data = "stringData",
    template = "template",
    termination_grace_period_seconds = "terminationGracePeriodSeconds",
    timeout_seconds = "timeoutSeconds",
    type_ = "type",
    versions = "versions",
    webhook = "webhook",
    metadata_name = "kubernetes.io/metadata.name",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemas_have_the_keys() {
        for name in NAMES {
            assert!(Key::known(name).is_some(), "{name}");
        }
    }
}
