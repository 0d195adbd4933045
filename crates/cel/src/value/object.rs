//! Objects that an expression makes of its own: `Object.spec{replicas: 3}` and `JSONPatch{op: "remove", …}`.
//!
//! The expressions of a `MutatingAdmissionPolicy` say with them what to change. Their fields are of any type,
//! and nobody checks the names; only that the name of an object's type is the way to it is looked at, once the
//! whole is there ([`Object::check_names`]).
//!
//! Source: k8s.io/apiserver, `pkg/cel/mutation`.

use std::sync::Arc;

use super::Value;

/// The type of a JSON patch's operation.
const PATCH: &str = "JSONPatch";

/// A made object. A copy of it never copies its fields.
#[derive(Debug, Clone)]
pub struct Object<'a>(Arc<Inner<'a>>);

#[derive(Debug)]
struct Inner<'a> {
    name: Arc<str>,
    fields: Vec<(Arc<str>, Value<'a>)>,
}

impl<'a> Object<'a> {
    pub(crate) fn new(name: Arc<str>, fields: Vec<(Arc<str>, Value<'a>)>) -> Self {
        Self(Arc::new(Inner { name, fields }))
    }

    /// The name of its type: `Object`, `Object.spec.template`, `JSONPatch`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether it is an operation of a JSON patch.
    pub fn is_patch(&self) -> bool {
        &*self.0.name == PATCH
    }

    /// Its fields, in the order in which they were written.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> {
        self.0.fields.iter().map(|(name, value)| (&**name, value))
    }

    /// A field's value.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.fields.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }

    /// That the type of each object within is named by the way to it from the root, as in `Object.spec` for the
    /// field `spec` of `Object`.
    ///
    /// # Errors
    /// What the server says of those that are not, a line each.
    pub fn check_names(&self) -> Result<(), String> {
        let mut wrong = Vec::new();
        let value = Value::Object(self.clone());
        check(&value, self.name(), &mut wrong);
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }
}

fn check(value: &Value<'_>, way: &str, wrong: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if object.name() != way {
                wrong.push(format!(
                    "unexpected type name {:?}, expected {way:?}, which matches field name path from root \
                     Object type",
                    object.name()
                ));
            }
            for (name, field) in object.fields() {
                check(field, &format!("{way}.{name}"), wrong);
            }
        }
        Value::List(items) => items.iter().for_each(|item| check(item, way, wrong)),
        Value::Map(map) => map.iter().for_each(|(_, value)| check(value, way, wrong)),
        _ => {}
    }
}
