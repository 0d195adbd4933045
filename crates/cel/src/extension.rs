//! Values beyond the language: URLs, addresses and whatever else a library brings as a type of its own.
//!
//! An expression can hold such a value, compare it and hand it to the functions of its library; it has no
//! fields and no literal. To add one, write its type in a file below and add a variant.

mod address;
mod authorizer;
mod format;
mod quantity;
mod quote;
mod semver;
mod url;

use std::fmt;

use crate::value::{Type, Value, write_quoted};

pub use address::{Address, Network};
pub use authorizer::{Access, AccessRequest, AccessResource, Authorizer, Decision, Subject, Target};
pub use format::NamedFormat;
pub use quantity::Quantity;
pub use semver::Semver;
pub use url::Url;

/// A value that only the functions of its library know.
#[derive(Debug, Clone)]
pub enum Extension {
    /// `url(…)`
    Url(Box<Url>),
    /// `ip(…)`
    Ip(Address),
    /// `cidr(…)`
    Cidr(Network),
    /// `quantity(…)`
    Quantity(Box<Quantity>),
    /// `semver(…)`
    Semver(Box<Semver>),
    /// `format.…()`
    Format(&'static NamedFormat),
    /// `authorizer`, and what is asked of it.
    Access(Access),
}

impl Extension {
    /// Its type.
    pub fn type_of(&self) -> Type {
        match self {
            Self::Url(_) => Type::Url,
            Self::Ip(_) => Type::Ip,
            Self::Cidr(_) => Type::Cidr,
            Self::Quantity(_) => Type::Quantity,
            Self::Semver(_) => Type::Semver,
            Self::Format(_) => Type::Format,
            Self::Access(access) => match access {
                Access::Authorizer(_) => Type::Authorizer,
                Access::Path(..) => Type::PathCheck,
                Access::Group(..) => Type::GroupCheck,
                Access::Resource(..) => Type::ResourceCheck,
                Access::Decision(_) => Type::Decision,
            },
        }
    }

    /// The text that the API server turns it into where text or JSON is wanted.
    pub fn text(&self) -> String {
        match self {
            Self::Url(url) => url.to_string(),
            Self::Ip(address) => address.to_string(),
            Self::Cidr(network) => network.to_string(),
            Self::Quantity(quantity) => quantity.to_string(),
            Self::Semver(version) => version.to_string(),
            Self::Format(format) => format.name().to_owned(),
            Self::Access(_) => self.type_of().name().to_owned(),
        }
    }

    /// How many bytes the server's counting of costs takes it for.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Ip(address) => usize::from(address.bits() / 8),
            Self::Cidr(network) => usize::from(network.length().div_ceil(8)),
            _ => 1,
        }
    }

    /// Whether it is the same as another value; `None` where the server has no such comparison, which is an
    /// error.
    pub(crate) fn equals(&self, other: &Value<'_>) -> Option<bool> {
        match (self, other.as_extension()?) {
            (Self::Url(left), Self::Url(right)) => Some(left.to_string() == right.to_string()),
            (Self::Ip(left), Self::Ip(right)) => Some(left == right),
            (Self::Cidr(left), Self::Cidr(right)) => Some(left == right),
            (Self::Quantity(left), Self::Quantity(right)) => left.equals(right),
            (Self::Semver(left), Self::Semver(right)) => Some(left.compared(right).is_eq()),
            (Self::Format(left), Self::Format(right)) => Some(left.name() == right.name()),
            _ => None,
        }
    }

    /// Writes it as an expression could make it.
    pub(crate) fn write(&self, f: &mut impl fmt::Write) -> fmt::Result {
        let maker = match self {
            Self::Url(_) => "url",
            Self::Ip(_) => "ip",
            Self::Cidr(_) => "cidr",
            Self::Quantity(_) => "quantity",
            Self::Semver(_) => "semver",
            Self::Format(format) => return write!(f, "format.{}()", format.function),
            Self::Access(_) => return f.write_str(&self.text()),
        };
        write!(f, "{maker}(")?;
        write_quoted(&self.text(), f)?;
        f.write_char(')')
    }
}
