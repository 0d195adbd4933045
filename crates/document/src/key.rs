//! Mapping keys as small numbers.
//!
//! Keys that Kubernetes' schemas know live in one static table, so that a rule can resolve
//! `ports` once and compare a number at each object. All others are numbered per document.

use std::collections::HashMap;
use std::sync::LazyLock;

/// An interned mapping key. Below [`Key::STATIC`] it means the same in every document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub(crate) u32);

/// One key a line, sorted; generated from the schemas.
static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("keys.txt").lines().filter(|line| !line.is_empty()).collect());

static NUMBERS: LazyLock<HashMap<&'static str, u32>> =
    LazyLock::new(|| NAMES.iter().zip(0..).map(|(name, number)| (*name, number)).collect());

impl Key {
    /// Keys from here on belong to one document.
    pub(crate) const OVERFLOW: u32 = 1 << 24;

    /// The number of a key that the schemas know; `None` for all others.
    pub fn known(name: &str) -> Option<Self> {
        NUMBERS.get(name).copied().map(Self)
    }

    pub(crate) fn known_name(self) -> Option<&'static str> {
        NAMES.get(usize::try_from(self.0).ok()?).copied()
    }
}
