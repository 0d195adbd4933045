//! Variables that all policies of an object share: the units that they judge, of the object and of the old.
//!
//! Each is a list of two lists, what is judged in the object and what was in the old one. A unit is a
//! mapping that has, beside `self`, all that a rule may ask for.

use std::fmt::Write as _;

/// A variable of an object.
pub(crate) struct Shared {
    pub(crate) name: &'static str,
    pub(crate) expression: String,
}

/// Fields of a container's security context that the Pod's stands in for. `windowsOptions` is a case apart.
const INHERITED: &[&str] =
    &["runAsUser", "runAsGroup", "runAsNonRoot", "seLinuxOptions", "seccompProfile", "appArmorProfile"];
const OWN: &[&str] =
    &["allowPrivilegeEscalation", "capabilities", "privileged", "procMount", "readOnlyRootFilesystem"];
const WINDOWS: &[&str] = &["gmsaCredentialSpec", "gmsaCredentialSpecName", "hostProcess", "runAsUserName"];

/// The variables up to the one that is needed, each using those before it.
pub(crate) fn all() -> Vec<Shared> {
    let shared = |name, expression: String| Shared { name, expression };
    vec![
        shared("objects", OBJECTS.to_owned()),
        shared("pods", PODS.to_owned()),
        shared("volumes", VOLUMES.to_owned()),
        shared("containers", containers()),
    ]
}

/// Which of them a unit's variable builds on.
pub(crate) fn needs(name: &str, wanted: &str) -> bool {
    name == wanted || name == "objects" || (name == "pods" && matches!(wanted, "containers" | "volumes"))
}

const OBJECTS: &str = "[[object], oldObject == null ? [] : [oldObject]]\
    .map(side, side.map(o, {'self': dyn(o), 'workload': dyn(o), 'called': dyn('')}))";

const PODS: &str = "variables.objects.map(side, side.map(u, \
    [u.self.kind == 'Pod' ? u.self : u.self.kind == 'PodTemplate' ? u.self.template \
    : u.self.kind == 'CronJob' ? u.self.spec.jobTemplate.spec.template : u.self.spec.template]\
    .map(p, {'self': dyn(p), 'pod': dyn(p), 'workload': dyn(u.self), \
    'windows': dyn(p.spec.?os.?name.orValue('') == 'windows'), 'called': dyn('')})[0]))";

const VOLUMES: &str = "variables.pods.map(side, size(side) == 0 ? [] : side[0].pod.spec.?volumes.orValue([])\
    .map(v, {'self': dyn(v), 'pod': dyn(side[0].pod), 'workload': dyn(side[0].workload), \
    'windows': dyn(side[0].windows), 'called': dyn('volume ' + v.name + ' ')}))";

fn containers() -> String {
    let mut lists = Vec::new();
    for (field, kind, noun) in [
        ("initContainers", "init", "init container"),
        ("containers", "main", "container"),
        ("ephemeralContainers", "ephemeral", "ephemeral container"),
    ] {
        lists.push(format!(
            "side[0].pod.spec.?{field}.orValue([])\
             .map(c, {{'c': dyn(c), 'type': dyn('{kind}'), 'called': dyn('{noun} ' + c.name + ' ')}})"
        ));
    }
    let mut effective = String::new();
    let context = |field: &str| format!("x.c.?securityContext.?{field}");
    let inherited = |field: &str| format!("side[0].pod.spec.?securityContext.?{field}");
    for field in OWN {
        _ = write!(effective, "?'{field}': {}, ", context(field));
    }
    for field in INHERITED {
        _ = write!(effective, "?'{field}': {}.or({}), ", context(field), inherited(field));
    }
    let mut windows = String::new();
    for field in WINDOWS {
        let path = format!("windowsOptions.?{field}");
        _ = write!(windows, "?'{field}': {}.or({}), ", context(&path), inherited(&path));
    }
    _ = write!(
        effective,
        "?'windowsOptions': {}.hasValue() || {}.hasValue() ? optional.of(dyn({{{}}})) : optional.none()",
        context("windowsOptions"),
        inherited("windowsOptions"),
        windows.trim_end_matches(", "),
    );
    format!(
        "variables.pods.map(side, size(side) == 0 ? [] : ({}).map(x, {{'self': x.c, 'type': x.type, \
         'called': x.called, 'pod': dyn(side[0].pod), 'workload': dyn(side[0].workload), \
         'windows': dyn(side[0].windows), 'effective': dyn({{{effective}}})}}))",
        lists.join(" + "),
    )
}
