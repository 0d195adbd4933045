//! Settings from files: what holds where, and what is said of mistakes.

use crate::support::{CLEAN, FAULTY, findings, tree};

const TEAM: &str = "\
id: team-label
title: Object names no team
severity: low
set: recommended
why: Nobody knows whom to ask about it.
fix: Add the label team
for-each: object
kinds: [Pod]
find:
- missing: metadata.labels.team
  message: names no team
examples: []
";

fn severities(report: &serde_json::Value, check: &str) -> Vec<String> {
    let of = |finding: &&serde_json::Value| finding["check"] == check;
    let text = |finding: &serde_json::Value| {
        format!("{} {}", finding["at"]["file"].as_str().unwrap(), finding["severity"].as_str().unwrap())
    };
    report["findings"].as_array().unwrap().iter().filter(of).map(text).collect()
}

#[test]
fn an_inner_file_goes_over_an_outer_one() {
    let tree = tree(&[
        ("central.yaml", "set: essential\npolicies: {host-network: critical}\n"),
        ("t/a.yaml", FAULTY),
        ("t/b/bulkhead.yaml", "policies: {host-network: {severity: info}}\n"),
        ("t/b/b.yaml", FAULTY),
        ("t/b/c/bulkhead.yaml", "policies: {KSV-0009: off}\n"),
        ("t/b/c/c.yaml", FAULTY),
        ("t/d/bulkhead.yaml", "policies: {host-network: on}\n"),
        ("t/d/d.yaml", FAULTY),
    ]);
    let (_, report) = tree.report(&["t", "--config", "central.yaml", "--set", "all"]);
    assert_eq!(
        severities(&report, "host-network"),
        ["t/a.yaml critical", "t/b/b.yaml info", "t/d/d.yaml critical"]
    );
    let (_, report) = tree.report(&["t", "--config", "central.yaml", "--no-tree-config", "--set", "all"]);
    assert_eq!(severities(&report, "host-network").len(), 4);
    // The policy is not essential: it is judged only where a file turns it on.
    let (_, report) = tree.report(&["t", "--config", "central.yaml"]);
    assert_eq!(severities(&report, "host-network"), ["t/d/d.yaml critical"]);
    // What the command line chooses, files do not take back.
    let (_, report) = tree.report(&["t", "--config", "central.yaml", "--only", "host-network"]);
    assert_eq!(findings(&report).len(), 4);
}

#[test]
fn the_repositorys_file_holds_below_it() {
    let tree = tree(&[
        (".git/HEAD", ""),
        ("bulkhead.yaml", "policies: {host-network: off}\n"),
        ("deploy/a.yaml", FAULTY),
    ]);
    for path in ["deploy", "deploy/a.yaml", "."] {
        let (_, report) = tree.report(&[path, "--set", "all"]);
        assert_eq!(severities(&report, "host-network"), Vec::<String>::new(), "{path}");
    }
    let (_, report) = tree.report(&["deploy", "--set", "all", "--no-tree-config"]);
    assert_eq!(severities(&report, "host-network").len(), 1);
}

#[test]
fn paths_namespace_and_version() {
    let tree = tree(&[
        (
            "bulkhead.yaml",
            "paths: {exclude: [test/, 'x*.yaml']}\ndefaultNamespace: shop\nkubernetesVersion: 1.32\n",
        ),
        ("a.yaml", &FAULTY.replace(", namespace: shop", "")),
        ("x1.yaml", FAULTY),
        ("test/b.yaml", FAULTY),
    ]);
    let (_, report) = tree.report(&[".", "--only", "host-network"]);
    assert_eq!(findings(&report), ["a.yaml:5 host-network spec.hostNetwork"]);
    assert_eq!(report["findings"][0]["subject"]["namespace"], "shop");
    assert_eq!(report["coverage"]["skipped"]["excluded"], 2);
    assert_eq!(report["coverage"]["skipped"]["configuration"], 1);
    let (_, report) = tree.report(&["test/b.yaml", "--only", "host-network"]);
    assert_eq!(findings(&report).len(), 1);
    let (_, report) = tree.report(&["a.yaml", "--only", "host-network", "--default-namespace", "blog"]);
    assert_eq!(report["findings"][0]["subject"]["namespace"], "blog");
}

#[test]
fn policies_of_a_folder_stay_in_it() {
    let tree = tree(&[
        ("a.yaml", CLEAN),
        ("team/bulkhead.yaml", "policyPaths: [policies]\n"),
        ("team/policies/team.yaml", TEAM),
        ("team/b.yaml", CLEAN),
    ]);
    let (_, report) = tree.report(&["."]);
    assert_eq!(severities(&report, "team-label"), ["team/b.yaml low"]);
}

#[test]
fn mistakes_name_file_and_line() {
    let rows = [
        ("polices: {}\n", "t/bulkhead.yaml:1:1: the file has no field polices; did you mean policies?"),
        (
            "policies:\n  host-netwrk: off\n",
            "t/bulkhead.yaml:2:3: no policy is called \"host-netwrk\"; did you mean host-network",
        ),
        (
            "policies:\n  host-network: {parameters: {a: 1}}\n",
            "t/bulkhead.yaml:2:31: host-network has no parameter a; it has none",
        ),
        ("set: [\n", "t/bulkhead.yaml:"),
        ("policyPaths:\n- nowhere\n", "t/bulkhead.yaml:2:3: policyPaths: "),
        ("paths: {exclude: ['[z-a]']}\n", "t/bulkhead.yaml:1:19: \"[z-a]\" is no path pattern: "),
    ];
    for (text, start) in rows {
        let tree = tree(&[("t/bulkhead.yaml", text), ("t/a.yaml", FAULTY)]);
        let ran = tree.run(&["scan", "t"]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{text}: {ran}");
        assert!(ran.stderr.starts_with(&format!("error: {start}")), "{start}: {ran}");
        let central = tree.run(&["scan", "t", "--no-tree-config", "--config", "t/bulkhead.yaml"]);
        assert_eq!(central.status, 2, "{central}");
        assert!(central.stderr.starts_with(&format!("error: {start}")), "{start}: {central}");
    }
    let tree = tree(&[("a.yaml", FAULTY)]);
    let gone = tree.run(&["scan", "a.yaml", "--config", "no.yaml"]);
    assert_eq!(
        (gone.status, gone.stderr.as_str()),
        (2, "error: no.yaml cannot be read: no such file or directory\n")
    );
}

#[test]
fn a_manifest_called_bulkhead_is_judged() {
    let tree = tree(&[("bulkhead.yaml", FAULTY)]);
    let (_, report) = tree.report(&[".", "--only", "host-network"]);
    assert_eq!(findings(&report).len(), 1);
}

/// docs/configuration.md, where the tree of the project is whole.
fn documentation() -> String {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn the_documented_file_works() {
    let documentation = documentation();
    let example = documentation.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let exception = "apiVersion: bulkhead.dev/v1alpha1\nkind: Exception\nmetadata: {name: x}\n\
                     spec: {checks: [host-pid], owner: o, reason: r, until: fixable}\n";
    let tree = tree(&[
        ("ci/central.yaml", example),
        ("security/bulkhead.yaml", "set: essential\n"),
        ("ci/policies/team.yaml", TEAM),
        ("ci/exceptions/x.yaml", exception),
        ("a.yaml", FAULTY),
    ]);
    let (status, report) = tree.report(&["a.yaml", "--config", "ci/central.yaml", "--fail-on", "critical"]);
    assert_eq!(severities(&report, "team-label"), ["a.yaml low"]);
    assert_eq!(status, 0, "{report}");
    assert_eq!(report["run"]["kubernetesVersion"], "1.34");
}

#[test]
fn every_reason_for_leaving_out_is_documented() {
    let documentation = documentation();
    for (reason, _) in bulkhead_source::reasons::ALL {
        assert!(documentation.contains(&format!("`{reason}`")), "{reason}");
    }
}

#[cfg(unix)]
#[test]
fn settings_of_a_tree_show_nothing_from_outside() {
    let secret = tree(&[("secret.yaml", "top-secret: 1\n")]);
    let outside = secret.path().join("secret.yaml");
    let linked = tree(&[("t/.git/HEAD", ""), ("t/a.yaml", FAULTY)]);
    std::os::unix::fs::symlink(&outside, linked.path().join("t/bulkhead.yaml")).unwrap();
    let ran = linked.run(&["scan", "t", "--only", "host-network"]);
    assert_eq!(ran.status, 0, "{ran}");
    assert!(ran.stdout.contains("t/bulkhead.yaml is a link that leads out of the tree"), "{ran}");
    assert!(!ran.to_string().contains("top-secret"), "{ran}");

    let named = format!("policyPaths: [{:?}]\n", outside.display().to_string());
    let naming = tree(&[("t/bulkhead.yaml", &named), ("t/a.yaml", FAULTY)]);
    let ran = naming.run(&["scan", "t"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr
            .starts_with("error: t/bulkhead.yaml:1:15: policyPaths: leads out of this file's folder"),
        "{ran}"
    );
}
