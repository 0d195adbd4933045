//! Mapping keys as small numbers.
//!
//! Keys that Kubernetes' schemas know live in one static table, so that a rule can resolve
//! `ports` once and compare a number at each object. All others are numbered per document.
//!
//! Both tables hash with one seed that differs from run to run: a file cannot be made whose keys
//! collide.

use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// An interned mapping key. Below a fixed number it means the same in every document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(u32);

/// Keys from here on belong to one document.
const OVERFLOW: u32 = 1 << 24;

impl Key {
    /// The number of a key that the schemas know; `None` for all others.
    pub fn known(name: &str) -> Option<Self> {
        let known = &*KNOWN;
        known.find(name, known.hash(name))
    }

    /// Its place in the table of keys that the schemas know; `None` for a key of one document.
    pub fn number(self) -> Option<usize> {
        usize::try_from(self.0).ok().filter(|number| *number < KNOWN.names.len())
    }

    pub(crate) fn known_name(self) -> Option<&'static str> {
        KNOWN.names.get(self.0 as usize).copied()
    }
}

/// The keys of the schemas.
struct Known {
    names: Vec<&'static str>,
    numbers: HashTable<u32>,
    seed: RandomState,
}

/// One key a line; generated from the schemas. Made at first use: 1,000 keys take some 80 µs.
static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let seed = RandomState::default();
    let lines = include_str!("keys.txt").lines().map(str::trim);
    let names: Vec<&'static str> = lines.filter(|line| !line.is_empty()).collect();
    let mut known = Known { names: Vec::new(), numbers: HashTable::with_capacity(names.len()), seed };
    known.names.reserve(names.len());
    for name in names {
        let hash = known.hash(name);
        if known.find(name, hash).is_none() {
            let number = u32::try_from(known.names.len()).unwrap_or(OVERFLOW);
            known.names.push(name);
            let Known { names, numbers, seed } = &mut known;
            numbers.insert_unique(hash, number, |number| hash_of(seed, name_at(names, *number)));
        }
    }
    known
});

impl Known {
    fn hash(&self, name: &str) -> u64 {
        hash_of(&self.seed, name)
    }

    fn find(&self, name: &str, hash: u64) -> Option<Key> {
        self.numbers.find(hash, |number| name_at(&self.names, *number) == name).copied().map(Key)
    }
}

fn hash_of(seed: &RandomState, name: &str) -> u64 {
    let mut hasher = seed.build_hasher();
    hasher.write(name.as_bytes());
    hasher.finish()
}

fn name_at<'a>(names: &[&'a str], number: u32) -> &'a str {
    names.get(number as usize).copied().unwrap_or("")
}

/// The keys that one document has beyond those of the schemas.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overflow {
    /// All names, one after the other.
    text: String,
    /// Where each name ends.
    ends: Vec<u32>,
    numbers: HashTable<u32>,
}

impl Overflow {
    /// The number of any key, made when it is new here.
    pub(crate) fn intern(&mut self, name: &str) -> Key {
        let known = &*KNOWN;
        let hash = known.hash(name);
        if let Some(key) = known.find(name, hash) {
            return key;
        }
        if let Some(key) = self.find_hash(name, hash) {
            return key;
        }
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.text.push_str(name);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        let Self { text, ends, numbers } = self;
        numbers.insert_unique(hash, number, |number| known.hash(part(text, ends, *number)));
        Key(OVERFLOW.saturating_add(number))
    }

    /// The number of a key, if the schemas or this document have it.
    pub(crate) fn find(&self, name: &str) -> Option<Key> {
        let known = &*KNOWN;
        let hash = known.hash(name);
        known.find(name, hash).or_else(|| self.find_hash(name, hash))
    }

    /// How a key is spelled.
    pub(crate) fn name(&self, key: Key) -> &str {
        match key.0.checked_sub(OVERFLOW) {
            Some(number) => part(&self.text, &self.ends, number),
            None => key.known_name().unwrap_or(""),
        }
    }

    fn find_hash(&self, name: &str, hash: u64) -> Option<Key> {
        let number = self.numbers.find(hash, |number| part(&self.text, &self.ends, *number) == name)?;
        Some(Key(OVERFLOW.saturating_add(*number)))
    }
}

fn part<'a>(text: &'a str, ends: &[u32], number: u32) -> &'a str {
    let number = number as usize;
    let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(number).and_then(|end| text.get(start as usize..*end as usize)).unwrap_or("")
}

#[test]
fn known_keys_are_found_and_others_are_numbered() {
    for name in include_str!("keys.txt").lines().filter(|name| !name.is_empty()) {
        assert_eq!(Key::known(name).and_then(Key::known_name), Some(name));
    }
    let mut overflow = Overflow::default();
    assert_eq!(Key::known("no such key"), None);
    let keys: Vec<Key> = (0..1000).map(|number| overflow.intern(&format!("no such key {number}"))).collect();
    for (number, key) in keys.iter().enumerate() {
        let name = format!("no such key {number}");
        assert_eq!((overflow.find(&name), overflow.name(*key)), (Some(*key), name.as_str()));
    }
    assert_eq!(overflow.find("kind"), Key::known("kind"));
    assert_eq!(overflow.name(Key(u32::MAX)), "");
}
