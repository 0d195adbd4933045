//! One walk over the Pod template of every workload kind, so that no policy forgets a container.

use bulkhead_document::{Entry, Key, Kind, Node, NodeId, Origin, Tree};

use crate::path::Step;

/// A container with its effective security context.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    pub(crate) steps: Vec<Step>,
    pub(crate) container_type: &'static str,
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
    pub(crate) volumes: Vec<Vec<Step>>,
    pub(crate) windows: bool,
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

/// Finds the containers and volumes of a template. Adds to the tree what each container's security
/// context comes to.
pub(crate) fn pod(tree: &mut Tree, root: NodeId, template: &[Step]) -> Option<Pod> {
    let spec_key = Key::known("spec")?;
    let spec = tree.node(root).get_key(spec_key)?;
    let spec_id = spec.id();
    let windows = spec.at(&["os", "name"]).and_then(Node::as_str) == Some("windows");
    let mut spec_steps = template.to_vec();
    spec_steps.push(Step::Field(spec_key));
    let mut containers = Vec::new();
    for (field, container_type) in CONTAINERS {
        for (steps, id) in items(tree, spec_id, &spec_steps, field) {
            let effective = effective(tree, spec_id, id);
            containers.push(Container { steps, container_type, effective });
        }
    }
    let volumes = items(tree, spec_id, &spec_steps, "volumes").into_iter().map(|(steps, _)| steps).collect();
    Some(Pod { root, steps: template.to_vec(), containers, volumes, windows })
}

fn items(tree: &Tree, parent: NodeId, steps: &[Step], field: &str) -> Vec<(Vec<Step>, NodeId)> {
    let Some(key) = tree.find_key(field) else { return Vec::new() };
    let Some(list) = tree.node(parent).get_key(key) else { return Vec::new() };
    let place = |index: u32| {
        let mut steps = steps.to_vec();
        steps.extend([Step::Field(key), Step::Index(index)]);
        steps
    };
    let mappings = list.items().zip(0..).filter(|(item, _)| matches!(item.kind(), Kind::Mapping(_)));
    mappings.map(|(item, index)| (place(index), item.id())).collect()
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
    let span = own.map_or_else(|| tree.node(container).span(), |own| own.span());
    if let Some((place, inherited)) = windows
        && let Some(entry) = entries.get_mut(place)
    {
        let own = tree.node(entry.value);
        let mut merged = own.raw_entries().to_vec();
        merged.extend(tree.node(inherited).raw_entries().iter().filter(|inherited| own.get_key(inherited.key).is_none()));
        let span = own.span();
        entry.value = tree.add_mapping(&merged, span, Origin::Source);
    }
    tree.add_mapping(&entries, span, Origin::Source)
}
