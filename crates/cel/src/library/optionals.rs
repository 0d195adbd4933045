//! Optional values: `a.?b`, `a[?b]`, `optional.of(x)` and what can be done with them.

use std::sync::Arc;

use super::{Args, Failure, Function, Host, Library};
use crate::error::EvalError;
use crate::syntax::{Macro, Style, macros};
use crate::value::{Timestamp, Type, Value};

pub(crate) static LIBRARY: Library = Library {
    name: "optionals",
    kubernetes: &[(28, 1), (33, 2)],
    kubernetes_only: false,
    functions: &[
        Function::global("optional.of", 1, of).overloads(&["(V) -> optional_type(V)"]),
        Function::global("optional.ofNonZeroValue", 1, of_non_zero).overloads(&["(V) -> optional_type(V)"]),
        Function::global("optional.none", 0, none).overloads(&["() -> optional_type(V)"]),
        Function::method("hasValue", 0, has_value).overloads(&["optional_type(V).() -> bool"]),
        Function::method("value", 0, value).overloads(&["optional_type(V).() -> V"]),
        // Planned as an operation of its own, which leaves the right side alone when it can.
        Function::method("or", 1, or).overloads(&["optional_type(V).(optional_type(V)) -> optional_type(V)"]),
        Function::method("orValue", 1, or).overloads(&["optional_type(V).(V) -> V"]),
        Function::method("first", 0, first)
            .overloads(&["list(V).() -> optional_type(V)"])
            .since(2),
        Function::method("last", 0, last).overloads(&["list(V).() -> optional_type(V)"]).since(2),
        Function::method("unwrapOpt", 0, unwrap)
            .overloads(&["list(optional_type(V)).() -> list(V)"])
            .since(2),
        Function::global("optional.unwrap", 1, unwrap)
            .overloads(&["(list(optional_type(V))) -> list(V)"])
            .since(2),
    ],
    types: &[Type::Optional],
    macros: &[
        (0, Macro { name: "optMap", style: Style::Receiver, arguments: 2, expand: macros::optional_map }),
        (
            1,
            Macro {
                name: "optFlatMap",
                style: Style::Receiver,
                arguments: 2,
                expand: macros::optional_flat_map,
            },
        ),
    ],
};

fn optional<'x, 'a>(
    arguments: &'x Args<'_, 'a>,
    place: usize,
) -> Result<&'x Option<Arc<Value<'a>>>, Failure> {
    if let Value::Optional(optional) = arguments.value(place) { Ok(optional) } else { Err(Failure::Types) }
}

#[expect(clippy::unnecessary_wraps, reason = "as all functions of a library")]
fn of<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::some(arguments.value(0).clone()))
}

#[expect(clippy::unnecessary_wraps, reason = "as all functions of a library")]
fn of_non_zero<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    let value = arguments.value(0);
    let zero = match value {
        Value::Null | Value::Bool(false) | Value::Int(0) | Value::UInt(0) | Value::Optional(None) => true,
        Value::Double(number) => *number == 0.0,
        Value::Duration(duration) => duration.0 == 0,
        Value::Timestamp(time) => Some(*time) == Timestamp::new(0, 0),
        _ => value.size() == Some(0),
    };
    Ok(if zero { Value::Optional(None) } else { Value::some(value.clone()) })
}

#[expect(clippy::unnecessary_wraps, reason = "as all functions of a library")]
fn none<'a>(_: &mut Host<'_>, _: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Optional(None))
}

fn has_value<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Bool(optional(arguments, 0)?.is_some()))
}

fn value<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    match optional(arguments, 0)? {
        Some(value) => Ok((**value).clone()),
        None => Err(Failure::Error(EvalError::invalid("optional.none() dereference"))),
    }
}

fn or<'a>(_: &mut Host<'_>, _: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Err(Failure::Types)
}

fn first<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    let mut items = arguments.value(0).items().ok_or(Failure::Types)?;
    Ok(Value::Optional(items.next().map(Arc::new)))
}

fn last<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    let items = arguments.value(0).items().ok_or(Failure::Types)?;
    Ok(Value::Optional(items.last().map(Arc::new)))
}

/// The values of those items of a list that hold one.
fn unwrap<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    let items = arguments.value(0).items().ok_or(Failure::Types)?;
    host.grow(arguments.value(0).size().unwrap_or(0))?;
    let mut values = Vec::new();
    for item in items {
        match item {
            Value::Optional(Some(value)) => values.push((*value).clone()),
            Value::Optional(None) => {}
            _ => return Err(Failure::Types),
        }
    }
    Ok(Value::list(values))
}
