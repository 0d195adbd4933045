//! What every environment has: `size`, the tests on text, and the macros of the language definition.
//!
//! Operators are not here: they are operations of their own ([`crate::plan::Op`]).

use super::{Args, Failure, Function, Host, Library, cost};
use crate::syntax::{Macro, Style, macros};
use crate::value::Value;

pub(crate) static LIBRARY: Library = Library {
    name: "standard",
    kubernetes: &[(0, 0)],
    kubernetes_only: false,
    functions: &[
        Function::global("size", 1, size).overloads(&[
            "(bytes) -> int",
            "(list(A)) -> int",
            "(map(A, B)) -> int",
            "(string) -> int",
        ]),
        Function::method("size", 0, size).overloads(&[
            "bytes.() -> int",
            "list(A).() -> int",
            "map(A, B).() -> int",
            "string.() -> int",
        ]),
        Function::method("startsWith", 1, starts_with)
            .overloads(&["string.(string) -> bool"])
            .costs(cost::first),
        Function::method("endsWith", 1, ends_with)
            .overloads(&["string.(string) -> bool"])
            .costs(cost::first),
        Function::method("contains", 1, contains)
            .overloads(&["string.(string) -> bool"])
            .costs(cost::search),
        Function::method("matches", 1, matches)
            .overloads(&["string.(string) -> bool"])
            .costs(cost::matching),
        Function::global("matches", 2, matches).overloads(&["(string, string) -> bool"]),
    ],
    types: &[],
    macros: &[
        (0, Macro { name: "has", style: Style::Global, arguments: 1, expand: macros::has }),
        (0, Macro { name: "all", style: Style::Receiver, arguments: 2, expand: macros::all }),
        (0, Macro { name: "exists", style: Style::Receiver, arguments: 2, expand: macros::exists }),
        (0, Macro { name: "exists_one", style: Style::Receiver, arguments: 2, expand: macros::exists_one }),
        (
            0,
            Macro {
                name: "existsOne",
                style: Style::Receiver,
                arguments: 2,
                expand: macros::exists_one_camel,
            },
        ),
        (0, Macro { name: "map", style: Style::Receiver, arguments: 2, expand: macros::map }),
        (0, Macro { name: "map", style: Style::Receiver, arguments: 3, expand: macros::map }),
        (0, Macro { name: "filter", style: Style::Receiver, arguments: 2, expand: macros::filter }),
    ],
};

fn size<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    let size = arguments.value(0).size().ok_or(Failure::Types)?;
    Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn starts_with<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Bool(arguments.text(0)?.starts_with(&**arguments.text(1)?)))
}

fn ends_with<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Bool(arguments.text(0)?.ends_with(&**arguments.text(1)?)))
}

fn contains<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Bool(arguments.text(0)?.contains(&**arguments.text(1)?)))
}

fn matches<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    let (text, pattern) = (arguments.text(0)?, arguments.text(1)?);
    Ok(Value::Bool(host.pattern(pattern)?.is_match(text)))
}
