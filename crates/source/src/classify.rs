//! Whether a document is a Kubernetes object, and if not, what it is.
//!
//! A tree is full of YAML that is none of ours: workflows, values of charts, API descriptions. Saying of
//! each that it could not be judged would bury what matters, so it is counted and left out. What looks
//! like an object but is damaged is another thing: that is a gap.

use bulkhead_document::{Kind, Node, Problem, ReadError};
use bulkhead_model::GapKind;

use crate::reasons;
use crate::sources::SourceFile;
use crate::{kustomize, walk};

/// What a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// An object, or a list of them.
    Object,
    /// Left out by design, for one of [`crate::reasons`].
    Skipped(&'static str),
    /// It should be an object and is not; a sentence that follows its name.
    Invalid(String),
}

/// What a document that could not be read is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Left out by design, for one of [`crate::reasons`].
    Skipped(&'static str),
    /// A gap of this kind.
    Gap(GapKind),
}

/// Groups of objects that programs read as their configuration; no API server holds them. Kustomize's
/// are told apart.
const CONFIGURATION_GROUPS: [&str; 5] =
    ["apiserver.k8s.io", "audit.k8s.io", "bulkhead.dev", "kind.x-k8s.io", "kubeadm.k8s.io"];

/// Says what a document that was read is. `is_known` tells whether Kubernetes has a kind of that name.
pub fn classify(file: &SourceFile<'_>, root: Node<'_>, is_known: impl Fn(&str) -> bool) -> Class {
    if !matches!(root.kind(), Kind::Mapping(_)) {
        return Class::Skipped(reasons::NOT_KUBERNETES);
    }
    let text = |field| root.get(field).and_then(Node::as_str);
    let (version, kind) = (text("apiVersion"), text("kind"));
    if is_named(file, &kustomize::FILE_NAMES) {
        return Class::Skipped(reasons::KUSTOMIZATION);
    }
    match (version, kind) {
        (Some(version), Some(kind)) => with_version(version, kind, root),
        _ if is_named(file, &[walk::SETTINGS]) => Class::Skipped(reasons::CONFIGURATION),
        // Every object has metadata; what has one of the two words by chance has not.
        _ if root.get("metadata").is_none() => Class::Skipped(reasons::NOT_KUBERNETES),
        (None, Some(kind)) if is_known(kind) => Class::Invalid(format!(
            "has kind {kind} and no apiVersion, so that an API server would refuse it"
        )),
        (Some(version), None) if is_own(version) => Class::Invalid(format!(
            "has apiVersion {version} and no kind, so that an API server would refuse it"
        )),
        _ => Class::Skipped(reasons::NOT_KUBERNETES),
    }
}

fn with_version(version: &str, kind: &str, root: Node<'_>) -> Class {
    let group = version.split_once('/').map_or("", |(group, _)| group);
    if group == "kustomize.config.k8s.io" {
        return Class::Skipped(reasons::KUSTOMIZATION);
    }
    let configures = CONFIGURATION_GROUPS.contains(&group)
        || group.ends_with(".config.k8s.io")
        || version == "v1" && kind == "Config";
    if configures {
        return Class::Skipped(reasons::CONFIGURATION);
    }
    // An empty list, as a tool prints it that found nothing.
    if version == "v1" && kind == "List" && root.get("items").is_none_or(Node::is_null) {
        return Class::Skipped(reasons::EMPTY);
    }
    // `$patch: delete` and its like are said to whoever lays this over an object.
    if root.get("$patch").is_some() {
        return Class::Skipped(reasons::KUSTOMIZE_PATCH);
    }
    Class::Object
}

/// Groups without a dot are Kubernetes' own; of the others some are, and those are long-winded enough
/// not to be met by chance.
fn is_own(version: &str) -> bool {
    let is_version = |word: &str| {
        word.strip_prefix('v')
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    match version.split_once('/') {
        Some((group, version)) => is_version(version) && (!group.contains('.') || group.ends_with(".k8s.io")),
        None => version == "v1",
    }
}

fn is_named(file: &SourceFile<'_>, names: &[&str]) -> bool {
    let name = file.name.rsplit('/').next().unwrap_or_default();
    !file.stdin && names.contains(&name)
}

/// Says what a document that could not be read is. `text` is what is lost with it.
pub fn classify_damage(file: &SourceFile<'_>, text: &str, error: &ReadError, by_hand: bool) -> Damage {
    let kind = match error.problem {
        Problem::NotUtf8 => return Damage::Gap(GapKind::NOT_TEXT),
        Problem::Syntax(_) | Problem::Value(_) | Problem::Control(_) => GapKind::DAMAGED_DOCUMENT,
        Problem::TooLarge { .. }
        | Problem::TooDeep { .. }
        | Problem::TooManyNodes { .. }
        | Problem::TooManyAliasNodes { .. }
        | Problem::TooManyDocuments { .. } => return Damage::Gap(GapKind::LIMIT_REACHED),
    };
    if is_template(text) {
        Damage::Skipped(if file.chart { reasons::HELM_TEMPLATE } else { reasons::TEMPLATE })
    } else if by_hand || looks_like_object(text) || is_named(file, &kustomize::FILE_NAMES) {
        Damage::Gap(kind)
    } else {
        Damage::Skipped(reasons::NOT_KUBERNETES)
    }
}

/// Whether a text that is no YAML has the marks of a template: of Go and Jinja, `ERB`, a shell.
pub fn is_template(text: &str) -> bool {
    ["{{", "{%", "<%", "${"]
        .iter()
        .any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
}

/// Whether a text has the lines that every object has.
fn looks_like_object(text: &str) -> bool {
    let has = |field: &str| {
        text.lines().any(|line| {
            let line = line.trim_start_matches([' ', '\t', '{', '-', ',']);
            let line = line.strip_prefix(['"', '\'']).unwrap_or(line);
            line.strip_prefix(field)
                .is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
        })
    };
    has("apiVersion") && has("kind")
}

/// Whether a text can be left out unread: it names neither field of an object, nor holds an escape that
/// could spell one.
pub fn is_foreign(file: &SourceFile<'_>, text: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    !is_named(file, &kustomize::FILE_NAMES)
        && !is_named(file, &[walk::SETTINGS])
        && !has("apiVersion")
        && !has("kind")
        && !has("\\")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulkhead_document::{Limits, read};

    fn file(name: &str) -> SourceFile<'static> {
        SourceFile {
            path: name.into(),
            name: name.into(),
            scope: 0,
            inputs: &[],
            stdin: false,
            chart: false,
            template: false,
            rendered: None,
        }
    }

    fn class(name: &str, text: &str) -> Class {
        let tree = read(text.into(), &Limits::default()).next().unwrap().unwrap();
        classify(&file(name), tree.root(), |kind| kind == "Deployment")
    }

    #[test]
    fn objects_and_others() {
        for text in [
            "{apiVersion: v1, kind: Pod}",
            "{apiVersion: example.com/v1, kind: Thing}",
            "{apiVersion: v1, kind: List, items: []}",
        ] {
            assert_eq!(class("x.yaml", text), Class::Object, "{text}");
        }
        let skipped = [
            ("x.yaml", "services: {web: {image: nginx}}", reasons::NOT_KUBERNETES),
            ("Chart.yaml", "{apiVersion: v2, name: x}", reasons::NOT_KUBERNETES),
            ("x.yaml", "{kind: pipeline, type: docker}", reasons::NOT_KUBERNETES),
            ("x.yaml", "{apiVersion: 1, datasources: []}", reasons::NOT_KUBERNETES),
            ("x.yaml", "[1, 2]", reasons::NOT_KUBERNETES),
            ("x.yaml", "{kind: Deployment, name: x}", reasons::NOT_KUBERNETES),
            ("x.yaml", "{apiVersion: v1, kind: List}", reasons::EMPTY),
            ("kustomization.yaml", "resources: [a.yaml]", reasons::KUSTOMIZATION),
            (
                "x.yaml",
                "{apiVersion: kustomize.config.k8s.io/v1alpha1, kind: Component}",
                reasons::KUSTOMIZATION,
            ),
            ("bulkhead.yaml", "set: all", reasons::CONFIGURATION),
            ("x.yaml", "{apiVersion: v1, kind: Config}", reasons::CONFIGURATION),
            (
                "x.yaml",
                "{apiVersion: apiserver.config.k8s.io/v1, kind: EncryptionConfiguration}",
                reasons::CONFIGURATION,
            ),
            ("x.yaml", "{apiVersion: v1, kind: Service, $patch: delete}", reasons::KUSTOMIZE_PATCH),
        ];
        for (name, text, reason) in skipped {
            assert_eq!(class(name, text), Class::Skipped(reason), "{text}");
        }
        for text in [
            "{kind: Deployment, metadata: {}}",
            "{apiVersion: apps/v1, metadata: {}}",
            "{apiVersion: v1, metadata: }",
        ] {
            assert!(matches!(class("x.yaml", text), Class::Invalid(_)), "{text}");
        }
        assert_eq!(class("bulkhead.yaml", "{apiVersion: apps/v1, kind: Deployment}"), Class::Object);
    }

    #[test]
    fn damage_is_a_gap_where_an_object_is_lost() {
        let damage = |text: &str, by_hand| {
            let error = read(text.into(), &Limits::default()).find_map(Result::err).unwrap();
            classify_damage(&file("x.yaml"), text, &error, by_hand)
        };
        let gap = Damage::Gap(GapKind::DAMAGED_DOCUMENT);
        assert_eq!(damage("apiVersion: v1\nkind: Pod\nspec: [", false), gap);
        assert_eq!(damage("{\"apiVersion\": \"v1\",\n \"kind\" : \"Pod\", ]", false), gap);
        assert_eq!(damage("on: push\njobs: [", false), Damage::Skipped(reasons::NOT_KUBERNETES));
        assert_eq!(damage("on: push\njobs: [", true), gap);
        assert_eq!(
            damage("apiVersion: v1\nkind: Pod\n{{ if .x }}\n", false),
            Damage::Skipped(reasons::TEMPLATE)
        );
    }

    #[test]
    fn what_can_be_left_unread() {
        let foreign = |text: &str| is_foreign(&file("x.json"), text);
        assert!(foreign("{\"name\": \"left-pad\"}") && !foreign("{\"api\\u0056ersion\": 1}"));
        assert!(!foreign("kind: Deployment"));
        assert!(!is_foreign(&file("a/kustomization.yaml"), "resources: [a.yaml]"));
    }
}
