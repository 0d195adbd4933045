//! What definitions of custom resources get: names that follow from their kind, the version they are stored
//! in, and what of their conversion the internal version has a place for.
//!
//! Sources, in apiextensions-apiserver: pkg/apis/apiextensions/v1/defaults.go and conversion.go.

use bulkhead_document::{Kind, NodeId, Origin};

use crate::normalise::keys::KEYS;
use crate::normalise::walk::Walk;

impl Walk<'_, '_> {
    /// A definition's singular name and the kind of its lists follow from its kind.
    pub(super) fn definition_names(&mut self, base: usize) -> bool {
        let keys = &*KEYS;
        let Some(names) = self.have(base, keys.names) else { return false };
        let Some(kind) = self.child(names, keys.kind) else { return false };
        let (span, text) = (self.tree.node(kind).span(), self.text(kind).unwrap_or("").to_owned());
        if text.is_empty() {
            return false;
        }
        let mut view = names;
        for (key, value) in [(keys.singular, text.to_lowercase()), (keys.list_kind, format!("{text}List"))] {
            if self.child(view, key).is_none() {
                let value = self.add_text(&value, span, Origin::Default);
                view = self.with(view, key, value);
            }
        }
        view != names && self.put(base, keys.names, view, span)
    }

    /// A definition is stored in its storage version, and in those it was stored in before.
    pub(super) fn stored_versions(&mut self, base: usize) -> bool {
        let keys = &*KEYS;
        let Some(status) = self.have(base, keys.status) else { return false };
        let stored = self.child(status, keys.stored_versions);
        if stored.is_some_and(|stored| !self.tree.node(stored).item_ids().is_empty()) {
            return false;
        }
        let versions = self.have(base, keys.spec).and_then(|spec| self.child(spec, keys.versions));
        let items = versions.map_or(&[][..], |versions| self.tree.node(versions).item_ids());
        let is_stored = |version: &NodeId| {
            let storage = self.child(*version, keys.storage);
            storage.is_some_and(|storage| matches!(self.tree.node(storage).kind(), Kind::Bool(true)))
        };
        let Some(version) = items.iter().copied().find(is_stored) else { return false };
        let span = self.tree.node(version).span();
        let name = match self.child(version, keys.name) {
            Some(name) => self.copy(name),
            None => self.add_text("", span, Origin::Default),
        };
        let stored = self.tree.add_sequence(&[name], span, Origin::Default);
        let status = self.with(status, keys.stored_versions, stored);
        self.put(base, keys.status, status, span)
    }

    /// The internal version has no place for a webhook that says nothing.
    pub(super) fn empty_webhook(&mut self, base: usize) -> bool {
        let keys = &*KEYS;
        let webhook = self.have(base, keys.webhook);
        let empty = webhook.is_some_and(|webhook| self.tree.node(webhook).raw_entries().is_empty());
        empty && self.remove(base, keys.webhook)
    }
}
