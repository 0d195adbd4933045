//! Resources of a whole Pod, where its spec says some of them (`spec.resources`).
//!
//! Requests default to the sum over the containers, then to the limits; limits of huge pages to the
//! sum over the containers. Source: `defaultPodRequests` and `defaultHugePagePodLimits` in
//! pkg/apis/core/v1/defaults.go, `AggregateContainerRequests` in component-helpers.

use std::cmp::Ordering;

use bulkhead_document::{Entry, Key, Kind, NodeId, Origin, Span};

use super::super::keys::KEYS;
use super::super::walk::Walk;
use crate::quantity::Quantity;

/// Amounts by resource, in the order they were met.
type Amounts = Vec<(Key, Quantity)>;

impl Walk<'_, '_> {
    /// The value of `resources`, if defaults change it.
    pub(super) fn pod_level_resources(&mut self, entries: &[Entry]) -> Option<NodeId> {
        let keys = &*KEYS;
        let resources = Self::entry(entries, keys.resources)?;
        let mut view = resources;
        let says = |walk: &Self, view, key| {
            walk.child(view, key).is_some_and(|node| !walk.tree.node(node).raw_entries().is_empty())
        };
        if self.kinds.has_special("core/v1.ResourceRequirements", "limits core/v1.PodSpec resources")
            && (says(self, view, keys.limits) || says(self, view, keys.requests))
        {
            let requested = self.child(view, keys.requests);
            let sums = self.sums(entries, keys.limits);
            let huge = sums.into_iter().filter(|(key, _)| {
                self.tree.key_name(*key).starts_with("hugepages-")
                    && requested.is_none_or(|requested| self.child(requested, Some(*key)).is_none())
            });
            let huge = huge.collect();
            view = self.add_amounts(view, keys.limits, huge);
        }
        if self
            .kinds
            .has_special("core/v1.ResourceRequirements", "requests core/v1.PodSpec resources")
            && says(self, view, keys.limits)
        {
            let sums = self.sums(entries, keys.requests);
            let plain =
                sums.into_iter().filter(|(key, _)| matches!(self.tree.key_name(*key), "cpu" | "memory"));
            let plain = plain.collect();
            view = self.add_amounts(view, keys.requests, plain);
            view = self.requests_as_limits(view);
        }
        (view != resources).then_some(view)
    }

    /// A Pod asks for what it is limited to, as that is spelled, where it asks for nothing else.
    fn requests_as_limits(&mut self, resources: NodeId) -> NodeId {
        let keys = &*KEYS;
        let Some(limits) = self.child(resources, keys.limits) else { return resources };
        let view = self.tree.node(limits);
        let (span, mut supported) = (view.span(), view.raw_entries().to_vec());
        supported.retain(|entry| {
            let name = self.tree.key_name(entry.key);
            matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
        });
        if supported.is_empty() {
            return resources;
        }
        let supported = self.tree.add_mapping(&supported, span, Origin::Default);
        let requests = match self.child(resources, keys.requests) {
            Some(requests) => self.merged(requests, supported),
            None => Some(self.copy_each(supported)),
        };
        requests.map_or(resources, |requests| self.with(resources, keys.requests, requests))
    }

    fn amounts(&self, node: NodeId) -> Amounts {
        let entries = self.tree.node(node).raw_entries().iter();
        let read =
            entries.map(|entry| Some((entry.key, Quantity::parse(self.tree.node(entry.value).as_str()?)?)));
        read.flatten().collect()
    }

    /// What all containers need at once: those that run, or an init container with the sidecars
    /// before it, whichever is more.
    fn sums(&self, entries: &[Entry], which: Option<Key>) -> Amounts {
        let keys = &*KEYS;
        let of = |container: NodeId| {
            let resources = self.child(container, keys.resources);
            let amounts = resources.and_then(|resources| self.child(resources, which));
            amounts.map_or_else(Vec::new, |amounts| self.amounts(amounts))
        };
        let list = |key| {
            let list = Self::entry(entries, key);
            list.map_or_else(Vec::new, |list| self.tree.node(list).item_ids().to_vec())
        };
        let mut running = Amounts::new();
        for container in list(keys.containers) {
            add(&mut running, &of(container));
        }
        let (mut sidecars, mut starting) = (Amounts::new(), Amounts::new());
        for container in list(keys.init_containers) {
            let restart = self.child(container, keys.restart_policy);
            let mut needs = of(container);
            if restart.and_then(|node| self.tree.node(node).as_str()) == Some("Always") {
                add(&mut running, &needs);
                add(&mut sidecars, &needs);
                needs.clone_from(&sidecars);
            } else {
                add(&mut needs, &sidecars);
            }
            take_larger(&mut starting, &needs);
        }
        take_larger(&mut running, &starting);
        running
    }

    /// Resources with amounts that one of their lists lacks.
    fn add_amounts(&mut self, resources: NodeId, which: Option<Key>, amounts: Amounts) -> NodeId {
        let cause: Span = self.tree.node(resources).span();
        let list = self.child(resources, which);
        let mut entries = list.map_or_else(Vec::new, |list| self.tree.node(list).raw_entries().to_vec());
        let before = entries.len();
        for (key, amount) in amounts {
            if entries.iter().all(|entry| entry.key != key) {
                let value = self.tree.add_scalar(Kind::Text(&amount.to_string()), cause, Origin::Default);
                entries.push(Entry { key, value, span: cause });
            }
        }
        if entries.len() == before {
            return resources;
        }
        let (span, origin) = match list {
            Some(list) => (self.tree.node(list).span(), self.tree.node(list).origin()),
            None => (cause, Origin::Default),
        };
        let list = self.tree.add_mapping(&entries, span, origin);
        self.with(resources, which, list)
    }
}

fn add(to: &mut Amounts, amounts: &Amounts) {
    for (key, amount) in amounts {
        match to.iter_mut().find(|(other, _)| other == key) {
            Some((_, sum)) => *sum = sum.checked_add(*amount).unwrap_or(*sum),
            None => to.push((*key, *amount)),
        }
    }
}

fn take_larger(to: &mut Amounts, amounts: &Amounts) {
    for (key, amount) in amounts {
        match to.iter_mut().find(|(other, _)| other == key) {
            Some((_, largest)) if largest.compare(*amount) == Ordering::Less => *largest = *amount,
            Some(_) => (),
            None => to.push((*key, *amount)),
        }
    }
}
