//! Values out of documents and plain Rust values.

use bulkhead_document::{Kind, Node};

use super::{Map, Text, Value};

impl<'a> From<Node<'a>> for Value<'a> {
    /// A scalar becomes a plain value; a mapping or sequence stays where it lies.
    fn from(node: Node<'a>) -> Self {
        match node.kind() {
            Kind::Null => Self::Null,
            Kind::Bool(value) => Self::Bool(value),
            Kind::Int(value) => Self::Int(value),
            Kind::UInt(value) => Self::UInt(value),
            Kind::Float(value) => Self::Double(value),
            Kind::Text(value) => Self::String(Text::Borrowed(value)),
            Kind::Sequence(_) | Kind::Mapping(_) => Self::Node(node),
        }
    }
}

impl Value<'_> {
    /// The same value with nothing left in a document, down to a depth of 1,000.
    #[must_use]
    pub fn to_plain(&self) -> Value<'static> {
        self.plain_at(0)
    }

    fn plain_at(&self, depth: u32) -> Value<'static> {
        if depth > 1_000 {
            return Value::Null;
        }
        let next = depth.saturating_add(1);
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::UInt(value) => Value::UInt(*value),
            Self::Double(value) => Value::Double(*value),
            Self::String(text) => Value::text(&**text),
            Self::Bytes(bytes) => Value::Bytes(bytes.clone()),
            Self::Duration(value) => Value::Duration(*value),
            Self::Timestamp(value) => Value::Timestamp(*value),
            Self::Type(value) => Value::Type(*value),
            Self::Optional(value) => match value {
                Some(value) => Value::some(value.plain_at(next)),
                None => Value::Optional(None),
            },
            Self::Unknown(unknown) => Value::Unknown(unknown.clone()),
            Self::List(_) => self.plain_items(next),
            Self::Map(_) => self.plain_entries(next),
            Self::Node(node) => match node.kind() {
                Kind::Sequence(_) => self.plain_items(next),
                Kind::Mapping(_) => self.plain_entries(next),
                _ => Value::from(*node).plain_at(depth),
            },
        }
    }

    fn plain_items(&self, depth: u32) -> Value<'static> {
        Value::list(self.items().into_iter().flatten().map(|item| item.plain_at(depth)).collect())
    }

    fn plain_entries(&self, depth: u32) -> Value<'static> {
        let mut map = Map::new();
        for (key, value) in self.entries().unwrap_or_default() {
            // The keys of one map differ, so none is refused.
            let _ = map.insert(key.plain_at(depth), value.plain_at(depth));
        }
        map.into()
    }
}

impl<'a> From<Map<'a>> for Value<'a> {
    fn from(map: Map<'a>) -> Self {
        Self::Map(std::sync::Arc::new(map))
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
