//! The types of Kubernetes' own kinds.

use bulkhead_kinds::{FieldType, Kinds, Scalar, Type};

use super::{escaped, selected};
use crate::check::objects::ObjectTypes;
use crate::check::types::StaticType;

/// The object types of one kind: the object itself, and all within it.
#[derive(Debug, Clone)]
pub struct KindTypes {
    root: Type<'static>,
    kind: &'static str,
}

impl KindTypes {
    /// The types of a kind in a version of Kubernetes; `None` when that has no such kind.
    pub fn new(kinds: &'static Kinds, api_version: &str, kind: &str) -> Option<Self> {
        let found = kinds.find(api_version, kind)?;
        Some(Self { root: found.object_type()?, kind: found.kind() })
    }

    /// The type of the object itself.
    pub fn root(&self) -> StaticType {
        StaticType::object(self.kind)
    }

    /// The type at the end of a name, unless it has one of its kind around it: the API server cuts types
    /// that hold themselves.
    fn find(&self, object: &str) -> Option<Type<'static>> {
        let mut names = object.split('.');
        if names.next() != Some(self.kind) {
            return None;
        }
        let mut around = vec![self.root];
        let mut at = FieldType::Object(self.root);
        for name in names {
            at = match (at, name) {
                (FieldType::List(items), "@idx") => items.form(),
                (FieldType::Map(values), "@elem") => values.form(),
                (FieldType::Object(found), name) => field(found, name)?,
                _ => return None,
            };
            if let FieldType::Object(found) = at {
                if around.contains(&found) {
                    return None;
                }
                around.push(found);
            }
        }
        if let FieldType::Object(found) = at { Some(found) } else { None }
    }
}

fn field(within: Type<'static>, name: &str) -> Option<FieldType<'static>> {
    let name = selected(name);
    let mut fields = within.fields();
    let found = fields.find(|field| escaped(field.name()).is_some_and(|escaped| escaped == name));
    Some(found?.field_type())
}

impl ObjectTypes for KindTypes {
    fn field(&self, object: &str, name: &str) -> Option<StaticType> {
        let found = field(self.find(object)?, name)?;
        of_field(found, &format!("{object}.{name}"))
    }
}

/// What a field is to the checker; `None` for one that the API server does not show it.
fn of_field(found: FieldType<'static>, name: &str) -> Option<StaticType> {
    Some(match found {
        FieldType::Scalar(scalar) => match scalar {
            Scalar::Bool => StaticType::Bool,
            Scalar::Int32 | Scalar::Int64 => StaticType::Int,
            Scalar::Double => StaticType::Double,
            Scalar::IntOrString => StaticType::Dyn,
            Scalar::Time | Scalar::MicroTime => StaticType::Timestamp,
            Scalar::Bytes => StaticType::Bytes,
            // An object of which nothing is known.
            Scalar::Any => StaticType::object(name),
            // Durations are published as text without a format, and amounts with no type at all.
            Scalar::Text | Scalar::Duration => StaticType::String,
            Scalar::Quantity => return None,
        },
        FieldType::Object(_) => StaticType::object(name),
        FieldType::List(items) => StaticType::list(of_field(items.form(), &format!("{name}.@idx"))?),
        FieldType::Map(values) => {
            let value = of_field(values.form(), &format!("{name}.@elem"))?;
            StaticType::map(StaticType::String, value)
        }
        // Published with no type at all.
        FieldType::Either(..) => return None,
    })
}
