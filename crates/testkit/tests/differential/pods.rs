//! Whether Pod Security refuses a Pod: `bulkhead-policy` beside the library that the API server uses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use bulkhead_document::{Limits, read};
use bulkhead_policy::{Judge, Level, Namespaces, Origin, Pack, Selection, Settings};
use bulkhead_testkit::differential::{Comparison, Difference};
use bulkhead_testkit::{Random, pods};
use serde_json::{Value, json};

#[test]
fn differential_pod_security() {
    crate::hold(&Pods::new(), 30_000, include_str!("pods.listed"));
}

/// The newest version that the oracle judges for.
const NEWEST: u32 = 35;

struct Pods {
    pack: Pack,
    judges: Vec<OnceLock<Judge>>,
    /// The checks of Pod Security that a policy stands for.
    aliases: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Clone)]
struct Case {
    template: Value,
    object: Value,
    restricted: bool,
    /// None is the latest.
    minor: Option<u32>,
}

impl Pods {
    fn new() -> Self {
        let pack = Pack::builtin().expect("the built-in policies");
        let aliases = pack.policies().map(|policy| {
            let names = policy.aliases.get("pod-security").into_iter().flatten();
            (policy.id.to_string(), names.map(ToString::to_string).collect())
        });
        Self {
            aliases: aliases.collect(),
            judges: (0..(NEWEST + 2) * 2).map(|_| OnceLock::new()).collect(),
            pack,
        }
    }

    fn judge(&self, case: &Case) -> &Judge {
        let minor = case.minor.unwrap_or(NEWEST + 1);
        self.judges[(minor * 2 + u32::from(case.restricted)) as usize].get_or_init(|| {
            let level = if case.restricted { Level::Restricted } else { Level::Baseline };
            let selection = Selection { pod_security: Some((level, case.minor)), ..Selection::default() };
            let settings = Settings { minor: Some(NEWEST), ..Settings::default() };
            Judge::new(&self.pack, &selection, &settings).expect("a judge")
        })
    }

    /// The checks that found something, by Pod Security's names for them at this level and version.
    fn ours(&self, case: &Case, known: &BTreeSet<&str>) -> String {
        let source: Arc<str> = case.object.to_string().into();
        let (file, namespaces) = (Arc::from("case.json"), Namespaces::default());
        let tree = read(source, &Limits::default()).next().expect("a document").expect("an object");
        let origin = Origin { file: &file, document: 0, namespaces: &namespaces };
        let analysis = self.judge(case).judge(tree, origin);
        if let Some(gap) = analysis.coverage.gaps.first() {
            return format!("gap: {}", gap.message);
        }
        let found: BTreeSet<&str> = analysis
            .findings
            .iter()
            .flat_map(|finding| {
                let names: Vec<&str> = self.aliases[&*finding.check]
                    .iter()
                    .map(String::as_str)
                    .filter(|name| known.contains(name))
                    .collect();
                if names.is_empty() { vec![&*finding.check] } else { names }
            })
            .collect();
        format!("found: {}", found.into_iter().collect::<Vec<_>>().join(" "))
    }
}

/// What only one side found.
fn without(one: &str, other: &str) -> String {
    let other: BTreeSet<&str> = other.split(' ').skip(1).collect();
    let rest: Vec<&str> = one.split(' ').filter(|word| !other.contains(word)).collect();
    rest.join(" ")
}

impl Comparison for Pods {
    type Case = Case;
    const NAME: &'static str = "differential-pod-security";

    fn make(&self, random: &mut Random) -> Case {
        let template = pods::template(random);
        let object = pods::wrapped(random, &template);
        let minor = (!random.percent(10)).then(|| u32::try_from(random.below(36)).unwrap_or(0));
        Case { template, object, restricted: random.percent(60), minor }
    }

    fn question(&self, case: &Case) -> Value {
        // The Pod that the object makes: what Pods alone get belongs to it.
        json!({
            "op": "podsecurity",
            "level": if case.restricted { "restricted" } else { "baseline" },
            "version": case.minor.map_or("latest".to_owned(), |minor| format!("v1.{minor}")),
            "pod": case.template,
            "default": true,
        })
    }

    fn show(&self, case: &Case) -> String {
        let level = if case.restricted { "restricted" } else { "baseline" };
        let version = case.minor.map_or("latest".to_owned(), |minor| format!("1.{minor}"));
        format!("{level}@{version} {}", case.object)
    }

    fn compare(&self, case: &Case, answer: &Value) -> Option<Difference> {
        let Some(checks) = answer["checks"].as_object() else {
            return Some(Difference { ours: "found: ?".into(), oracle: format!("error: {answer}") });
        };
        let known: BTreeSet<&str> = checks.keys().map(String::as_str).collect();
        let failed: BTreeSet<&str> = checks
            .iter()
            .filter(|(_, check)| check["allowed"] == false)
            .map(|(name, _)| name.as_str())
            .collect();
        let oracle = format!("found: {}", failed.into_iter().collect::<Vec<_>>().join(" "));
        let ours = self.ours(case, &known);
        (ours != oracle)
            .then(|| Difference { ours: without(&ours, &oracle), oracle: without(&oracle, &ours) })
    }

    fn smaller(&self, case: &Case) -> Vec<Case> {
        let mut all = Vec::new();
        crate::kinds::smaller(&case.template, &mut |template| {
            if template.get("spec").is_some_and(|spec| spec.get("containers").is_some()) {
                let mut meta = template.get("metadata").cloned().unwrap_or(json!({}));
                meta["name"] = "example".into();
                let object =
                    json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"]});
                all.push(Case { template, object, ..case.clone() });
            }
        });
        all
    }
}
