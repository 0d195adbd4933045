//! Which keys an object has, as bits: a policy that needs a key the object lacks is not tried.

use bulkhead_document::{Key, Tree};

/// Bits of keys. A policy pack names some hundred keys; those past the last bit share that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mask([u64; 4]);

const LAST: u8 = 255;
/// Of a key that no policy names.
const NONE: u16 = u16::MAX;

impl Mask {
    fn set(&mut self, bit: u8) {
        if let Some(word) = self.0.get_mut(usize::from(bit / 64)) {
            *word |= 1 << (bit % 64);
        }
    }

    /// Whether all of `self` is in `other`.
    pub(crate) fn within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(needed, there)| needed & !there == 0)
    }
}

/// The bit of each key that a policy names.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex {
    bits: Vec<u16>,
    used: u8,
}

impl KeyIndex {
    /// The bits of some keys. A key of one document alone has none, and is never missed.
    pub(crate) fn mask(&mut self, keys: impl Iterator<Item = Key>) -> Mask {
        let mut mask = Mask::default();
        for number in keys.filter_map(Key::number) {
            if self.bits.len() <= number {
                self.bits.resize(number + 1, NONE);
            }
            if let Some(bit) = self.bits.get_mut(number) {
                if *bit == NONE {
                    *bit = u16::from(self.used);
                    self.used = self.used.saturating_add(1);
                }
                mask.set(u8::try_from(*bit).unwrap_or(LAST));
            }
        }
        mask
    }

    /// Adds the keys of a document, wherever they stand in it, but for the first `skip` entries.
    pub(crate) fn present(&self, tree: &Tree, skip: usize, mut mask: Mask) -> Mask {
        for number in tree.keys(skip).filter_map(Key::number) {
            match self.bits.get(number) {
                Some(&bit) if bit != NONE => mask.set(u8::try_from(bit).unwrap_or(LAST)),
                _ => (),
            }
        }
        mask
    }
}
