//! The parameter objects of a binding.
//!
//! Source: `CollectParams` of k8s.io/apiserver, `pkg/admission/plugin/policy/generic`.

use std::sync::Arc;

use bulkhead_document::Tree;
use bulkhead_kinds::Kinds;
use bulkhead_model::Namespace;

use super::ParameterKind;
use super::binding::{ParameterRef, Which};
use super::request::{NAMESPACE, Request};
use super::surroundings::Surroundings;

/// What a policy is judged with, each by itself.
pub(crate) enum Parameters<'a> {
    /// `params` is null.
    None,
    /// These.
    Objects(Vec<&'a Arc<Tree>>),
    /// They hang on what the source does not tell.
    Unknown(String),
    /// The server takes this for a mistake in the binding.
    Wrong(&'static str),
}

/// Finds them.
pub(crate) fn collect<'a>(
    kind: &ParameterKind,
    reference: &ParameterRef,
    request: &Request<'_>,
    kinds: &Kinds,
    surroundings: &'a Surroundings,
) -> Parameters<'a> {
    let objects: Vec<&Arc<Tree>> = surroundings.of_kind(kind.group(), &kind.kind).collect();
    let known = kinds.find(&kind.api_version, &kind.kind).map(bulkhead_kinds::KindInfo::is_namespaced);
    let custom = surroundings.custom(kind.group(), &kind.kind).map(|custom| custom.is_namespaced);
    let written = || objects.iter().any(|tree| namespace_of(tree).is_some());
    let is_namespaced = known.or(custom).unwrap_or_else(written);
    let namespace = match (&reference.namespace, is_namespaced) {
        (Some(_), false) => {
            return Parameters::Wrong(
                "paramRef.namespace must not be provided for a cluster-scoped `paramKind`",
            );
        }
        (None, false) => None,
        (Some(name), true) => Some(&**name),
        (None, true) => match &request.namespace {
            Namespace::Named(name) => Some(&**name),
            Namespace::Unknown => return Parameters::Unknown(NAMESPACE.to_owned()),
            Namespace::Cluster if request.is_for_namespace() => request.name,
            Namespace::Cluster => {
                return Parameters::Wrong(
                    "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
                );
            }
        },
    };
    let meant = |tree: &&Arc<Tree>| {
        let metadata = |field| tree.root().at(&["metadata", field]);
        let is_there = namespace.is_none() || namespace_of(tree) == namespace;
        is_there
            && match &reference.which {
                Which::Named(name) => {
                    metadata("name").and_then(bulkhead_document::Node::as_str) == Some(name)
                }
                Which::Selected(selector) => selector.matches_node(metadata("labels")),
            }
    };
    let found: Vec<_> = objects.into_iter().filter(meant).collect();
    if found.is_empty() && reference.must_exist {
        return Parameters::Wrong("no params found for policy binding with `Deny` parameterNotFoundAction");
    }
    Parameters::Objects(found)
}

fn namespace_of(tree: &Tree) -> Option<&str> {
    let namespace = tree.root().at(&["metadata", "namespace"]).and_then(bulkhead_document::Node::as_str);
    namespace.filter(|name| !name.is_empty())
}
