//! A policy's rules are changed one at a time; its own examples have to notice.
//!
//! Changed are: each entry of `find` taken out, each condition (`when`, of an entry and of the policy) taken out and
//! turned round, each own variable turned round where it is a truth value. What no example notices is in
//! mutation.listed, with the reason.

use std::collections::{BTreeMap, BTreeSet};

use bulkhead_document::{Limits, read};
use bulkhead_policy::{Pack, check_examples};
use serde_json::{Value, json};

const LISTED: &str = include_str!("mutation.listed");

/// A change, by what it is called.
fn mutants(policy: &Value) -> Vec<(String, Value)> {
    let mut mutants = Vec::new();
    let mut add = |name: String, change: &dyn Fn(&mut Value)| {
        let mut mutant = policy.clone();
        change(&mut mutant);
        mutants.push((name, mutant));
    };
    let turned = |condition: &Value| json!(format!("!({})", condition.as_str().unwrap_or_default()));
    if let Some(when) = policy.get("when") {
        add("when: out".to_owned(), &|mutant| _ = mutant.as_object_mut().unwrap().remove("when"));
        add("when: turned".to_owned(), &|mutant| mutant["when"] = turned(when));
    }
    let finds = policy["find"].as_array().cloned().unwrap_or_default();
    for (place, find) in finds.iter().enumerate() {
        if finds.len() > 1 {
            add(format!("find {place}: out"), &|mutant| {
                mutant["find"].as_array_mut().unwrap().remove(place);
            });
        }
        if let Some(when) = find.get("when") {
            add(format!("find {place}: always"), &|mutant| {
                mutant["find"][place].as_object_mut().unwrap().remove("when");
            });
            add(format!("find {place}: turned"), &|mutant| mutant["find"][place]["when"] = turned(when));
        }
    }
    for name in policy
        .get("variables")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(serde_json::Map::keys)
    {
        add(format!("variable {name}: turned"), &|mutant| {
            mutant["variables"][name] = turned(&mutant["variables"][name]);
        });
    }
    mutants
}

#[test]
fn examples_notice_a_changed_rule() {
    let listed: BTreeMap<&str, &str> = LISTED
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once(" -- ").expect("each line is `POLICY CHANGE -- reason`"))
        .collect();
    let builtin = Pack::builtin().unwrap();
    let (mut noticed, mut refused, mut survived) = (0, 0, BTreeSet::new());
    for policy in builtin.policies() {
        let path = format!("{}/../../policies/{}", env!("CARGO_MANIFEST_DIR"), policy.file);
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let tree = read(text.into(), &Limits::default()).next().unwrap().unwrap();
        for (name, mutant) in mutants(&serde_json::to_value(tree.root()).unwrap()) {
            let mut pack = Pack::default();
            // A truth value turned round, and what is none: the checker tells them apart.
            if pack.read_checked("mutant.yaml", &mutant.to_string()).is_err() {
                refused += 1;
                continue;
            }
            let mutated = pack.find(&policy.id)[0].clone();
            if check_examples(&pack, &mutated).1.is_empty() {
                survived.insert(format!("{} {name}", policy.id));
            } else {
                noticed += 1;
            }
        }
    }
    let open: Vec<&String> = survived.iter().filter(|name| !listed.contains_key(&***name)).collect();
    let stale: Vec<&&str> = listed.keys().filter(|name| !survived.contains(**name)).collect();
    println!(
        "changed rules: {noticed} noticed, {} failed, {} listed ({refused} did not compile)",
        open.len(),
        survived.len() - open.len()
    );
    assert!(noticed > 300, "only {noticed} changes");
    assert_eq!((open, stale), (vec![], vec![]), "not noticed by any example; listed, and noticed");
}
