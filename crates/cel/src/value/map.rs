//! Maps that an expression built: entries in the order they were put in, found by CEL's key equality.
//!
//! Keys are bool, int, uint or string. Numbers are the same key when they are the same number: `1`, `1u`
//! and (in look-ups) `1.0`. The API server takes other values for keys as well, which is why a map that is
//! not strict does.

use std::collections::HashMap;

use super::{Text, Value, number_as_index};

/// From so many entries on, a map is indexed.
const INDEXED: usize = 9;

/// A map with its entries in order.
#[derive(Debug, Clone, Default)]
pub struct Map<'a> {
    entries: Vec<(Value<'a>, Value<'a>)>,
    index: HashMap<Key<'a>, usize>,
}

/// Why an entry could not be put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Values of this type cannot be keys.
    KeyType,
    /// The map has the key.
    Repeated,
}

/// A key in the one form in which equal keys are equal.
#[derive(Debug, Clone)]
enum Key<'a> {
    Bool(bool),
    Int(i64),
    /// Above `i64::MAX`.
    UInt(u64),
    Text(Text<'a>),
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::UInt(left), Self::UInt(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => **left == **right,
            _ => false,
        }
    }
}

impl Eq for Key<'_> {}

impl std::hash::Hash for Key<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        match self {
            Self::Bool(value) => value.hash(state),
            Self::Int(value) => value.hash(state),
            Self::UInt(value) => value.hash(state),
            Self::Text(text) => (**text).hash(state),
        }
    }
}

impl<'a> Key<'a> {
    /// The key that a value is or finds; `None` for values that can be neither.
    fn of(value: &Value<'a>) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Self::Bool(*value)),
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::UInt(value) => Some(i64::try_from(*value).map_or(Self::UInt(*value), Self::Int)),
            Value::Int(_) | Value::Double(_) => match number_as_index(value)? {
                number if number > i128::from(i64::MAX) => u64::try_from(number).ok().map(Self::UInt),
                number => i64::try_from(number).ok().map(Self::Int),
            },
            _ => None,
        }
    }
}

impl<'a> Map<'a> {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Its entries in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (Value<'a>, Value<'a>)> {
        self.entries.iter()
    }

    /// Puts an entry in.
    ///
    /// # Errors
    /// The key is of a type that cannot be one, or is there already.
    pub fn insert(&mut self, key: Value<'a>, value: Value<'a>) -> Result<(), Refused> {
        self.put(key, value, true)
    }

    /// Puts an entry in; unless it is strict, over one with the same key.
    pub(crate) fn put(&mut self, key: Value<'a>, value: Value<'a>, strict: bool) -> Result<(), Refused> {
        let canonical = Key::of(&key).filter(|_| !matches!(key, Value::Double(_)));
        if strict && canonical.is_none() {
            return Err(Refused::KeyType);
        }
        let known = match &canonical {
            Some(canonical) => self.place(canonical),
            None => self.odd_place(&key),
        };
        if let Some(place) = known {
            if strict {
                return Err(Refused::Repeated);
            }
            if let Some(entry) = self.entries.get_mut(place) {
                entry.1 = value;
            }
            return Ok(());
        }
        let place = self.entries.len();
        self.entries.push((key, value));
        if let Some(canonical) = canonical
            && !self.index.is_empty()
        {
            self.index.insert(canonical, place);
        } else if self.entries.len() >= INDEXED {
            let keys = self.entries.iter().enumerate();
            self.index = keys.filter_map(|(place, (key, _))| Some((Key::of(key)?, place))).collect();
        }
        Ok(())
    }

    /// Puts an entry with a text key in, over what was there.
    pub fn set(&mut self, key: &str, value: Value<'a>) {
        // A text key is never refused.
        let _ = self.put(Value::text(key), value, false);
    }

    /// The value under a key.
    pub fn get(&self, key: &Value<'a>) -> Option<&Value<'a>> {
        if let Value::String(text) = key {
            return self.get_text(text);
        }
        let place = match Key::of(key) {
            Some(key) => self.place(&key),
            None => self.odd_place(key),
        };
        self.entries.get(place?).map(|(_, value)| value)
    }

    /// The value under a text key.
    pub fn get_text(&self, key: &str) -> Option<&Value<'a>> {
        if self.index.is_empty() {
            let mut entries = self.entries.iter();
            return entries
                .find(|(name, _)| matches!(name, Value::String(name) if **name == *key))
                .map(|e| &e.1);
        }
        let index: &HashMap<Key<'_>, usize> = &self.index;
        let place = index.get(&Key::Text(Text::Borrowed(key))).copied()?;
        self.entries.get(place).map(|(_, value)| value)
    }

    /// Where a key is that only the API server takes for one: a double with decimals or null. Lists and
    /// maps are taken too, and never found.
    fn odd_place(&self, key: &Value<'a>) -> Option<usize> {
        self.entries.iter().position(|(name, _)| match (name, key) {
            (Value::Double(name), Value::Double(key)) => name.total_cmp(key).is_eq(),
            (Value::Null, Value::Null) => true,
            _ => false,
        })
    }

    fn place(&self, key: &Key<'a>) -> Option<usize> {
        if self.index.is_empty() {
            self.entries.iter().position(|(name, _)| Key::of(name).as_ref() == Some(key))
        } else {
            self.index.get(key).copied()
        }
    }
}

impl<'m, 'a> IntoIterator for &'m Map<'a> {
    type Item = &'m (Value<'a>, Value<'a>);
    type IntoIter = std::slice::Iter<'m, (Value<'a>, Value<'a>)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
