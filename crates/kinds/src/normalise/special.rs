//! Defaults that no rule can say: they look further than a neighbour, or compute their value.
//!
//! The generator lists them (`testbed/kinds/special.go`) and fails when a version brings another.
//! Sources, in k8s.io/kubernetes: pkg/apis/core/v1/defaults.go and conversion.go,
//! pkg/apis/batch/v1/defaults.go, pkg/apis/extensions/v1beta1/defaults.go.

mod definition;

use bulkhead_document::{Entry, Key, Kind, NodeId, Origin, Span};

use super::keys::KEYS;
use super::walk::{Holder, Walk};
use crate::base64;
use crate::image;
use crate::schema::Special;

/// For how long a client keeps its Pod, where a Service does not say.
const AFFINITY_SECONDS: i64 = 10_800;

impl Walk<'_, '_> {
    /// Completes the entries above `base`, of an object that starts at `span`.
    pub(super) fn special(
        &mut self,
        special: Special,
        base: usize,
        span: Span,
        holder: Option<Holder<'_>>,
    ) -> bool {
        let keys = &*KEYS;
        match special {
            Special::None | Special::ScalingRules => false,
            Special::Container => self.pull_policy(base, span, keys.image, keys.image_pull_policy),
            Special::ImageVolume => {
                self.kinds.has_special("core/v1.ImageVolumeSource", "pullPolicy core/v1.Volume image")
                    && self.pull_policy(base, span, keys.reference, keys.pull_policy)
            }
            Special::Volume => {
                let above = self.entries.get(base..).unwrap_or(&[]);
                if above.iter().any(|entry| Some(entry.key) != keys.name) {
                    return false;
                }
                let empty = self.tree.add_mapping(&[], span, Origin::Default);
                self.put(base, keys.empty_dir, empty, span)
            }
            Special::PodSpec => self.service_account(base),
            Special::Service => self.session_affinity(base, span),
            Special::Claim => self.claim(base, span, holder),
            Special::LimitRangeItem => self.limit_range(base),
            Special::Secret => self.string_data(base),
            Special::Namespace => self.namespace_label(base),
            Special::LabelsOfTemplate => self.labels_of_template(base),
            Special::Definition => self.stored_versions(base),
            Special::DefinitionSpec => self.definition_names(base),
            Special::Conversion => self.empty_webhook(base),
            Special::Node => self.first_of_many(base, keys.pod_cidr, keys.pod_cidrs, None),
            Special::PodStatus => self.first_of_many(base, keys.pod_ip, keys.pod_ips, keys.ip),
        }
    }

    /// The value under a key among the entries above `base`.
    fn have(&self, base: usize, key: Option<Key>) -> Option<NodeId> {
        let key = key?;
        self.entries.get(base..)?.iter().find(|entry| entry.key == key).map(|entry| entry.value)
    }

    /// Sets the value under a key among the entries above `base`.
    fn put(&mut self, base: usize, key: Option<Key>, value: NodeId, span: Span) -> bool {
        let Some(key) = key else { return false };
        match self.entries.iter_mut().skip(base).find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => self.entries.push(Entry { key, value, span }),
        }
        true
    }

    /// Takes the value under a key out of the entries above `base`.
    fn remove(&mut self, base: usize, key: Option<Key>) -> bool {
        let before = self.entries.len();
        let mut place = 0;
        self.entries.retain(|entry| {
            place += 1;
            place <= base || Some(entry.key) != key
        });
        self.entries.len() < before
    }

    /// A mapping with one value set, as a new node.
    pub(super) fn with(&mut self, node: NodeId, key: Option<Key>, value: NodeId) -> NodeId {
        let view = self.tree.node(node);
        let (span, origin) = (view.span(), view.origin());
        let Some(key) = key else { return node };
        let mut entries = view.raw_entries().to_vec();
        match entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => entries.push(Entry { key, value, span: self.tree.node(value).span() }),
        }
        self.tree.add_mapping(&entries, span, origin)
    }

    pub(super) fn child(&self, node: NodeId, key: Option<Key>) -> Option<NodeId> {
        self.tree.node(node).get_key(key?).map(bulkhead_document::Node::id)
    }

    fn text(&self, node: NodeId) -> Option<&str> {
        self.tree.node(node).as_str()
    }

    fn add_text(&mut self, text: &str, span: Span, origin: Origin) -> NodeId {
        self.tree.add_scalar(Kind::Text(text), span, origin)
    }

    fn pull_policy(&mut self, base: usize, span: Span, image: Option<Key>, policy: Option<Key>) -> bool {
        if self.have(base, policy).is_some() {
            return false;
        }
        let image = self.have(base, image);
        let text = image.and_then(|image| self.text(image)).unwrap_or("");
        let value = image::pull_policy(text);
        let cause = image.map_or(span, |image| self.tree.node(image).span());
        let value = self.add_text(value, cause, Origin::Default);
        self.put(base, policy, value, cause)
    }

    /// `serviceAccount` is an older name for `serviceAccountName`; the newer one wins.
    fn service_account(&mut self, base: usize) -> bool {
        let keys = &*KEYS;
        let (new, old) = (self.have(base, keys.service_account_name), self.have(base, keys.service_account));
        let (from, to) = match (new, old) {
            (Some(new), Some(old)) if self.text(new) == self.text(old) => return false,
            (Some(new), _) => (new, keys.service_account),
            (None, Some(old)) => (old, keys.service_account_name),
            (None, None) => return false,
        };
        let span = self.tree.node(from).span();
        let copy = self.copy(from);
        self.put(base, to, copy, span)
    }

    fn session_affinity(&mut self, base: usize, span: Span) -> bool {
        let keys = &*KEYS;
        let affinity = self.have(base, keys.session_affinity);
        let (by_address, cause) = match affinity {
            Some(affinity) => (self.text(affinity) == Some("ClientIP"), self.tree.node(affinity).span()),
            None => (false, span),
        };
        let config = self.have(base, keys.session_affinity_config);
        if by_address {
            let whole = config
                .and_then(|config| self.child(config, keys.client_ip))
                .is_some_and(|address| self.child(address, keys.timeout_seconds).is_some());
            let (false, Some(client_ip), Some(timeout)) = (whole, keys.client_ip, keys.timeout_seconds)
            else {
                return false;
            };
            let value = self.tree.add_scalar(Kind::Int(AFFINITY_SECONDS), cause, Origin::Default);
            let config = [timeout, client_ip].into_iter().fold(value, |value, key| {
                self.tree.add_mapping(&[Entry { key, value, span: cause }], cause, Origin::Default)
            });
            return self.put(base, keys.session_affinity_config, config, cause);
        }
        let none = affinity.is_none_or(|affinity| self.text(affinity) == Some("None"));
        if !none || config.is_none() {
            return false;
        }
        self.remove(base, keys.session_affinity_config)
    }

    /// A claim template says what it is.
    fn claim(&mut self, base: usize, span: Span, holder: Option<Holder<'_>>) -> bool {
        if holder.is_none() {
            return false;
        }
        let keys = &*KEYS;
        let mut changed = false;
        for (key, wanted) in [(keys.kind, "PersistentVolumeClaim"), (keys.api_version, "v1")] {
            let found = self.have(base, key);
            if found.and_then(|found| self.text(found)) != Some(wanted) {
                let value = self.add_text(wanted, span, Origin::Default);
                changed |= self.put(base, key, value, span);
            }
        }
        changed
    }

    /// Limits default to the maximum; requests to the limits, then to the minimum.
    fn limit_range(&mut self, base: usize) -> bool {
        let keys = &*KEYS;
        let container = self.have(base, keys.type_).and_then(|found| self.text(found)) == Some("Container");
        if !container {
            return false;
        }
        let (limits, requests) = (keys.default, keys.default_request);
        let mut changed = false;
        for (to, from) in [(limits, keys.max), (requests, limits), (requests, keys.min)] {
            let Some(from) = self.have(base, from) else { continue };
            let to_node = self.have(base, to);
            let span = self.tree.node(from).span();
            let merged = match to_node {
                Some(to_node) => self.merged(to_node, from),
                None => Some(self.copy(from)),
            };
            if let Some(merged) = merged {
                changed |= self.put(base, to, merged, span);
            }
        }
        changed
    }

    /// A mapping with the entries of another that it lacks; `None` where it lacks none.
    pub(super) fn merged(&mut self, node: NodeId, from: NodeId) -> Option<NodeId> {
        let missing: Vec<Entry> = {
            let own = self.tree.node(node).raw_entries();
            let lacks = |entry: &&Entry| own.iter().all(|other| other.key != entry.key);
            self.tree.node(from).raw_entries().iter().filter(lacks).copied().collect()
        };
        if missing.is_empty() {
            return None;
        }
        let view = self.tree.node(node);
        let (span, origin) = (view.span(), view.origin());
        let mut entries = view.raw_entries().to_vec();
        for entry in missing {
            let value = self.copy(entry.value);
            entries.push(Entry { value, span: self.tree.node(value).span(), ..entry });
        }
        Some(self.tree.add_mapping(&entries, span, origin))
    }

    /// A Secret's `stringData` goes over its `data`, in base64.
    fn string_data(&mut self, base: usize) -> bool {
        let keys = &*KEYS;
        let (Some(string_data), Some(data_key)) = (self.have(base, keys.string_data), keys.data) else {
            return false;
        };
        let data = self.have(base, keys.data);
        let mut entries = data.map_or_else(Vec::new, |data| self.tree.node(data).raw_entries().to_vec());
        for entry in self.tree.node(string_data).raw_entries().to_vec() {
            let node = self.tree.node(entry.value);
            let (span, encoded) = (node.span(), base64::encode(node.as_str().unwrap_or("").as_bytes()));
            let value = self.add_text(&encoded, span, Origin::Canonical);
            match entries.iter_mut().find(|other| other.key == entry.key) {
                Some(other) => *other = Entry { value, ..entry },
                None => entries.push(Entry { value, ..entry }),
            }
        }
        let span = self.tree.node(data.unwrap_or(string_data)).span();
        let merged = self.tree.add_mapping(&entries, span, Origin::Canonical);
        self.remove(base, keys.string_data);
        self.put(base, Some(data_key), merged, span)
    }

    /// Every namespace has its name as a label.
    fn namespace_label(&mut self, base: usize) -> bool {
        let keys = &*KEYS;
        let Some(metadata) = self.have(base, keys.metadata) else { return false };
        let name = self
            .child(metadata, keys.name)
            .filter(|name| self.text(*name).is_some_and(|name| !name.is_empty()));
        let (Some(name), Some(label)) = (name, keys.metadata_name) else { return false };
        let span = self.tree.node(name).span();
        let labels = self.child(metadata, keys.labels);
        let written = labels.and_then(|labels| self.child(labels, keys.metadata_name));
        if written.is_some_and(|written| self.text(written) == self.text(name)) {
            return false;
        }
        let value = self.copy(name);
        let labels = match labels {
            Some(labels) => self.with(labels, Some(label), value),
            None => self.tree.add_mapping(&[Entry { key: label, value, span }], span, Origin::Default),
        };
        let metadata = self.with(metadata, keys.labels, labels);
        self.put(base, keys.metadata, metadata, span)
    }

    /// Labels of the Pod template become those of the object, and its selector, where it has none.
    fn labels_of_template(&mut self, base: usize) -> bool {
        let keys = &*KEYS;
        let Some(spec) = self.have(base, keys.spec) else { return false };
        let labels = [keys.template, keys.metadata, keys.labels]
            .into_iter()
            .try_fold(spec, |node, key| self.child(node, key));
        let Some(labels) = labels else { return false };
        let span = self.tree.node(labels).span();
        let mut changed = false;
        let metadata = self.have(base, keys.metadata);
        if let Some(metadata) = metadata.filter(|metadata| self.child(*metadata, keys.labels).is_none()) {
            let copy = self.copy(labels);
            let metadata = self.with(metadata, keys.labels, copy);
            changed |= self.put(base, keys.metadata, metadata, span);
        }
        let api_version = self.have(base, keys.api_version).and_then(|found| self.text(found));
        let plain = match api_version {
            Some("v1") => true,
            Some("batch/v1") => return changed,
            _ => false,
        };
        if self.child(spec, keys.selector).is_none() {
            let mut selector = self.copy(labels);
            if let Some(key) = keys.match_labels.filter(|_| !plain) {
                selector =
                    self.tree.add_mapping(&[Entry { key, value: selector, span }], span, Origin::Default);
            }
            let spec = self.with(spec, keys.selector, selector);
            changed |= self.put(base, keys.spec, spec, span);
        }
        changed
    }

    /// A field that once held one value stands beside a list of them, and has its first; where they
    /// differ, the older one wins. `inner` is where an item has the value.
    fn first_of_many(
        &mut self,
        base: usize,
        one: Option<Key>,
        many: Option<Key>,
        inner: Option<Key>,
    ) -> bool {
        let text = |node: NodeId| self.text(node).filter(|text| !text.is_empty());
        let single = self.have(base, one).filter(|single| text(*single).is_some());
        let first = self.have(base, many).and_then(|list| self.tree.node(list).item_ids().first().copied());
        let value = match inner {
            Some(_) => first.and_then(|first| self.child(first, inner)),
            None => first,
        };
        let value = value.filter(|value| text(*value).is_some());
        match (single, value) {
            (Some(single), value) if value.and_then(text) != text(single) => {
                let span = self.tree.node(single).span();
                let mut item = self.copy(single);
                if let Some(key) = inner {
                    item = self.tree.add_mapping(&[Entry { key, value: item, span }], span, Origin::Default);
                }
                let list = self.tree.add_sequence(&[item], span, Origin::Default);
                self.put(base, many, list, span)
            }
            (None, Some(value)) => {
                let span = self.tree.node(value).span();
                let copy = self.copy(value);
                self.put(base, one, copy, span)
            }
            _ => false,
        }
    }
}
