//! Kubernetes' own functions of lists: order, sums, extremes and places.
//!
//! Source: k8s.io/apiserver, `pkg/cel/library/lists.go`. The costs follow its `cost.go`: each call goes through
//! its list once, whatever it finds.

use std::cmp::Ordering;

use super::{Args, Failure, Function, Host, Library, cost};
use crate::error::{ErrorKind, EvalError};
use crate::value::{Duration, Equality, Value, compare, equal};

type Answer<'a> = Result<Value<'a>, Failure>;

pub(crate) static LIBRARY: Library = Library {
    name: "kubernetes.lists",
    kubernetes: &[(0, 0)],
    kubernetes_only: true,
    functions: &[
        Function::method("isSorted", 0, is_sorted)
            .overloads(&[
                "list(int).() -> bool",
                "list(uint).() -> bool",
                "list(double).() -> bool",
                "list(bool).() -> bool",
                "list(google.protobuf.Duration).() -> bool",
                "list(google.protobuf.Timestamp).() -> bool",
                "list(string).() -> bool",
                "list(bytes).() -> bool",
            ])
            .costs(cost::walk),
        Function::method("sum", 0, sum)
            .overloads(&[
                "list(int).() -> int",
                "list(uint).() -> uint",
                "list(double).() -> double",
                "list(google.protobuf.Duration).() -> google.protobuf.Duration",
            ])
            .costs(cost::walk),
        Function::method("max", 0, max).overloads(EXTREMES).costs(cost::walk),
        Function::method("min", 0, min).overloads(EXTREMES).costs(cost::walk),
        Function::method("indexOf", 1, index_of)
            .overloads(&["list(T).(T) -> int"])
            .costs(cost::walk),
        Function::method("lastIndexOf", 1, last_index_of)
            .overloads(&["list(T).(T) -> int"])
            .costs(cost::walk),
    ],
    types: &[],
    macros: &[],
};

const EXTREMES: &[&str] = &[
    "list(int).() -> int",
    "list(uint).() -> uint",
    "list(double).() -> double",
    "list(bool).() -> bool",
    "list(google.protobuf.Duration).() -> google.protobuf.Duration",
    "list(google.protobuf.Timestamp).() -> google.protobuf.Timestamp",
    "list(string).() -> string",
    "list(bytes).() -> bytes",
];

fn is_comparable(value: &Value<'_>) -> bool {
    compare(value, value).is_some() || matches!(value, Value::Double(_))
}

fn is_sorted<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let mut before: Option<Value<'a>> = None;
    for item in arguments.value(0).items().ok_or(Failure::Types)? {
        if !is_comparable(&item) {
            return Err(Failure::Types);
        }
        if let Some(before) = &before
            && compare(before, &item) == Some(Ordering::Greater)
        {
            return Ok(Value::Bool(false));
        }
        before = Some(item);
    }
    Ok(Value::Bool(true))
}

/// The sum of a list without items is the number zero: which of the types is meant, only the checker knows.
fn sum<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let overflow = |what| Failure::Error(EvalError::new(ErrorKind::Overflow(what)));
    let mut total: Option<Value<'a>> = None;
    for item in arguments.value(0).items().ok_or(Failure::Types)? {
        total = Some(match (total, item) {
            (None, item @ (Value::Int(_) | Value::UInt(_) | Value::Double(_) | Value::Duration(_))) => item,
            (Some(Value::Int(sum)), Value::Int(item)) => {
                Value::Int(sum.checked_add(item).ok_or_else(|| overflow("integer"))?)
            }
            (Some(Value::UInt(sum)), Value::UInt(item)) => {
                Value::UInt(sum.checked_add(item).ok_or_else(|| overflow("unsigned integer"))?)
            }
            (Some(Value::Double(sum)), Value::Double(item)) => Value::Double(sum + item),
            (Some(Value::Duration(sum)), Value::Duration(item)) => {
                Value::Duration(Duration(sum.0.checked_add(item.0).ok_or_else(|| overflow("integer"))?))
            }
            _ => return Err(Failure::Types),
        });
    }
    Ok(total.unwrap_or(Value::Int(0)))
}

fn max<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    extreme(arguments, "max", Ordering::Less)
}

fn min<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    extreme(arguments, "min", Ordering::Greater)
}

/// The first item before which none is better; the one so far is replaced where it compares so.
fn extreme<'a>(arguments: &Args<'_, 'a>, name: &str, replaced: Ordering) -> Answer<'a> {
    let mut best: Option<Value<'a>> = None;
    for item in arguments.value(0).items().ok_or(Failure::Types)? {
        if !is_comparable(&item) {
            return Err(Failure::Types);
        }
        match &best {
            Some(known) if compare(known, &item) != Some(replaced) => (),
            _ => best = Some(item),
        }
    }
    best.ok_or_else(|| {
        Failure::Error(EvalError::new(ErrorKind::Invalid(format!("{name} called on empty list"))))
    })
}

fn index_of<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    place(host, arguments, false)
}

fn last_index_of<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    place(host, arguments, true)
}

fn place<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>, last: bool) -> Answer<'a> {
    let mut found = -1;
    for (item, place) in arguments.value(0).items().ok_or(Failure::Types)?.zip(0_i64..) {
        match equal(&item, arguments.value(1), &mut host.work) {
            Equality::Same => found = place,
            Equality::Different | Equality::Unlike => continue,
            Equality::Unknown(unknown) => return Ok(Value::Unknown(unknown)),
            Equality::TooMuch => {
                return Err(Failure::Error(EvalError::new(ErrorKind::CostExceeded)));
            }
        }
        if !last {
            break;
        }
    }
    Ok(Value::Int(found))
}
