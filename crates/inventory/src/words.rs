//! Words as numbers, and sets of numbers as numbers.

use std::hash::{BuildHasher, Hash};
use std::num::NonZeroU32;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// A word's number in its inventory: a name, a label, a path.
///
/// A number from 1, so that one that may be absent takes no more room: millions of them are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(NonZeroU32);

impl Default for Word {
    fn default() -> Self {
        Self(NonZeroU32::MIN)
    }
}

impl Word {
    /// A number that no table gives.
    pub(crate) const NONE: Self = Self(NonZeroU32::MAX);

    fn at(place: u32) -> Option<Self> {
        place.checked_add(1).and_then(NonZeroU32::new).map(Self)
    }

    fn place(self) -> u32 {
        self.0.get() - 1
    }
}

/// What the words of a builder are called in the one that it was appended to.
#[derive(Debug, Default)]
pub struct Renumbering(Vec<Word>);

impl Renumbering {
    /// Adds all words of one table to another.
    pub(crate) fn of(words: &Words, into: &mut Words) -> Option<Self> {
        let numbers = 0..u32::try_from(words.ends.len()).ok()?;
        let renumbered = numbers.map(|number| into.add(words.word(Word::at(number)?)));
        renumbered.collect::<Option<_>>().map(Self)
    }

    /// The new number of a word.
    pub fn word(&self, word: Word) -> Word {
        self.0.get(word.place() as usize).copied().unwrap_or(word)
    }
}

/// Every word once. The hash has a seed of its own in each run: names come from other people's files.
#[derive(Debug, Default)]
pub(crate) struct Words {
    text: String,
    /// Where each word ends; it begins where the one before ends.
    ends: Vec<u32>,
    numbers: HashTable<u32>,
    seed: RandomState,
}

impl Words {
    /// A word's number, made when it is new; `None` when four gigabytes of words are full.
    pub(crate) fn add(&mut self, word: &str) -> Option<Word> {
        let hash = self.seed.hash_one(word);
        if let Some(found) = self.find_hash(word, hash) {
            return Some(found);
        }
        let end = u32::try_from(self.text.len().checked_add(word.len())?).ok()?;
        let number = u32::try_from(self.ends.len()).ok()?;
        self.text.push_str(word);
        self.ends.push(end);
        let Self { text, ends, numbers, seed } = self;
        numbers.insert_unique(hash, number, |number| seed.hash_one(part(text, ends, *number)));
        Word::at(number)
    }

    /// A word's number, if it is there.
    pub(crate) fn find(&self, word: &str) -> Option<Word> {
        self.find_hash(word, self.seed.hash_one(word))
    }

    /// The word of a number.
    pub(crate) fn word(&self, word: Word) -> &str {
        part(&self.text, &self.ends, word.place())
    }

    fn find_hash(&self, word: &str, hash: u64) -> Option<Word> {
        let found = self.numbers.find(hash, |number| part(&self.text, &self.ends, *number) == word)?;
        Word::at(*found)
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * 4 + self.numbers.capacity() * 5
    }
}

fn part<'a>(text: &'a str, ends: &[u32], number: u32) -> &'a str {
    let number = number as usize;
    let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(number).and_then(|end| text.get(start as usize..*end as usize)).unwrap_or("")
}

/// Every list of items once: label sets, most of which many objects share.
#[derive(Debug)]
pub(crate) struct Lists<T> {
    items: Vec<T>,
    ends: Vec<u32>,
    numbers: HashTable<u32>,
    seed: RandomState,
}

/// A list's number; that of the empty list is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct ListId(pub(crate) u32);

impl<T> Default for Lists<T> {
    fn default() -> Self {
        // The empty list is there from the start.
        Self { items: Vec::new(), ends: vec![0], numbers: HashTable::new(), seed: RandomState::default() }
    }
}

impl<T: Copy + Eq + Hash> Lists<T> {
    pub(crate) fn add(&mut self, list: &[T]) -> Option<ListId> {
        if list.is_empty() {
            return Some(ListId(0));
        }
        let hash = self.seed.hash_one(list);
        let found = self.numbers.find(hash, |number| section(&self.items, &self.ends, *number) == list);
        if let Some(found) = found {
            return Some(ListId(*found));
        }
        let end = u32::try_from(self.items.len().checked_add(list.len())?).ok()?;
        let number = u32::try_from(self.ends.len()).ok()?;
        self.items.extend_from_slice(list);
        self.ends.push(end);
        let Self { items, ends, numbers, seed } = self;
        numbers.insert_unique(hash, number, |number| seed.hash_one(section(items, ends, *number)));
        Some(ListId(number))
    }

    pub(crate) fn list(&self, id: ListId) -> &[T] {
        section(&self.items, &self.ends, id.0)
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.items.capacity() * size_of::<T>() + self.ends.capacity() * 4 + self.numbers.capacity() * 5
    }
}

fn section<'a, T>(items: &'a [T], ends: &[u32], number: u32) -> &'a [T] {
    let number = number as usize;
    let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(number).and_then(|end| items.get(start as usize..*end as usize)).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_held_once() {
        let mut words = Words::default();
        let numbers: Vec<_> = ["a", "", "b", "a", ""].iter().map(|word| words.add(word).unwrap()).collect();
        assert_eq!(numbers[0], numbers[3]);
        assert_eq!(numbers[1], numbers[4]);
        assert_eq!((words.word(numbers[0]), words.word(numbers[1]), words.word(numbers[2])), ("a", "", "b"));
        assert_eq!(words.find("b"), Some(numbers[2]));
        assert_eq!(words.find("c"), None);
    }

    #[test]
    fn each_list_is_held_once() {
        let mut lists = Lists::default();
        assert_eq!(lists.add(&[]), Some(ListId(0)));
        let one = lists.add(&[1, 2]).unwrap();
        let two = lists.add(&[1]).unwrap();
        assert_eq!(lists.add(&[1, 2]), Some(one));
        assert_eq!(
            (lists.list(one), lists.list(two), lists.list(ListId(0))),
            (&[1, 2][..], &[1][..], &[][..])
        );
    }
}
