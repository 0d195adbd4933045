//! An analysis of a small shop, made by hand.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use bulkhead_model::{
    Coverage, Excepted, Excerpt, Finding, Fingerprint, Gap, GapKind, Gate, Identity, Input, Location,
    LookedAt, Namespace, Note, ObjectRef, Place, PolicyPack, Run, Said, Severity, StandardResult, Subject,
    Until, Verdict, Workload,
};
use bulkhead_report::{CheckInfo, End, Format, Options, renderer};

pub(crate) struct Sample {
    pub(crate) findings: Vec<Finding>,
    pub(crate) coverage: Coverage,
    pub(crate) run: Run,
    pub(crate) checks: Vec<CheckInfo>,
    pub(crate) standards: Vec<StandardResult>,
}

impl Sample {
    /// With a gate that fails from high on.
    pub(crate) fn options(&self) -> Options<'_> {
        Options {
            gate: Gate { fail_on: Some(Severity::High), fail_on_gap: None, allow_gap: BTreeSet::new() },
            ..Options::new(&self.checks)
        }
    }

    pub(crate) fn render(&self, format: Format, options: Options<'_>) -> String {
        let fails = self.findings.iter().any(|finding| options.gate.fails(finding));
        let verdict = if fails { Verdict::Failed } else { options.gate.judge_coverage(&self.coverage) };
        let mut bytes = vec![];
        let mut renderer = renderer(format, Box::new(&mut bytes as &mut dyn io::Write), options);
        for finding in &self.findings {
            renderer.finding(finding).unwrap();
        }
        let end = End { coverage: &self.coverage, run: &self.run, verdict, standards: &self.standards };
        renderer.finish(&end).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}

/// Nothing found, nothing in doubt.
pub(crate) fn clean() -> Sample {
    Sample {
        findings: vec![],
        coverage: Coverage {
            looked_at: LookedAt { files: 1, documents: 1, objects: 1, workloads: 1, policies: 62 },
            ..Coverage::default()
        },
        ..shop()
    }
}

/// The shop.
pub(crate) fn shop() -> Sample {
    let cart = File::new("deploy/cart.yaml", include_str!("sources/cart.yaml"));
    let agent = File::new("deploy/ops/agent.yaml", include_str!("sources/agent.yaml"));
    let report = File::new("deploy/report.yaml", include_str!("sources/report.yaml"));
    let template = "spec.template.spec";
    let job = "spec.jobTemplate.spec.template.spec.containers[0]";
    let mut findings = vec![
        cart.at("hostNetwork: true", 0, "host-namespaces", &format!("{template}.hostNetwork")),
        cart.at(
            "privileged: true",
            0,
            "privileged",
            &format!("{template}.initContainers[0].securityContext.privileged"),
        ),
        cart.at(
            "image: registry.example/shop/cart-migrations-for-the-database:latest",
            0,
            "latest-tag",
            &format!("{template}.initContainers[0].image"),
        ),
        cart.at("- name: web", 0, "memory-limit", &format!("{template}.containers[0]")),
        cart.at(
            "privileged: true",
            1,
            "privileged",
            &format!("{template}.containers[0].securityContext.privileged"),
        ),
        cart.at("hostPort: 8080", 0, "host-ports", &format!("{template}.containers[0].ports[0].hostPort")),
        cart.at("hostPort: 9090", 0, "host-ports", &format!("{template}.containers[0].ports[1].hostPort")),
        cart.at("- name: proxy", 0, "memory-limit", &format!("{template}.containers[1]")),
        cart.at("hostPort: 8443", 0, "host-ports", &format!("{template}.containers[1].ports[0].hostPort")),
        agent.at(
            "privileged: true",
            0,
            "privileged",
            &format!("{template}.containers[0].securityContext.privileged"),
        ),
        agent.at(
            "path: /var/run/docker.sock",
            0,
            "runtime-socket",
            &format!("{template}.volumes[0].hostPath.path"),
        ),
        report.at("- name: report", 0, "memory-limit", job),
        report.at("image: registry.example/shop/report:latest", 0, "latest-tag", &format!("{job}.image")),
    ];
    for service in ["catalog", "checkout", "currency", "payment", "search", "shipping"] {
        let text = include_str!("sources/report.yaml");
        let text = text.replace("nightly-report", service).replace("CronJob", "Deployment");
        let name = format!("deploy/{service}.yaml");
        findings.push(File::new(&name, &text).at(
            "- name: report",
            0,
            "memory-limit",
            &format!("{template}.containers[0]"),
        ));
    }
    let mut excused = agent.at("name: docker", 1, "host-path", &format!("{template}.volumes[0].hostPath"));
    excused.excepted = Some(Arc::new(Excepted {
        by: "agent-reads-logs".into(),
        owner: Some("team-platform".into()),
        reason: "The agent ships the logs of every container; review in autumn".into(),
        until: Some(Until::Date("2026-11-30".parse().unwrap())),
        link: None,
        said: Said::Central,
    }));
    let mut ignored = report.at("kind: CronJob", 0, "owner-label", "metadata.labels");
    ignored.excepted = Some(Arc::new(Excepted {
        by: "kube-linter annotation".into(),
        owner: None,
        reason: "has an owner elsewhere".into(),
        until: None,
        link: None,
        said: Said::Tree,
    }));
    findings.extend([excused, ignored, without_file()]);
    findings.sort_by_key(|finding| {
        let at = finding.at.as_ref();
        at.map_or((true, String::new(), 0), |at| (false, at.file.to_string(), at.line))
    });
    Sample { findings, coverage: coverage(), run: run(), checks: checks(), standards: Vec::new() }
}

/// A source file that holds one object.
struct File {
    name: Arc<str>,
    text: String,
    object: ObjectRef,
}

impl File {
    fn new(name: &str, text: &str) -> Self {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
            line.map(|rest| rest.trim().to_owned())
        };
        Self {
            name: name.into(),
            text: text.to_owned(),
            object: ObjectRef {
                api_version: value("apiVersion:").unwrap().into(),
                kind: value("kind:").unwrap().into(),
                namespace: value("namespace:")
                    .map_or(Namespace::Unknown, |name| Namespace::Named(name.into())),
                name: value("name:").unwrap().into(),
            },
        }
    }

    /// A finding at the n-th place where that text stands.
    fn at(&self, blamed: &str, nth: usize, check: &str, field: &str) -> Finding {
        let lines = self.text.lines().enumerate();
        let (line, text) = lines.filter(|(_, line)| line.contains(blamed)).nth(nth).unwrap();
        let column = text.find(blamed).unwrap();
        let [line, start, length] = [line, column, blamed.len()].map(|number| u32::try_from(number).unwrap());
        let workload = Workload {
            kind: self.object.kind.clone(),
            namespace: self.object.namespace.clone(),
            name: self.object.name.clone(),
        };
        let info = checks().into_iter().find(|info| info.id == check).unwrap();
        let message = match (check, blamed.split_once(' ')) {
            ("host-ports", Some((_, port))) => format!("takes port {port} of its node"),
            _ => message(check).to_owned(),
        };
        let container = match field {
            _ if field.contains("initContainers[0]") => "container `migrate` ",
            _ if field.contains("containers[0]") && check != "memory-limit" => "container `web` ",
            _ => "",
        };
        let message = if check == "host-ports" { message } else { format!("{container}{message}") };
        Finding {
            check: check.into(),
            severity: info.severity,
            subject: Arc::new(Subject::Object(self.object.clone())),
            fingerprint: Fingerprint::of(Identity { check, workload: &workload, path: field }),
            workload: Some(Arc::new(workload)),
            field: field.into(),
            at: Some(Location {
                file: self.name.clone(),
                document: 0,
                line: line + 1,
                column: start + 1,
                end_line: line + 1,
                end_column: start + 1 + length,
            }),
            message: message.into(),
            fix: info.fix.into(),
            excepted: None,
            claimed: None,
            known: false,
            excerpt: Some(Box::new(Excerpt { text: text.into(), start, length })),
        }
    }
}

fn message(check: &str) -> &'static str {
    match check {
        "host-namespaces" => "shares the network of its node",
        "privileged" => "runs privileged",
        "latest-tag" => "takes whatever `latest` is that day",
        "memory-limit" => "sets no memory limit",
        "runtime-socket" => "may drive the container runtime of its node",
        "host-path" => "mounts a path of its node",
        "owner-label" => "names nobody who answers for it",
        other => panic!("no message for {other}"),
    }
}

/// Of an image rather than a file.
fn without_file() -> Finding {
    let workload = Workload {
        kind: "Deployment".into(),
        namespace: Namespace::Named("shop".into()),
        name: "cart".into(),
    };
    Finding {
        check: "image-user".into(),
        severity: Severity::Low,
        subject: Arc::new(Subject::Image {
            repository: "docker.io/envoyproxy/envoy".into(),
            tag: Some("v1.31.0".into()),
            digest: None,
            platform: None,
        }),
        fingerprint: Fingerprint::of_parts("image", &["envoy"]),
        workload: Some(Arc::new(workload)),
        field: "".into(),
        at: None,
        message: "runs as root unless told otherwise".into(),
        fix: "Name a user in the image, or set `runAsUser`".into(),
        excepted: None,
        claimed: None,
        known: false,
        excerpt: None,
    }
}

fn coverage() -> Coverage {
    let place = |file: &str, line, object: Option<&str>| Place {
        file: Some(file.into()),
        document: 0,
        line,
        column: line.map(|_| 3),
        object: object.map(Into::into),
        field: None,
    };
    Coverage {
        kinds: BTreeSet::new(),
        looked_at: LookedAt {
            files: 12,
            documents: 15,
            objects: 11,
            workloads: 9,
            policies: 62,
        },
        skipped: [("not-kubernetes".into(), 3), ("template".into(), 14)].into(),
        notes: vec![Note {
            kind: "chart-not-rendered".into(),
            place: place("charts/shop/Chart.yaml", None, None),
            message: "the chart was not rendered, so what it makes was not judged; render it with `helm template` and scan that".into(),
        }],
        gaps: vec![
            Gap {
                kind: GapKind::DAMAGED_DOCUMENT,
                place: place("deploy/broken.yaml", Some(14), None),
                checks: vec![],
                message: "found a tab where indentation was expected".into(),
            },
            Gap {
                kind: GapKind::UNDECIDED_POLICY,
                place: place("deploy/report.yaml", Some(1), Some("CronJob nightly-report")),
                checks: vec!["default-deny".into(), "pod-security-label".into()],
                message: "needs the labels of the namespace, which these files do not tell".into(),
            },
        ],
    }
}

fn run() -> Run {
    Run {
        version: "0.1.0".into(),
        policy_pack: PolicyPack {
            digest: "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03".into(),
            policies: 62,
        },
        kubernetes_version: "1.35".into(),
        arguments: vec!["scan".into(), "deploy/".into()],
        inputs: vec![Input {
            path: "deploy/".into(),
            digest: "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".into(),
            files: 12,
            bytes: 9_412,
        }],
        time: "2026-11-21T12:00:00Z".parse().unwrap(),
    }
}

fn checks() -> Vec<CheckInfo> {
    let rows = [
        (
            "runtime-socket",
            Severity::Critical,
            "Pod mounts the socket of the container runtime",
            "Whoever speaks to that socket starts containers as root on the node.",
            "Remove the mount; what needs it can ask the Kubernetes API",
        ),
        (
            "privileged",
            Severity::High,
            "Container runs privileged",
            "A privileged container has every device and capability of its node: it is root there in all but name.",
            "Remove `privileged`, and add the single capabilities that are needed",
        ),
        (
            "host-namespaces",
            Severity::High,
            "Pod shares a namespace of its node",
            "It sees and reaches what its node does, past every NetworkPolicy.",
            "Remove `hostNetwork`, `hostPID` and `hostIPC`",
        ),
        (
            "host-ports",
            Severity::Medium,
            "Container takes a port of its node",
            "The port answers on the node's own address, and only one Pod per node can hold it.",
            "Drop `hostPort` and put a Service in front of the Pod",
        ),
        (
            "host-path",
            Severity::Medium,
            "Pod mounts a path of its node",
            "What it writes there outlives it.",
            "Use a volume that Kubernetes manages",
        ),
        (
            "latest-tag",
            Severity::Low,
            "Image has no fixed version",
            "What runs can change without anybody deciding it.",
            "Name a version, or better a digest",
        ),
        (
            "memory-limit",
            Severity::Low,
            "Container sets no memory limit",
            "One leak takes the node's memory from all others.",
            "Set `resources.limits.memory` to what it needs at most",
        ),
        (
            "owner-label",
            Severity::Info,
            "Object names no owner",
            "In an incident somebody must be asked.",
            "Add a label that names the team",
        ),
    ];
    let rows = rows.map(|(id, severity, title, why, fix)| CheckInfo {
        id: id.into(),
        title: title.into(),
        severity,
        why: why.into(),
        fix: fix.into(),
        standards: vec![
            ("pod-security".into(), vec!["baseline".into()]),
            ("cis-kubernetes".into(), vec!["5.2.2".into(), "5.2.3".into()]),
        ],
        help_uri: (id == "privileged").then(|| "https://bulkhead.dev/checks/privileged".into()),
        set: "recommended".into(),
    });
    rows.into()
}
