//! `--standard`: what came of each control, and why one was not judged.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{ran, tree};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec:\n  hostNetwork: true\n  \
                   containers: [{name: app, image: registry.example/app:1.0}]\n";

/// The state of a control, and the reasons of what is not judged.
fn control(report: &Value, id: &str) -> (String, Vec<String>) {
    let controls = report["standards"][0]["controls"].as_array().unwrap();
    let control = controls.iter().find(|control| control["id"] == id).unwrap();
    let reasons = control["notJudged"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&control["state"]), reasons.iter().map(|reason| text(&reason["why"])).collect())
}

fn told(state: &str, reasons: &[&str]) -> (String, Vec<String>) {
    (state.to_owned(), reasons.iter().map(ToString::to_string).collect())
}

#[test]
fn controls_hold_fail_or_are_not_judged() {
    let tree = tree(&[("a.yaml", POD)]);
    let (_, report) = tree.report(&["a.yaml", "--standard", "cis-kubernetes"]);
    assert_eq!(control(&report, "5.2.5"), told("failed", &[]));
    assert_eq!(control(&report, "5.2.4"), told("held", &[]));
    assert_eq!(control(&report, "5.1.8"), told("not-judged", &["nothing-there"]));
    assert_eq!(control(&report, "5.3.1"), told("not-judged", &["not-in-manifests"]));
    assert_eq!(control(&report, "5.3.2"), told("not-judged", &["not-whole"]));
    let (_, report) = tree.report(&["a.yaml", "--standard", "cis-kubernetes", "--skip", "host-ipc"]);
    assert_eq!(control(&report, "5.2.4"), told("not-judged", &["left-out"]));
}

#[test]
fn a_gap_keeps_a_control_from_holding_and_not_from_failing() {
    let tree = tree(&[("a.yaml", POD), ("b.yaml", "apiVersion: v1\nkind: Nothing\nmetadata: {name: a}\n")]);
    let (_, report) = tree.report(&[".", "--standard", "pod-security,cis-kubernetes"]);
    assert_eq!(report["standards"].as_array().unwrap().len(), 2);
    assert_eq!(control(&report, "hostPorts"), told("not-judged", &["gap"]));
    assert_eq!(control(&report, "hostNamespaces"), told("failed", &["gap"]));
}

#[test]
fn a_policy_that_is_off_for_want_of_a_parameter_holds_nothing() {
    let tree = tree(&[("a.yaml", POD)]);
    let (_, report) = tree.report(&["a.yaml", "--standard", "nist-800-190"]);
    let (state, reasons) = control(&report, "4.1.5");
    assert_eq!((state, reasons.contains(&"left-out".to_owned())), ("failed".to_owned(), true));
}

#[test]
fn unknown_standards_are_refused() {
    let tree = tree(&[("a.yaml", POD)]);
    let ran = tree.run(&["scan", "a.yaml", "--standard", "nsa"]);
    assert_eq!(ran.status, 2);
    let message = "--standard: no standard is called \"nsa\"; there are cis-kubernetes, mitre-attack";
    assert!(ran.stderr.contains(message), "{}", ran.stderr);
}

/// The checks of a report's findings.
fn checks(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["check"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_standard_judges_alone_whatever_set_and_files_say() {
    let tree = tree(&[("a.yaml", POD), ("bulkhead.yaml", "policies:\n  host-network: off\n")]);
    let of = |arguments: &[&str]| checks(&tree.report(&[&["a.yaml"], arguments].concat()).1);
    let (recommended, all) = (of(&[]), of(&["--set", "all"]));
    let nsa = of(&["--standard", "nsa-cisa"]);
    assert!(!all.contains("host-network") && nsa.contains("host-network"), "{nsa:?}");
    assert!(all.contains("naked-pod") && !nsa.contains("naked-pod"), "{nsa:?}");
    assert!(nsa.intersection(&all).any(|check| !recommended.contains(check)), "{nsa:?}");
    let each: BTreeSet<String> = ["pod-security", "nist-800-190"]
        .iter()
        .flat_map(|standard| of(&["--standard", standard]))
        .collect();
    assert_eq!(of(&["--standard", "pod-security,nist-800-190"]), each);
    assert_eq!(of(&["--standard", "pod-security", "--standard", "nist-800-190"]), each);
    let mut command = tree.command(&["scan", "a.yaml", "-o", "json"]);
    command.env("BULKHEAD_STANDARD", "pod-security,nist-800-190");
    let report: Value = serde_json::from_str(&ran(command).stdout).unwrap();
    assert_eq!(checks(&report), each);
}
