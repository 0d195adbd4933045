//! The types of custom resources, from the `OpenAPI` schemas of their definitions.

use std::collections::BTreeMap;

use bulkhead_document::Node;

use super::{escaped, selected};
use crate::check::objects::ObjectTypes;
use crate::check::types::StaticType;

/// The object types of one schema: the object itself, and all within it.
#[derive(Debug, Clone)]
pub struct SchemaTypes {
    root: StaticType,
    objects: BTreeMap<String, BTreeMap<String, StaticType>>,
}

/// Schemas that nest deeper are not shown.
const DEEPEST: u32 = 64;

impl SchemaTypes {
    /// Reads the schema of a resource (`openAPIV3Schema`), whose type gets a name of the caller's. What the
    /// API server does not show to its checker is left out: values without a type, and names of properties
    /// that cannot be escaped. `None` when the whole is not shown.
    pub fn new(name: &str, schema: Node<'_>) -> Option<Self> {
        let mut types = Self { root: StaticType::Dyn, objects: BTreeMap::new() };
        types.root = types.read(schema, name, true, 0)?;
        Some(types)
    }

    /// The type of the resource itself.
    pub fn root(&self) -> StaticType {
        self.root.clone()
    }

    fn read(&mut self, schema: Node<'_>, name: &str, is_resource: bool, depth: u32) -> Option<StaticType> {
        if depth > DEEPEST {
            return None;
        }
        let text = |key: &str| schema.get(key).and_then(Node::as_str).unwrap_or("");
        if holds(schema, "x-kubernetes-int-or-string") {
            return Some(StaticType::Dyn);
        }
        Some(match (text("type"), text("format")) {
            ("object", _) => return self.object(schema, name, is_resource, depth),
            ("array", _) => StaticType::list(self.part(schema.get("items")?, name, "@idx", depth)?),
            ("string", "byte") => StaticType::Bytes,
            ("string", "duration") => StaticType::Duration,
            ("string", "date" | "date-time") => StaticType::Timestamp,
            ("string", _) => StaticType::String,
            ("boolean", _) => StaticType::Bool,
            ("number", _) => StaticType::Double,
            ("integer", _) => StaticType::Int,
            // A resource is an object even where its schema does not say so.
            _ if is_resource => return self.object(schema, name, true, depth),
            _ => return None,
        })
    }

    fn part(&mut self, schema: Node<'_>, name: &str, part: &str, depth: u32) -> Option<StaticType> {
        let is_resource = holds(schema, "x-kubernetes-embedded-resource");
        self.read(schema, &format!("{name}.{part}"), is_resource, depth.saturating_add(1))
    }

    fn object(&mut self, schema: Node<'_>, name: &str, is_resource: bool, depth: u32) -> Option<StaticType> {
        let properties = schema.get("properties");
        if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_mapping())
            && properties.is_none()
        {
            let value = self.part(values, name, "@elem", depth)?;
            return Some(StaticType::map(StaticType::String, value));
        }
        let mut fields = BTreeMap::new();
        for (property, of) in properties.into_iter().flat_map(Node::entries) {
            if let Some(escaped) = escaped(property)
                && let Some(of) = self.part(of, name, &escaped, depth)
            {
                fields.insert(escaped, of);
            }
        }
        if is_resource {
            self.complete(&mut fields, name);
        }
        self.objects.insert(name.to_owned(), fields);
        Some(StaticType::object(name))
    }

    /// What every resource has, whatever its schema says.
    fn complete(&mut self, fields: &mut BTreeMap<String, StaticType>, name: &str) {
        for field in ["apiVersion", "kind"] {
            fields.insert(field.to_owned(), StaticType::String);
        }
        let metadata = format!("{name}.metadata");
        let known = self.objects.entry(metadata.clone()).or_default();
        if !["name", "generateName"]
            .iter()
            .all(|field| known.get(*field) == Some(&StaticType::String))
        {
            let names = ["name", "generateName"].map(|field| (field.to_owned(), StaticType::String));
            *known = names.into();
        }
        fields.insert("metadata".to_owned(), StaticType::object(metadata));
    }
}

/// Whether a schema has an extension.
fn holds(schema: Node<'_>, extension: &str) -> bool {
    schema.get(extension).and_then(Node::as_bool).unwrap_or(false)
}

impl ObjectTypes for SchemaTypes {
    fn field(&self, object: &str, field: &str) -> Option<StaticType> {
        self.objects.get(object)?.get(&selected(field)).cloned()
    }
}
