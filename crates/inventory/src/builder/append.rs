//! Two builders made one: workers gather on their own, and their words get new numbers here.

use super::{Builder, InventoryError};
use crate::object::{FileId, KindRecord, ObjectId, Origin, OwnerRecord, Place, Record};
use crate::words::{ListId, Renumbering};

impl Builder {
    /// Adds all objects of another builder, its files after those that are here.
    pub fn append(&mut self, other: Self) -> Result<Renumbering, InventoryError> {
        self.take(other).ok_or(InventoryError::Full)
    }

    fn take(&mut self, other: Self) -> Option<Renumbering> {
        let Self { parts, defined, known, .. } = other;
        let first_file = u32::try_from(self.parts.files.len()).ok()?;
        let words = Renumbering::of(&parts.words, &mut self.parts.words)?;
        let mut kinds = Vec::with_capacity(parts.kinds.len());
        for (kind, known) in parts.kinds.iter().zip(known) {
            let key = (words.word(kind.api_version), words.word(kind.kind));
            let group = words.word(kind.group);
            let number = if let Some(number) = self.known_numbers.get(&key) {
                *number
            } else {
                let number = u32::try_from(self.parts.kinds.len()).ok()?;
                self.parts.kinds.push(KindRecord { api_version: key.0, group, kind: key.1 });
                self.known.push(known);
                self.known_numbers.insert(key, number);
                number
            };
            kinds.push(number);
        }
        let mut defined: Vec<_> = defined.into_iter().collect();
        defined.sort_unstable();
        for ((group, kind), namespaced) in defined {
            let key = (words.word(group), words.word(kind));
            self.defined.insert(key, namespaced);
        }
        let mut kept = parts.kept;
        for (number, record) in (0..).zip(&parts.records) {
            let place = match record.namespace {
                Place::Named(word) => Place::Named(words.word(word)),
                other => other,
            };
            let mut pairs = |id: ListId| -> Option<ListId> {
                let mut list = Vec::new();
                for (key, value) in parts.label_sets.list(id) {
                    list.push((words.word(*key), words.word(*value)));
                }
                list.sort_unstable_by_key(|(key, _)| *key);
                self.parts.label_sets.add(&list)
            };
            let (labels, template_labels) = (pairs(record.labels)?, pairs(record.template_labels)?);
            let mut keys = Vec::new();
            for key in parts.key_sets.list(record.annotations) {
                keys.push(words.word(*key));
            }
            let mut owners = Vec::new();
            for owner in parts.owner_lists.list(record.owners) {
                owners.push(OwnerRecord {
                    group: words.word(owner.group),
                    kind: words.word(owner.kind),
                    name: words.word(owner.name),
                    controller: owner.controller,
                });
            }
            let name = words.word(record.name);
            let annotations = self.parts.key_sets.add(&keys)?;
            let owners = self.parts.owner_lists.add(&owners)?;
            let id = self.parts.push(Record {
                kind: *kinds.get(record.kind as usize)?,
                namespace: place,
                name,
                labels,
                template_labels,
                annotations,
                owners,
                origin: Origin {
                    file: FileId(record.origin.file.0.checked_add(first_file)?),
                    ..record.origin
                },
                ..*record
            })?;
            if let Some(tree) = kept.remove(&ObjectId(number)) {
                self.parts.kept.insert(id, tree);
            }
        }
        self.parts.files.extend(parts.files);
        Some(words)
    }
}
