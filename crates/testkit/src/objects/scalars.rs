//! Values for fields, by type and name.

use bulkhead_kinds::Scalar;
use serde_json::{Value, json};

use crate::Random;

const QUANTITIES: &[&str] = &[
    "1",
    "0",
    "100m",
    "0.5",
    "1.5",
    "1Gi",
    "1024Mi",
    "1.5Gi",
    "1e3",
    "1E3",
    "1E",
    "1k",
    "1000k",
    "1Ki",
    "-1",
    "-100m",
    "+1",
    "0.1",
    "0.001",
    "0.0001",
    "100n",
    "1u",
    "1000m",
    "1500m",
    "2Ti",
    "1Pi",
    "1Ei",
    "16Ei",
    "9223372036854775807",
    "9223372036854775808",
    "1.0",
    "1.",
    ".5",
    "0.30",
    "1e-3",
    "1e-9",
    "1e-10",
    "12e6",
    "1e30",
    "1M",
    "1G",
    "1T",
    "1P",
    "64Mi",
    "128974848",
    "129e6",
    "123Mi",
    "0Gi",
    "0m",
    "-0",
    "1.25Ki",
    "0.5Ki",
    "1000000000000000000000",
    "1000Mi",
    "1024",
    "1024Ki",
    "3.14159265358979",
];
const BAD_QUANTITIES: &[&str] =
    &["", " 1", "1 ", "1gi", "1 Gi", "one", "1Gi1", "1e", "0x10", "1,5", "1_000", "--1", "1mm", "1KiB", "."];
const IMAGES: &[&str] = &[
    "nginx",
    "nginx:1.25",
    "nginx:latest",
    "registry.example/app",
    "registry.example:5000/a/b",
    "registry.example:5000/a/b:v1",
    "a@sha256:0123456789012345678901234567890123456789012345678901234567890123",
    "nginx:latest@sha256:01",
    "",
    "UPPER",
    "a:b:c",
    "a/b:latest",
    "nginx:LATEST",
    "a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "nginx:",
];
const TEXTS: &[&str] = &[
    "",
    "a",
    "web",
    "x-y",
    "TCP",
    "10.0.0.1",
    "None",
    "default",
    "a b",
    "é",
    "ClusterFirst",
    "80",
    "true",
    "Always",
];
const TIMES: &[&str] = &[
    "2024-01-31T23:59:59Z",
    "2024-01-31T23:59:59.5Z",
    "2024-01-31T23:59:59+02:00",
    "2024-01-31T23:59:59.123456Z",
    "2024-01-31",
    "now",
    "",
    "2024-02-30T00:00:00Z",
    "2024-01-31T23:59:59.123456789-07:00",
    "0001-01-01T00:00:00Z",
    "2024-01-31t23:59:59z",
    "1969-12-31T23:59:59Z",
];
const DURATIONS: &[&str] =
    &["1m30s", "0s", "1h", "90s", "1.5h", "100ms", "1", "-1s", "", "5m0s", "1d", "1us", "1h0m0.5s"];
const BYTES: &[&str] =
    &["", "YQ==", "aGVsbG8=", "YQ", "not base64!", "YWI=", "YQ==\n", "_-8=", "////", "YR=="];

pub(super) fn scalar(random: &mut Random, name: &str, scalar: Scalar) -> Value {
    match scalar {
        Scalar::Text => text(random, name),
        Scalar::Bool => json!(random.percent(50)),
        Scalar::Int32 => int(random, i64::from(i32::MAX)),
        Scalar::Int64 => int(random, i64::MAX),
        Scalar::Double => json!(*random.choose(&[0.0, 1.0, 0.5, -2.5, 1e21, 1e-9])),
        Scalar::Quantity => quantity(random),
        Scalar::IntOrString => match random.below(5) {
            0 => json!("25%"),
            1 => json!("http"),
            2 => json!("80"),
            _ => int(random, i64::from(i32::MAX)),
        },
        Scalar::Time => pick(random, TIMES, 4),
        Scalar::MicroTime if random.percent(10) => pick(random, TIMES, 4),
        Scalar::MicroTime => json!("2024-01-31T23:59:59.123000Z"),
        Scalar::Duration => pick(random, DURATIONS, 5),
        Scalar::Bytes => pick(random, BYTES, 3),
        Scalar::Any => match random.below(6) {
            0 => json!("text"),
            1 => json!(1.5),
            2 => json!([1, "a", null]),
            3 => json!(true),
            _ => json!({"a": {"b": [1, 2.5, "x"]}, "kind": "Thing", "c": null}),
        },
    }
}

/// What a field may be damaged with.
pub(super) fn odd(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => json!("text"),
        2 => json!(5),
        3 => json!(true),
        4 => json!([]),
        5 => json!({}),
        6 => json!(1.5),
        7 => json!(3_000_000_000_u64),
        8 => json!(u64::MAX),
        9 => json!("1"),
        10 => json!([{"name": "a"}]),
        _ => json!({"a": 1}),
    }
}

/// Keys that suit a mapping of this name.
pub(super) fn keys_of(name: &str) -> &'static [&'static str] {
    match name {
        "limits"
        | "requests"
        | "capacity"
        | "allocatable"
        | "hard"
        | "used"
        | "max"
        | "min"
        | "default"
        | "defaultRequest"
        | "overhead"
        | "maxLimitRequestRatio"
        | "allocatedResources" => {
            &["cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "nvidia.com/gpu", "storage", "pods"]
        }
        "annotations" => &[
            "a",
            "container.apparmor.security.beta.kubernetes.io/web",
            "example.com/b",
            "deployment.kubernetes.io/revision",
        ],
        "data" | "stringData" | "binaryData" => &["a", "b.txt", "key"],
        _ => &["app", "tier", "app.kubernetes.io/name", "x"],
    }
}

/// Those at the front are the usual ones.
fn pick(random: &mut Random, all: &[&str], usual: usize) -> Value {
    let bound = if random.percent(85) { usual } else { all.len() };
    json!(*random.choose(&all[..bound]))
}

fn text(random: &mut Random, name: &str) -> Value {
    match name {
        "image" | "reference" => json!(*random.choose(IMAGES)),
        "name" => json!(random.pick(&["web", "db", "side-car", "init", "a", "web", ""])),
        "namespace" => json!(random.pick(&["default", "shop", ""])),
        "protocol" => json!(random.pick(&["TCP", "UDP", "SCTP", ""])),
        "apiVersion" | "apiGroup" => json!(random.pick(&["v1", "apps/v1", "rbac.authorization.k8s.io", ""])),
        "kind" => json!(random.pick(&["Pod", "User", "ServiceAccount", "Group", "Role", ""])),
        "path" | "mountPath" => json!(random.pick(&["/", "/data", "/healthz", ""])),
        _ => json!(*random.choose(TEXTS)),
    }
}

fn int(random: &mut Random, most: i64) -> Value {
    match random.below(30) {
        0 => json!(most),
        1 => json!(-most - 1),
        2 => json!(-1),
        3 | 4 => json!(0),
        5 if most != i64::MAX => json!(most + 1),
        _ => json!(random.between(0, 9000)),
    }
}

fn quantity(random: &mut Random) -> Value {
    match random.below(20) {
        0 => json!(*random.choose(BAD_QUANTITIES)),
        1 => json!(random.between(0, 5000)),
        2 => json!(0.5),
        3 => json!(format!(
            "{}{}",
            random.between(0, 1 << 40),
            random.choose(&["", "m", "Ki", "Mi", "k", "u", "n", "e3"])
        )),
        4 => json!(format!(
            "{}.{}{}",
            random.below(100),
            random.below(100_000),
            random.choose(&["", "m", "Gi", "M", "e2"])
        )),
        _ => json!(*random.choose(QUANTITIES)),
    }
}
