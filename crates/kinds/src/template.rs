//! Where the Pods of a kind are: the template in a Deployment, the templates in a Workflow.
//!
//! For Kubernetes' own kinds this follows from their types. For others a mapping says it; those of
//! well-known projects are kept in `data/mappings.txt`, and [`Mappings::add`] takes more.

use std::collections::HashMap;
use std::sync::LazyLock;

use bulkhead_document::Key;

use crate::schema::{Kinds, Shape, Table, TypeId};

const BUILT_IN: &str = include_str!("../data/mappings.txt");

/// How a Pod is written down at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodForm {
    /// `metadata` and `spec`, as in a Pod and in a template of Pods.
    Template,
    /// A Pod's spec alone; without containers, only what is beside them.
    Spec,
    /// A template of Argo Workflows: `container`, `script`, `containerSet`, `initContainers`,
    /// `sidecars`.
    ArgoTemplate,
    /// A task of Tekton: `steps`, `sidecars`, `stepTemplate`.
    TektonTask,
}

/// One step of a path to Pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    /// The value under a key.
    Key(String),
    /// Each item of a list, or each value of a mapping.
    Each,
}

/// Where Pods of a kind are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodTemplate {
    /// From the root of the object; empty for a Pod itself.
    pub path: Vec<PathStep>,
    /// How they are written there.
    pub form: PodForm,
}

impl PodTemplate {
    /// The path as people write it: `spec.template`, `spec.templates[*]`.
    pub fn spelled(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                PathStep::Each => text.push_str("[*]"),
                PathStep::Key(name) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(name);
                }
            }
        }
        text
    }
}

/// Says where a custom resource has Pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// API group, such as `argoproj.io`; any version of it.
    pub group: String,
    /// Kind, such as `Rollout`.
    pub kind: String,
    /// Where and how.
    pub template: PodTemplate,
}

/// A path that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAPath(pub String);

impl std::fmt::Display for NotAPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is no path such as spec.template or spec.templates[*].spec", self.0)
    }
}

impl std::error::Error for NotAPath {}

/// Reads a path such as `spec.tasks[*].template`; a dot stands for the object itself.
pub fn parse_path(text: &str) -> Result<Vec<PathStep>, NotAPath> {
    if text == "." {
        return Ok(Vec::new());
    }
    let mut path = Vec::new();
    for part in text.split('.') {
        let name = part.trim_end_matches("[*]");
        if name.is_empty() || name.contains(['[', ']', ' ']) {
            return Err(NotAPath(text.to_owned()));
        }
        path.push(PathStep::Key(name.to_owned()));
        path.extend((0..(part.len() - name.len()) / 3).map(|_| PathStep::Each));
    }
    Ok(path)
}

/// Where custom resources have Pods.
#[derive(Debug, Clone)]
pub struct Mappings {
    templates: HashMap<String, Vec<(String, PodTemplate)>>,
}

impl Default for Mappings {
    /// Those of well-known projects.
    fn default() -> Self {
        let mut mappings = Self { templates: HashMap::new() };
        for line in BUILT_IN.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            if let (Some(group), Some(kind), Some(form), Some(path)) =
                (words.next(), words.next(), words.next().and_then(form), words.next())
                && let Ok(path) = parse_path(path)
            {
                let template = PodTemplate { path, form };
                mappings.add(Mapping { group: group.to_owned(), kind: kind.to_owned(), template });
            }
        }
        mappings
    }
}

fn form(word: &str) -> Option<PodForm> {
    Some(match word {
        "template" => PodForm::Template,
        "spec" => PodForm::Spec,
        "argo" => PodForm::ArgoTemplate,
        "tekton" => PodForm::TektonTask,
        _ => return None,
    })
}

impl Mappings {
    /// Those of well-known projects, read once.
    pub fn well_known() -> &'static Self {
        static MAPPINGS: LazyLock<Mappings> = LazyLock::new(Mappings::default);
        &MAPPINGS
    }

    /// Adds one more place.
    pub fn add(&mut self, mapping: Mapping) {
        let of_kind = self.templates.entry(mapping.kind).or_default();
        of_kind.push((mapping.group, mapping.template));
    }

    /// The places of a kind, whatever its version.
    pub fn find<'a>(&'a self, api_version: &str, kind: &str) -> impl Iterator<Item = &'a PodTemplate> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
        let of_kind = self.templates.get(kind).map_or(&[][..], Vec::as_slice);
        of_kind.iter().filter(move |(other, _)| *other == group).map(|(_, template)| template)
    }
}

impl Kinds {
    /// Where one of Kubernetes' own kinds has its Pod; an empty path for a Pod. Custom resources are
    /// asked for in [`Mappings::find`].
    pub fn pod_template(&self, api_version: &str, kind: &str) -> Option<PodTemplate> {
        let id = self.find(api_version, kind)?.object_type()?.id;
        let path = self.template_path(id)?.iter();
        let names = path.map(|key| PathStep::Key(self.key_names.get(key).copied().unwrap_or("").to_owned()));
        Some(PodTemplate { path: names.collect(), form: PodForm::Template })
    }

    /// The keys from a kind's root to its Pod template; none for a Pod.
    pub(crate) fn template_path(&self, id: TypeId) -> Option<&[Key]> {
        self.templates.get(&id).map(Vec::as_slice)
    }
}

/// Finds the Pod template in each kind's type.
pub(crate) fn load(kinds: &mut Kinds) {
    let (Some(pod), Some(template)) = (
        kinds.type_numbers.get("core/v1.Pod").copied(),
        kinds.type_numbers.get("core/v1.PodTemplateSpec").copied(),
    ) else {
        return;
    };
    let mut found = Table::default();
    found.insert(pod, Vec::new());
    let roots: Vec<TypeId> = kinds.all().filter_map(|kind| Some(kind.object_type()?.id)).collect();
    for root in roots {
        let mut path = Vec::new();
        if root != pod && search(kinds, root, template, &mut path) {
            for key in &path {
                if let Some(field) = kinds.fields.iter().find(|field| field.key == *key) {
                    kinds.key_names.insert(*key, field.name);
                }
            }
            found.insert(root, path);
        }
    }
    kinds.templates = found;
}

/// Whether a template is below a type, through fields that hold objects; `path` then leads to it.
fn search(kinds: &Kinds, id: TypeId, template: TypeId, path: &mut Vec<Key>) -> bool {
    if id == template {
        return true;
    }
    // The deepest is CronJob's, five steps down.
    if path.len() > 5 {
        return false;
    }
    let Some(record) = kinds.record(id) else { return false };
    for field in kinds.fields_of(record) {
        if let Shape::Object(inner) = kinds.shape(field.shape) {
            path.push(field.key);
            if search(kinds, inner, template, path) {
                return true;
            }
            path.pop();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_that_make_pods() {
        let kinds = Kinds::for_minor(35).unwrap();
        let path =
            |api_version, kind| kinds.pod_template(api_version, kind).map(|template| template.spelled());
        for (api_version, kind, wanted) in [
            ("v1", "Pod", Some("")),
            ("v1", "PodTemplate", Some("template")),
            ("v1", "ReplicationController", Some("spec.template")),
            ("apps/v1", "Deployment", Some("spec.template")),
            ("apps/v1", "StatefulSet", Some("spec.template")),
            ("apps/v1", "DaemonSet", Some("spec.template")),
            ("apps/v1", "ReplicaSet", Some("spec.template")),
            ("extensions/v1beta1", "Deployment", Some("spec.template")),
            ("batch/v1", "Job", Some("spec.template")),
            ("batch/v1", "CronJob", Some("spec.jobTemplate.spec.template")),
            ("v1", "Service", None),
            ("v1", "Node", None),
        ] {
            assert_eq!(path(api_version, kind).as_deref(), wanted, "{kind}");
        }
    }

    #[test]
    fn custom_resources_by_group_and_kind() {
        let mappings = Mappings::default();
        let paths = |api_version: &str, kind: &str| -> Vec<String> {
            mappings.find(api_version, kind).map(PodTemplate::spelled).collect()
        };
        assert_eq!(paths("argoproj.io/v1alpha1", "Rollout"), ["spec.template"]);
        let job = ["spec.metrics[*].provider.job.spec.template"];
        assert_eq!(paths("argoproj.io/v1alpha1", "AnalysisTemplate"), job);
        assert_eq!(paths("serving.knative.dev/v1", "Revision"), [""]);
        assert_eq!(paths("v1", "Service"), [""; 0]);
        assert_eq!(
            paths("tekton.dev/v1", "Pipeline"),
            ["spec.tasks[*].taskSpec", "spec.finally[*].taskSpec"]
        );
    }

    #[test]
    fn every_kept_mapping_is_read() {
        let lines = BUILT_IN.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
        let read: usize = Mappings::default().templates.values().map(Vec::len).sum();
        assert_eq!(read, lines);
    }

    #[test]
    fn paths_people_get_wrong() {
        for text in ["", "spec..template", "spec.a[0]", "spec.[*]", "a b"] {
            assert_eq!(parse_path(text), Err(NotAPath(text.to_owned())), "{text:?}");
        }
    }
}
