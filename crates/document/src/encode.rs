//! Values out again, through serde.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::tree::{Kind, Node};

impl Serialize for Node<'_> {
    /// The value alone: spans and origins stay behind. It recurses as deep as the tree, which is at
    /// most [`crate::Limits::depth`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.kind() {
            Kind::Null => serializer.serialize_unit(),
            Kind::Bool(value) => serializer.serialize_bool(value),
            Kind::Int(value) => serializer.serialize_i64(value),
            Kind::UInt(value) => serializer.serialize_u64(value),
            Kind::Float(value) => serializer.serialize_f64(value),
            Kind::Text(value) => serializer.serialize_str(value),
            Kind::Sequence(length) => {
                let mut sequence = serializer.serialize_seq(Some(length))?;
                for item in self.items() {
                    sequence.serialize_element(&item)?;
                }
                sequence.end()
            }
            Kind::Mapping(length) => {
                let mut mapping = serializer.serialize_map(Some(length))?;
                for (key, value) in self.entries() {
                    mapping.serialize_entry(key, &value)?;
                }
                mapping.end()
            }
        }
    }
}
