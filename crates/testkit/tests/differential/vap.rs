//! `ValidatingAdmissionPolicy`: what we find beside what the API server's own dispatcher and validator
//! decide, message by message.

#[path = "vap/make.rs"]
pub(crate) mod make;

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_document::{Limits, Tree, read};
use bulkhead_kinds::Kinds;
use bulkhead_policy::{Judge, Namespaces, Origin, Pack, Selection, Settings, Surroundings};
use bulkhead_testkit::Random;
use bulkhead_testkit::differential::{Comparison, Difference};
use serde_json::{Value, json};

use make::Policy;

#[test]
fn differential_admission_policies() {
    crate::hold(&Vap { kinds: Kinds::for_minor(MINOR).expect("kinds") }, 10_000, include_str!("vap.listed"));
}

/// The version that the oracle is of.
const MINOR: u32 = 35;
/// So many policies; the oracle keeps what it compiled.
const POLICIES: usize = 2_500;

struct Vap {
    kinds: &'static Kinds,
}

#[derive(Clone)]
struct Case {
    policy: Policy,
    object: Value,
}

/// A value as a document.
pub(crate) fn tree(value: &Value) -> Tree {
    let source: Arc<str> = value.to_string().into();
    read(source, &Limits::default()).next().expect("a document").expect("JSON")
}

impl Vap {
    /// Messages in order, or why there is no verdict.
    fn ours(&self, case: &Case) -> Result<Vec<String>, String> {
        let mut pack = Pack::default();
        pack.read_checked("p.json", &case.policy.policy.to_string())
            .map_err(|error| format!("refused: {error}"))?;
        let settings = Settings { minor: Some(MINOR), ..Settings::default() };
        let mut judge = Judge::new(&pack, &Selection::default(), &settings)
            .map_err(|error| format!("refused: {error}"))?;
        let mut around = Surroundings::default();
        let file = Arc::from("around.json");
        let objects =
            case.policy.bindings.iter().cloned().chain(make::parameters()).chain(make::namespaces());
        for object in objects {
            around.add(&file, tree(&object), self.kinds);
        }
        if let Some(gap) = judge.know(around).first() {
            return Err(format!("refused: {}", gap.message));
        }
        let (file, namespaces) = (Arc::from("case.json"), Namespaces::default());
        let analysis =
            judge.judge(tree(&case.object), Origin { file: &file, document: 0, namespaces: &namespaces });
        if let Some(gap) = analysis.coverage.gaps.first() {
            return Err(format!("gap: {}", gap.message));
        }
        let mut messages: Vec<_> =
            analysis.findings.iter().map(|finding| finding.message.to_string()).collect();
        messages.sort();
        Ok(messages)
    }
}

/// The oracle's decisions in the form of our findings: one for each validation, its messages joined.
fn wanted(answer: &Value, spec: &Value) -> Vec<String> {
    let ignores = spec["failurePolicy"] == "Ignore";
    let conditions: Vec<&str> = spec["matchConditions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|condition| condition["expression"].as_str())
        .collect();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |about: String, message: &str| {
        let messages = found.entry(about).or_default();
        if !messages.iter().any(|known| known == message) {
            messages.push(message.to_owned());
        }
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for binding in answer["policies"][0]["bindings"].as_array().into_iter().flatten() {
        if let Some(error) = binding["error"].as_str().filter(|_| !ignores) {
            add("binding".into(), &format!("failed to configure binding: {error}"));
        }
        for result in binding["results"].as_array().into_iter().flatten() {
            let decisions = result["decisions"].as_array().into_iter().flatten();
            // A policy that fails as a whole has a single decision that is an error of no validation.
            let whole = |message: &str| {
                let of = |condition: &&str| {
                    let text = format!("expression '{condition}' resulted in error: ");
                    message.trim_start_matches('[').starts_with(&text)
                };
                message.starts_with("validation failed due to running out of")
                    || results_alone(result) && conditions.iter().any(of)
            };
            for (place, decision) in decisions.enumerate().filter(|(_, each)| each["action"] == "deny") {
                let message = text(&decision["message"]);
                let about = if whole(&message) { "policy".into() } else { format!("v{place}") };
                add(about, &message);
            }
            let annotations = result["audit"].as_array().into_iter().flatten().enumerate();
            for (place, annotation) in annotations.filter(|(_, each)| each["action"] == "error") {
                add(format!("a{place}"), &text(&annotation["error"]));
            }
        }
    }
    let mut messages: Vec<_> = found.into_values().map(|messages| messages.join("; ")).collect();
    messages.sort();
    messages
}

/// Whether a policy was decided as a whole.
fn results_alone(result: &Value) -> bool {
    result["decisions"].as_array().is_some_and(|decisions| decisions.len() == 1)
        && result["decisions"][0]["evaluation"] == "error"
}

impl Comparison for Vap {
    type Case = Case;
    const NAME: &'static str = "differential-admission-policies";

    fn make(&self, random: &mut Random) -> Case {
        let policy = make::policy(&mut Random::for_case(7, random.below(POLICIES)));
        Case { policy, object: make::object(random) }
    }

    fn question(&self, case: &Case) -> Value {
        json!({
            "op": "vap",
            "policies": [case.policy.policy],
            "bindings": case.policy.bindings,
            "params": make::parameters(),
            "namespaces": make::namespaces(),
            "object": case.object,
        })
    }

    fn show(&self, case: &Case) -> String {
        format!("{} {} {}", case.policy.policy["spec"], json!(case.policy.bindings), case.object)
    }

    fn compare(&self, case: &Case, answer: &Value) -> Option<Difference> {
        let ours = self.ours(case);
        let invalid = answer["policies"][0]["invalid"].as_array().is_some_and(|list| !list.is_empty());
        let oracle = match answer["error"].as_str().or(answer["fault"].as_str()) {
            Some(error) => format!("error: {error}"),
            None if invalid => format!("refused: {}", answer["policies"][0]["invalid"]),
            None => {
                format!("found: {}", json!(wanted(answer, &case.policy.policy["spec"])))
            }
        };
        let same = match &ours {
            Ok(messages) => format!("found: {}", json!(messages)) == oracle,
            Err(error) => error.starts_with("refused:") && invalid,
        };
        let ours = ours.map_or_else(|error| error, |messages| format!("found: {}", json!(messages)));
        (!same).then_some(Difference { ours, oracle })
    }

    fn smaller(&self, case: &Case) -> Vec<Case> {
        let mut all = Vec::new();
        for field in ["matchConditions", "variables", "validations", "auditAnnotations"] {
            let count = case.policy.policy["spec"][field].as_array().map_or(0, Vec::len);
            for place in 0..count {
                let mut smaller = case.clone();
                if let Some(list) = smaller.policy.policy["spec"][field].as_array_mut() {
                    list.remove(place);
                }
                all.push(smaller);
            }
        }
        for place in 0..case.policy.bindings.len() {
            let mut smaller = case.clone();
            smaller.policy.bindings.remove(place);
            all.push(smaller);
        }
        crate::kinds::smaller(&case.object, &mut |object| {
            let metadata = |field| object["metadata"].get(field).is_some();
            if metadata("name") && metadata("namespace") {
                all.push(Case { object, ..case.clone() });
            }
        });
        all
    }
}
