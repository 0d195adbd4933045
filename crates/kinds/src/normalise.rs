//! The normalised view: an object as the API server holds it once it was sent there.
//!
//! That is decoding into the version's types (unknown fields dropped, nulls and zero values left out
//! where they are not written), canonical quantities and times, defaults, and the conversion to the
//! internal version and back. Every part that stays as it is keeps its node; new nodes are added to
//! the same tree and carry the span of what caused them.
//!
//! A custom resource passes untouched but for the Pod templates in it ([`crate::PodTemplate`]).

mod pod;
mod problem;
mod scalar;
mod special;
mod walk;
mod zero;

use bulkhead_document::{Limits, NodeId, Tree};

pub use problem::{Problem, ProblemKind, Step};

use crate::schema::Kinds;
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
    /// Where the template is, from the root; empty for a Pod.
    pub path: Vec<Step>,
}

/// Adds the normalised view of a document to its tree. The tree's root stays.
pub fn normalise(tree: &mut Tree, kinds: &Kinds) -> Normalised {
    let root = tree.root().id();
    let names = |tree: &Tree| -> Option<crate::schema::TypeId> {
        let api_version = tree.root().get("apiVersion")?.as_str()?;
        let kind = tree.root().get("kind")?.as_str()?;
        Some(kinds.find(api_version, kind)?.object_type()?.id)
    };
    let Some(id) = names(tree) else {
        return Normalised { root, pods: Vec::new(), problems: Vec::new() };
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
