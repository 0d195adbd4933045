//! Object types: where the checker learns which fields a type has.

use std::fmt::Debug;

use super::types::StaticType;

/// Knows object types by their names, such as the kinds of Kubernetes.
pub trait ObjectTypes: Debug + Send + Sync {
    /// The type of a field of an object type; `None` when there is no such type or field.
    fn field(&self, object: &str, field: &str) -> Option<StaticType>;

    /// Whether an expression can make an object of a type: `Object.spec{replicas: 1}`.
    fn makes(&self, _object: &str) -> bool {
        false
    }
}
