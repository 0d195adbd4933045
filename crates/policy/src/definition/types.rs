//! The types of a schema, as the compiler of its rules knows them.
//!
//! Source: `SchemaDeclType` of k8s.io/apiserver, `pkg/cel/common`. What has no type of its own cannot be read
//! by expressions at all.

use std::collections::BTreeMap;

use bulkhead_cel::{ObjectTypes, StaticType};

use super::names::escaped;
use super::schema::{Format, Schema, Sort};

/// The name of what every resource says of itself.
const METADATA: &str = "object.metadata";

/// The objects of a schema, by names of our own.
#[derive(Debug, Default)]
pub(super) struct SchemaTypes(BTreeMap<String, BTreeMap<String, StaticType>>);

impl ObjectTypes for SchemaTypes {
    fn field(&self, object: &str, field: &str) -> Option<StaticType> {
        self.0.get(object)?.get(field).cloned()
    }
}

impl SchemaTypes {
    /// The type of a part of a schema, known by a name; its parts are known by longer ones.
    pub(super) fn add(&mut self, schema: &Schema, name: &str, is_resource: bool) -> Option<StaticType> {
        Some(match schema.sort {
            Sort::Either => StaticType::Dyn,
            Sort::Any if !is_resource => return None,
            Sort::Array => {
                let items = schema.items.as_deref()?;
                StaticType::list(self.add(items, &format!("{name}[]"), items.is_resource)?)
            }
            Sort::Object | Sort::Any => {
                if let Some(values) = schema.values.as_deref() {
                    let of = self.add(values, &format!("{name}{{}}"), values.is_resource)?;
                    return Some(StaticType::map(StaticType::String, of));
                }
                let mut fields = BTreeMap::new();
                for (field, property) in &schema.properties {
                    let of = self.add(property, &format!("{name}.{field}"), property.is_resource);
                    if let Some((of, spelled)) = of.zip(escaped(field)) {
                        fields.insert(spelled, of);
                    }
                }
                if is_resource {
                    for field in ["apiVersion", "kind"] {
                        fields.insert(field.to_owned(), StaticType::String);
                    }
                    fields.insert("metadata".to_owned(), StaticType::object(METADATA));
                    let names = ["name", "generateName"].map(|field| (field.to_owned(), StaticType::String));
                    self.0.insert(METADATA.to_owned(), names.into());
                }
                self.0.insert(name.to_owned(), fields);
                StaticType::object(name)
            }
            Sort::Text(Format::Plain) => StaticType::String,
            Sort::Text(Format::DateTime | Format::Date) => StaticType::Timestamp,
            Sort::Text(Format::Duration) => StaticType::Duration,
            Sort::Text(Format::Bytes) => StaticType::Bytes,
            Sort::Integer => StaticType::Int,
            Sort::Number => StaticType::Double,
            Sort::Boolean => StaticType::Bool,
        })
    }
}
