//! What the API server gives to Pods and not to templates of Pods.
//!
//! Source: `SetDefaults_Pod` in pkg/apis/core/v1/defaults.go of k8s.io/kubernetes, and the conversion
//! of a negative grace period.

mod resources;

use bulkhead_document::{Entry, Key, Kind, Node, NodeId, Origin, Span};

use super::keys::KEYS;
use super::walk::Walk;
use super::{PodView, Step};
use crate::schema::TypeId;

impl Walk<'_, '_> {
    /// The Pods of a view of a built-in kind.
    pub(super) fn pods(&mut self, view: NodeId, id: TypeId) -> Vec<PodView> {
        let Some(path) = self.kinds.template_path(id) else { return Vec::new() };
        let found = path.iter().try_fold(view, |node, key| self.child(node, Some(*key)));
        let Some(template) = found else { return Vec::new() };
        let root = self.pod(template);
        vec![PodView { root, path: path.iter().map(|key| Step::Key(*key)).collect(), containers: Vec::new() }]
    }

    /// A template as the Pod that is made of it.
    pub(super) fn pod(&mut self, template: NodeId) -> NodeId {
        let keys = &*KEYS;
        let Some(spec) = self.child(template, keys.spec) else { return template };
        let completed = self.pod_spec(spec);
        if completed == spec { template } else { self.with(template, keys.spec, completed) }
    }

    fn pod_spec(&mut self, spec: NodeId) -> NodeId {
        let keys = &*KEYS;
        let view = self.tree.node(spec);
        let (span, origin) = (view.span(), view.origin());
        let mut entries = view.raw_entries().to_vec();
        let host_network = self.child(spec, keys.host_network).map(|node| self.tree.node(node));
        let host_network = host_network.filter(|node| node.as_bool() == Some(true)).map(Node::span);
        let mut changed = false;
        for place in 0..entries.len() {
            let Some(entry) = entries.get(place).copied() else { break };
            let value = if Some(entry.key) == keys.containers || Some(entry.key) == keys.init_containers {
                self.each(entry.value, |walk, container| walk.container(container, host_network))
            } else if Some(entry.key) == keys.termination_grace_period_seconds {
                self.grace_period(entry.value)
            } else {
                continue;
            };
            changed |= value != entry.value;
            if let Some(entry) = entries.get_mut(place) {
                entry.value = value;
            }
        }
        if let Some(value) = self.pod_level_resources(&entries)
            && let Some(entry) = entries.iter_mut().find(|entry| Some(entry.key) == keys.resources)
        {
            entry.value = value;
            changed = true;
        }
        if let Some(key) = keys.enable_service_links
            && entries.iter().all(|entry| entry.key != key)
        {
            let value = self.tree.add_scalar(Kind::Bool(true), span, Origin::Default);
            entries.push(Entry { key, value, span });
            changed = true;
        }
        if changed { self.tree.add_mapping(&entries, span, origin) } else { spec }
    }

    /// A list with each item changed.
    fn each(&mut self, list: NodeId, mut change: impl FnMut(&mut Self, NodeId) -> NodeId) -> NodeId {
        let mut after = Vec::new();
        for place in 0..self.tree.node(list).item_ids().len() {
            let Some(item) = self.tree.node(list).item_ids().get(place).copied() else { break };
            let changed = change(self, item);
            // Most lists stay as they are.
            if changed != item && after.is_empty() {
                after.extend_from_slice(self.tree.node(list).item_ids());
            }
            if let Some(kept) = after.get_mut(place) {
                *kept = changed;
            }
        }
        if after.is_empty() {
            return list;
        }
        let view = self.tree.node(list);
        let (span, origin) = (view.span(), view.origin());
        self.tree.add_sequence(&after, span, origin)
    }

    fn container(&mut self, container: NodeId, host_network: Option<Span>) -> NodeId {
        let keys = &*KEYS;
        let mut container = container;
        if let Some(resources) = self.child(container, keys.resources)
            && let Some(limits) = self.child(resources, keys.limits)
        {
            let requests = match self.child(resources, keys.requests) {
                Some(requests) => self.merged(requests, limits),
                None => Some(self.copy_each(limits)),
            };
            if let Some(requests) = requests {
                let resources = self.with(resources, keys.requests, requests);
                container = self.with(container, keys.resources, resources);
            }
        }
        if let Some(cause) = host_network
            && let Some(ports) = self.child(container, keys.ports)
        {
            let with_hosts = self.each(ports, |walk, port| walk.host_port(port, cause));
            if with_hosts != ports {
                container = self.with(container, keys.ports, with_hosts);
            }
        }
        container
    }

    /// In its node's network, a port of a container is one of the node.
    fn host_port(&mut self, port: NodeId, cause: Span) -> NodeId {
        let keys = &*KEYS;
        let number = self.child(port, keys.container_port).and_then(|number| self.tree.node(number).as_i64());
        let (Some(number), None) = (number.filter(|number| *number != 0), self.child(port, keys.host_port))
        else {
            return port;
        };
        let value = self.tree.add_scalar(Kind::Int(number), cause, Origin::Default);
        self.with(port, keys.host_port, value)
    }

    fn grace_period(&mut self, period: NodeId) -> NodeId {
        let view = self.tree.node(period);
        let span = view.span();
        if view.as_i64().is_some_and(|seconds| seconds < 0) {
            self.tree.add_scalar(Kind::Int(1), span, Origin::Canonical)
        } else {
            period
        }
    }

    /// A mapping again, with its values copied as well.
    fn copy_each(&mut self, node: NodeId) -> NodeId {
        let view = self.tree.node(node);
        let span = view.span();
        let mut entries = view.raw_entries().to_vec();
        for entry in &mut entries {
            entry.value = self.copy(entry.value);
        }
        self.tree.add_mapping(&entries, span, Origin::Default)
    }

    /// The entry of a key in a list of entries.
    fn entry(entries: &[Entry], key: Option<Key>) -> Option<NodeId> {
        entries.iter().find(|entry| Some(entry.key) == key).map(|entry| entry.value)
    }
}
