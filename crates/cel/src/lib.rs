//! The Common Expression Language, as the API server of Kubernetes has it.
//!
//! [`Env`] says what an expression may use and compiles it to a [`Program`], which runs over values of a
//! document without converting them ([`Value::Node`]), any number of times and on any number of threads.
//! Hostile input is bounded: the text by [`Limits`], the evaluation by a [`Budget`].
//!
//! ```
//! use bulkhead_cel::{Budget, Env, Value};
//!
//! let program = Env::kubernetes(35).with_variable("replicas").compile("replicas > 1")?;
//! let value = program.eval(&[("replicas", Value::Int(3))], &mut Budget::default())?;
//! assert_eq!(value.as_bool(), Some(true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is not known is a value too: bind [`Value::unknown`], and a result that hangs on it says so.

#![warn(clippy::indexing_slicing, clippy::string_slice, clippy::panic, clippy::arithmetic_side_effects)]

mod activation;
mod budget;
mod check;
mod env;
mod error;
mod estimate;
mod eval;
mod extension;
mod fuzz;
mod library;
mod objects;
mod plan;
mod program;
mod syntax;
mod value;

pub use activation::Activation;
pub use budget::Budget;
pub use check::objects::ObjectTypes;
pub use check::signature::NotAType;
pub use check::types::{Parts, StaticType};
pub use env::{Env, Limits};
pub use error::{CompileError, ErrorKind, EvalError};
pub use estimate::{Estimate, Sizes};
pub use extension::{
    Access, AccessRequest, AccessResource, Address, Authorizer, Decision, Extension, NamedFormat, Network,
    Quantity, Semver, Subject, Target, Url,
};
pub use fuzz::{
    fuzz_check, fuzz_cidr, fuzz_eval, fuzz_format, fuzz_parse, fuzz_quantity, fuzz_regex, fuzz_semver,
    fuzz_url,
};
pub use objects::{KindTypes, SchemaTypes};
pub use program::Program;
#[cfg(test)]
mod tests;

pub use value::{
    AttributePath, Duration, Items, Map, Object, Qualifier, Refused, Text, Timestamp, Type, Unknown, Value,
};
