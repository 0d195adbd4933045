//! What server-side apply makes of an object and an apply configuration.
//!
//! Objects and maps are merged field by field, lists by the keys that their schema declares. What the schema
//! calls atomic cannot be part of an apply configuration of a policy: that would throw away what is not said.
//!
//! Source: sigs.k8s.io/structured-merge-diff, `typed/merge.go` and `typed/validate.go`;
//! `ApplyStructuredMergeDiff` of k8s.io/apiserver, `pkg/admission/plugin/policy/mutating/patch`.

use bulkhead_kinds::{Field, FieldType, ListKey, Scalar, ShapeOf, Type};
use serde_json::{Map, Value as Json};

/// What is known of a value's place.
#[derive(Clone, Copy)]
struct Spec<'k> {
    form: FieldType<'k>,
    list: ListKey<'k>,
    atomic: bool,
    atomic_items: bool,
}

impl<'k> Spec<'k> {
    fn of_field(field: Field<'k>) -> Self {
        Self {
            form: field.field_type(),
            list: field.list_key(),
            atomic: field.is_atomic(),
            atomic_items: field.has_atomic_items(),
        }
    }

    fn of_part(part: ShapeOf<'k>) -> Self {
        Self { form: part.form(), list: ListKey::Position, atomic: false, atomic_items: false }
    }

    /// The place of an item of a list of such items.
    fn of_item(&self, items: ShapeOf<'k>) -> Self {
        Self { atomic: self.atomic_items, ..Self::of_part(items) }
    }

    /// The place of a field; nothing where the schema declares none.
    fn below(&self, name: &str) -> Option<Self> {
        match self.form {
            FieldType::Object(of) => field_of(of, name).map(Self::of_field),
            FieldType::Map(values) => Some(Self::of_part(values)),
            _ => None,
        }
    }
}

fn field_of<'k>(of: Type<'k>, name: &str) -> Option<Field<'k>> {
    match bulkhead_document::Key::known(name) {
        Some(key) => of.field(key),
        None => of.fields().find(|field| field.name() == name),
    }
}

/// Merges an apply configuration into an object of a kind.
///
/// # Errors
/// Why the server refuses the configuration, in its words where they are short.
pub(super) fn merge(object: &Json, configuration: &Json, of: Type<'_>) -> Result<Json, String> {
    let spec =
        Spec { form: FieldType::Object(of), list: ListKey::Position, atomic: false, atomic_items: false };
    validate(configuration, spec, "")
        .map_err(|error| format!("failed to convert patch object to typed object: {error}"))?;
    let mut atomics = Vec::new();
    find_atomics(configuration, spec, "", &mut atomics);
    if !atomics.is_empty() {
        let list = atomics.join(", ");
        return Err(format!(
            "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {list}"
        ));
    }
    Ok(merged(Some(object), Some(configuration), spec).unwrap_or(Json::Object(Map::new())))
}

fn validate(value: &Json, spec: Spec<'_>, path: &str) -> Result<(), String> {
    let wrong = |wanted: &str| Err(format!("{path}: expected {wanted}, got {value}"));
    if value.is_null() {
        return Ok(());
    }
    match spec.form {
        FieldType::Scalar(scalar) => match (scalar, value) {
            (Scalar::Any, _)
            | (Scalar::Bool, Json::Bool(_))
            | (Scalar::Int32 | Scalar::Int64 | Scalar::Double, Json::Number(_))
            | (Scalar::Text | Scalar::Duration | Scalar::Bytes, Json::String(_)) => Ok(()),
            (Scalar::Bool, _) => wrong("boolean"),
            (Scalar::Int32 | Scalar::Int64 | Scalar::Double, _) => wrong("numeric (int or float)"),
            (Scalar::Text | Scalar::Duration | Scalar::Bytes, _) => wrong("string"),
            (_, Json::Array(_) | Json::Object(_)) => wrong("any scalar"),
            _ => Ok(()),
        },
        FieldType::Object(_) | FieldType::Map(_) => {
            let Json::Object(fields) = value else { return wrong("map") };
            fields.iter().try_for_each(|(name, value)| {
                let path = format!("{path}.{name}");
                match spec.below(name) {
                    Some(below) => validate(value, below, &path),
                    None => Err(format!("{path}: field not declared in schema")),
                }
            })
        }
        FieldType::List(items) => {
            let Json::Array(list) = value else { return wrong("list") };
            let mut seen = Vec::new();
            list.iter().enumerate().try_for_each(|(place, item)| {
                let mut path = format!("{path}[{place}]");
                if let Some(id) = Id::of(item, spec.list, items) {
                    let id = id.map_err(|error| format!("{path}: {error}"))?;
                    if seen.contains(&id) {
                        return Err(format!("{path}: duplicate entries for key {id:?}"));
                    }
                    path = format!("{path}{id:?}");
                    seen.push(id);
                }
                validate(item, Spec::of_part(items), &path)
            })
        }
        FieldType::Either(..) => Ok(()),
    }
}

fn find_atomics(value: &Json, spec: Spec<'_>, path: &str, atomics: &mut Vec<String>) {
    match (value, spec.form) {
        (Json::Object(fields), FieldType::Object(_) | FieldType::Map(_)) => {
            if spec.atomic {
                atomics.push(path.to_owned());
            }
            // The server does not look into the values of a map.
            let FieldType::Object(of) = spec.form else { return };
            for (name, value) in fields {
                if let Some(field) = field_of(of, name) {
                    find_atomics(value, Spec::of_field(field), &format!("{path}.{name}"), atomics);
                }
            }
        }
        (Json::Array(list), FieldType::List(items)) => {
            if spec.list == ListKey::Position {
                atomics.push(path.to_owned());
            }
            for (place, item) in list.iter().enumerate() {
                find_atomics(item, spec.of_item(items), &format!("{path}[{place}]"), atomics);
            }
        }
        _ => {}
    }
}

/// What tells an item of a list from others.
#[derive(Debug, Clone, PartialEq)]
struct Id(Vec<(&'static str, Json)>);

impl Id {
    /// Nothing where items have their place alone.
    fn of(item: &Json, key: ListKey<'_>, items: ShapeOf<'_>) -> Option<Result<Self, String>> {
        let keys = match key {
            ListKey::Position => return None,
            ListKey::Value => {
                return Some(match item {
                    Json::Object(_) => {
                        Err("associative list without keys has an element that's a map type".into())
                    }
                    Json::Array(_) => Err("not supported: associative list with lists as elements".into()),
                    Json::Null => {
                        Err("associative list without keys has an element that's an explicit null".into())
                    }
                    scalar => Ok(Self(vec![("", scalar.clone())])),
                });
            }
            ListKey::Keys(keys) | ListKey::MergeKeys(keys) => keys,
        };
        let Json::Object(fields) = item else {
            return Some(Err("associative list with keys may not have non-map elements".into()));
        };
        let FieldType::Object(of) = items.form() else { return None };
        let names: Vec<&'static str> =
            keys.iter().filter_map(|key| of.field(*key)).map(Field::name).collect();
        let part = |name: &&'static str| {
            let found = fields.get(*name).cloned().or_else(|| default_key(items, name));
            found.map(|value| (*name, value))
        };
        let id: Vec<_> = names.iter().filter_map(part).collect();
        Some(if id.is_empty() && !names.is_empty() {
            Err(format!(
                "associative list with keys has an element that omits all key fields {names:?} (and doesn't have \
                 default values for any key fields)"
            ))
        } else {
            Ok(Self(id))
        })
    }
}

/// The keys of lists that have a default in the published schemas.
fn default_key(items: ShapeOf<'_>, name: &str) -> Option<Json> {
    let FieldType::Object(of) = items.form() else { return None };
    match (of.name(), name) {
        (_, "protocol") => Some("TCP".into()),
        ("core/v1.LocalObjectReference", "name") => Some("".into()),
        _ => None,
    }
}

/// Both together; what the right one says counts.
fn merged(left: Option<&Json>, right: Option<&Json>, spec: Spec<'_>) -> Option<Json> {
    let either = || right.or(left).cloned();
    match spec.form {
        FieldType::Object(_) | FieldType::Map(_) => {
            let fields = |value: Option<&Json>| value.and_then(Json::as_object).cloned().unwrap_or_default();
            let (left_fields, right_fields) = (fields(left), fields(right));
            // This keeps null apart from what is empty.
            if spec.atomic || left_fields.is_empty() && right_fields.is_empty() {
                return either();
            }
            let mut all = Map::new();
            for name in left_fields
                .keys()
                .chain(right_fields.keys().filter(|name| !left_fields.contains_key(*name)))
            {
                let (left, right) = (left_fields.get(name), right_fields.get(name));
                let value = match spec.below(name) {
                    Some(below) => merged(left, right, below),
                    None => right.or(left).cloned(),
                };
                all.extend(value.map(|value| (name.clone(), value)));
            }
            (!all.is_empty()).then_some(Json::Object(all))
        }
        FieldType::List(items) => {
            let list = |value: Option<&Json>| value.and_then(Json::as_array).cloned().unwrap_or_default();
            let (left_items, right_items) = (list(left), list(right));
            if spec.list == ListKey::Position || left_items.is_empty() && right_items.is_empty() {
                return either();
            }
            let item = spec.of_item(items);
            let all = Lists { left: &left_items, right: &right_items, key: spec.list, items, item }.merged();
            (!all.is_empty()).then_some(Json::Array(all))
        }
        FieldType::Scalar(_) | FieldType::Either(..) => either(),
    }
}

/// Two lists whose items have keys.
struct Lists<'l, 'k> {
    left: &'l [Json],
    right: &'l [Json],
    key: ListKey<'k>,
    items: ShapeOf<'k>,
    item: Spec<'k>,
}

impl Lists<'_, '_> {
    /// The server's order: that of the left list, with what both have in the order of the right one.
    fn merged(&self) -> Vec<Json> {
        let ids = |list: &[Json]| -> Vec<Id> {
            list.iter().filter_map(|item| Id::of(item, self.key, self.items)?.ok()).collect()
        };
        let (left_ids, right_ids) = (ids(self.left), ids(self.right));
        let mut shared = right_ids.iter().filter(|id| left_ids.contains(id));
        let mut next_shared = shared.next();
        let mut done: Vec<&Id> = Vec::new();
        let mut all = Vec::new();
        let (mut left_at, mut right_at) = (0, 0);
        while left_at < left_ids.len() || right_at < right_ids.len() {
            let (left, right) = (left_ids.get(left_at), right_ids.get(right_at));
            if let (Some(left), Some(right)) = (left, right) {
                if left == right {
                    done.push(left);
                    all.extend(self.item(left, &left_ids, &right_ids));
                    left_at += 1;
                    right_at += 1;
                    next_shared = shared.next();
                    continue;
                }
                if right_ids.contains(left) && next_shared.is_some_and(|next| next != left) {
                    left_at += 1;
                    continue;
                }
            }
            if let Some(left) = left {
                if !right_ids.contains(left) {
                    let item = self.left.get(left_at);
                    all.extend(merged(item, None, self.item));
                    left_at += 1;
                    continue;
                }
                if done.contains(&left) {
                    left_at += 1;
                }
            }
            if let Some(right) = right {
                done.push(right);
                all.extend(self.item(right, &left_ids, &right_ids));
                right_at += 1;
                if next_shared == Some(right) {
                    next_shared = shared.next();
                }
            }
        }
        all
    }

    /// The items of one key, merged; of a key that the left list has twice, the right one's alone.
    fn item(&self, id: &Id, left_ids: &[Id], right_ids: &[Id]) -> Option<Json> {
        let place = |ids: &[Id]| ids.iter().position(|known| known == id);
        let is_double = left_ids.iter().filter(|known| *known == id).count() > 1;
        let left = place(left_ids).filter(|_| !is_double).and_then(|place| self.left.get(place));
        let right = place(right_ids).and_then(|place| self.right.get(place));
        merged(left, right, self.item)
    }
}

#[cfg(test)]
mod tests {
    use bulkhead_kinds::Kinds;
    use serde_json::json;

    use super::*;

    fn pod(configuration: &Json) -> Result<Json, String> {
        let kinds = Kinds::for_minor(35).unwrap();
        let of = kinds.find("v1", "Pod").and_then(bulkhead_kinds::KindInfo::object_type).unwrap();
        let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"x": "1"}},
        "spec": {"containers": [
            {"name": "one", "image": "a", "ports": [{"containerPort": 80, "protocol": "TCP"}]},
            {"name": "two", "image": "b", "args": ["x"]},
        ]}});
        merge(&object, configuration, of)
    }

    #[test]
    fn lists_are_merged_by_key() {
        let found = pod(&json!({"metadata": {"labels": {"y": "2"}}, "spec": {"containers": [
            {"name": "two", "imagePullPolicy": "Always"}, {"name": "new", "image": "c"},
        ]}}))
        .unwrap();
        assert_eq!(found["metadata"]["labels"], json!({"x": "1", "y": "2"}));
        let names: Vec<_> =
            found["spec"]["containers"].as_array().unwrap().iter().map(|each| &each["name"]).collect();
        assert_eq!(names, ["one", "two", "new"]);
        assert_eq!(found["spec"]["containers"][1]["args"], json!(["x"]));
        assert_eq!(found["spec"]["containers"][1]["imagePullPolicy"], "Always");
    }

    #[test]
    fn what_cannot_be_merged_is_refused() {
        let cases = [
            (json!({"spec": {"containers": [{"name": "two", "args": ["y"]}]}}), "atomic"),
            (json!({"spec": {"nodeSelector": {"a": "b"}}}), "atomic"),
            (json!({"spec": {"containers": [{"image": "c"}]}}), "omits all key fields"),
            (json!({"spec": {"colour": "red"}}), "field not declared in schema"),
            (json!({"spec": {"hostNetwork": "yes"}}), "expected boolean"),
        ];
        for (configuration, wanted) in cases {
            let error = pod(&configuration).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
