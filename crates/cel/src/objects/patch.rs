//! The types of what a `MutatingAdmissionPolicy` makes: `Object` with all that hangs below it, `JSONPatch`.
//!
//! Source: k8s.io/apiserver, `pkg/cel/mutation/typeresolver.go`.

use crate::check::objects::ObjectTypes;
use crate::check::types::StaticType;

/// Knows the types of patches.
#[derive(Debug)]
pub(crate) struct PatchTypes;

impl ObjectTypes for PatchTypes {
    fn field(&self, object: &str, field: &str) -> Option<StaticType> {
        match (object, field) {
            ("JSONPatch", "op" | "path" | "from") => Some(StaticType::String),
            ("JSONPatch", "value") => Some(StaticType::Dyn),
            ("JSONPatch", _) => None,
            _ => self.makes(object).then_some(StaticType::Dyn),
        }
    }

    fn makes(&self, object: &str) -> bool {
        object == "JSONPatch" || object == "Object" || object.starts_with("Object.")
    }
}
