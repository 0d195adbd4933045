//! Kyverno's rules of Pod Security, with what they exclude: `bulkhead-policy` beside Kyverno's own engine.

use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_policy::{Judge, Namespaces, Origin, Pack, Selection, Settings};
use bulkhead_testkit::differential::{Comparison, Difference};
use bulkhead_testkit::{Random, pods};
use serde_json::{Value, json};

#[test]
fn differential_kyverno_pod_security() {
    crate::hold(&KyvernoPods, 2_000, include_str!("kyverno_pods.listed"));
}

struct KyvernoPods;

#[derive(Clone)]
struct Case {
    policy: Value,
    object: Value,
}

const CONTROLS: [&str; 14] = [
    "Capabilities",
    "Seccomp",
    "Privileged Containers",
    "Host Ports",
    "/proc Mount Type",
    "SELinux",
    "Host Namespaces",
    "HostPath Volumes",
    "Sysctls",
    "AppArmor",
    "Privilege Escalation",
    "Running as Non-root",
    "Running as Non-root user",
    "Volume Types",
];

impl Comparison for KyvernoPods {
    type Case = Case;
    const NAME: &'static str = "differential-kyverno-pod-security";
    const PROGRAM: &'static str = "kyverno";

    fn make(&self, random: &mut Random) -> Case {
        let template = pods::template(random);
        let mut object = pods::wrapped(random, &template);
        object["metadata"]["namespace"] = json!("prod");
        let exclude: Vec<Value> = (0..random.below(9))
            .map(|_| {
                let mut each = json!({"controlName": random.choose(&CONTROLS)});
                if random.percent(60) {
                    each["images"] = json!(["*"]);
                }
                each
            })
            .collect();
        let minor = 22 + random.below(12);
        let level = random.pick(&["baseline", "restricted"]);
        let validate =
            json!({"podSecurity": {"level": level, "version": format!("v1.{minor}"), "exclude": exclude}});
        let matching = json!({"any": [{"resources": {"kinds": ["Pod"]}}]});
        let policy = json!({
            "apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "p"},
            "spec": {"rules": [{"name": "r", "match": matching, "validate": validate}]},
        });
        Case { policy, object }
    }

    fn question(&self, case: &Case) -> Value {
        json!({"op": "policy", "policy": case.policy, "object": case.object})
    }

    fn show(&self, case: &Case) -> String {
        format!("{} {}", case.policy["spec"]["rules"][0]["validate"]["podSecurity"], case.object)
    }

    fn compare(&self, case: &Case, answer: &Value) -> Option<Difference> {
        let rules = answer["rules"].as_array();
        let of = |status: &str| {
            rules.is_some_and(|rules| rules.iter().any(|rule| rule["status"].as_str() == Some(status)))
        };
        let oracle = match (rules.is_some(), of("fail"), of("error")) {
            (false, ..) => format!("fault: {answer}"),
            (_, true, _) => {
                format!("fail: {}", rules.and_then(|rules| rules[0]["message"].as_str()).unwrap_or(""))
            }
            (_, _, true) => "error:".to_owned(),
            _ => "pass:".to_owned(),
        };
        let ours = ours(case);
        let sort = |text: &str| text.split(':').next().unwrap_or("").to_owned();
        (sort(&ours) != sort(&oracle)).then_some(Difference { ours, oracle })
    }

    fn smaller(&self, case: &Case) -> Vec<Case> {
        let both = json!({"policy": case.policy, "object": case.object});
        let smaller = bulkhead_testkit::kyverno::smaller(&both).into_iter();
        let whole = |both: &Value| {
            let validate = &both["policy"]["spec"]["rules"][0];
            let named = both["object"]["metadata"]["name"].is_string() && both["object"]["kind"].is_string();
            let version = both["object"]["apiVersion"].is_string() && both["policy"]["kind"].is_string();
            validate["validate"]["podSecurity"]["level"].is_string() && named && version
        };
        smaller
            .filter(whole)
            .map(|both| Case { policy: both["policy"].clone(), object: both["object"].clone() })
            .collect()
    }
}

fn ours(case: &Case) -> String {
    let mut pack = Pack::default();
    if let Err(error) = pack.read("policy.json", &case.policy.to_string()) {
        return format!("invalid: {error}");
    }
    let judge = match Judge::new(&pack, &Selection::default(), &Settings::default()) {
        Ok(judge) => judge,
        Err(error) => return format!("invalid: {error}"),
    };
    let source: Arc<str> = case.object.to_string().into();
    let Some(Ok(tree)) = read(source, &Limits::default()).next() else { return "unread:".to_owned() };
    let (file, namespaces) = (Arc::from("case.json"), Namespaces::default());
    let analysis = judge.judge(tree, Origin { file: &file, document: 0, namespaces: &namespaces });
    if let Some(gap) = analysis.coverage.gaps.first() {
        return format!("error: {}", gap.message);
    }
    let found: Vec<&str> = analysis.findings.iter().map(|finding| &*finding.field).collect();
    if found.is_empty() { "pass:".to_owned() } else { format!("fail: {}", found.join(" ")) }
}
