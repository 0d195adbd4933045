//! The other commands, and that the examples in every `--help` work.

use std::process::Command;

use crate::support::{CLEAN, FAULTY, Tree, ran, tree};

const POLICY: &str = "\
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
examples:
- finds: [metadata.labels.team]
  object: {apiVersion: v1, kind: Pod, metadata: {name: a}}
- finds: []
  object: {apiVersion: v1, kind: Pod, metadata: {name: a, labels: {team: x}}}
";

#[test]
fn the_version() {
    let ran = tree(&[]).run(&["--version"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, concat!("bulkhead ", env!("CARGO_PKG_VERSION"), "\n")));
}

/// The examples of a command's help, and those of the commands below it.
fn examples(tree: &Tree, command: &[&str], found: &mut Vec<String>) {
    let mut arguments = command.to_vec();
    arguments.push("--help");
    let help = tree.run(&arguments);
    assert_eq!(help.status, 0, "{help}");
    let section = |name: &str| help.stdout.split_once(name).map(|(_, rest)| rest.to_owned());
    if let Some(rest) = section("Examples:\n") {
        found.extend(rest.lines().take_while(|line| !line.is_empty()).map(|line| line.trim().to_owned()));
    }
    for line in section("Commands:\n").unwrap_or_default().lines().take_while(|line| !line.is_empty()) {
        let name = line.split_whitespace().next().unwrap_or("help");
        if name != "help" && line.starts_with("  ") && !line.starts_with("   ") {
            examples(tree, &[command, &[name]].concat(), found);
        }
    }
}

#[test]
fn the_examples_in_the_help_work() {
    let tree = tree(&[
        ("deploy/a.yaml", FAULTY),
        ("deploy/b.yaml", CLEAN),
        ("my-policies/team.yaml", POLICY),
        ("mutate.yaml", crate::native::MUTATING),
    ]);
    let mut found = Vec::new();
    examples(&tree, &[], &mut found);
    assert!(found.len() > 10, "{found:?}");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_bulkhead"));
    let path = std::env::join_paths(
        std::iter::once(binary.parent().unwrap().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    for example in found {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(&example).env("PATH", path.as_ref().unwrap()).current_dir(tree.path());
        let ran = ran(shell);
        assert!(ran.status < 2, "{example}: {ran}");
        assert!(!ran.stderr.contains("error"), "{example}: {ran}");
    }
}

#[test]
fn explain_prints_a_page() {
    let tree = tree(&[("team.yaml", POLICY)]);
    let page = tree.run(&["explain", "host-network"]);
    assert!(page.stdout.starts_with("# ") && page.stdout.contains("`host-network`"), "{page}");
    assert_eq!(tree.run(&["explain", "KSV-0009"]).stdout, page.stdout);
    assert!(tree.run(&["explain", "duplicate-key"]).stdout.contains("`duplicate-key`"));
    let own = tree.run(&["explain", "team-label", "--policies", "team.yaml"]);
    assert!(own.stdout.contains("Nobody knows whom to ask about it."), "{own}");
}

#[test]
fn policies_can_be_listed() {
    let tree = tree(&[("team.yaml", POLICY)]);
    let listed = tree.run(&["policy", "list", "-o", "json", "--policies", "team.yaml"]);
    let policies: Vec<serde_json::Value> = serde_json::from_str(&listed.stdout).unwrap();
    let of = |id: &str| policies.iter().find(|policy| policy["id"] == id).unwrap();
    assert_eq!(of("team-label")["set"], "recommended");
    assert!(of("host-network")["aliases"]["trivy"].as_array().unwrap().contains(&"KSV-0009".into()));
    assert!(of("host-network")["standards"]["pod-security"].is_array());
    assert!(policies.is_sorted_by_key(|policy| policy["id"].as_str().map(str::to_owned)));
    assert!(tree.run(&["policy", "list"]).stdout.lines().any(|line| line.starts_with("host-network ")));
}

#[test]
fn examples_of_policies_are_run() {
    let tree =
        tree(&[("good/team.yaml", POLICY), ("bad/team.yaml", &POLICY.replace("finds: []", "finds: [spec]"))]);
    let good = tree.run(&["policy", "test", "--policies", "good"]);
    assert_eq!((good.status, good.stdout.as_str()), (0, "1 policies, 2 examples, 0 failed\n"), "{good}");
    let bad = tree.run(&["policy", "test", "--policies", "bad"]);
    assert_eq!(bad.status, 1, "{bad}");
    assert!(bad.stdout.starts_with("bad/team.yaml:15: team-label: "), "{bad}");
    let built_in = tree.run(&["policy", "test"]);
    assert_eq!(built_in.status, 0, "{built_in}");
}

#[test]
fn a_users_policy_judges() {
    let tree = tree(&[("team.yaml", POLICY), ("a.yaml", CLEAN)]);
    let (_, report) = tree.report(&["a.yaml", "--policies", "team.yaml", "--only", "team-label"]);
    assert_eq!(report["findings"][0]["field"], "metadata.labels.team");
}

#[test]
fn mistakes_in_a_policy_name_file_and_line() {
    let rows = [
        (POLICY.replace("severity: low", "severity: lowish"), "team.yaml:3:11: "),
        (POLICY.replace("for-each: object", "for-each: thing["), "team.yaml:7:"),
        (POLICY.replace("message: names no team", "message: 'names {self.(}'"), "team.yaml:11:"),
        (POLICY.replace("fix:", "fixx:"), "team.yaml:6:1: "),
        (
            POLICY.replace("id: team-label", "id: host-network"),
            "team.yaml:1:1: id host-network: is taken by ",
        ),
        ("- 1".to_owned(), "team.yaml:1:1: "),
        (String::new(), "team.yaml:1:1: expected a policy, found nothing"),
    ];
    for (text, start) in rows {
        let tree = tree(&[("team.yaml", &text), ("a.yaml", CLEAN)]);
        for command in [&["scan", "a.yaml"][..], &["policy", "test"], &["explain", "host-network"]] {
            let ran = tree.run(&[command, &["--policies", "team.yaml"]].concat());
            assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{text}: {ran}");
            assert!(ran.stderr.starts_with(&format!("error: {start}")), "{start}: {ran}");
        }
    }
    let none = tree(&[("x/README.md", "")]).run(&["policy", "list", "--policies", "x"]);
    assert_eq!(none.stderr, "error: x holds no policies\n");
}

#[test]
fn completions_and_manual() {
    let tree = tree(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = tree.run(&["completions", shell]);
        assert!(ran.status == 0 && ran.stdout.contains("pod-security"), "{shell}");
    }
    let page = tree.run(&["manual", "policy", "test"]);
    assert!(page.stdout.contains(".TH") && page.stdout.contains("Run the examples"), "{page}");
    let no = tree.run(&["manual", "fly"]);
    assert_eq!((no.status, no.stderr.as_str()), (2, "error: there is no command \"fly\"\n"));
    assert_eq!(tree.run(&["manual", "--directory", "man"]).status, 0);
    assert!(tree.read("man/bulkhead-scan.1").contains("fail\\-on"));
}

#[test]
fn policies_are_exported() {
    let tree = tree(&[]);
    let export = tree.run(&["policy", "export", "host-ports", "duplicate-key", "-o", "json", "--enforce"]);
    let whole: serde_json::Value = serde_json::from_str(&export.stdout).unwrap();
    assert_eq!(whole["exported"][0]["id"], "host-ports");
    assert_eq!(whole["notExported"][0]["reason"], "reader");
    assert_eq!(whole["items"][0]["kind"], "ValidatingAdmissionPolicy");
    assert_eq!(whole["items"][1]["spec"]["validationActions"], serde_json::json!(["Deny"]));
    assert!(export.stderr.contains("not exported: duplicate-key (reader)"), "{}", export.stderr);

    let (once, again) = (tree.run(&["policy", "export"]), tree.run(&["policy", "export"]));
    assert!(once.stdout.starts_with("---\napiVersion: "), "{}", once.stdout);
    assert_eq!(once.stdout, again.stdout);

    let none = tree.run(&["policy", "export", "duplicate-key"]);
    assert!(none.stderr.contains("none of the chosen policies"), "{}", none.stderr);
    let old = tree.run(&["policy", "export", "--kubernetes-version", "1.29"]);
    assert!(old.stderr.contains("1.29") && old.stdout.is_empty(), "{}", old.stderr);
}
