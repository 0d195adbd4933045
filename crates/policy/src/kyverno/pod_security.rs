//! `validate.podSecurity`: our own Pod Security policies at a level and version, less what a rule excludes.
//!
//! Source: Kyverno 1.17, `pkg/pss`.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_document::{Kind, Node};
use bulkhead_model::Finding;

use super::evaluate::{Outcome, Violation};
use super::exception::Exception;
use super::policy::Policy;
use super::rule::{Check, Exclusion, PodSecurity};
use super::wildcard;
use crate::blame::Scribe;
use crate::judge::{Judge, Namespaces, Origin};
use crate::pack::Pack;
use crate::policy::Level;
use crate::select::{Selection, Settings};

/// The checks of Kubernetes that a control of Kyverno's stands for.
const CONTROLS: &[(&str, &[&str])] = &[
    ("Capabilities", &["capabilities_baseline", "capabilities_restricted"]),
    ("Seccomp", &["seccompProfile_baseline", "seccompProfile_restricted"]),
    ("Privileged Containers", &["privileged"]),
    ("Host Ports", &["hostPorts"]),
    ("/proc Mount Type", &["procMount"]),
    ("HostProcess", &["windowsHostProcess"]),
    ("SELinux", &["seLinuxOptions"]),
    ("Host Namespaces", &["hostNamespaces"]),
    ("HostPath Volumes", &["hostPathVolumes"]),
    ("Sysctls", &["sysctls"]),
    ("AppArmor", &["appArmorProfile"]),
    ("Privilege Escalation", &["allowPrivilegeEscalation"]),
    ("Running as Non-root", &["runAsNonRoot"]),
    ("Running as Non-root user", &["runAsUser"]),
    ("Volume Types", &["restrictedVolumes"]),
];

/// Judges for the levels and versions that a policy names.
#[derive(Default)]
pub(super) struct Standards {
    judges: BTreeMap<(Arc<str>, Option<u32>), Result<Judge, String>>,
    /// Which checks of Kubernetes a policy of ours is, by its id.
    checks: BTreeMap<Arc<str>, Vec<String>>,
}

impl Standards {
    /// Those of a policy's rules.
    pub(super) fn of(policy: &Policy) -> Self {
        let mut standards = Self::default();
        for rule in policy.own_rules() {
            let Check::PodSecurity(wanted) = &rule.check else { continue };
            if standards.judges.contains_key(&(wanted.level.clone(), wanted.minor)) {
                continue;
            }
            let pack = match Pack::builtin() {
                Ok(pack) => pack,
                Err(error) => {
                    let key = (wanted.level.clone(), wanted.minor);
                    standards.judges.insert(key, Err(error.to_string()));
                    continue;
                }
            };
            for policy in pack.policies() {
                let aliases = policy.aliases.get("pod-security").cloned().unwrap_or_default();
                standards.checks.insert(policy.id.clone(), aliases);
            }
            let judge = wanted.level.parse::<Level>().and_then(|level| {
                let last = *bulkhead_kinds::SUPPORTED.end();
                let minor = Some(wanted.minor.unwrap_or(last));
                let selection = Selection { pod_security: Some((level, minor)), ..Selection::default() };
                let settings = Settings { excerpts: true, ..Settings::default() };
                Judge::new(&pack, &selection, &settings).map_err(|error| error.to_string())
            });
            standards.judges.insert((wanted.level.clone(), wanted.minor), judge);
        }
        standards
    }
}

/// Judges an object; nothing where there is no Pod in it.
pub(super) fn judge(
    standards: &Standards,
    wanted: &PodSecurity,
    exceptions: &[&Exception],
    scribe: &Scribe<'_>,
) -> Option<Outcome> {
    // An exception that names no control is for the whole rule.
    if exceptions.iter().any(|exception| exception.pod_security.is_empty()) {
        return Some(Outcome::Skip);
    }
    let judge = match standards.judges.get(&(wanted.level.clone(), wanted.minor))? {
        Ok(judge) => judge,
        Err(error) => return Some(Outcome::Failed(error.clone())),
    };
    if !scribe.runs_pods {
        return Some(Outcome::Failed("there is no Pod in it".to_owned()));
    }
    let mut tree = scribe.tree.clone();
    tree.set_root(scribe.root.id());
    let namespaces = Namespaces::default();
    let origin = Origin { file: scribe.file, document: scribe.document, namespaces: &namespaces };
    let mut analysis = judge.judge(tree, origin);
    if let Some(gap) = analysis.coverage.gaps.first() {
        return Some(Outcome::Failed(gap.message.to_string()));
    }
    let is_excluded =
        |finding: &Finding, exclusion: &Exclusion| excluded(standards, finding, exclusion, scribe);
    analysis
        .findings
        .retain(|finding| !wanted.exclude.iter().any(|each| is_excluded(finding, each)));
    if analysis.findings.is_empty() {
        return Some(Outcome::Pass);
    }
    let mut of_exceptions = exceptions.iter().flat_map(|exception| &exception.pod_security);
    let all: Vec<&Exclusion> = of_exceptions.by_ref().collect();
    analysis.findings.retain(|finding| !all.iter().any(|each| is_excluded(finding, each)));
    if analysis.findings.is_empty() {
        return Some(Outcome::Skip);
    }
    Some(Outcome::Fail(Violation { found: analysis.findings, ..Violation::default() }))
}

fn excluded(standards: &Standards, finding: &Finding, exclusion: &Exclusion, scribe: &Scribe<'_>) -> bool {
    let checks = standards.checks.get(&finding.check).map_or(&[][..], Vec::as_slice);
    let meant = CONTROLS.iter().find(|(control, _)| **control == *exclusion.control);
    if !meant.is_some_and(|(_, ids)| checks.iter().any(|check| ids.contains(&check.as_str()))) {
        return false;
    }
    let field = below_template(&finding.field);
    let container = container_of(&finding.field);
    let is_meant = match container {
        // With images named, it is about containers alone; without, about what they all share.
        None => exclusion.images.is_empty(),
        Some(path) => {
            let image = at(scribe.root, path).and_then(|node| node.get("image")).and_then(Node::as_str);
            image
                .is_some_and(|image| exclusion.images.iter().any(|pattern| wildcard::matches(pattern, image)))
        }
    };
    if !is_meant {
        return false;
    }
    let Some(restricted) = &exclusion.field else { return true };
    if !covers(restricted, &field) {
        return false;
    }
    let found = values(at(scribe.root, &finding.field));
    exclusion.values.is_empty()
        || found
            .iter()
            .all(|value| exclusion.values.iter().any(|pattern| wildcard::matches(pattern, value)))
}

/// A field from the Pod's own root, indexes as stars.
fn below_template(field: &str) -> String {
    let field = field.rsplit_once("template.").map_or(field, |(_, below)| below);
    let mut text = String::new();
    let mut inside = false;
    for letter in field.chars() {
        match letter {
            '[' => {
                text.push_str("[*");
                inside = true;
            }
            ']' => {
                text.push(']');
                inside = false;
            }
            _ if inside => (),
            letter => text.push(letter),
        }
    }
    text
}

/// Whether a restricted field is the one that was found, or an item of its list.
fn covers(restricted: &str, field: &str) -> bool {
    field == restricted || field.strip_prefix(restricted).is_some_and(|rest| rest.starts_with('['))
}

/// The path of the container in which a field stands.
fn container_of(field: &str) -> Option<&str> {
    let lists = ["spec.containers[", "spec.initContainers[", "spec.ephemeralContainers["];
    let start = lists.iter().find_map(|list| Some(field.find(list)? + list.len()))?;
    let end = field.get(start..)?.find(']')?;
    field.get(..=start + end)
}

/// What a field path leads to.
fn at<'a>(root: Node<'a>, path: &str) -> Option<Node<'a>> {
    path.split('.').try_fold(root, |node, part| {
        let (name, indexes) = part.split_once('[').unwrap_or((part, ""));
        let node = if name.is_empty() { node } else { node.get(name)? };
        let mut indexes = indexes.split(['[', ']']).filter(|index| !index.is_empty());
        indexes.try_fold(node, |node, index| node.item(index.parse().ok()?))
    })
}

/// A value's texts.
fn values(node: Option<Node<'_>>) -> Vec<String> {
    let one = |node: Node<'_>| match node.kind() {
        Kind::Text(text) => Some(text.to_owned()).filter(|text| !text.is_empty()),
        Kind::Bool(value) => Some(value.to_string()),
        Kind::Int(number) => Some(number.to_string()),
        _ => None,
    };
    match node {
        Some(node) if node.is_sequence() => node.items().filter_map(one).collect(),
        Some(node) => one(node).into_iter().collect(),
        None => Vec::new(),
    }
}
