//! JMESPath as Kyverno runs it: a fork of go-jmespath, with functions of its own.
//!
//! It is not JMESPath to the letter: a missing key is an error, which most constructs take for null and a plain path
//! hands on; commas between arguments may be left out; `sum` adds quantities.
//!
//! Source: github.com/kyverno/go-jmespath and Kyverno 1.17, `pkg/engine/jmespath`.

mod arithmetic;
mod eval;
mod functions;
mod image;
mod parse;
mod semver;
mod standard;
mod time;
mod token;

use std::sync::Arc;

use super::value::Value;

pub(crate) use image::images;
pub(crate) use parse::{Ast, parse};
pub(crate) use semver::Version;

/// Why a query has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A key that is not there.
    NotFound(Arc<str>),
    /// It touches something that a file does not tell.
    Unknown(Arc<str>),
    /// It needs a function that is not run here.
    Unsupported(String),
    /// It is wrong.
    Failed(String),
}

impl Problem {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound(key) => write!(f, "Unknown key \"{key}\" in path"),
            Self::Unknown(name) => write!(f, "{name} is not known"),
            Self::Unsupported(name) => write!(f, "the function {name} is not run here"),
            Self::Failed(message) => f.write_str(message),
        }
    }
}

/// Runs a query over a value.
pub(crate) fn search(ast: &Ast, value: &Value) -> Result<Value, Problem> {
    let found = eval::Run::new().value(ast, value)?;
    match found.unknown() {
        Some(name) => Err(Problem::Unknown(name.clone())),
        None => Ok(found),
    }
}
