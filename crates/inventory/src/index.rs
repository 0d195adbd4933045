//! Groups of objects by a key, as slices of one list.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::object::ObjectId;

/// Objects by key, each group in their order.
#[derive(Debug)]
pub(crate) struct Index<K> {
    objects: Vec<ObjectId>,
    groups: Vec<(K, u32)>,
    places: HashTable<u32>,
    seed: RandomState,
}

impl<K: Copy + Ord + Hash> Index<K> {
    pub(crate) fn new(mut pairs: Vec<(K, ObjectId)>) -> Self {
        pairs.sort_unstable();
        let mut index = Self {
            objects: Vec::with_capacity(pairs.len()),
            groups: Vec::new(),
            places: HashTable::new(),
            seed: RandomState::default(),
        };
        for (key, object) in pairs {
            if index.groups.last().is_none_or(|(last, _)| *last != key) {
                index.groups.push((key, number(index.objects.len())));
            }
            index.objects.push(object);
        }
        let Self { groups, places, seed, .. } = &mut index;
        groups.shrink_to_fit();
        places.reserve(groups.len(), |_| 0);
        for (place, (key, _)) in groups.iter().enumerate() {
            places.insert_unique(seed.hash_one(key), number(place), |place| {
                groups.get(*place as usize).map_or(0, |(key, _)| seed.hash_one(key))
            });
        }
        index
    }

    /// The objects under a key.
    pub(crate) fn get(&self, key: &K) -> &[ObjectId] {
        let is_it = |place: &u32| self.groups.get(*place as usize).is_some_and(|(other, _)| other == key);
        let Some(place) = self.places.find(self.seed.hash_one(key), is_it) else { return &[] };
        let place = *place as usize;
        let start = self.groups.get(place).map_or(0, |(_, start)| *start as usize);
        let end = self.groups.get(place + 1).map_or(self.objects.len(), |(_, start)| *start as usize);
        self.objects.get(start..end).unwrap_or(&[])
    }

    /// All keys, in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = K> {
        self.groups.iter().map(|(key, _)| *key)
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.objects.capacity() * 4
            + self.groups.capacity() * size_of::<(K, u32)>()
            + self.places.capacity() * 5
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
