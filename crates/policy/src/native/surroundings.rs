//! What policies ask for beside the object they judge: bindings, parameters, Namespaces, definitions of
//! custom resources.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bulkhead_document::{Node, Tree};
use bulkhead_kinds::Kinds;

use super::binding;
use super::request::Custom;

/// Groups and kinds of objects to look for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted(BTreeSet<(String, String)>);

impl Wanted {
    pub(crate) fn add(&mut self, group: &str, kind: &str) {
        self.0.insert((group.to_owned(), kind.to_owned()));
    }

    /// Exceptions of ours.
    pub fn exceptions() -> Self {
        Self(BTreeSet::from([("bulkhead.dev".to_owned(), "Exception".to_owned())]))
    }

    /// What both look for.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a text may hold such an object: it is worth reading only then.
    pub fn may_be_in(&self, text: &str) -> bool {
        self.0.iter().any(|(_, kind)| text.contains(&**kind))
    }

    /// Whether an object is looked for.
    pub fn wants(&self, object: Node<'_>) -> bool {
        names(object).is_some_and(|(group, kind)| {
            self.0.iter().any(|(known_group, known)| *known_group == group && *known == kind)
        })
    }
}

/// Group and kind of an object.
fn names(object: Node<'_>) -> Option<(&str, &str)> {
    let api_version = object.get("apiVersion").and_then(Node::as_str)?;
    let kind = object.get("kind").and_then(Node::as_str)?;
    Some((api_version.rsplit_once('/').map_or("", |(group, _)| group), kind))
}

/// Objects that were found, by group and kind; as the server holds them.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    objects: HashMap<(String, String), Vec<Found>>,
}

/// An object, and where it was.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) file: Arc<str>,
    pub(crate) tree: Arc<Tree>,
}

impl Surroundings {
    /// Adds an object.
    pub fn add(&mut self, file: &Arc<str>, mut tree: Tree, kinds: &Kinds) {
        let Some((group, kind)) = names(tree.root()).map(|(group, kind)| (group.to_owned(), kind.to_owned()))
        else {
            return;
        };
        // A binding is read as it was written, for the places of its mistakes.
        if !binding::is_binding(tree.root()) {
            let root = bulkhead_kinds::normalise(&mut tree, kinds).root;
            tree.set_root(root);
        }
        let found = Found { file: file.clone(), tree: Arc::new(tree) };
        self.objects.entry((group, kind)).or_default().push(found);
    }

    /// Adds all that another holds.
    pub fn extend(&mut self, other: Self) {
        let mut others: Vec<_> = other.objects.into_iter().collect();
        others.sort_by(|left, right| left.0.cmp(&right.0));
        for (names, found) in others {
            self.objects.entry(names).or_default().extend(found);
        }
    }

    pub(crate) fn found(&self, group: &str, kind: &str) -> impl Iterator<Item = &Found> {
        self.objects.get(&(group.to_owned(), kind.to_owned())).into_iter().flatten()
    }

    pub(crate) fn of_kind(&self, group: &str, kind: &str) -> impl Iterator<Item = &Arc<Tree>> {
        self.found(group, kind).map(|found| &found.tree)
    }

    /// A Namespace by its name; the last one counts.
    pub(crate) fn namespace(&self, name: &str) -> Option<Node<'_>> {
        let is_called =
            |tree: &&Arc<Tree>| tree.root().at(&["metadata", "name"]).and_then(Node::as_str) == Some(name);
        self.of_kind("", "Namespace").filter(is_called).last().map(|tree| tree.root())
    }

    /// What a definition says of a custom kind.
    pub(crate) fn custom(&self, group: &str, kind: &str) -> Option<Custom<'_>> {
        let spec = self
            .of_kind("apiextensions.k8s.io", "CustomResourceDefinition")
            .filter_map(|tree| tree.root().get("spec"))
            .find(|spec| {
                let text = |path: &[&str]| spec.at(path).and_then(Node::as_str);
                text(&["group"]) == Some(group) && text(&["names", "kind"]) == Some(kind)
            })?;
        Some(Custom {
            plural: spec.at(&["names", "plural"]).and_then(Node::as_str)?,
            is_namespaced: spec.get("scope").and_then(Node::as_str) == Some("Namespaced"),
        })
    }
}
