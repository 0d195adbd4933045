//! Objects in, an inventory out.

mod append;

use std::sync::Arc;

use bulkhead_document::{Kind, Node, NodeId, Tree};
use bulkhead_kinds::{KindInfo, Kinds, Mappings, PathStep, PodForm};
use hashbrown::HashMap;

use crate::inventory::Inventory;
use crate::object::{File, FileId, Kept, KindRecord, ObjectId, Origin, OwnerRecord, Place, Record};
use crate::words::{ListId, Lists, Word, Words};

/// Why an object could not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// It is no object: no mapping, or without `apiVersion` and `kind`.
    #[error("an object needs apiVersion and kind")]
    NotAnObject,
    /// There are more objects, or longer names in all, than 32 bits can number.
    #[error("an inventory holds at most four gigabytes of names and four thousand million objects")]
    Full,
}

/// Gathers the objects of a source.
#[derive(Debug)]
pub struct Builder {
    kinds: &'static Kinds,
    default_namespace: Option<Word>,
    known: Vec<Known>,
    known_numbers: HashMap<(Word, Word), u32, foldhash::fast::RandomState>,
    /// Whether the objects of a custom resource have namespaces, as its definition says.
    defined: HashMap<(Word, Word), bool, foldhash::fast::RandomState>,
    parts: Parts,
}

/// What an inventory is made of.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) files: Vec<File>,
    pub(crate) words: Words,
    pub(crate) label_sets: Lists<(Word, Word)>,
    pub(crate) key_sets: Lists<Word>,
    pub(crate) owner_lists: Lists<OwnerRecord>,
    pub(crate) kinds: Vec<KindRecord>,
    pub(crate) records: Vec<Record>,
    pub(crate) kept: HashMap<ObjectId, Kept, foldhash::fast::RandomState>,
}

/// What is looked up once per kind.
#[derive(Debug)]
struct Known {
    /// `None` for a custom resource.
    namespaced: Option<bool>,
    /// The way to the Pod template; empty for a Pod.
    template: Option<Vec<String>>,
}

impl Builder {
    /// An empty one; objects without a namespace are in this one, if it is given.
    pub fn new(kinds: &'static Kinds, default_namespace: Option<&str>) -> Self {
        let mut parts = Parts::default();
        let default_namespace = default_namespace.and_then(|name| parts.words.add(name));
        Self {
            kinds,
            default_namespace,
            known: Vec::new(),
            known_numbers: HashMap::default(),
            defined: HashMap::default(),
            parts,
        }
    }

    /// Adds a file, whose objects are added next to it.
    pub fn file(&mut self, file: File) -> FileId {
        self.parts.files.push(file);
        FileId(u32::try_from(self.parts.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// Adds an object: its light record alone.
    pub fn add(&mut self, root: Node<'_>, origin: Origin) -> Result<ObjectId, InventoryError> {
        let text = |name| root.get(name).and_then(Node::as_str);
        let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else {
            return Err(InventoryError::NotAnObject);
        };
        self.record(root, api_version, kind, origin).ok_or(InventoryError::Full)
    }

    /// Adds an object and keeps its tree.
    pub fn add_kept(
        &mut self,
        tree: &Arc<Tree>,
        root: NodeId,
        origin: Origin,
    ) -> Result<ObjectId, InventoryError> {
        let id = self.add(tree.node(root), origin)?;
        self.parts.kept.insert(id, Kept { tree: tree.clone(), root });
        Ok(id)
    }

    /// A word's number, for what the caller keeps of objects beside their records; `None` when four gigabytes
    /// of words are full.
    pub fn word(&mut self, word: &str) -> Option<Word> {
        self.parts.words.add(word)
    }

    /// Indexes what was added. Objects are in the order of files, documents and places.
    pub fn finish(mut self) -> Inventory {
        self.apply_definitions();
        Inventory::new(self.parts)
    }

    fn record(&mut self, root: Node<'_>, api_version: &str, kind: &str, origin: Origin) -> Option<ObjectId> {
        let number = self.kind(api_version, kind)?;
        let metadata = root.get("metadata");
        let field = |name: &str| metadata.and_then(|metadata| metadata.get(name));
        let name = |field_name| field(field_name).and_then(Node::as_str).filter(|name| !name.is_empty());
        let known = self.known.get(number as usize)?;
        let namespace = match (known.namespaced, name("namespace")) {
            (Some(false), _) => Place::Cluster,
            (_, Some(namespace)) => Place::Named(self.parts.words.add(namespace)?),
            (_, None) => self.default_namespace.map_or(Place::Unknown, Place::Named),
        };
        let template = known.template.as_ref().and_then(|path| {
            path.iter()
                .try_fold(root, |node, key| node.get(key))
                .filter(|node| matches!(node.kind(), Kind::Mapping(_)))
        });
        let template_labels = template.and_then(|template| template.at(&["metadata", "labels"]));
        let own_name = name("name");
        let generated = own_name.is_none() && name("generateName").is_some();
        let record = Record {
            kind: number,
            namespace,
            name: self.parts.words.add(own_name.or_else(|| name("generateName")).unwrap_or(""))?,
            labels: self.parts.labels(field("labels"))?,
            template_labels: self.parts.labels(template_labels)?,
            annotations: self.parts.keys(field("annotations"))?,
            owners: self.parts.owners(field("ownerReferences"))?,
            origin,
            generated,
            runs_pods: template.is_some(),
        };
        if kind == "CustomResourceDefinition" {
            self.define(root);
        }
        self.parts.push(record)
    }

    /// The number of a kind; what is to be known of it is looked up when it is new.
    fn kind(&mut self, api_version: &str, kind: &str) -> Option<u32> {
        let key = (self.parts.words.add(api_version)?, self.parts.words.add(kind)?);
        if let Some(number) = self.known_numbers.get(&key) {
            return Some(*number);
        }
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        let record = KindRecord { api_version: key.0, group: self.parts.words.add(group)?, kind: key.1 };
        let number = u32::try_from(self.parts.kinds.len()).ok()?;
        let info = self.kinds.find(api_version, kind);
        let template = self.kinds.pod_template(api_version, kind).or_else(|| {
            let mut found = Mappings::well_known().find(api_version, kind);
            found.find(|template| template.form == PodForm::Template).cloned()
        });
        let template = template.and_then(|template| {
            let key = |step: PathStep| match step {
                PathStep::Key(key) => Some(key),
                PathStep::Each => None,
            };
            template.path.into_iter().map(key).collect()
        });
        self.parts.kinds.push(record);
        self.known.push(Known { namespaced: info.map(KindInfo::is_namespaced), template });
        self.known_numbers.insert(key, number);
        Some(number)
    }

    /// Notes whether the objects of a custom resource have namespaces.
    fn define(&mut self, root: Node<'_>) -> Option<()> {
        let spec = root.get("spec")?;
        let group = self.parts.words.add(spec.get("group")?.as_str()?)?;
        let kind = self.parts.words.add(spec.at(&["names", "kind"])?.as_str()?)?;
        self.defined.insert((group, kind), spec.get("scope")?.as_str()? != "Cluster");
        Some(())
    }

    fn apply_definitions(&mut self) {
        if self.defined.values().all(|namespaced| *namespaced) {
            return;
        }
        for record in &mut self.parts.records {
            let Some(kind) = self.parts.kinds.get(record.kind as usize) else { continue };
            if self.defined.get(&(kind.group, kind.kind)) == Some(&false) {
                record.namespace = Place::Cluster;
            }
        }
    }
}

impl Parts {
    fn push(&mut self, record: Record) -> Option<ObjectId> {
        let number = u32::try_from(self.records.len()).ok()?;
        self.records.push(record);
        Some(ObjectId(number))
    }

    fn labels(&mut self, labels: Option<Node<'_>>) -> Option<ListId> {
        let mut pairs = Vec::new();
        for (key, value) in labels.into_iter().flat_map(Node::entries) {
            if let Some(value) = value.as_str() {
                pairs.push((self.words.add(key)?, self.words.add(value)?));
            }
        }
        pairs.sort_unstable_by_key(|(key, _)| *key);
        self.label_sets.add(&pairs)
    }

    fn keys(&mut self, annotations: Option<Node<'_>>) -> Option<ListId> {
        let mut keys = Vec::new();
        for (key, _) in annotations.into_iter().flat_map(Node::entries) {
            keys.push(self.words.add(key)?);
        }
        keys.sort_unstable();
        self.key_sets.add(&keys)
    }

    fn owners(&mut self, references: Option<Node<'_>>) -> Option<ListId> {
        let mut owners = Vec::new();
        for owner in references.into_iter().flat_map(Node::items) {
            let text = |name| owner.get(name).and_then(Node::as_str).unwrap_or_default();
            let group = text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
            owners.push(OwnerRecord {
                group: self.words.add(group)?,
                kind: self.words.add(text("kind"))?,
                name: self.words.add(text("name"))?,
                controller: owner.get("controller").and_then(Node::as_bool) == Some(true),
            });
        }
        self.owner_lists.add(&owners)
    }
}
