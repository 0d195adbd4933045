//! `validate.podSecurity`: our own Pod Security policies at a level and version, less what a rule excludes.
//!
//! Source: Kyverno 1.17, `pkg/pss`.

use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use bulkhead_document::{Kind, Node};
use bulkhead_model::Finding;

use super::evaluate::{Outcome, Violation};
use super::exception::Exception;
use super::rule::{Exclusion, PodSecurity};
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

/// Our own policies, read when the first rule needs them.
static BUILTIN: LazyLock<Result<Pack, String>> =
    LazyLock::new(|| Pack::builtin().map_err(|error| error.to_string()));

/// So many minor versions are told apart; what is newer is judged by the newest.
const MINORS: usize = 100;
const LEVELS: [&str; 3] = ["privileged", "baseline", "restricted"];
static JUDGES: [[OnceLock<Result<Judge, String>>; MINORS]; LEVELS.len()] =
    [const { [const { OnceLock::new() }; MINORS] }; LEVELS.len()];

/// The judge for a level and version, made once.
fn judge_for(wanted: &PodSecurity) -> Result<&'static Judge, String> {
    let last = *bulkhead_kinds::SUPPORTED.end();
    let minor = wanted.minor.unwrap_or(last);
    let level = LEVELS.iter().position(|level| **level == *wanted.level).unwrap_or(0);
    let place = usize::try_from(minor).unwrap_or(MINORS).min(MINORS - 1);
    let slot = JUDGES.get(level).and_then(|judges| judges.get(place));
    let slot = slot.ok_or_else(|| format!("no judge for {}", wanted.level))?;
    let made = slot.get_or_init(|| {
        let level: Level = wanted.level.parse()?;
        let selection = Selection { pod_security: Some((level, Some(minor))), ..Selection::default() };
        let settings = Settings { excerpts: true, ..Settings::default() };
        let pack = BUILTIN.as_ref().map_err(Clone::clone)?;
        Judge::new(pack, &selection, &settings).map_err(|error| error.to_string())
    });
    made.as_ref().map_err(Clone::clone)
}

/// The checks of Kubernetes that a policy of ours is.
fn checks_of(id: &str) -> &'static [String] {
    let policy = BUILTIN.as_ref().ok().and_then(|pack| pack.policies().find(|policy| *policy.id == *id));
    policy.and_then(|policy| policy.aliases.get("pod-security")).map_or(&[], Vec::as_slice)
}

/// Judges an object.
pub(super) fn judge(wanted: &PodSecurity, exceptions: &[&Exception], scribe: &Scribe<'_>) -> Outcome {
    // An exception that names no control is for the whole rule.
    if exceptions.iter().any(|exception| exception.pod_security.is_empty()) {
        return Outcome::Skip;
    }
    let judge = match judge_for(wanted) {
        Ok(judge) => judge,
        Err(error) => return Outcome::Failed(error),
    };
    if !scribe.runs_pods {
        return Outcome::Failed("there is no Pod in it".to_owned());
    }
    let mut tree = scribe.tree.clone();
    tree.set_root(scribe.root.id());
    let namespaces = Namespaces::default();
    let origin = Origin { file: scribe.file, document: scribe.document, namespaces: &namespaces };
    let mut analysis = judge.judge(tree, origin);
    if let Some(gap) = analysis.coverage.gaps.first() {
        return Outcome::Failed(gap.message.to_string());
    }
    exclude(&mut analysis.findings, wanted.exclude.iter(), scribe);
    if analysis.findings.is_empty() {
        return Outcome::Pass;
    }
    let of_exceptions = exceptions.iter().flat_map(|exception| &exception.pod_security);
    exclude(&mut analysis.findings, of_exceptions, scribe);
    if analysis.findings.is_empty() {
        return Outcome::Skip;
    }
    Outcome::Fail(Violation { found: analysis.findings, ..Violation::default() })
}

fn excluded(finding: &Finding, exclusion: &Exclusion, scribe: &Scribe<'_>) -> bool {
    let checks = checks_of(&finding.check);
    let meant = CONTROLS.iter().find(|(control, _)| **control == *exclusion.control);
    if !meant.is_some_and(|(_, ids)| checks.iter().any(|check| ids.contains(&check.as_str()))) {
        return false;
    }
    let field = below_template(&finding.field);
    let container = container_of(&finding.field);
    let is_meant = match container {
        // With images named, it is about containers alone; without, about what they all share.
        None => exclusion.images.is_empty(),
        Some(path) if exclusion.images.is_empty() => is_wanted_of_all(path, &field, scribe.root),
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

/// Takes out what is excluded. One without images takes one container's fault of a sort and no more, as in Kyverno.
fn exclude<'e>(
    findings: &mut Vec<Finding>,
    exclusions: impl Iterator<Item = &'e Exclusion>,
    scribe: &Scribe<'_>,
) {
    for exclusion in exclusions {
        let mut taken = BTreeSet::new();
        findings.retain(|finding| {
            let shared = exclusion.images.is_empty() && container_of(&finding.field).is_some();
            !(excluded(finding, exclusion, scribe)
                && (!shared || taken.insert(below_template(&finding.field))))
        });
    }
}

/// Whether Kyverno would find the same in a container that says nothing: so it looks at exclusions without images.
fn is_wanted_of_all(container: &str, field: &str, root: Node<'_>) -> bool {
    if !field.starts_with("spec.containers[") {
        return false;
    }
    let pod = container.rsplit_once("containers[").map_or("", |(pod, _)| pod.trim_end_matches('.'));
    let shared = at(root, pod).and_then(|spec| spec.get("securityContext"));
    let shared = |path: &[&str]| shared.and_then(|context| context.at(path));
    if field.ends_with(".runAsNonRoot") {
        return shared(&["runAsNonRoot"]).and_then(Node::as_bool) != Some(true);
    }
    if field.contains(".seccompProfile") {
        let found = shared(&["seccompProfile", "type"]).and_then(Node::as_str);
        return !matches!(found, Some("RuntimeDefault" | "Localhost"));
    }
    field.ends_with(".capabilities.drop") || field.ends_with(".allowPrivilegeEscalation")
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
