//! Only what is new counts; only what changed is judged.

use std::process::Command;

use serde_json::Value;

use crate::support::{Tree, tree};

const ONLY: &str = "--only=host-network,privileged-container";

fn pod(name: &str, host_network: bool, containers: &[(&str, bool)]) -> String {
    let containers: Vec<String> = containers
        .iter()
        .map(|(name, privileged)| {
            format!("  - {{name: {name}, image: registry.example/{name}:1.0, securityContext: {{privileged: {privileged}}}}}\n")
        })
        .collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  hostNetwork: {host_network}\n  containers:\n{}",
        containers.concat()
    )
}

/// Git as a developer has it; `None` where it is not installed.
fn git(tree: &Tree, arguments: &[&str]) -> Option<()> {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(tree.path())
        .args(["-c", "user.name=t", "-c", "user.email=t@example"])
        .args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.output().ok()?;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(())
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn committed(files: &[(&str, &str)]) -> Option<Tree> {
    let tree = tree(files);
    let done = git(&tree, &["init", "-q", "-b", "main"])
        .and_then(|()| git(&tree, &["add", "."]))
        .and_then(|()| git(&tree, &["commit", "-q", "-m", "one"]));
    if done.is_none() {
        println!("skipped: baseline: git is not installed");
    }
    done.map(|()| tree)
}

/// A run that may use git.
fn report(tree: &Tree, arguments: &[&str]) -> (i32, Value) {
    let mut command = tree.command(&["scan", "-o", "json", ONLY, "--fail-on=low"]);
    command.args(arguments).env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::String(error));
    (output.status.code().unwrap(), report)
}

fn new(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("{report}")).iter();
    let new = findings.filter(|finding| finding["known"] != true);
    new.map(|finding| format!("{} {}", finding["subject"]["name"], finding["message"]).replace('"', ""))
        .collect()
}

#[test]
fn moved_and_reordered_is_not_new() {
    let before = [("a", true), ("b", true)];
    let Some(tree) = committed(&[("deploy/a.yaml", &pod("web", true, &before))]) else { return };
    let (status, first) = report(&tree, &["deploy"]);
    assert_eq!((status, new(&first).len()), (1, 3));
    std::fs::remove_file(tree.path().join("deploy/a.yaml")).unwrap();
    tree.write("before.json", first.to_string());
    tree.write("deploy/moved/b.yaml", pod("web", true, &[("b", true), ("a", true)]));
    for since in ["before.json", "main", "HEAD"] {
        let (status, report) = report(&tree, &["deploy", "--new-since", since]);
        assert_eq!((status, new(&report).len()), (0, 0), "{since}: {report:#}");
        assert_eq!(report["summary"]["known"], 3, "{since}");
        assert_eq!(report["coverage"]["notes"][0]["kind"], "compared");
    }
    tree.write("deploy/c.yaml", pod("new", false, &[("c", true)]));
    for since in ["before.json", "main"] {
        let (status, report) = report(&tree, &["deploy", "--new-since", since]);
        assert_eq!(status, 1);
        assert_eq!(new(&report), ["new container c runs privileged"], "{since}");
        assert_eq!(report["summary"]["gate"]["findings"], 1);
    }
    // Nothing of the work tree was touched.
    assert!(!tree.path().join("deploy/a.yaml").exists());
}

#[test]
fn what_was_excepted_is_not_known() {
    let excepted = "apiVersion: bulkhead.dev/v1alpha1\nkind: Exception\nmetadata: {name: x}\nspec: {checks: [host-network], owner: o, reason: r, until: fixable}\n";
    let Some(tree) = committed(&[("a.yaml", &pod("web", true, &[("a", false)])), ("x.yaml", excepted)])
    else {
        return;
    };
    assert_eq!(report(&tree, &["."]).0, 0);
    std::fs::remove_file(tree.path().join("x.yaml")).unwrap();
    let (status, report) = report(&tree, &[".", "--new-since", "HEAD"]);
    assert_eq!((status, new(&report).len()), (1, 1));
}

#[test]
fn only_what_changed_is_judged() {
    let faulty = pod("web", true, &[("a", false)]);
    let Some(tree) = committed(&[("a.yaml", &faulty), ("sub/b.yaml", &faulty), ("sub/bulkhead.yaml", "")])
    else {
        return;
    };
    let (status, none) = report(&tree, &[".", "--changed-since", "HEAD"]);
    assert_eq!((status, none["coverage"]["skipped"]["unchanged"].as_u64()), (0, Some(3)), "{none:#}");
    tree.write("c.yaml", pod("other", true, &[("a", false)]));
    let (status, one) = report(&tree, &[".", "--changed-since", "HEAD"]);
    assert_eq!((status, new(&one)), (1, vec!["other shares its node's network".to_owned()]));
    tree.write("sub/bulkhead.yaml", "policies: {host-network: critical}\n");
    let (_, more) = report(&tree, &[".", "--changed-since", "HEAD"]);
    assert_eq!(new(&more).len(), 2);
}

#[test]
fn mistakes_are_told() {
    let Some(tree) = committed(&[("a.yaml", &pod("web", true, &[("a", false)])), ("b.json", "{}")]) else {
        return;
    };
    for (arguments, sentence) in [
        (["--new-since", "no-such"], "\"no-such\" names no commit"),
        (["--new-since", "b.json"], "b.json is no JSON report of bulkhead scan"),
        (["--changed-since", "no-such"], "\"no-such\" names no commit"),
    ] {
        let (status, error) = report(&tree, &[&["a.yaml"], &arguments[..]].concat());
        assert_eq!(status, 2, "{error}");
        assert!(error.as_str().unwrap().contains(sentence), "{error}");
    }
}
