//! Typed views: values of a tree as Rust types, through serde and without a second parse.
//!
//! Text is borrowed from the tree, numbers and truth values are never made of text, and a field of a
//! struct that is null is an absent one: so the API server decodes. An error names the field and the
//! place.

mod access;

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Error, IntoDeserializer, Visitor};

use crate::tree::{Kind, Node, Span};
use access::{Entries, Enum, Items};

/// Why a value has not the type that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// What was found and what was expected.
    pub message: String,
    /// Where the value stands; empty at the file's start where there is none.
    pub span: Span,
    /// The field from the value that was decoded, such as `spec.ports[0].port`; empty for itself.
    pub path: String,
    placed: bool,
}

impl<'a> Node<'a> {
    /// The value as a type; text can be borrowed for as long as the tree lives.
    pub fn decode<T: Deserialize<'a>>(self) -> Result<T, DecodeError> {
        T::deserialize(self)
    }
}

impl DecodeError {
    /// Gives the place, unless a deeper one is known.
    fn at(mut self, span: Span) -> Self {
        if !self.placed {
            self.placed = true;
            self.span = span;
        }
        self
    }

    fn within_key(mut self, key: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{key}{separator}{}", self.path);
        self
    }

    fn within_item(mut self, index: usize) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{index}]{separator}{}", self.path);
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), span: Span::default(), path: String::new(), placed: false }
    }
}

impl<'de> Node<'de> {
    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.kind() {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(value),
            Kind::Int(value) => visitor.visit_i64(value),
            Kind::UInt(value) => visitor.visit_u64(value),
            Kind::Float(value) => visitor.visit_f64(value),
            Kind::Text(value) => visitor.visit_borrowed_str(value),
            Kind::Sequence(_) => Items::visit(self, visitor),
            Kind::Mapping(_) => Entries::visit(self, false, visitor),
        }
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.visit(visitor).map_err(|error| error.at(self.span()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self).map_err(|error| error.at(self.span()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if self.is_sequence() {
            // serde would take the items for the fields in their order.
            let error = DecodeError::invalid_type(de::Unexpected::Seq, &visitor);
            return Err(error.at(self.span()));
        }
        if !self.is_mapping() {
            return self.deserialize_any(visitor);
        }
        Entries::visit(self, true, visitor).map_err(|error| error.at(self.span()))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let result = match (self.kind(), self.raw_entries()) {
            (Kind::Text(name), _) => visitor.visit_enum(name.into_deserializer()),
            (_, [entry]) => visitor.visit_enum(Enum::new(self, *entry)),
            _ => Err(de::Error::custom("expected a name, or a mapping with one key")),
        };
        result.map_err(|error: DecodeError| error.at(self.span()))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier
    }
}

#[cfg(test)]
mod tests;
