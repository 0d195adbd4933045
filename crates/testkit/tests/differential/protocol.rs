//! The oracle itself: what it does with questions that are wrong, and that it answers the right ones.

use bulkhead_testkit::differential::say;
use bulkhead_testkit::{Oracle, Random, cel, pods, yaml};
use serde_json::{Value, json};

/// The oracle; `None` where Go is missing, which is said by name.
fn oracle(test: &str) -> Option<Oracle> {
    match Oracle::start() {
        Ok(oracle) => Some(oracle),
        Err(error) if error.is_missing() => {
            say(&format!("skipped: {test}: {error}"));
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_wrong_question_costs_its_own_answer() {
    let Some(mut oracle) = oracle("a_wrong_question_costs_its_own_answer") else { return };
    let wrong = [
        json!("no object"),
        json!({"id": 1, "op": "nope"}),
        json!({"id": 2, "op": "yaml", "text": 5}),
        json!({"id": 3, "op": "podsecurity", "level": "none", "version": "v1.30", "pod": {}}),
        json!({"id": 4, "op": "cel", "env": "kubernetes", "version": "latest", "expr": "1"}),
    ];
    let cases = wrong
        .iter()
        .cloned()
        .zip(0..)
        .chain([(json!({"id": 5, "op": "yaml", "text": "a: 017"}), 5)]);
    let mut answers = Vec::new();
    oracle.ask_all(cases, |case, answer| answers.push((case, answer))).expect("answers");
    assert_eq!(answers.len(), 6);
    for (case, answer) in &answers[..5] {
        assert!(answer["fault"].is_string(), "{case} {answer}");
    }
    assert_eq!(answers[5].1, json!({"id": 5, "value": {"a": 15}}));
}

#[test]
fn access_is_decided_by_roles_and_bindings() {
    let Some(mut oracle) = oracle("access_is_decided_by_roles_and_bindings") else { return };
    let answer = oracle
        .ask(&json!({
            "op": "rbac",
            "bootstrap": true,
            "bindings": [{
                "metadata": {"name": "a", "namespace": "shop"},
                "roleRef": {"kind": "ClusterRole", "name": "view"},
                "subjects": [{"kind": "User", "name": "eve"}],
            }],
            "questions": [
                {"user": "eve", "verb": "get", "resource": "pods", "namespace": "shop"},
                {"user": "eve", "verb": "get", "resource": "secrets", "namespace": "shop"},
                {"user": "eve", "verb": "get", "resource": "pods", "namespace": "other"},
                {"user": "eve", "groups": ["system:authenticated"], "verb": "get", "path": "/healthz"},
            ],
        }))
        .expect("an answer");
    let decisions = answer["decisions"].as_array().expect("decisions");
    let allowed: Vec<&Value> = decisions.iter().map(|decision| &decision["allowed"]).collect();
    // `view` has rules only because it aggregates other roles; anybody may ask for /healthz.
    assert_eq!(allowed, [true, false, false, true]);
}

#[test]
fn the_same_seed_makes_the_same_cases() {
    let make = |seed| {
        let mut random = Random::for_case(seed, 3);
        let object = cel::object(&mut random);
        let expr = cel::any(&mut random, &object, cel::Dialect::Kubernetes).text();
        (yaml::any(&mut random), object, expr, pods::template(&mut random))
    };
    assert_eq!(make(1), make(1));
    assert_ne!(make(1), make(2));
}
