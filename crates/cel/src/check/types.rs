//! Static types: what is known of a value before anything runs.
//!
//! A type is written as messages and signatures have it: `list(string)`, `map(string, dyn)`,
//! `optional_type(int)`, `wrapper(int)`, `kubernetes.Quantity`. A capital letter alone is a type parameter.

use std::fmt;
use std::sync::Arc;

use crate::value::Type;

/// What the checker knows of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaticType {
    /// Nothing: it turns out at run time.
    Dyn,
    /// `google.protobuf.Any`, which is as good as [`StaticType::Dyn`].
    Any,
    /// `null`
    Null,
    /// A truth value.
    Bool,
    /// A whole number.
    Int,
    /// A whole number without sign.
    UInt,
    /// A floating-point number.
    Double,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// A span of time.
    Duration,
    /// A point in time.
    Timestamp,
    /// One of the above, or null.
    Wrapper(Parts),
    /// A list of such items.
    List(Parts),
    /// A map of such keys to such values.
    Map(Parts),
    /// A type as a value; of which type, where that is known.
    Type(Option<Parts>),
    /// A type that only its own functions know, such as `optional_type(int)` or `kubernetes.Quantity`.
    Opaque(Arc<str>, Parts),
    /// A type with fields, by its name.
    Object(Arc<str>),
    /// A type parameter of a signature.
    Parameter(char),
    /// A type that is still to be found out.
    Variable(u32),
}

/// The types that a type is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts(Arc<Inner>);

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    /// Whether no part of it is still to be found out.
    ground: bool,
    /// How many types it is made of, all levels together, as if nothing were shared.
    weight: u32,
    types: Box<[StaticType]>,
}

/// The name of the type of optional values.
const OPTIONAL: &str = "optional_type";

impl Parts {
    fn new(types: impl Into<Box<[StaticType]>>) -> Self {
        let types = types.into();
        let weight = types.iter().map(StaticType::weight).fold(1, u32::saturating_add);
        let ground = types.iter().all(StaticType::is_ground);
        Self(Arc::new(Inner { ground, weight, types }))
    }

    /// The types themselves.
    pub fn types(&self) -> &[StaticType] {
        &self.0.types
    }

    /// The type at a place; `dyn` where there is none.
    pub(crate) fn at(&self, place: usize) -> &StaticType {
        self.0.types.get(place).unwrap_or(&StaticType::Dyn)
    }
}

impl StaticType {
    /// A list of such items.
    pub fn list(items: Self) -> Self {
        Self::List(Parts::new([items]))
    }

    /// A map of such keys to such values.
    pub fn map(keys: Self, values: Self) -> Self {
        Self::Map(Parts::new([keys, values]))
    }

    /// Such a value or none.
    pub fn optional(value: Self) -> Self {
        Self::Opaque(OPTIONAL.into(), Parts::new([value]))
    }

    /// Such a scalar or null.
    pub fn wrapper(value: Self) -> Self {
        Self::Wrapper(Parts::new([value]))
    }

    /// A type as a value.
    pub fn type_of(value: Self) -> Self {
        Self::Type(Some(Parts::new([value])))
    }

    /// A type that only its own functions know.
    pub fn opaque(name: impl Into<Arc<str>>, parts: impl Into<Box<[Self]>>) -> Self {
        Self::Opaque(name.into(), Parts::new(parts))
    }

    /// A type with fields, by its name.
    pub fn object(name: impl Into<Arc<str>>) -> Self {
        Self::Object(name.into())
    }

    /// The variable `authorizer` of policies, which answers what a user may do.
    pub fn authorizer() -> Self {
        Self::opaque(Type::Authorizer.name(), [])
    }

    /// The variable `authorizer.requestResource`: the same for what a request is about.
    pub fn resource_check() -> Self {
        Self::opaque(Type::ResourceCheck.name(), [])
    }

    /// What an optional value would hold.
    pub fn as_optional(&self) -> Option<&Self> {
        match self {
            Self::Opaque(name, parts) if **name == *OPTIONAL => parts.types().first(),
            _ => None,
        }
    }

    /// Whether nothing is known of it.
    pub fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn | Self::Any)
    }

    /// Whether nothing is known of it or of a part of it.
    pub(crate) fn holds_dyn(&self) -> bool {
        self.is_dyn() || self.parts().iter().any(Self::holds_dyn)
    }

    /// The types it is made of.
    pub(crate) fn parts(&self) -> &[Self] {
        match self {
            Self::Wrapper(parts)
            | Self::List(parts)
            | Self::Map(parts)
            | Self::Type(Some(parts))
            | Self::Opaque(_, parts) => parts.types(),
            _ => &[],
        }
    }

    /// How many types it is made of, itself included, as if nothing were shared.
    pub(crate) fn weight(&self) -> u32 {
        match self {
            Self::Wrapper(parts)
            | Self::List(parts)
            | Self::Map(parts)
            | Self::Type(Some(parts))
            | Self::Opaque(_, parts) => parts.0.weight,
            _ => 1,
        }
    }

    /// Whether no part of it is still to be found out.
    pub(crate) fn is_ground(&self) -> bool {
        match self {
            Self::Variable(_) => false,
            Self::Wrapper(parts)
            | Self::List(parts)
            | Self::Map(parts)
            | Self::Type(Some(parts))
            | Self::Opaque(_, parts) => parts.0.ground,
            _ => true,
        }
    }

    /// Whether two types are the same; the permission to be null tells no two types apart.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let (left, right) = (self.unwrapped(), other.unwrapped());
        match (left, right) {
            (Self::Opaque(name, _), Self::Opaque(other, _)) if name != other => return false,
            (Self::Type(_), Self::Type(_))
            | (Self::List(_), Self::List(_))
            | (Self::Map(_), Self::Map(_))
            | (Self::Opaque(..), Self::Opaque(..)) => {}
            _ => return left == right,
        }
        let (left, right) = (left.parts(), right.parts());
        left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.is_same(right))
    }

    /// The type with type parameters replaced by variables: the letters in their order from a first on.
    pub(crate) fn instantiated(&self, letters: &[char], first: u32) -> Self {
        match self {
            Self::Parameter(letter) => {
                let place = letters.iter().position(|known| known == letter);
                let place = place.and_then(|place| u32::try_from(place).ok()).unwrap_or(0);
                Self::Variable(first.saturating_add(place))
            }
            _ if self.parts().is_empty() => self.clone(),
            _ => self.with_parts(self.parts().iter().map(|part| part.instantiated(letters, first)).collect()),
        }
    }

    /// The type with other parts, as many as it has.
    pub(crate) fn with_parts(&self, parts: Vec<Self>) -> Self {
        let parts = Parts::new(parts);
        match self {
            Self::Wrapper(_) => Self::Wrapper(parts),
            Self::List(_) => Self::List(parts),
            Self::Map(_) => Self::Map(parts),
            Self::Type(Some(_)) => Self::Type(Some(parts)),
            Self::Opaque(name, _) => Self::Opaque(name.clone(), parts),
            other => other.clone(),
        }
    }

    /// The type without the permission to be null, which tells no two types apart.
    pub(crate) fn unwrapped(&self) -> &Self {
        match self {
            Self::Wrapper(parts) => parts.at(0),
            other => other,
        }
    }
}

impl fmt::Display for StaticType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Dyn => "dyn",
            Self::Any => "any",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::UInt => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Duration => "duration",
            Self::Timestamp => "timestamp",
            Self::Wrapper(_) => "wrapper",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Type(_) => "type",
            Self::Opaque(name, _) | Self::Object(name) => name,
            Self::Parameter(letter) => return write!(f, "{letter}"),
            Self::Variable(number) => return write!(f, "_var{number}"),
        };
        f.write_str(name)?;
        for (place, part) in self.parts().iter().enumerate() {
            write!(f, "{}{part}", if place == 0 { "(" } else { ", " })?;
        }
        if self.parts().is_empty() { Ok(()) } else { f.write_str(")") }
    }
}
