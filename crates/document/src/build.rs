//! Trees from the bottom up: children wait on a stack until their collection closes.

use crate::limits::{Failure, Limits, Problem};
use crate::tree::{Duplicate, Entry, NodeId, Origin, SMALL, Span, Tree};

/// Builds the tree of one document.
pub(crate) struct Builder {
    pub(crate) tree: Tree,
    /// Items of sequences that are still open.
    items: Vec<NodeId>,
    /// Entries of mappings that are still open.
    entries: Vec<Entry>,
    /// Places in `entries` that came through a merge key, in rising order.
    merged: Vec<usize>,
}

impl Builder {
    pub(crate) fn new(tree: Tree) -> Self {
        Self { tree, items: Vec::new(), entries: Vec::new(), merged: Vec::new() }
    }

    /// Where the items of a sequence that opens now will begin.
    pub(crate) fn item_base(&self) -> usize {
        self.items.len()
    }

    /// Where the entries of a mapping that opens now will begin.
    pub(crate) fn entry_base(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn item(&mut self, item: NodeId) {
        self.items.push(item);
    }

    pub(crate) fn entry(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// An entry that a merge key brings: it may repeat a key without being a duplicate.
    pub(crate) fn merged_entry(&mut self, entry: Entry) {
        self.merged.push(self.entries.len());
        self.entries.push(entry);
    }

    pub(crate) fn finish_sequence(&mut self, base: usize, span: Span) -> NodeId {
        let items = self.items.get(base..).unwrap_or_default();
        let id = self.tree.add_sequence(items, span, Origin::Source);
        self.items.truncate(base);
        id
    }

    /// Closes a mapping. Of entries with the same key the last one stays, at its own place.
    pub(crate) fn finish_mapping(&mut self, base: usize, span: Span) -> NodeId {
        let entries = self.entries.get(base..).unwrap_or_default();
        if repeats(entries) {
            self.drop_repeated(base);
        }
        let entries = self.entries.get(base..).unwrap_or_default();
        let id = self.tree.add_mapping(entries, span, Origin::Source);
        self.entries.truncate(base);
        while self.merged.last().is_some_and(|place| *place >= base) {
            self.merged.pop();
        }
        id
    }

    pub(crate) fn check_nodes(&self, limits: &Limits, offset: usize) -> Result<(), Failure> {
        if self.tree.node_count() > limits.nodes {
            let problem = Problem::TooManyNodes { limit: limits.nodes };
            return Err(Failure::new(problem, offset));
        }
        Ok(())
    }

    fn drop_repeated(&mut self, base: usize) {
        let entries = self.entries.get(base..).unwrap_or_default();
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by_key(|index| entries.get(*index).map(|entry| entry.key));
        let is_merged = |index: usize| self.merged.binary_search(&(base + index)).is_ok();
        let mut dropped = vec![false; entries.len()];
        let mut duplicates = Vec::new();
        for pair in order.windows(2) {
            let &[first, again] = pair else { continue };
            let (Some(one), Some(two)) = (entries.get(first), entries.get(again)) else {
                continue;
            };
            if one.key == two.key {
                if let Some(dropped) = dropped.get_mut(first) {
                    *dropped = true;
                }
                if !is_merged(first) && !is_merged(again) {
                    duplicates.push(Duplicate { key: one.key, first: one.span, again: two.span });
                }
            }
        }
        duplicates.sort_by_key(|duplicate| duplicate.again);
        for duplicate in duplicates {
            self.tree.add_duplicate(duplicate);
        }
        let kept: Vec<Entry> = entries
            .iter()
            .zip(&dropped)
            .filter(|(_, dropped)| !**dropped)
            .map(|(entry, _)| *entry)
            .collect();
        self.entries.truncate(base);
        self.entries.extend(kept);
    }
}

fn repeats(entries: &[Entry]) -> bool {
    if entries.len() <= SMALL {
        let mut rest = entries;
        while let Some((first, others)) = rest.split_first() {
            if others.iter().any(|other| other.key == first.key) {
                return true;
            }
            rest = others;
        }
        return false;
    }
    let mut keys: Vec<_> = entries.iter().map(|entry| entry.key).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair.first() == pair.last())
}
