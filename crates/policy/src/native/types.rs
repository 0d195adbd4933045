//! What the compiler knows of the variables of a native policy: the request and the Namespace by their
//! fields, and kinds of Kubernetes where a server only warns.
//!
//! Source: `BuildRequestType` and `BuildNamespaceType` of k8s.io/apiserver, `pkg/admission/plugin/cel`;
//! `SchemaDeclType` of `pkg/cel/common`.

use bulkhead_cel::{ObjectTypes, StaticType};
use bulkhead_document::Key;
use bulkhead_kinds::{FieldType, Kinds, Scalar, Type};

/// The type of `request`.
pub(super) const REQUEST: &str = "kubernetes.AdmissionRequest";
/// The type of `namespaceObject`.
pub(super) const NAMESPACE: &str = "kubernetes.Namespace";

/// The types of what a request says, in words: `string`, `strings`, `map`, `time`, or another type here.
const FIELDS: &[(&str, &[(&str, &str)])] = &[
    (
        REQUEST,
        &[
            ("kind", "kubernetes.GroupVersionKind"),
            ("resource", "kubernetes.GroupVersionResource"),
            ("subResource", "string"),
            ("requestKind", "kubernetes.GroupVersionKind"),
            ("requestResource", "kubernetes.GroupVersionResource"),
            ("requestSubResource", "string"),
            ("name", "string"),
            ("namespace", "string"),
            ("operation", "string"),
            ("userInfo", "kubernetes.UserInfo"),
            ("dryRun", "bool"),
            ("options", "dyn"),
        ],
    ),
    ("kubernetes.GroupVersionKind", &[("group", "string"), ("version", "string"), ("kind", "string")]),
    (
        "kubernetes.GroupVersionResource",
        &[("group", "string"), ("version", "string"), ("resource", "string")],
    ),
    (
        "kubernetes.UserInfo",
        &[("username", "string"), ("uid", "string"), ("groups", "strings"), ("extra", "map(strings)")],
    ),
    (
        NAMESPACE,
        &[
            ("metadata", "kubernetes.NamespaceMetadata"),
            ("spec", "kubernetes.NamespaceSpec"),
            ("status", "kubernetes.NamespaceStatus"),
        ],
    ),
    ("kubernetes.NamespaceSpec", &[("finalizers", "strings")]),
    (
        "kubernetes.NamespaceStatus",
        &[("conditions", "list(kubernetes.NamespaceCondition)"), ("phase", "string")],
    ),
    (
        "kubernetes.NamespaceCondition",
        &[
            ("status", "string"),
            ("type", "string"),
            ("lastTransitionTime", "time"),
            ("message", "string"),
            ("reason", "string"),
        ],
    ),
    (
        "kubernetes.NamespaceMetadata",
        &[
            ("name", "string"),
            ("generateName", "string"),
            ("namespace", "string"),
            ("labels", "map(string)"),
            ("annotations", "map(string)"),
            ("UID", "string"),
            ("creationTimestamp", "time"),
            ("deletionGracePeriodSeconds", "int"),
            ("deletionTimestamp", "time"),
            ("generation", "int"),
            ("resourceVersion", "string"),
            ("finalizers", "strings"),
        ],
    ),
];

/// The types of a request.
#[derive(Debug)]
pub(super) struct RequestTypes;

impl ObjectTypes for RequestTypes {
    fn field(&self, object: &str, field: &str) -> Option<StaticType> {
        let (_, fields) = FIELDS.iter().find(|(name, _)| *name == object)?;
        fields.iter().find(|(name, _)| *name == field).map(|(_, word)| of_word(word))
    }
}

fn of_word(word: &str) -> StaticType {
    let strings = || StaticType::list(StaticType::String);
    match word {
        "string" => StaticType::String,
        "bool" => StaticType::Bool,
        "int" => StaticType::Int,
        "time" => StaticType::Timestamp,
        "dyn" => StaticType::Dyn,
        "strings" => strings(),
        "map(string)" => StaticType::map(StaticType::String, StaticType::String),
        "map(strings)" => StaticType::map(StaticType::String, strings()),
        _ => match word.strip_prefix("list(").and_then(|rest| rest.strip_suffix(')')) {
            Some(items) => StaticType::list(StaticType::object(items)),
            None => StaticType::object(word),
        },
    }
}

/// Kinds of Kubernetes as object types, by the names of their types.
#[derive(Debug)]
pub(super) struct KindTypes(pub(super) &'static Kinds);

impl ObjectTypes for KindTypes {
    fn field(&self, object: &str, field: &str) -> Option<StaticType> {
        let of: Type<'_> = self.0.type_named(object)?;
        let name = unescaped(field);
        let found = match Key::known(&name) {
            Some(key) => of.field(key),
            None => of.fields().find(|known| known.name() == name),
        };
        static_type(found?.field_type())
    }
}

/// The type of a field; nothing where a server does not let expressions read it.
fn static_type(of: FieldType<'_>) -> Option<StaticType> {
    Some(match of {
        FieldType::Scalar(scalar) => match scalar {
            Scalar::Text | Scalar::Quantity | Scalar::Duration => StaticType::String,
            Scalar::Bool => StaticType::Bool,
            Scalar::Int32 | Scalar::Int64 => StaticType::Int,
            Scalar::Double => StaticType::Double,
            Scalar::IntOrString => StaticType::Dyn,
            Scalar::Time | Scalar::MicroTime => StaticType::Timestamp,
            Scalar::Bytes => StaticType::Bytes,
            Scalar::Any => return None,
        },
        FieldType::Object(object) => StaticType::object(object.name()),
        FieldType::List(items) => StaticType::list(static_type(items.form())?),
        FieldType::Map(values) => StaticType::map(StaticType::String, static_type(values.form())?),
        FieldType::Either(..) => return None,
    })
}

/// A field's name from its spelling in expressions: `__namespace__`, `a__dash__b`.
fn unescaped(spelled: &str) -> String {
    const ESCAPES: [(&str, &str); 4] =
        [("__dash__", "-"), ("__dot__", "."), ("__slash__", "/"), ("__underscores__", "__")];
    let whole = spelled.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    let mut name = match whole {
        Some(word) if !ESCAPES.iter().any(|(escape, _)| *escape == spelled) && !word.contains("__") => {
            return word.to_owned();
        }
        _ => spelled.to_owned(),
    };
    for (escape, plain) in ESCAPES {
        name = name.replace(escape, plain);
    }
    name
}

/// The type that the policy's own variable has for the expressions after it: a server keeps that of plain
/// values and of lists and maps of them.
pub(super) fn of_variable(of: &StaticType) -> StaticType {
    match of {
        StaticType::Bool
        | StaticType::Bytes
        | StaticType::Double
        | StaticType::Duration
        | StaticType::Int
        | StaticType::Null
        | StaticType::String
        | StaticType::Timestamp
        | StaticType::UInt
        | StaticType::Any => of.clone(),
        StaticType::List(parts) => {
            StaticType::list(parts.types().first().map_or(StaticType::Dyn, of_variable))
        }
        StaticType::Map(parts) => {
            let part = |place: usize| parts.types().get(place).map_or(StaticType::Dyn, of_variable);
            StaticType::map(part(0), part(1))
        }
        _ => StaticType::Dyn,
    }
}

/// What an expression has to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    Anything,
    Truth,
    Text,
    TextOrNull,
    /// `Object{…}`
    Object,
    /// Operations of a JSON patch.
    Operations,
}

impl Gives {
    /// Why a type is not what was wanted, in the server's words.
    pub(super) fn refuses(self, found: &StaticType) -> Option<String> {
        let fits = match self {
            Self::Anything => true,
            Self::Truth => *found == StaticType::Bool,
            Self::Text => *found == StaticType::String,
            Self::TextOrNull => matches!(found, StaticType::String | StaticType::Null),
            Self::Object => *found == StaticType::object("Object"),
            Self::Operations => *found == StaticType::list(StaticType::object("JSONPatch")),
        };
        let wanted = match self {
            Self::Anything | Self::Truth => "bool",
            Self::Text => "string",
            Self::Object => "Object",
            Self::Operations => "list(JSONPatch)",
            Self::TextOrNull => {
                return (!fits)
                    .then(|| format!("must evaluate to one of [string null_type] but got {found}"));
            }
        };
        (!fits).then(|| format!("must evaluate to {wanted} but got {found}"))
    }
}

#[test]
fn spellings_are_read_back() {
    for (spelled, wanted) in
        [("__namespace__", "namespace"), ("a__dash__b", "a-b"), ("__dash__a", "-a"), ("a", "a")]
    {
        assert_eq!(unescaped(spelled), wanted);
    }
}
