//! The schema beside a way through an object: which lists are maps in disguise, and by which keys.

use bulkhead_document::Key;
use bulkhead_kinds::{FieldType, Kinds, ListKey, Type};

use crate::path::Step;

/// What Kubernetes says of one object's kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schema<'k> {
    root: Option<Type<'k>>,
    template: Option<Type<'k>>,
}

/// A place in the schema.
pub(crate) struct Cursor<'k> {
    form: Option<FieldType<'k>>,
    list: &'k [Key],
}

impl<'k> Schema<'k> {
    pub(crate) fn new(kinds: &'k Kinds, root: Option<Type<'k>>) -> Self {
        Self { root, template: kinds.type_named("core/v1.PodTemplateSpec") }
    }

    /// The object's root.
    pub(crate) fn cursor(self) -> Cursor<'k> {
        Cursor { form: self.root.map(FieldType::Object), list: &[] }
    }

    /// The root of a Pod template, also of a custom resource; a Pod is its own.
    pub(crate) fn template_cursor(self, is_pod: bool) -> Cursor<'k> {
        let root = if is_pod { self.root } else { self.template };
        Cursor { form: root.map(FieldType::Object), list: &[] }
    }
}

impl<'k> Cursor<'k> {
    /// Goes one step. For a step to a list's item, the keys that tell the items apart.
    pub(crate) fn step(&mut self, step: Step) -> &'k [Key] {
        let keys = std::mem::take(&mut self.list);
        self.form = match (self.form, step) {
            (Some(FieldType::Object(object) | FieldType::Either(_, object)), Step::Field(key)) => {
                object.field(key).map(|field| {
                    self.list = match field.list_key() {
                        ListKey::Keys(keys) | ListKey::MergeKeys(keys) => keys,
                        ListKey::Position | ListKey::Value => &[],
                    };
                    field.field_type()
                })
            }
            (Some(FieldType::Map(values)), Step::Field(_)) => Some(values.form()),
            (Some(FieldType::List(items)), Step::Index(_)) => Some(items.form()),
            _ => None,
        };
        keys
    }
}
