//! Values out of documents and plain Rust values.

use std::collections::HashMap;
use std::sync::Arc;

use bulkhead_document::{Kind, Node};

use super::{Map, Object, Text, Value, uint_to_double};

impl<'a> From<Node<'a>> for Value<'a> {
    /// A scalar becomes a plain value; a mapping or sequence stays where it lies.
    fn from(node: Node<'a>) -> Self {
        match node.kind() {
            Kind::Null => Self::Null,
            Kind::Bool(value) => Self::Bool(value),
            Kind::Int(value) => Self::Int(value),
            // The API server reads what is too large for an int as a double.
            Kind::UInt(value) => Self::Double(uint_to_double(value)),
            Kind::Float(value) => Self::Double(value),
            Kind::Text(value) => Self::String(Text::Borrowed(value)),
            Kind::Sequence(_) | Kind::Mapping(_) => Self::Node(node),
        }
    }
}

impl Value<'_> {
    /// The same value with nothing left in a document, down to a depth of 1,000. What is shared stays
    /// shared.
    #[must_use]
    pub fn to_plain(&self) -> Value<'static> {
        Plain::default().value(self, 0)
    }
}

/// Copies that were made already, by the address of what was copied.
#[derive(Default)]
struct Plain {
    known: HashMap<usize, Value<'static>>,
}

impl Plain {
    fn value(&mut self, value: &Value<'_>, depth: u32) -> Value<'static> {
        if depth > 1_000 {
            return Value::Null;
        }
        let address = match value {
            Value::List(items) => Arc::as_ptr(items).cast::<()>() as usize,
            Value::Map(map) => Arc::as_ptr(map).cast::<()>() as usize,
            Value::Optional(Some(held)) => Arc::as_ptr(held).cast::<()>() as usize,
            _ => return self.copy(value, depth),
        };
        if let Some(known) = self.known.get(&address) {
            return known.clone();
        }
        let copy = self.copy(value, depth);
        self.known.insert(address, copy.clone());
        copy
    }

    fn copy(&mut self, value: &Value<'_>, depth: u32) -> Value<'static> {
        let next = depth.saturating_add(1);
        match value {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(*value),
            Value::Int(value) => Value::Int(*value),
            Value::UInt(value) => Value::UInt(*value),
            Value::Double(value) => Value::Double(*value),
            Value::String(text) => Value::text(&**text),
            Value::Bytes(bytes) => Value::Bytes(bytes.clone()),
            Value::Duration(value) => Value::Duration(*value),
            Value::Timestamp(value) => Value::Timestamp(*value),
            Value::Type(value) => Value::Type(*value),
            Value::Optional(None) => Value::Optional(None),
            Value::Optional(Some(held)) => Value::some(self.value(held, next)),
            Value::Extension(value) => Value::Extension(value.clone()),
            Value::Unknown(unknown) => Value::Unknown(unknown.clone()),
            Value::Object(object) => {
                let fields = object.fields().map(|(name, field)| (name.into(), self.value(field, next)));
                Value::Object(Object::new(object.name().into(), fields.collect()))
            }
            Value::List(_) | Value::Map(_) => self.container(value, next),
            Value::Node(node) => match node.kind() {
                Kind::Sequence(_) | Kind::Mapping(_) => self.container(value, next),
                _ => self.copy(&Value::from(*node), depth),
            },
        }
    }

    fn container(&mut self, value: &Value<'_>, depth: u32) -> Value<'static> {
        if let Some(items) = value.items() {
            return Value::list(items.map(|item| self.value(&item, depth)).collect());
        }
        let mut map = Map::new();
        for (key, value) in value.entries().unwrap_or_default() {
            // The keys of one map differ, so none is refused.
            let _ = map.put(self.value(&key, depth), self.value(&value, depth), false);
        }
        map.into()
    }
}

impl<'a> From<Map<'a>> for Value<'a> {
    fn from(map: Map<'a>) -> Self {
        Self::Map(Arc::new(map))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Text::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Value<'_> {
    fn from(value: u64) -> Self {
        Self::UInt(value)
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}
