//! The normalised view: an object as the API server holds it once it was sent there.
//!
//! That is decoding into the version's types (unknown fields dropped, nulls and zero values left out
//! where they are not written), canonical quantities and times, defaults, and the conversion to the
//! internal version and back. Every part that stays as it is keeps its node; new nodes are added to
//! the same tree and carry the span of what caused them.
//!
//! A custom resource passes untouched but for the Pod templates in it ([`crate::PodTemplate`]).

mod complete;
mod custom;
mod keys;
mod pod;
mod problem;
mod scalar;
mod special;
mod walk;
mod zero;

use bulkhead_document::{Key, Limits, Node, NodeId, Tree};

pub use problem::{Problem, ProblemKind, Step, spell};

use crate::kind::KindInfo;
use crate::schema::Kinds;
use crate::template::Mappings;
use walk::Walk;

#[cfg(test)]
mod tests;

/// What [`normalise`] found.
#[derive(Debug)]
pub struct Normalised {
    /// The view. The document's own root where its kind is unknown.
    pub root: NodeId,
    /// The Pods that the object is or makes.
    pub pods: Vec<PodView>,
    /// What the API server would not take, or would drop.
    pub problems: Vec<Problem>,
}

/// A Pod that an object is, or makes from a template.
#[derive(Debug)]
pub struct PodView {
    /// A mapping with `metadata` and `spec` as the Pod will have them: beyond the defaults of a
    /// template, requests from limits, host ports of a Pod in its node's network and such, which the
    /// API server gives to Pods alone. Parts that these do not touch are the nodes of the view.
    pub root: NodeId,
    /// Where it is written, from the root: a template, or what stands for one; empty for a Pod.
    pub path: Vec<Step>,
    /// Where containers are that do not stand in lists of `spec` at that path (custom resources with a
    /// form of their own).
    pub containers: Vec<Placed>,
}

/// Where a container of a [`PodView`] is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The list it is in, in the view: `containers` or `initContainers`.
    pub list: Key,
    /// Its place in that list.
    pub index: usize,
    /// The path to it in the document.
    pub path: Vec<Step>,
}

impl PodView {
    /// The path to a container in the document: `list` is `containers` and such.
    pub fn container_path(&self, list: Key, index: usize) -> Vec<Step> {
        let own = self.containers.iter().find(|placed| placed.list == list && placed.index == index);
        own.map_or_else(
            || {
                let mut path = self.path.clone();
                path.extend(Key::known("spec").map(Step::Key));
                path.extend([Step::Key(list), Step::Index(index)]);
                path
            },
            |placed| placed.path.clone(),
        )
    }
}

/// Adds the normalised view of a document to its tree. The tree's root stays.
pub fn normalise(tree: &mut Tree, kinds: &Kinds) -> Normalised {
    normalise_with(tree, kinds, Mappings::well_known())
}

/// The same, with custom resources as these mappings say.
pub fn normalise_with(tree: &mut Tree, kinds: &Kinds, mappings: &Mappings) -> Normalised {
    let root = tree.root().id();
    let names = tree
        .root()
        .get("apiVersion")
        .and_then(Node::as_str)
        .zip(tree.root().get("kind").and_then(Node::as_str));
    let Some((api_version, kind)) = names else {
        return Normalised { root, pods: Vec::new(), problems: Vec::new() };
    };
    let Some(id) = kinds.find(api_version, kind).and_then(KindInfo::object_type).map(|found| found.id) else {
        let templates: Vec<_> = mappings.find(api_version, kind).collect();
        let mut walk = Walk::new(tree, kinds);
        let (root, pods) = walk.custom(root, &templates);
        return Normalised { root, pods, problems: walk.problems };
    };
    let mut walk = Walk::new(tree, kinds);
    let mut view = walk.root(root, id);
    let pods = walk.pods(view, id);
    // A Pod's own view has what Pods alone get.
    if let Some(pod) = pods.iter().find(|pod| pod.path.is_empty()) {
        view = pod.root;
    }
    Normalised { root: view, pods, problems: walk.problems }
}

/// Reads bytes as documents and normalises each under every version: for fuzzing.
pub fn fuzz_normalise(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let limits = Limits { nodes: 20_000, alias_nodes: 20_000, documents: 20, ..Limits::default() };
    for tree in bulkhead_document::read(text.into(), &limits).flatten() {
        for minor in crate::SUPPORTED {
            let Some(kinds) = Kinds::for_minor(minor) else { continue };
            let mut tree = tree.clone();
            let first = normalise(&mut tree, kinds);
            tree.set_root(first.root);
            let again = normalise(&mut tree, kinds);
            assert!(again.problems.len() <= first.problems.len(), "a view has no new problems");
        }
    }
}
