//! Collections as serde walks them.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::de::{Deserializer, Error};

use super::DecodeError;
use crate::tree::{Entry, Node, NodeId};

/// The items of a sequence.
pub(super) struct Items<'de> {
    node: Node<'de>,
    rest: std::iter::Enumerate<std::slice::Iter<'de, NodeId>>,
}

impl<'de> Items<'de> {
    pub(super) fn visit<V: Visitor<'de>>(node: Node<'de>, visitor: V) -> Result<V::Value, DecodeError> {
        let mut items = Self { node, rest: node.item_ids().iter().enumerate() };
        let value = visitor.visit_seq(&mut items)?;
        if items.rest.len() > 0 {
            return Err(DecodeError::invalid_length(node.item_ids().len(), &"fewer items"));
        }
        Ok(value)
    }
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some((index, item)) = self.rest.next() else {
            return Ok(None);
        };
        let item = self.node.tree().node(*item);
        let value = seed.deserialize(item);
        value.map(Some).map_err(|error| error.at(item.span()).within_item(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The entries of a mapping.
pub(super) struct Entries<'de> {
    node: Node<'de>,
    rest: std::slice::Iter<'de, Entry>,
    value: Option<Entry>,
    /// In a struct, a field that is null is absent.
    skip_null: bool,
}

impl<'de> Entries<'de> {
    pub(super) fn visit<V: Visitor<'de>>(
        node: Node<'de>,
        skip_null: bool,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_map(Self { node, rest: node.raw_entries().iter(), value: None, skip_null })
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let tree = self.node.tree();
        let skip_null = self.skip_null;
        let Some(entry) = self.rest.find(|entry| !(skip_null && tree.node(entry.value).is_null())) else {
            return Ok(None);
        };
        self.value = Some(*entry);
        let key = BorrowedStrDeserializer::new(tree.key_name(entry.key));
        seed.deserialize(key).map(Some).map_err(|error: DecodeError| error.at(entry.span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let Some(entry) = self.value.take() else {
            return Err(DecodeError::custom("a value was asked for before its key"));
        };
        let tree = self.node.tree();
        let value = tree.node(entry.value);
        seed.deserialize(value)
            .map_err(|error| error.at(value.span()).within_key(tree.key_name(entry.key)))
    }

    fn size_hint(&self) -> Option<usize> {
        (!self.skip_null).then(|| self.rest.len())
    }
}

/// A mapping of one entry, whose key names a variant.
pub(super) struct Enum<'de> {
    node: Node<'de>,
    entry: Entry,
}

impl<'de> Enum<'de> {
    pub(super) fn new(node: Node<'de>, entry: Entry) -> Self {
        Self { node, entry }
    }

    fn value(&self) -> Node<'de> {
        self.node.tree().node(self.entry.value)
    }

    fn place(&self, error: DecodeError) -> DecodeError {
        error.at(self.value().span()).within_key(self.node.tree().key_name(self.entry.key))
    }
}

impl<'de> EnumAccess<'de> for Enum<'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), DecodeError> {
        let name = BorrowedStrDeserializer::new(self.node.tree().key_name(self.entry.key));
        let variant = seed.deserialize(name).map_err(|error: DecodeError| error.at(self.entry.span))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Enum<'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        if self.value().is_null() {
            return Ok(());
        }
        Err(self.place(DecodeError::custom("expected nothing under this name")))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        seed.deserialize(self.value()).map_err(|error| self.place(error))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.value().deserialize_tuple(length, visitor).map_err(|error| self.place(error))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.value().deserialize_struct("", fields, visitor).map_err(|error| self.place(error))
    }
}
