//! Random Pods that touch every field that a Pod Security check of any version reads, with near misses.

use serde_json::{Map, Value, json};

use crate::Random;

/// A Pod template: `metadata` and `spec`. Half are made well and then spoilt a little, half at random.
pub fn template(random: &mut Random) -> Value {
    let good = random.percent(50);
    let mut maker = Maker { random, good };
    maker.template()
}

/// Kinds that a Pod template can stand in.
pub const KINDS: &[&str] = &[
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
    "PodTemplate",
];

/// An object that makes such a Pod, or, as often, the Pod itself.
pub fn wrapped(random: &mut Random, template: &Value) -> Value {
    let kind = if random.percent(50) { "Pod" } else { random.pick(KINDS) };
    wrap(kind, template)
}

/// An object of one of [`KINDS`] with this template; a Pod for any other kind.
pub fn wrap(kind: &str, template: &Value) -> Value {
    let labels = json!({"app": "a"});
    let selector = json!({"matchLabels": labels});
    let (api, spec) = match kind {
        "Deployment" | "DaemonSet" | "ReplicaSet" => {
            ("apps/v1", json!({"selector": selector, "template": template}))
        }
        "StatefulSet" => ("apps/v1", json!({"selector": selector, "serviceName": "a", "template": template})),
        "ReplicationController" => ("v1", json!({"selector": labels, "template": template})),
        "Job" => ("batch/v1", json!({"template": template})),
        "CronJob" => {
            ("batch/v1", json!({"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}}))
        }
        "PodTemplate" => {
            return json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "example"}, "template": template});
        }
        _ => {
            let mut meta = template["metadata"].clone();
            meta["name"] = "example".into();
            return json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"]});
        }
    };
    json!({"apiVersion": api, "kind": kind, "metadata": {"name": "example"}, "spec": spec})
}

struct Maker<'a> {
    random: &'a mut Random,
    /// Keeps to what the restricted level allows, but for a few fields.
    good: bool,
}

const SECCOMP: &[&str] = &["RuntimeDefault", "Localhost", "Unconfined", "unconfined", "runtime/default", ""];
const APPARMOR: &[&str] = &["RuntimeDefault", "Localhost", "Unconfined", "localhost", ""];
const CAPABILITIES: &[&str] = &[
    "ALL",
    "NET_BIND_SERVICE",
    "CHOWN",
    "NET_RAW",
    "SYS_ADMIN",
    "KILL",
    "all",
    "net_bind_service",
    "CAP_NET_BIND_SERVICE",
    "AUDIT_WRITE",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "MKNOD",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
    "",
    "NET_ADMIN",
    "All",
];
const SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
    "kernel.msgmax",
    "net.core.somaxconn",
    "net/ipv4/tcp_syncookies",
    "NET.IPV4.TCP_RMEM",
    "",
];
const SELINUX: &[&str] = &[
    "",
    "container_t",
    "container_init_t",
    "container_kvm_t",
    "container_engine_t",
    "spc_t",
    "container_T",
    "container_t ",
];
const ANNOTATIONS: &[(&str, &[&str])] = &[
    (
        "container.apparmor.security.beta.kubernetes.io/app",
        &[
            "runtime/default",
            "localhost/x",
            "unconfined",
            "",
            "localhost",
            "Runtime/Default",
            "runtime/default ",
        ],
    ),
    ("container.apparmor.security.beta.kubernetes.io/nobody", &["unconfined", "runtime/default", "x"]),
    ("container.apparmor.security.beta.kubernetes.io/", &["unconfined", ""]),
    (
        "seccomp.security.alpha.kubernetes.io/pod",
        &["runtime/default", "docker/default", "localhost/x", "unconfined", ""],
    ),
    (
        "container.seccomp.security.alpha.kubernetes.io/app",
        &["runtime/default", "unconfined", "localhost/", ""],
    ),
    ("container.seccomp.security.alpha.kubernetes.io/nobody", &["unconfined", "runtime/default"]),
    ("example.com/other", &["unconfined"]),
];

impl Maker<'_> {
    /// Whether something bad is done here.
    fn spoils(&mut self) -> bool {
        let chance = if self.good { 4 } else { 35 };
        self.random.percent(chance)
    }

    fn maybe(
        &mut self,
        entries: &mut Map<String, Value>,
        name: &str,
        chance: usize,
        value: impl FnOnce(&mut Self) -> Value,
    ) {
        if self.random.percent(chance) {
            let value = value(self);
            entries.insert(name.into(), value);
        }
    }

    fn text(&mut self, all: &[&str]) -> Value {
        json!(*self.random.choose(all))
    }

    fn template(&mut self) -> Value {
        let mut meta = Map::from_iter([("labels".to_owned(), json!({"app": "a"}))]);
        if self.spoils() {
            let mut annotations = Map::new();
            for _ in 0..=self.random.below(2) {
                let (key, values) = *self.random.choose(ANNOTATIONS);
                annotations.insert(key.into(), self.text(values));
            }
            meta.insert("annotations".into(), annotations.into());
        }
        json!({"metadata": meta, "spec": self.spec()})
    }

    fn spec(&mut self) -> Value {
        let mut spec = Map::new();
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            if self.spoils() {
                spec.insert(field.into(), json!(self.random.percent(70)));
            }
        }
        self.maybe(&mut spec, "hostUsers", 20, |maker| json!(maker.random.percent(40)));
        self.maybe(
            &mut spec,
            "os",
            20,
            |maker| json!({"name": maker.random.pick(&["linux", "windows", "Windows"])}),
        );
        if self.good || self.random.percent(60) {
            spec.insert("securityContext".into(), self.security(true));
        }
        self.maybe(&mut spec, "volumes", 40, |maker| {
            (0..=maker.random.below(2)).map(|at| maker.volume(at)).collect()
        });
        for (list, chance) in [("containers", 100), ("initContainers", 40), ("ephemeralContainers", 20)] {
            self.maybe(&mut spec, list, chance, |maker| {
                let count = 1 + maker.random.below(2);
                (0..count).map(|at| maker.container(list, at)).collect()
            });
        }
        spec.into()
    }

    fn container(&mut self, list: &str, at: usize) -> Value {
        let name = match (list, at) {
            ("containers", 0) => "app".to_owned(),
            _ => format!("{}-{at}", list.trim_end_matches('s').to_lowercase()),
        };
        let mut container = Map::from_iter([
            ("name".to_owned(), json!(name)),
            ("image".to_owned(), json!("registry.example/a:1")),
        ]);
        if self.good || self.random.percent(70) {
            container.insert("securityContext".into(), self.security(false));
        }
        self.maybe(&mut container, "ports", 30, |maker| {
            let mut port = json!({"containerPort": 8080});
            if maker.spoils() {
                port["hostPort"] = json!(*maker.random.choose(&[0, 80, 8080]));
            }
            json!([port])
        });
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            self.maybe(&mut container, probe, 12, Self::handler);
        }
        self.maybe(&mut container, "lifecycle", 15, |maker| {
            let hook = maker.random.pick(&["postStart", "preStop"]);
            json!({hook: maker.handler()})
        });
        container.into()
    }

    fn handler(&mut self) -> Value {
        let host = if self.spoils() {
            self.text(&["10.0.0.1", "example.com", "", "localhost"])
        } else {
            Value::Null
        };
        let mut inner = json!({"port": 8080});
        if !host.is_null() {
            inner["host"] = host;
        }
        match self.random.below(4) {
            0 => json!({"exec": {"command": ["true"]}}),
            1 => json!({"tcpSocket": inner}),
            _ => json!({"httpGet": inner}),
        }
    }

    /// A security context of a Pod or of a container.
    fn security(&mut self, pod: bool) -> Value {
        let mut context = Map::new();
        let set = if self.good { 90 } else { 40 };
        self.maybe(&mut context, "runAsNonRoot", if pod { set } else { 30 }, |maker| {
            let spoilt = maker.spoils();
            json!(!spoilt)
        });
        self.maybe(
            &mut context,
            "runAsUser",
            25,
            |maker| if maker.spoils() { json!(0) } else { json!(1000) },
        );
        self.maybe(&mut context, "seccompProfile", if pod { set } else { 25 }, |maker| {
            let bound = if maker.spoils() { SECCOMP.len() } else { 2 };
            json!({"type": maker.text(&SECCOMP[..bound])})
        });
        self.maybe(&mut context, "appArmorProfile", 15, |maker| {
            let bound = if maker.spoils() { APPARMOR.len() } else { 2 };
            json!({"type": maker.text(&APPARMOR[..bound])})
        });
        self.maybe(&mut context, "seLinuxOptions", 15, |maker| {
            let bound = if maker.spoils() { SELINUX.len() } else { 4 };
            let mut options = json!({"type": maker.text(&SELINUX[..bound]), "level": "s0"});
            if maker.spoils() {
                options["user"] = maker.text(&["system_u", ""]);
            }
            if maker.spoils() {
                options["role"] = maker.text(&["system_r", ""]);
            }
            options
        });
        self.maybe(&mut context, "windowsOptions", 12, |maker| {
            let mut options = json!({"runAsUserName": "ContainerUser"});
            if maker.spoils() {
                options["hostProcess"] = json!(maker.random.percent(70));
            }
            options
        });
        if pod {
            self.maybe(&mut context, "sysctls", 20, |maker| {
                let bound = if maker.spoils() { SYSCTLS.len() } else { 5 };
                json!([{"name": maker.text(&SYSCTLS[..bound]), "value": "1"}])
            });
            return context.into();
        }
        self.maybe(&mut context, "allowPrivilegeEscalation", set + 8, |maker| {
            let spoilt = maker.spoils();
            json!(spoilt)
        });
        self.maybe(&mut context, "privileged", 20, |maker| {
            let spoilt = maker.spoils();
            json!(spoilt)
        });
        self.maybe(&mut context, "procMount", 10, |maker| {
            if maker.spoils() { maker.text(&["Unmasked", "unmasked", ""]) } else { json!("Default") }
        });
        self.maybe(&mut context, "capabilities", set + 8, |maker| {
            let mut capabilities = json!({"drop": ["ALL"]});
            if maker.spoils() {
                capabilities["drop"] = (0..maker.random.below(3)).map(|_| maker.text(CAPABILITIES)).collect();
            }
            if maker.random.percent(30) {
                let bound = if maker.spoils() { CAPABILITIES.len() } else { 2 };
                capabilities["add"] =
                    (0..maker.random.below(3)).map(|_| maker.text(&CAPABILITIES[1..bound.max(2)])).collect();
            }
            capabilities
        });
        context.into()
    }

    fn volume(&mut self, at: usize) -> Value {
        let (source, value) = if self.spoils() {
            self.random
                .choose(&[
                    ("hostPath", json!({"path": "/etc"})),
                    ("nfs", json!({"server": "a", "path": "/"})),
                    ("gitRepo", json!({"repository": "a"})),
                    ("gcePersistentDisk", json!({"pdName": "a"})),
                    ("awsElasticBlockStore", json!({"volumeID": "a"})),
                    ("iscsi", json!({"targetPortal": "a", "iqn": "a", "lun": 0})),
                    ("glusterfs", json!({"endpoints": "a", "path": "a"})),
                    ("rbd", json!({"monitors": ["a"], "image": "a"})),
                    ("flexVolume", json!({"driver": "a"})),
                    ("cinder", json!({"volumeID": "a"})),
                    ("cephfs", json!({"monitors": ["a"]})),
                    ("flocker", json!({"datasetName": "a"})),
                    ("fc", json!({"wwids": ["a"]})),
                    ("azureFile", json!({"secretName": "a", "shareName": "a"})),
                    ("vsphereVolume", json!({"volumePath": "a"})),
                    ("quobyte", json!({"registry": "a", "volume": "a"})),
                    ("azureDisk", json!({"diskName": "a", "diskURI": "a"})),
                    ("portworxVolume", json!({"volumeID": "a"})),
                    ("photonPersistentDisk", json!({"pdID": "a"})),
                    ("scaleIO", json!({"gateway": "a", "system": "a", "secretRef": {"name": "a"}})),
                    ("storageos", json!({"volumeName": "a"})),
                ])
                .clone()
        } else {
            self.random
                .choose(&[
                    ("emptyDir", json!({})),
                    ("configMap", json!({"name": "a"})),
                    ("secret", json!({"secretName": "a"})),
                    ("projected", json!({"sources": []})),
                    ("downwardAPI", json!({})),
                    ("csi", json!({"driver": "a"})),
                    ("persistentVolumeClaim", json!({"claimName": "a"})),
                    ("ephemeral", json!({"volumeClaimTemplate": {"spec": {}}})),
                    ("image", json!({"reference": "a"})),
                ])
                .clone()
        };
        let mut volume = json!({"name": format!("v{at}")});
        if self.random.percent(96) {
            volume[source] = value;
        }
        volume
    }
}
