//! One walk over the Pod template of every workload kind, so that no policy forgets a container.

use std::borrow::Cow;

use bulkhead_document::{Entry, Key, Kind, Node, NodeId, Origin, Tree};
use bulkhead_kinds::PodView;

use crate::path::Step;

/// A container with its effective security context.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    pub(crate) node: NodeId,
    /// The way from the object to where it is written.
    pub(crate) steps: Vec<Step>,
    pub(crate) sort: &'static str,
    pub(crate) effective: NodeId,
}

/// A Pod that an object is or makes, and what is in it.
#[derive(Debug, Clone)]
pub(crate) struct Pod {
    /// Its own view, with the defaults that Pods alone have.
    pub(crate) root: NodeId,
    /// The way from the object to the template.
    pub(crate) steps: Vec<Step>,
    pub(crate) containers: Vec<Container>,
    /// Node and way of each volume.
    pub(crate) volumes: Vec<(NodeId, Vec<Step>)>,
    pub(crate) windows: bool,
    /// Containers that a custom resource keeps elsewhere: where they are written, and their way in the view.
    pub(crate) placed: Vec<(Vec<Step>, [Step; 3])>,
}

impl Pod {
    /// A way through the object as a way through the Pod's own view, where it leads there.
    pub(crate) fn to_view<'s>(&self, steps: &'s [Step]) -> Option<Cow<'s, [Step]>> {
        for (written, view) in &self.placed {
            if let Some(rest) = steps.strip_prefix(written.as_slice()) {
                return Some(Cow::Owned(view.iter().chain(rest).copied().collect()));
            }
        }
        steps.strip_prefix(self.steps.as_slice()).map(Cow::Borrowed)
    }
}

/// What a container inherits from `spec.securityContext` (core/v1 `SecurityContext`: "values in
/// `SecurityContext` take precedence").
const INHERITED: &[&str] = &[
    "runAsUser",
    "runAsGroup",
    "runAsNonRoot",
    "seLinuxOptions",
    "seccompProfile",
    "appArmorProfile",
    "windowsOptions",
];

const CONTAINERS: &[(&str, &str)] =
    &[("initContainers", "init"), ("containers", "main"), ("ephemeralContainers", "ephemeral")];

/// Finds the containers and volumes of a Pod. Adds to the tree what each container's security context
/// comes to.
pub(crate) fn pod(tree: &mut Tree, view: &PodView) -> Option<Pod> {
    let spec_key = Key::known("spec")?;
    let spec = tree.node(view.root).get_key(spec_key)?;
    let spec_id = spec.id();
    let windows = spec.at(&["os", "name"]).and_then(Node::as_str) == Some("windows");
    let mut containers = Vec::new();
    let mut placed = Vec::new();
    for (field, sort) in CONTAINERS {
        let Some(key) = Key::known(field) else { continue };
        for (node, index) in items(tree, spec_id, key) {
            let steps = steps(&view.container_path(key, index));
            if view.containers.iter().any(|own| own.list == key && own.index == index) {
                let index = u32::try_from(index).unwrap_or(u32::MAX);
                placed.push((steps.clone(), [Step::Field(spec_key), Step::Field(key), Step::Index(index)]));
            }
            let effective = effective(tree, spec_id, node);
            containers.push(Container { node, steps, sort, effective });
        }
    }
    let template = steps(&view.path);
    let mut volumes = Vec::new();
    if let Some(key) = Key::known("volumes") {
        for (node, index) in items(tree, spec_id, key) {
            let mut steps = template.clone();
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            steps.extend([Step::Field(spec_key), Step::Field(key), Step::Index(index)]);
            volumes.push((node, steps));
        }
    }
    Some(Pod { root: view.root, steps: template, containers, volumes, windows, placed })
}

/// The mappings of a list, with their places.
fn items(tree: &Tree, parent: NodeId, key: Key) -> Vec<(NodeId, usize)> {
    let Some(list) = tree.node(parent).get_key(key) else {
        return Vec::new();
    };
    let mappings = list.items().zip(0..).filter(|(item, _)| matches!(item.kind(), Kind::Mapping(_)));
    mappings.map(|(item, index)| (item.id(), index)).collect()
}

/// A way as the crate of kinds tells it.
fn steps(path: &[bulkhead_kinds::Step]) -> Vec<Step> {
    let step = |step: &bulkhead_kinds::Step| match *step {
        bulkhead_kinds::Step::Key(key) => Step::Field(key),
        bulkhead_kinds::Step::Index(index) => Step::Index(u32::try_from(index).unwrap_or(u32::MAX)),
    };
    path.iter().map(step).collect()
}

fn effective(tree: &mut Tree, spec: NodeId, container: NodeId) -> NodeId {
    let context = |id: NodeId| tree.node(id).get("securityContext");
    let own = context(container);
    let mut entries: Vec<Entry> = own.map_or_else(Vec::new, |own| own.raw_entries().to_vec());
    let mut windows = None;
    for entry in context(spec).map_or(&[][..], |pod| pod.raw_entries()) {
        let name = tree.key_name(entry.key);
        match entries.iter().position(|known| known.key == entry.key) {
            None if INHERITED.contains(&name) => entries.push(*entry),
            // windowsOptions is the one that is inherited field by field.
            Some(place) if name == "windowsOptions" => windows = Some((place, entry.value)),
            _ => (),
        }
    }
    let span = own.map_or_else(|| tree.node(container).span(), Node::span);
    if let Some((place, inherited)) = windows
        && let Some(entry) = entries.get_mut(place)
    {
        let own = tree.node(entry.value);
        let mut merged = own.raw_entries().to_vec();
        merged.extend(
            tree.node(inherited)
                .raw_entries()
                .iter()
                .filter(|inherited| own.get_key(inherited.key).is_none()),
        );
        let span = own.span();
        entry.value = tree.add_mapping(&merged, span, Origin::Source);
    }
    tree.add_mapping(&entries, span, Origin::Source)
}
