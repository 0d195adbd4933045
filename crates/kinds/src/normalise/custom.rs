//! Pods in custom resources: templates laid over where they stand, and Pods made up of what Argo
//! Workflows and Tekton keep in a form of their own.
//!
//! Unknown fields are no problem here: the resource's own definition may well have them.

use bulkhead_document::{Entry, Key, Kind, NodeId, Origin};

use super::problem::Path;
use super::walk::Walk;
use super::{Placed, PodView, Step};
use crate::schema::TypeId;
use crate::template::{PathStep, PodForm, PodTemplate};

/// How many Pods of one object are looked at.
const MAX_PODS: usize = 10_000;

/// What a Pod can take from the object that its task or template is in.
const SHARED: &[&str] = &[
    "activeDeadlineSeconds",
    "affinity",
    "automountServiceAccountToken",
    "dnsPolicy",
    "hostAliases",
    "hostNetwork",
    "imagePullSecrets",
    "nodeSelector",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "serviceAccountName",
    "tolerations",
    "volumes",
];

impl Walk<'_, '_> {
    /// The view of a custom resource, and its Pods.
    pub(super) fn custom(&mut self, root: NodeId, templates: &[&PodTemplate]) -> (NodeId, Vec<PodView>) {
        self.lenient = true;
        let mut pods = Vec::new();
        let mut view = root;
        for template in templates {
            let around = Around { whole: root, list_holder: None };
            view = self.within(view, &template.path, template.form, around, &Path::ROOT, &mut pods);
        }
        (view, pods)
    }

    /// Follows a path; the result is the node with the templates at its end laid over.
    fn within(
        &mut self,
        node: NodeId,
        steps: &[PathStep],
        form: PodForm,
        around: Around,
        path: &Path<'_>,
        pods: &mut Vec<PodView>,
    ) -> NodeId {
        if pods.len() >= MAX_PODS {
            return node;
        }
        let Some((step, rest)) = steps.split_first() else {
            return self.found(node, form, around, path, pods);
        };
        match step {
            PathStep::Key(name) => {
                let Some(key) = self.tree.find_key(name) else { return node };
                let Some(child) = self.child(node, Some(key)) else { return node };
                let around = match rest.first() {
                    Some(PathStep::Each) => Around { list_holder: Some(node), ..around },
                    _ => around,
                };
                let value = self.within(child, rest, form, around, &path.key(key), pods);
                if value == child { node } else { self.with(node, Some(key), value) }
            }
            PathStep::Each => {
                let view = self.tree.node(node);
                let (span, origin) = (view.span(), view.origin());
                if let Kind::Mapping(_) = view.kind() {
                    let mut entries = view.raw_entries().to_vec();
                    let mut changed = false;
                    for entry in &mut entries {
                        let value = self.within(entry.value, rest, form, around, &path.key(entry.key), pods);
                        changed |= value != entry.value;
                        entry.value = value;
                    }
                    return if changed { self.tree.add_mapping(&entries, span, origin) } else { node };
                }
                let before = view.item_ids().to_vec();
                let mut after = Vec::with_capacity(before.len());
                for (index, item) in before.iter().enumerate() {
                    after.push(self.within(*item, rest, form, around, &path.index(index), pods));
                }
                if before == after { node } else { self.tree.add_sequence(&after, span, origin) }
            }
        }
    }

    /// What a path led to.
    fn found(
        &mut self,
        node: NodeId,
        form: PodForm,
        around: Around,
        path: &Path<'_>,
        pods: &mut Vec<PodView>,
    ) -> NodeId {
        let kinds = self.kinds;
        let id = |name| -> Option<TypeId> { kinds.type_named(name).map(|found| found.id) };
        let (Some(template), Some(spec)) = (id("core/v1.PodTemplateSpec"), id("core/v1.PodSpec")) else {
            return node;
        };
        if !matches!(self.tree.node(node).kind(), Kind::Mapping(_)) {
            if !self.tree.node(node).is_null() {
                self.wrong_type(node, "a mapping", path);
            }
            return node;
        }
        match form {
            PodForm::Template => {
                // A knative Revision is one itself: its own `apiVersion` and `status` stay beside.
                let Some(view) = self.object(node, template, None, path) else { return node };
                let root = self.pod(view);
                pods.push(PodView { root, path: path.steps(), containers: Vec::new() });
                view
            }
            PodForm::Spec => {
                let Some(view) = self.object(node, spec, None, path) else { return node };
                let mut placed = Vec::new();
                for list in ["initContainers", "containers", "ephemeralContainers"] {
                    self.place_list(&mut placed, list, list, view, path);
                }
                self.push_pod(view, placed, path, pods);
                view
            }
            PodForm::ArgoTemplate | PodForm::TektonTask => {
                let mut gathered = Gathered::default();
                if form == PodForm::ArgoTemplate {
                    self.argo(node, &mut gathered, path);
                } else {
                    self.tekton(node, &mut gathered, path);
                }
                if gathered.containers.is_empty() && gathered.init_containers.is_empty() {
                    return node;
                }
                let sources = [Some(node), self.pod_settings(around.whole), around.list_holder];
                let spec_node = self.assemble(node, &gathered, &sources);
                if let Some(view) = self.object(spec_node, spec, None, path) {
                    self.push_pod(view, gathered.placed, path, pods);
                }
                node
            }
        }
    }

    fn push_pod(&mut self, spec: NodeId, containers: Vec<Placed>, path: &Path<'_>, pods: &mut Vec<PodView>) {
        let Some(key) = Key::known("spec") else { return };
        let span = self.tree.node(spec).span();
        let template = self.tree.add_mapping(&[Entry { key, value: spec, span }], span, Origin::Canonical);
        let root = self.pod(template);
        pods.push(PodView { root, path: path.steps(), containers });
    }

    /// `container` or `script`, `containerSet`, and what runs before and beside them.
    fn argo(&mut self, node: NodeId, gathered: &mut Gathered, path: &Path<'_>) {
        for name in ["container", "script"] {
            let Some(key) = self.tree.find_key(name) else { continue };
            let Some(child) = self.child(node, Some(key)) else { continue };
            let named = self.named(child, "main");
            gathered.containers.push(named);
            let place = gathered.containers.len() - 1;
            gathered.placed.extend(placed("containers", place, path.key(key).steps()));
        }
        self.gather(node, &["containerSet", "containers"], "containers", gathered, path);
        self.gather(node, &["sidecars"], "containers", gathered, path);
        self.gather(node, &["initContainers"], "initContainers", gathered, path);
    }

    /// Steps run one after the other, in one Pod, with what `stepTemplate` gives to all.
    fn tekton(&mut self, node: NodeId, gathered: &mut Gathered, path: &Path<'_>) {
        self.gather(node, &["steps"], "containers", gathered, path);
        let shared = self.named_child(node, "stepTemplate");
        for place in 0..gathered.containers.len() {
            let Some(step) = gathered.containers.get(place).copied() else { break };
            let mut whole = match shared {
                Some(shared) => self.merged(step, shared).unwrap_or(step),
                None => step,
            };
            // Newer versions renamed `resources`.
            if let Some(resources) = self.named_child(whole, "computeResources")
                && self.named_child(whole, "resources").is_none()
            {
                whole = self.with(whole, Key::known("resources"), resources);
            }
            if let Some(container) = gathered.containers.get_mut(place) {
                *container = whole;
            }
        }
        self.gather(node, &["sidecars"], "containers", gathered, path);
    }

    /// The containers of a list, for one of a Pod's lists.
    fn gather(
        &mut self,
        node: NodeId,
        names: &[&str],
        list: &'static str,
        gathered: &mut Gathered,
        path: &Path<'_>,
    ) {
        let (mut at, mut steps) = (node, path.steps());
        for name in names {
            let Some(key) = self.tree.find_key(name) else { return };
            let Some(child) = self.child(at, Some(key)) else { return };
            at = child;
            steps.push(Step::Key(key));
        }
        for (index, item) in self.tree.node(at).item_ids().to_vec().into_iter().enumerate() {
            let to =
                if list == "containers" { &mut gathered.containers } else { &mut gathered.init_containers };
            to.push(item);
            let mut steps = steps.clone();
            steps.push(Step::Index(index));
            gathered.placed.extend(placed(list, to.len() - 1, steps));
        }
    }

    fn place_list(
        &self,
        placed_all: &mut Vec<Placed>,
        list: &str,
        name: &str,
        spec: NodeId,
        path: &Path<'_>,
    ) {
        let Some(key) = Key::known(name) else { return };
        let count = self.child(spec, Some(key)).map_or(0, |list| self.tree.node(list).item_ids().len());
        for index in 0..count {
            let mut steps = path.steps();
            steps.extend([Step::Key(key), Step::Index(index)]);
            placed_all.extend(placed(list, index, steps));
        }
    }

    /// A Pod's spec of containers, and of what the first source that has it says of the rest.
    fn assemble(&mut self, node: NodeId, gathered: &Gathered, sources: &[Option<NodeId>]) -> NodeId {
        let span = self.tree.node(node).span();
        let mut entries = Vec::new();
        for (name, list) in
            [("containers", &gathered.containers), ("initContainers", &gathered.init_containers)]
        {
            if let (Some(key), false) = (Key::known(name), list.is_empty()) {
                let value = self.tree.add_sequence(list, span, Origin::Canonical);
                entries.push(Entry { key, value, span });
            }
        }
        for key in SHARED.iter().filter_map(|name| Key::known(name)) {
            let found = sources.iter().flatten().find_map(|source| self.tree.node(*source).get_key(key));
            if let Some(found) = found.filter(|found| !found.is_null()) {
                entries.push(Entry { key, value: found.id(), span: found.span() });
            }
        }
        self.tree.add_mapping(&entries, span, Origin::Canonical)
    }

    /// What a run of Tekton says of the Pods it makes.
    fn pod_settings(&self, whole: NodeId) -> Option<NodeId> {
        let spec = self.named_child(whole, "spec")?;
        let template = |node| self.named_child(node, "podTemplate");
        template(spec).or_else(|| template(self.named_child(spec, "taskRunTemplate")?))
    }

    fn named_child(&self, node: NodeId, name: &str) -> Option<NodeId> {
        self.child(node, self.tree.find_key(name))
            .filter(|child| !self.tree.node(*child).is_null())
    }

    /// A container with a name, where it has none of its own.
    fn named(&mut self, container: NodeId, name: &str) -> NodeId {
        let key = Key::known("name");
        if !matches!(self.tree.node(container).kind(), Kind::Mapping(_))
            || self.child(container, key).is_some()
        {
            return container;
        }
        let span = self.tree.node(container).span();
        let value = self.tree.add_scalar(Kind::Text(name), span, Origin::Default);
        self.with(container, key, value)
    }
}

/// What stands around a place: the whole object, and what holds the innermost list on the way.
#[derive(Clone, Copy)]
struct Around {
    whole: NodeId,
    list_holder: Option<NodeId>,
}

#[derive(Default)]
struct Gathered {
    containers: Vec<NodeId>,
    init_containers: Vec<NodeId>,
    placed: Vec<Placed>,
}

fn placed(list: &str, index: usize, path: Vec<Step>) -> Option<Placed> {
    Some(Placed { list: Key::known(list)?, index, path })
}
