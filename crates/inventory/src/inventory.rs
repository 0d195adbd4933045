//! What exists, asked by kind, name, namespace, owner and labels.

use bulkhead_model::Workload;
use hashbrown::HashMap;

use crate::builder::Parts;
use crate::index::Index;
use crate::object::{File, FileId, Kept, KindRecord, Object, ObjectId, OwnerRecord, Place, Record};
use crate::selector::Selector;
use crate::words::{Lists, Word, Words};
use crate::workload::{self, Names};

/// The objects of one source.
#[derive(Debug)]
pub struct Inventory {
    pub(crate) files: Vec<File>,
    pub(crate) words: Words,
    pub(crate) label_sets: Lists<(Word, Word)>,
    pub(crate) key_sets: Lists<Word>,
    pub(crate) owner_lists: Lists<OwnerRecord>,
    pub(crate) kinds: Vec<KindRecord>,
    pub(crate) records: Vec<Record>,
    pub(crate) kept: HashMap<ObjectId, Kept, foldhash::fast::RandomState>,
    /// By group and kind, then namespace.
    by_kind: Index<(Word, Word)>,
    by_place: Index<(Word, Word, Place)>,
    by_name: Index<(Word, Word, Place, Word)>,
    by_namespace: Index<Place>,
    /// What runs Pods, by namespace and each label of its Pods.
    by_label: Index<(Place, Word, Word)>,
    /// By the owner's group, kind and name, and the namespace of what it owns.
    by_owner: Index<(Word, Word, Word, Place)>,
}

impl Inventory {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { files, words, label_sets, key_sets, owner_lists, kinds, mut records, kept } = parts;
        records.shrink_to_fit();
        let each = || (0..).map(ObjectId).zip(&records);
        let kind_of = |record: &Record| {
            let kind = kinds.get(record.kind as usize);
            kind.map_or((Word::NONE, Word::NONE), |kind| (kind.group, kind.kind))
        };
        let by_kind = Index::new(each().map(|(id, record)| (kind_of(record), id)).collect());
        let by_place = each().map(|(id, record)| {
            let (group, kind) = kind_of(record);
            ((group, kind, record.namespace), id)
        });
        let by_place = Index::new(by_place.collect());
        let by_name = each().map(|(id, record)| {
            let (group, kind) = kind_of(record);
            ((group, kind, record.namespace, record.name), id)
        });
        let by_name = Index::new(by_name.collect());
        let by_namespace = Index::new(each().map(|(id, record)| (record.namespace, id)).collect());
        let mut labelled = Vec::new();
        for (id, record) in each().filter(|(_, record)| record.runs_pods) {
            for (key, value) in label_sets.list(record.template_labels) {
                labelled.push(((record.namespace, *key, *value), id));
            }
        }
        let by_label = Index::new(labelled);
        let mut owned = Vec::new();
        for (id, record) in each() {
            for owner in owner_lists.list(record.owners) {
                owned.push(((owner.group, owner.kind, owner.name, record.namespace), id));
            }
        }
        let by_owner = Index::new(owned);
        Self {
            files,
            words,
            label_sets,
            key_sets,
            owner_lists,
            kinds,
            records,
            kept,
            by_kind,
            by_place,
            by_name,
            by_namespace,
            by_label,
            by_owner,
        }
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether all of it comes from sources that are whole.
    pub fn is_whole(&self) -> bool {
        self.files.iter().all(|file| file.whole)
    }

    /// Its files, in the order they were added.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (FileId, &File)> {
        self.files
            .iter()
            .enumerate()
            .map(|(number, file)| (FileId(u32::try_from(number).unwrap_or(u32::MAX)), file))
    }

    /// A file.
    pub fn file(&self, id: FileId) -> Option<&File> {
        self.files.get(id.0 as usize)
    }

    /// An object by its number.
    pub fn object(&self, id: ObjectId) -> Option<Object<'_>> {
        let record = self.records.get(id.0 as usize)?;
        Some(Object { inventory: self, id, record })
    }

    /// All objects, in the order they were added.
    pub fn objects(&self) -> impl ExactSizeIterator<Item = Object<'_>> {
        let object = |(number, record)| Object { inventory: self, id: ObjectId(number), record };
        (0..u32::try_from(self.records.len()).unwrap_or(u32::MAX)).zip(&self.records).map(object)
    }

    /// The groups and kinds that there are.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by_kind.keys().map(|(group, kind)| (self.word(group), self.word(kind)))
    }

    /// The objects of a kind, whatever their version: `("apps", "Deployment")`, `("", "Service")`.
    pub fn of_kind(&self, group: &str, kind: &str) -> impl Iterator<Item = Object<'_>> {
        let key = self.words.find(group).zip(self.words.find(kind));
        self.each(key.map_or(&[], |key| self.by_kind.get(&key)))
    }

    /// The objects of a kind in a namespace; without one, those whose namespace the source leaves open,
    /// and those of kinds that have none.
    pub fn in_namespace(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = Object<'_>> {
        let key = self.words.find(group).zip(self.words.find(kind));
        let found = |place| key.map_or(&[][..], |(group, kind)| self.by_place.get(&(group, kind, place)));
        let [first, second] = self.places(namespace);
        self.each(first.map_or(&[], found)).chain(self.each(second.map_or(&[], found)))
    }

    /// All objects in a namespace.
    pub fn all_in_namespace(&self, namespace: &str) -> impl Iterator<Item = Object<'_>> {
        let [place, _] = self.places(Some(namespace));
        self.each(place.map_or(&[], |place| self.by_namespace.get(&place)))
    }

    /// The namespaces that objects are in, by name.
    pub fn namespaces(&self) -> Vec<&str> {
        let named = self.by_namespace.keys().filter_map(|place| match place {
            Place::Named(word) => Some(self.word(word)),
            Place::Cluster | Place::Unknown => None,
        });
        let mut sorted: Vec<&str> = named.collect();
        sorted.sort_unstable();
        sorted
    }

    /// The objects of a name; more than one where files disagree, or have several versions of it.
    pub fn named(
        &self,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> impl Iterator<Item = Object<'_>> {
        let key = self.words.find(group).zip(self.words.find(kind)).zip(self.words.find(name));
        let found = |place| {
            key.map_or(&[][..], |((group, kind), name)| self.by_name.get(&(group, kind, place, name)))
        };
        let [first, second] = self.places(namespace);
        self.each(first.map_or(&[], found)).chain(self.each(second.map_or(&[], found)))
    }

    /// The object of a name.
    pub fn find(&self, group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Option<Object<'_>> {
        self.named(group, kind, namespace, name).next()
    }

    /// What an object owns.
    pub fn owned_by(&self, owner: Object<'_>) -> impl Iterator<Item = Object<'_>> {
        let kind = self.kinds.get(owner.record.kind as usize).copied();
        let place = owner.record.namespace;
        let found = kind
            .map_or(&[][..], |kind| self.by_owner.get(&(kind.group, kind.kind, owner.record.name, place)));
        self.each(found)
    }

    /// The object that manages another, if it is here.
    pub fn controller_of(&self, object: Object<'_>) -> Option<Object<'_>> {
        let owners = self.owner_lists.list(object.record.owners);
        let owner = owners.iter().find(|owner| owner.controller).or_else(|| owners.first())?;
        let named = |place| self.by_name.get(&(owner.group, owner.kind, place, owner.name)).first();
        let id = named(object.record.namespace).or_else(|| named(Place::Cluster))?;
        self.object(*id)
    }

    /// The objects of a namespace that make, or are, Pods with labels that a selector selects. A Pod
    /// counts for itself, so of a live cluster one gets Deployments and their Pods alike.
    pub fn pods_selected(&self, namespace: Option<&str>, selector: &Selector) -> Vec<Object<'_>> {
        let mut ids = Vec::new();
        for place in self.places(namespace).into_iter().flatten() {
            self.candidates(place, selector, &mut ids);
        }
        let selected = |object: &Object<'_>| {
            object.pod_labels().is_some_and(|labels| selector.matches(|key| labels.get(key)))
        };
        ids.into_iter().filter_map(|id| self.object(id)).filter(selected).collect()
    }

    /// What a selector may select of a namespace, in order: those that have one of its labels, or else all.
    fn candidates(&self, place: Place, selector: &Selector, into: &mut Vec<ObjectId>) {
        let Some((key, values)) = selector.wanted_labels().min_by_key(|(_, values)| values.len()) else {
            into.extend(self.by_namespace.get(&place));
            return;
        };
        let before = into.len();
        let Some(key) = self.words.find(key) else { return };
        for value in values.iter().filter_map(|value| self.words.find(value)) {
            into.extend(self.by_label.get(&(place, key, value)));
        }
        if let Some(found) = into.get_mut(before..) {
            found.sort_unstable();
        }
    }

    /// The number of a text, where it is a word of some object.
    pub fn number(&self, text: &str) -> Option<Word> {
        self.words.find(text)
    }

    /// The text of a word.
    pub fn text(&self, word: Word) -> &str {
        self.words.word(word)
    }

    /// The object that a person changes to change this one's Pods: its owners are followed where they
    /// are here; where they are not, names tell (see [`crate::workload_of`]).
    pub fn workload(&self, object: Object<'_>) -> Workload {
        let mut at = object;
        // A Pod's owner's owner is as far as Kubernetes' own kinds go.
        for _ in 0..4 {
            match self.controller_of(at) {
                Some(owner) if is_made(at.kind()) => at = owner,
                _ => break,
            }
        }
        let labels = at.labels();
        let owner = at.owners().find(|owner| owner.controller).or_else(|| at.owners().next());
        let (name, generate_name) = if at.record.generated { ("", at.name()) } else { (at.name(), "") };
        let named = workload::named(&Names {
            kind: at.kind(),
            name,
            generate_name,
            node_name: at.node().and_then(|node| node.at(&["spec", "nodeName"])?.as_str()),
            owner: owner.map(|owner| (owner.kind, owner.name)),
            label: |key: &str| labels.get(key),
        });
        Workload { kind: named.0.into(), namespace: object.model_namespace(), name: named.1.into() }
    }

    /// Bytes that it holds on the heap, without kept documents.
    pub fn heap_bytes(&self) -> usize {
        self.words.heap_bytes()
            + self.label_sets.heap_bytes()
            + self.key_sets.heap_bytes()
            + self.owner_lists.heap_bytes()
            + self.records.capacity() * size_of::<Record>()
            + self.by_kind.heap_bytes()
            + self.by_place.heap_bytes()
            + self.by_name.heap_bytes()
            + self.by_namespace.heap_bytes()
            + self.by_label.heap_bytes()
            + self.by_owner.heap_bytes()
    }

    pub(crate) fn word(&self, word: Word) -> &str {
        self.words.word(word)
    }

    fn each<'a>(&'a self, ids: &'a [ObjectId]) -> impl Iterator<Item = Object<'a>> {
        ids.iter().filter_map(|id| self.object(*id))
    }

    /// Where objects of a namespace are kept.
    fn places(&self, namespace: Option<&str>) -> [Option<Place>; 2] {
        match namespace {
            Some(name) => [self.words.find(name).map(Place::Named), None],
            None => [Some(Place::Unknown), Some(Place::Cluster)],
        }
    }
}

/// Whether objects of a kind are made by others, so that what is to be changed is the maker.
fn is_made(kind: &str) -> bool {
    matches!(kind, "Pod" | "ReplicaSet" | "Job" | "ReplicationController")
}
