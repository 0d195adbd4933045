//! What an expression computes with.
//!
//! A mapping or sequence of a document is used where it lies, as [`Value::Node`]: selecting from it
//! converts nothing and copies nothing. Whatever an expression builds itself is shared by reference
//! count, so that cloning a value never copies its content.

mod compare;
mod convert;
mod display;
mod map;
mod object;
mod text;
mod time;
mod unknown;

use std::sync::Arc;

use bulkhead_document::{Kind, Node};

use crate::extension::{Access, AccessResource, Authorizer, Extension, Subject};

pub use map::{Map, Refused};
pub use object::Object;
pub use text::Text;
pub(crate) use time::Civil;
pub use time::{Duration, Timestamp};
pub use unknown::{AttributePath, Qualifier, Unknown};

pub(crate) use compare::{Equality, compare, equal, int_to_double, number_as_index, uint_to_double};
pub(crate) use display::{double_text, write_bytes, write_quoted};

/// A value of the Common Expression Language.
#[derive(Clone)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number with sign, 64 bits.
    Int(i64),
    /// A whole number without sign, 64 bits.
    UInt(u64),
    /// A floating-point number, 64 bits.
    Double(f64),
    /// Text.
    String(Text<'a>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A list that an expression built or a caller handed in.
    List(Arc<Vec<Value<'a>>>),
    /// A map that an expression built or a caller handed in.
    Map(Arc<Map<'a>>),
    /// A span of time.
    Duration(Duration),
    /// A point in time.
    Timestamp(Timestamp),
    /// A type, as `type(x)` gives it.
    Type(Type),
    /// A value that may be absent.
    Optional(Option<Arc<Value<'a>>>),
    /// A value of a document, used where it lies. Within the evaluator always a mapping or a sequence.
    Node(Node<'a>),
    /// A value of a type that a library brings, such as a URL.
    Extension(Arc<Extension>),
    /// An object that an expression made, for a patch.
    Object(Object<'a>),
    /// What cannot be known yet, with the attributes it stands for.
    Unknown(Arc<Unknown>),
}

/// The type of a value, as far as it can be told at run time (`list`, not `list(int)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// `null_type`
    Null,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint`
    UInt,
    /// `double`
    Double,
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// `list`
    List,
    /// `map`
    Map,
    /// `google.protobuf.Duration`
    Duration,
    /// `google.protobuf.Timestamp`
    Timestamp,
    /// `type`
    Type,
    /// `optional_type`
    Optional,
    /// `kubernetes.URL`
    Url,
    /// `net.IP`
    Ip,
    /// `net.CIDR`
    Cidr,
    /// `kubernetes.Quantity`
    Quantity,
    /// `kubernetes.Semver`
    Semver,
    /// `kubernetes.NamedFormat`
    Format,
    /// `kubernetes.authorization.Authorizer`
    Authorizer,
    /// `kubernetes.authorization.PathCheck`
    PathCheck,
    /// `kubernetes.authorization.GroupCheck`
    GroupCheck,
    /// `kubernetes.authorization.ResourceCheck`
    ResourceCheck,
    /// `kubernetes.authorization.Decision`
    Decision,
    /// `Object`, and what hangs below it.
    Object,
    /// `JSONPatch`
    JsonPatch,
    /// What an unknown value has.
    Unknown,
}

impl Type {
    /// How an expression spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::UInt => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::List => "list",
            Self::Map => "map",
            Self::Duration => "google.protobuf.Duration",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Type => "type",
            Self::Optional => "optional_type",
            Self::Url => "kubernetes.URL",
            Self::Ip => "net.IP",
            Self::Cidr => "net.CIDR",
            Self::Quantity => "kubernetes.Quantity",
            Self::Semver => "kubernetes.Semver",
            Self::Format => "kubernetes.NamedFormat",
            Self::Authorizer => "kubernetes.authorization.Authorizer",
            Self::PathCheck => "kubernetes.authorization.PathCheck",
            Self::GroupCheck => "kubernetes.authorization.GroupCheck",
            Self::ResourceCheck => "kubernetes.authorization.ResourceCheck",
            Self::Decision => "kubernetes.authorization.Decision",
            Self::Object => "Object",
            Self::JsonPatch => "JSONPatch",
            Self::Unknown => "unknown",
        }
    }
}

impl<'a> Value<'a> {
    /// Text that the value owns.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::String(Text::Shared(text.into()))
    }

    /// A list.
    pub fn list(items: Vec<Value<'a>>) -> Self {
        Self::List(Arc::new(items))
    }

    /// The variable `authorizer`: who answers, for a user.
    pub fn authorizer(authorizer: Arc<dyn Authorizer>, user: &str) -> Self {
        let subject = Subject { authorizer, user: user.into() };
        Self::extension(Extension::Access(Access::Authorizer(subject)))
    }

    /// The variable `authorizer.requestResource`: who answers, for a user and what a request is for.
    pub fn resource_check(authorizer: Arc<dyn Authorizer>, user: &str, resource: AccessResource) -> Self {
        let subject = Subject { authorizer, user: user.into() };
        Self::extension(Extension::Access(Access::Resource(subject, resource.into())))
    }

    /// A value of a type that a library brings.
    pub(crate) fn extension(value: Extension) -> Self {
        Self::Extension(Arc::new(value))
    }

    /// A present optional value.
    pub fn some(value: Value<'a>) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// What cannot be known, named by its path, such as `request.userInfo`.
    pub fn unknown(path: &str) -> Self {
        Self::Unknown(Arc::new(Unknown::of(AttributePath::parse(path))))
    }

    /// Its type.
    pub fn type_of(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::UInt(_) => Type::UInt,
            Self::Double(_) => Type::Double,
            Self::String(_) => Type::String,
            Self::Bytes(_) => Type::Bytes,
            Self::List(_) => Type::List,
            Self::Map(_) => Type::Map,
            Self::Duration(_) => Type::Duration,
            Self::Timestamp(_) => Type::Timestamp,
            Self::Type(_) => Type::Type,
            Self::Optional(_) => Type::Optional,
            Self::Extension(value) => value.type_of(),
            Self::Object(object) if object.is_patch() => Type::JsonPatch,
            Self::Object(_) => Type::Object,
            Self::Unknown(_) => Type::Unknown,
            Self::Node(node) => match node.kind() {
                Kind::Null => Type::Null,
                Kind::Bool(_) => Type::Bool,
                Kind::Int(_) => Type::Int,
                Kind::UInt(_) | Kind::Float(_) => Type::Double,
                Kind::Text(_) => Type::String,
                Kind::Sequence(_) => Type::List,
                Kind::Mapping(_) => Type::Map,
            },
        }
    }

    /// Its truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Node(node) => node.as_bool(),
            _ => None,
        }
    }

    /// Its number, if it is an `int`.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Node(node) => node.as_i64(),
            _ => None,
        }
    }

    /// Its text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Node(node) => node.as_str(),
            _ => None,
        }
    }

    /// The node of a document that it is, if it is one.
    pub fn as_node(&self) -> Option<Node<'a>> {
        if let Self::Node(node) = self { Some(*node) } else { None }
    }

    /// Whether it can name a field, an entry or an item.
    pub(crate) fn is_qualifier(&self) -> bool {
        matches!(
            self,
            Self::String(_)
                | Self::Int(_)
                | Self::UInt(_)
                | Self::Bool(_)
                | Self::Double(_)
                | Self::Unknown(_)
        )
    }

    /// The value of a library's type that it is, if it is one.
    pub fn as_extension(&self) -> Option<&Extension> {
        if let Self::Extension(value) = self { Some(value) } else { None }
    }

    /// The object that an expression made, if it is one.
    pub fn as_object(&self) -> Option<&Object<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// What it stands for, if it is unknown.
    pub fn as_unknown(&self) -> Option<&Unknown> {
        if let Self::Unknown(unknown) = self { Some(unknown) } else { None }
    }

    /// How many characters, bytes, items or entries it has; `None` for what has no size.
    pub fn size(&self) -> Option<usize> {
        match self {
            Self::String(text) => Some(text.chars().count()),
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::List(items) => Some(items.len()),
            Self::Map(map) => Some(map.len()),
            Self::Node(node) => match node.kind() {
                Kind::Text(text) => Some(text.chars().count()),
                Kind::Sequence(length) | Kind::Mapping(length) => Some(length),
                _ => None,
            },
            _ => None,
        }
    }

    /// Its items in order, if it is a list.
    pub fn items(&self) -> Option<Items<'_, 'a>> {
        match self {
            Self::List(items) => Some(Items::Plain(items.iter())),
            Self::Node(node) if matches!(node.kind(), Kind::Sequence(_)) => {
                Some(Items::Node { node: *node, next: 0 })
            }
            _ => None,
        }
    }

    /// How many entries it has, if it is a map.
    pub(crate) fn entries_len(&self) -> Option<usize> {
        match self {
            Self::Map(map) => Some(map.len()),
            Self::Node(node) => match node.kind() {
                Kind::Mapping(length) => Some(length),
                _ => None,
            },
            _ => None,
        }
    }

    /// Its entries in order, if it is a map.
    pub fn entries(&self) -> Option<Vec<(Value<'a>, Value<'a>)>> {
        match self {
            Self::Map(map) => Some(map.iter().map(|(key, value)| (key.clone(), value.clone())).collect()),
            Self::Node(node) if matches!(node.kind(), Kind::Mapping(_)) => {
                Some(node.entries().map(|(key, value)| (Value::from(key), Value::from(value))).collect())
            }
            _ => None,
        }
    }
}

/// The items of a list, one by one.
#[derive(Debug, Clone)]
pub enum Items<'v, 'a> {
    /// Of a list that an expression built.
    Plain(std::slice::Iter<'v, Value<'a>>),
    /// Of a document's sequence.
    Node {
        /// The sequence.
        node: Node<'a>,
        /// The index of the next item.
        next: usize,
    },
}

impl<'a> Iterator for Items<'_, 'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        match self {
            Self::Plain(items) => items.next().cloned(),
            Self::Node { node, next } => {
                let item = node.item(*next)?;
                *next = next.saturating_add(1);
                Some(Value::from(item))
            }
        }
    }
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
