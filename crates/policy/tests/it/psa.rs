//! The Pod Security corpus: Kubernetes' own fixtures, per level and minor version.
//!
//! A file's path says at which level and version it is judged and which check it is about:
//! `restricted/v1.31/fail/seccompprofile_restricted0.yaml`. A file in `pass` must have no finding and no
//! gap; one in `fail` must be found by a policy that has the check as its alias. Most files are the same
//! over many versions, so only the judges differ.
//!
//! One difference that no fixture shows: from 1.25 Kubernetes overrides baseline's checks of capabilities
//! and seccomp at restricted by ones that let Windows off, so restricted passes a Windows Pod that baseline
//! refuses. Ours refuses it at both; an API server never gets that far, as such Pods are not valid.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_model::Analysis;
use bulkhead_policy::{Judge, Level, Namespaces, Origin, Pack, Selection, Settings};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/psa");
const LISTED: &str = include_str!("../psa-listed.txt");

#[test]
fn the_corpus_is_judged_as_kubernetes_judges_it() {
    if !Path::new(CORPUS).is_dir() {
        println!("skipped: the_corpus_is_judged_as_kubernetes_judges_it: {CORPUS} is missing");
        return;
    }
    let listed: BTreeMap<&str, &str> = LISTED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(": ").expect("each line is `path: reason`"))
        .collect();
    let pack = Pack::builtin().unwrap();
    let aliases = aliases(&pack);
    let (mut passed, mut stale, mut failures) = (0, Vec::new(), Vec::new());
    for (level, name) in [(Level::Baseline, "baseline"), (Level::Restricted, "restricted")] {
        for version in entries(&format!("{CORPUS}/{name}")) {
            let minor = version.strip_prefix("v1.").unwrap().parse().unwrap();
            let selection = Selection { pod_security: Some((level, Some(minor))), ..Selection::default() };
            let judge = Judge::new(&pack, &selection, &Settings::default()).unwrap();
            for outcome in ["pass", "fail"] {
                for file in entries(&format!("{CORPUS}/{name}/{version}/{outcome}")) {
                    let case = format!("{name}/{version}/{outcome}/{file}");
                    let wrong = wrong(&judged(&judge, &case), outcome == "pass", &file, &aliases);
                    match (wrong, listed.contains_key(&*case)) {
                        (None, false) => passed += 1,
                        (None, true) => stale.push(case),
                        (Some(wrong), false) => failures.push(format!("{case}: {wrong}")),
                        (Some(_), true) => (),
                    }
                }
            }
        }
    }
    println!("psa: {passed} passed, {} failed, {} listed", failures.len(), listed.len());
    assert!(stale.is_empty(), "listed, yet judged as Kubernetes does: {stale:?}");
    let few: Vec<_> = failures.iter().take(20).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} failures, such as\n{}", failures.len(), few.join("\n"));
    assert_eq!(passed + listed.len(), 4537, "cases of the corpus");
}

fn judged(judge: &Judge, case: &str) -> Analysis {
    let text: Arc<str> = std::fs::read_to_string(format!("{CORPUS}/{case}")).unwrap().into();
    let namespaces = Namespaces::default();
    let file: Arc<str> = case.into();
    let mut analysis = Analysis::default();
    for tree in read(text, &Limits::default()) {
        let origin = Origin { file: &file, document: 0, namespaces: &namespaces };
        analysis.extend(judge.judge(tree.unwrap(), origin));
    }
    analysis
}

/// What is wrong with a verdict, if anything is.
fn wrong(
    analysis: &Analysis,
    pass: bool,
    file: &str,
    aliases: &BTreeMap<String, BTreeSet<Arc<str>>>,
) -> Option<String> {
    let found: BTreeSet<&str> = analysis.findings.iter().map(|finding| &*finding.check).collect();
    if let Some(gap) = analysis.coverage.gaps.first() {
        return Some(format!("could not be judged: {}", gap.message));
    }
    if pass {
        return (!found.is_empty()).then(|| format!("found {found:?}"));
    }
    let check = file.trim_end_matches(".yaml").trim_end_matches(|digit: char| digit.is_ascii_digit());
    let Some(policies) = aliases.get(check) else {
        return Some(format!("no policy is called {check}"));
    };
    let missed = policies.iter().all(|policy| !found.contains(&**policy));
    missed.then(|| format!("expected one of {policies:?}, found {found:?}"))
}

/// The policies of each check of Kubernetes, by its id in small letters, as the corpus spells it.
fn aliases(pack: &Pack) -> BTreeMap<String, BTreeSet<Arc<str>>> {
    let mut aliases: BTreeMap<String, BTreeSet<Arc<str>>> = BTreeMap::new();
    for policy in pack.policies() {
        for alias in policy.aliases.get("pod-security").into_iter().flatten() {
            aliases.entry(alias.to_lowercase()).or_default().insert(policy.id.clone());
        }
    }
    aliases
}

fn entries(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    names
}

/// Version by version and level by level, what Kubernetes demands is what the pack calls by its name.
#[test]
fn every_check_of_kubernetes_has_a_policy() {
    let checks = [
        "allowPrivilegeEscalation",
        "appArmorProfile",
        "capabilities_baseline",
        "capabilities_restricted",
        "hostNamespaces",
        "hostPathVolumes",
        "hostPorts",
        "hostProbesAndHostLifecycle",
        "privileged",
        "procMount",
        "procMount_restricted",
        "restrictedVolumes",
        "runAsNonRoot",
        "runAsUser",
        "seLinuxOptions",
        "seccompProfile_baseline",
        "seccompProfile_restricted",
        "sysctls",
        "windowsHostProcess",
    ];
    let pack = Pack::builtin().unwrap();
    let known: BTreeSet<String> = aliases(&pack).into_keys().collect();
    assert_eq!(known, checks.iter().map(|check| check.to_lowercase()).collect());
    for policy in pack.policies() {
        let demanded = policy.belongs_to(Level::Restricted);
        assert_eq!(demanded, policy.aliases.contains_key("pod-security"), "{}", policy.id);
    }
}
