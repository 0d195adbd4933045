//! One object of an inventory, and what is kept of it.

use std::sync::Arc;

use bulkhead_document::{Node, NodeId, Tree};
use bulkhead_model::{Namespace, ObjectRef};

use crate::inventory::Inventory;
use crate::words::{ListId, Word};

/// An object's number in its inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub(crate) u32);

impl ObjectId {
    /// The number it has once its builder is appended to one that holds so many objects.
    #[must_use]
    pub fn after(self, objects: u32) -> Self {
        Self(self.0.saturating_add(objects))
    }
}

/// A file's number in its inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub(crate) u32);

impl FileId {
    /// Its place among the files, from 0.
    pub fn number(self) -> usize {
        self.0 as usize
    }
}

/// What objects came from: a file, or a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path, or how the cluster is called.
    pub path: Arc<str>,
    /// Whether it belongs to a source that is whole, so that what is not there does not exist.
    pub whole: bool,
}

/// Where an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The file.
    pub file: FileId,
    /// Which document of it, from 0.
    pub document: u32,
    /// Line of its first value, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// A document that is kept whole.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The tree, which several objects of a list share.
    pub tree: Arc<Tree>,
    /// The object in it.
    pub root: NodeId,
}

impl Kept {
    /// The object.
    pub fn node(&self) -> Node<'_> {
        self.tree.node(self.root)
    }
}

/// What is kept of each object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) kind: u32,
    pub(crate) namespace: Place,
    pub(crate) name: Word,
    pub(crate) labels: ListId,
    pub(crate) template_labels: ListId,
    pub(crate) annotations: ListId,
    pub(crate) owners: ListId,
    pub(crate) origin: Origin,
    /// The name is only the start of one (`generateName`).
    pub(crate) generated: bool,
    /// It has a Pod template, or is a Pod.
    pub(crate) runs_pods: bool,
}

/// A namespace as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    Cluster,
    Unknown,
    Named(Word),
}

/// Group, version and kind as they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KindRecord {
    pub(crate) api_version: Word,
    pub(crate) group: Word,
    pub(crate) kind: Word,
}

/// An owner reference as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OwnerRecord {
    pub(crate) group: Word,
    pub(crate) kind: Word,
    pub(crate) name: Word,
    pub(crate) controller: bool,
}

/// An object that owns another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    /// Its API group.
    pub group: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its name; it lives in the same namespace, or in none.
    pub name: &'a str,
    /// Whether it is the one that manages the object.
    pub controller: bool,
}

/// An object within its inventory; cheap to copy.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) id: ObjectId,
    pub(crate) record: &'a Record,
}

impl<'a> Object<'a> {
    /// Its number.
    pub fn id(self) -> ObjectId {
        self.id
    }

    /// Group and version, such as `apps/v1`.
    pub fn api_version(self) -> &'a str {
        self.kind_record().map_or("", |kind| self.inventory.word(kind.api_version))
    }

    /// The API group; empty for the core group.
    pub fn group(self) -> &'a str {
        self.kind_record().map_or("", |kind| self.inventory.word(kind.group))
    }

    /// The kind.
    pub fn kind(self) -> &'a str {
        self.kind_record().map_or("", |kind| self.inventory.word(kind.kind))
    }

    /// Its name; with `generateName` alone, that prefix.
    pub fn name(self) -> &'a str {
        self.inventory.word(self.record.name)
    }

    /// Whether [`Object::name`] is only the start of the name it will get.
    pub fn is_name_generated(self) -> bool {
        self.record.generated
    }

    /// The name of its namespace; `None` where it has none or the source leaves it open.
    pub fn namespace(self) -> Option<&'a str> {
        match self.record.namespace {
            Place::Named(word) => Some(self.inventory.word(word)),
            Place::Cluster | Place::Unknown => None,
        }
    }

    /// Whether its kind has no namespaces.
    pub fn is_cluster_scoped(self) -> bool {
        self.record.namespace == Place::Cluster
    }

    /// Its labels.
    pub fn labels(self) -> Labels<'a> {
        Labels { inventory: self.inventory, pairs: self.inventory.label_sets.list(self.record.labels) }
    }

    /// The labels of the Pods that it makes; a Pod's own labels. `None` where it makes none.
    pub fn pod_labels(self) -> Option<Labels<'a>> {
        let pairs = self.inventory.label_sets.list(self.record.template_labels);
        self.record.runs_pods.then_some(Labels { inventory: self.inventory, pairs })
    }

    /// The keys of its annotations.
    pub fn annotation_keys(self) -> impl ExactSizeIterator<Item = &'a str> {
        let inventory = self.inventory;
        inventory
            .key_sets
            .list(self.record.annotations)
            .iter()
            .map(move |word| inventory.word(*word))
    }

    /// Whether it has an annotation.
    pub fn has_annotation(self, key: &str) -> bool {
        self.annotation_keys().any(|other| other == key)
    }

    /// What owns it.
    pub fn owners(self) -> impl ExactSizeIterator<Item = Owner<'a>> {
        let inventory = self.inventory;
        inventory.owner_lists.list(self.record.owners).iter().map(move |owner| Owner {
            group: inventory.word(owner.group),
            kind: inventory.word(owner.kind),
            name: inventory.word(owner.name),
            controller: owner.controller,
        })
    }

    /// Where it stands.
    pub fn origin(self) -> Origin {
        self.record.origin
    }

    /// What it came from.
    pub fn file(self) -> Option<&'a File> {
        self.inventory.file(self.record.origin.file)
    }

    /// Whether it comes from a source that is whole.
    pub fn is_from_whole(self) -> bool {
        self.file().is_some_and(|file| file.whole)
    }

    /// The document itself, where it was kept.
    pub fn kept(self) -> Option<&'a Kept> {
        self.inventory.kept.get(&self.id)
    }

    /// The object itself, where it was kept.
    pub fn node(self) -> Option<Node<'a>> {
        self.kept().map(Kept::node)
    }

    /// How findings name it.
    pub fn reference(self) -> ObjectRef {
        let name = if self.record.generated { format!("{}*", self.name()) } else { self.name().to_owned() };
        ObjectRef {
            api_version: self.api_version().into(),
            kind: self.kind().into(),
            namespace: self.model_namespace(),
            name: name.into(),
        }
    }

    pub(crate) fn model_namespace(self) -> Namespace {
        match self.record.namespace {
            Place::Cluster => Namespace::Cluster,
            Place::Unknown => Namespace::Unknown,
            Place::Named(word) => Namespace::Named(self.inventory.word(word).into()),
        }
    }

    fn kind_record(self) -> Option<&'a KindRecord> {
        self.inventory.kinds.get(self.record.kind as usize)
    }
}

impl std::fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.reference())
    }
}

/// Labels of an object, sorted by key.
#[derive(Clone, Copy)]
pub struct Labels<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) pairs: &'a [(Word, Word)],
}

impl<'a> Labels<'a> {
    /// The value of a label.
    pub fn get(self, key: &str) -> Option<&'a str> {
        let key = self.inventory.words.find(key)?;
        let pair = self.pairs.iter().find(|(other, _)| *other == key)?;
        Some(self.inventory.word(pair.1))
    }

    /// All of them.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (&'a str, &'a str)> {
        let inventory = self.inventory;
        self.pairs.iter().map(move |(key, value)| (inventory.word(*key), inventory.word(*value)))
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.pairs.is_empty()
    }
}

impl std::fmt::Debug for Labels<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
