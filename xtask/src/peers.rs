//! What other tools check, and what became of each line of theirs here.
//!
//! Policies carry the ids of other tools' checks as `aliases`; `policies/peers-left-out.tsv` names what no policy
//! stands for, with the word of a reason. `docs/peers.md` is made of the two. Where the lists of the tools'
//! checks are at hand (`../shared/corpora/peer-checks`), every line of them must be in exactly one of both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::tally::Tally;
use crate::workspace;

/// The tools, in the order of the page: the word used in `aliases`, and how it is written.
const PEERS: &[(&str, &str)] = &[
    ("kube-linter", "KubeLinter"),
    ("trivy", "Trivy (Kubernetes and Dockerfiles)"),
    ("polaris", "Polaris"),
    ("kube-score", "kube-score"),
    ("checkov", "Checkov (Kubernetes and Dockerfiles)"),
    ("kubescape", "Kubescape"),
    ("kyverno-library", "Kyverno's library of policies"),
];

/// Why a check of another tool has no policy here: the word in the list, and what it means.
const REASONS: &[(&str, &str)] = &[
    ("admission", "judges who asks for a change, or what was there before: admission alone sees that"),
    ("changes-objects", "changes or makes objects; nothing is judged"),
    ("cloud", "asks the account of a cloud provider"),
    ("cluster", "asks a running cluster; later"),
    ("control-plane", "judges how the control plane was started; later, with the benchmarks of nodes"),
    ("dockerfile", "judges a Dockerfile; later"),
    ("image-content", "looks into images or asks for their signatures; later"),
    ("no-fault", "states what is there, which is no fault by itself"),
    ("node", "looks at files or processes of a node; later"),
    ("not-security", "is about taste or operation, not security"),
    ("other-product", "judges objects of another product for the sake of that product"),
    ("own-rules", "needs names or numbers of one's own; a policy of one's own says it in three lines"),
    ("refused-by-api-server", "the API server refuses such objects anyway"),
    ("several-objects", "compares several objects: who may do what, which traffic goes where; later"),
    ("superseded", "judges what is gone, or what another check here finds already"),
    ("vulnerability", "asks for a known vulnerability; later, from advisories"),
];

/// The ids of one tool with what became of them.
type Lines = BTreeMap<String, Fate>;

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Fate {
    policies: BTreeSet<String>,
    reasons: Vec<String>,
}

/// Whether the page is current, and whether the lists of other tools are covered.
pub(crate) fn check() -> anyhow::Result<Tally> {
    let fates = fates()?;
    let mut tally = Tally::of("docs/peers.md", current(&fates));
    for (peer, _) in PEERS {
        let list = workspace::root().join("../shared/corpora/peer-checks").join(format!("{peer}.tsv"));
        let name = format!("checks of {peer}");
        match fs::read_to_string(&list) {
            Ok(text) => tally.extend(Tally::of(&name, complete(&text, fates.get(*peer)))),
            Err(_) => tally.extend(Tally::skip(&name, &format!("{} is not there", list.display()))),
        }
    }
    Ok(tally)
}

/// Writes the page.
pub(crate) fn write() -> anyhow::Result<()> {
    let page = page(&fates()?);
    fs::write(page_path(), page).context("cannot write docs/peers.md")
}

fn page_path() -> PathBuf {
    workspace::root().join("docs/peers.md")
}

fn current(fates: &BTreeMap<String, Lines>) -> anyhow::Result<()> {
    let kept = fs::read_to_string(page_path()).unwrap_or_default();
    ensure!(kept == page(fates), "is not what the policies say; `cargo xtask peers` writes it");
    Ok(())
}

fn fates() -> anyhow::Result<BTreeMap<String, Lines>> {
    let binary = workspace::debug_binary()?;
    let list = workspace::output(Command::new(binary).args(["policy", "list", "-o", "json"]))?;
    let policies = serde_json::from_str(&list).context("the list of policies is no JSON")?;
    let path = workspace::root().join("policies/peers-left-out.tsv");
    let left_out = read(&path)?;
    gather(&policies, &left_out)
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Puts the aliases of policies and the list of what is left out together.
fn gather(policies: &Value, left_out: &str) -> anyhow::Result<BTreeMap<String, Lines>> {
    let mut fates: BTreeMap<String, Lines> = BTreeMap::new();
    for policy in policies.as_array().into_iter().flatten() {
        let id = policy["id"].as_str().unwrap_or_default();
        for (peer, aliases) in policy["aliases"].as_object().into_iter().flatten() {
            for alias in aliases.as_array().into_iter().flatten().filter_map(Value::as_str) {
                let fate = fates.entry(peer.clone()).or_default().entry(alias.to_owned()).or_default();
                fate.policies.insert(id.to_owned());
            }
        }
    }
    for line in left_out.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [peer, id, reason] = fields[..] else {
            anyhow::bail!("policies/peers-left-out.tsv: {line:?} is not peer, id and reason");
        };
        ensure!(
            REASONS.iter().any(|(word, _)| *word == reason),
            "policies/peers-left-out.tsv: {reason:?} is no reason"
        );
        ensure!(
            PEERS.iter().any(|(word, _)| *word == peer),
            "policies/peers-left-out.tsv: {peer:?} is no tool"
        );
        let fate = fates.entry(peer.to_owned()).or_default().entry(id.to_owned()).or_default();
        fate.reasons.push(reason.to_owned());
    }
    for (peer, lines) in &fates {
        for (id, Fate { policies, reasons }) in lines {
            let once = reasons.len() + usize::from(!policies.is_empty()) == 1;
            ensure!(once, "{id} of {peer} is both a policy's alias and left out, or left out twice");
        }
    }
    Ok(fates)
}

/// Whether every line of a tool's list became something, and nothing else did.
fn complete(list: &str, fates: Option<&Lines>) -> anyhow::Result<()> {
    let ids: BTreeSet<&str> = list.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    let known: BTreeSet<&str> = fates.into_iter().flatten().map(|(id, _)| id.as_str()).collect();
    let missing: Vec<_> = ids.difference(&known).collect();
    ensure!(missing.is_empty(), "neither a policy's alias nor left out: {missing:?}");
    let invented: Vec<_> = known.difference(&ids).collect();
    ensure!(invented.is_empty(), "the tool has no such checks: {invented:?}");
    Ok(())
}

fn page(fates: &BTreeMap<String, Lines>) -> String {
    let mut page = String::from(
        "# What other tools check\n\n\
         <!-- written by `cargo xtask peers` from the aliases of policies and policies/peers-left-out.tsv -->\n\n\
         Each check of these tools, and the policy that stands for it here, or why there is none. Their ids work\n\
         wherever ours do: `bulkhead explain KSV-0017`, `--only`, `--skip`, `bulkhead.yaml`.\n\n\
         | tool | checks | have a policy | left out |\n|---|--:|--:|--:|\n",
    );
    for (peer, title) in PEERS {
        let Some(lines) = fates.get(*peer) else { continue };
        let held = lines.values().filter(|fate| !fate.policies.is_empty()).count();
        let _ = writeln!(page, "| {title} | {} | {held} | {} |", lines.len(), lines.len() - held);
    }
    page.push_str("\n## Why some are left out\n\n| reason | meaning |\n|---|---|\n");
    for (word, meaning) in REASONS {
        if fates
            .values()
            .flat_map(Lines::values)
            .any(|fate| fate.reasons.iter().any(|reason| reason == word))
        {
            let _ = writeln!(page, "| {word} | {meaning} |");
        }
    }
    for (peer, title) in PEERS {
        let Some(lines) = fates.get(*peer) else { continue };
        let _ = write!(page, "\n## {title}\n\n| check | policy |\n|---|---|\n");
        for (id, fate) in lines.iter().filter(|(_, fate)| !fate.policies.is_empty()) {
            let policies: Vec<String> = fate.policies.iter().map(|policy| format!("`{policy}`")).collect();
            let _ = writeln!(page, "| {id} | {} |", policies.join(", "));
        }
        page.push('\n');
        for (word, _) in REASONS {
            let ids: Vec<&str> = lines
                .iter()
                .filter(|(_, fate)| fate.reasons.iter().any(|reason| reason == word))
                .map(|(id, _)| id.as_str())
                .collect();
            if !ids.is_empty() {
                let _ = writeln!(page, "- *{word}*: {}", ids.join(", "));
            }
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HEAD: &str = "peer\tid\treason\n";

    fn gathered(left_out: &str) -> anyhow::Result<BTreeMap<String, Lines>> {
        let policies = json!([{"id": "host-ports", "aliases": {"trivy": ["KSV-0024"]}}]);
        gather(&policies, &format!("{HEAD}{left_out}"))
    }

    #[test]
    fn each_line_has_one_fate() {
        let fates = gathered("trivy\tKCV-0001\tcontrol-plane\n").unwrap();
        let list = "id\tname\nKSV-0024\ta\nKCV-0001\tb\n";
        assert!(complete(list, fates.get("trivy")).is_ok());
        let more = complete(&format!("{list}KSV-0001\tc\n"), fates.get("trivy")).unwrap_err();
        assert_eq!(more.to_string(), "neither a policy's alias nor left out: [\"KSV-0001\"]");
        let fewer = complete("id\tname\nKSV-0024\ta\n", fates.get("trivy")).unwrap_err();
        assert_eq!(fewer.to_string(), "the tool has no such checks: [\"KCV-0001\"]");
    }

    #[test]
    fn mistakes_of_the_list_are_told() {
        for (left_out, expected) in [
            ("trivy\tKSV-0024\tnode\n", "both a policy's alias and left out"),
            ("trivy\tA\tnode\ntrivy\tA\tcloud\n", "left out twice"),
            ("trivy\tA\tboring\n", "\"boring\" is no reason"),
            ("trivial\tA\tnode\n", "\"trivial\" is no tool"),
            ("trivy\tA\n", "is not peer, id and reason"),
        ] {
            let error = gathered(left_out).unwrap_err().to_string();
            assert!(error.contains(expected), "{left_out:?}: {error}");
        }
    }
}
