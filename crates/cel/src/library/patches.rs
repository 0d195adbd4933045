//! What the expressions of a `MutatingAdmissionPolicy` have besides: `jsonpatch.escapeKey`.
//!
//! No version has it for all expressions: [`crate::Env::with_patches`] brings it.
//!
//! Source: k8s.io/apiserver, `pkg/cel/library/jsonpatch.go`; RFC 6901, section 3.

use super::{Args, Failure, Function, Host, Library, cost};
use crate::value::Value;

pub(crate) static LIBRARY: Library = Library {
    name: "kubernetes.jsonpatch",
    kubernetes: &[],
    kubernetes_only: true,
    functions: &[Function::global("jsonpatch.escapeKey", 1, escape_key)
        .overloads(&["(string) -> string"])
        .costs(cost::first)],
    types: &[],
    macros: &[],
};

/// A key as a step of a JSON pointer.
fn escape_key<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    let text = arguments.text(0)?;
    host.grow_text(text.len().saturating_mul(2))?;
    Ok(Value::text(text.replace('~', "~0").replace('/', "~1")))
}
