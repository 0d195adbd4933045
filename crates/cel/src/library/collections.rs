//! The lists extension: parts of lists, their order and their items once each.
//!
//! Source: cel-go, `ext/lists.go`, whose third version counts what it costs: a call goes over the list it
//! makes, and compares every item with every other to sort or to tell what is there twice. Where the type
//! of the items is not known before it runs, sorting counts as one.

use std::cmp::Ordering;

use super::{Args, Failure, Function, Host, Library};
use crate::error::{ErrorKind, EvalError};
use crate::syntax::{Macro, Style, macros};
use crate::value::{Equality, Value, compare, equal};

type Answer<'a> = Result<Value<'a>, Failure>;

/// The name of what `sortBy` ends in.
pub(crate) const SORT_BY: &str = "@sortByAssociatedKeys";

pub(crate) static LIBRARY: Library = Library {
    name: "lists",
    kubernetes: &[(34, 3)],
    kubernetes_only: false,
    functions: &[
        Function::method("slice", 2, slice)
            .overloads(&["list(T).(int, int) -> list(T)"])
            .costs(cost_of_result),
        Function::method("flatten", 0, flatten)
            .optionally(1)
            .overloads(&["list(list(T)).() -> list(T)", "list(dyn).(int) -> list(dyn)"])
            .costs(cost_of_flattening)
            .since(1),
        Function::method("sort", 0, sort)
            .overloads(&[
                "list(int).() -> list(int)",
                "list(uint).() -> list(uint)",
                "list(double).() -> list(double)",
                "list(bool).() -> list(bool)",
                "list(duration).() -> list(duration)",
                "list(timestamp).() -> list(timestamp)",
                "list(string).() -> list(string)",
                "list(bytes).() -> list(bytes)",
            ])
            .costs(cost_of_sorting)
            .since(2),
        // Planned as a macro of its own.
        Function::method(SORT_BY, 1, |_, _| Err(Failure::Types))
            .overloads(&[
                "list(T).(list(int)) -> list(T)",
                "list(T).(list(uint)) -> list(T)",
                "list(T).(list(double)) -> list(T)",
                "list(T).(list(bool)) -> list(T)",
                "list(T).(list(duration)) -> list(T)",
                "list(T).(list(timestamp)) -> list(T)",
                "list(T).(list(string)) -> list(T)",
                "list(T).(list(bytes)) -> list(T)",
            ])
            .since(2),
        Function::global("lists.range", 1, range)
            .overloads(&["(int) -> list(int)"])
            .costs(cost_of_result)
            .since(2),
        Function::method("reverse", 0, reverse)
            .overloads(&["list(T).() -> list(T)"])
            .costs(cost_of_result)
            .since(2),
        Function::method("distinct", 0, distinct)
            .overloads(&["list(T).() -> list(T)"])
            .costs(|arguments, _| self_comparison(arguments.value(0)))
            .since(2),
    ],
    types: &[],
    macros: &[(2, Macro { name: "sortBy", style: Style::Receiver, arguments: 2, expand: macros::sort_by })],
};

/// A call and the list it makes.
const BASE: u64 = 11;

fn size(value: &Value<'_>) -> u64 {
    value.size().unwrap_or(1) as u64
}

fn cost_of_result(_: &Args<'_, '_>, result: &Value<'_>) -> u64 {
    size(result).saturating_add(BASE)
}

fn cost_of_flattening(arguments: &Args<'_, '_>, _: &Value<'_>) -> u64 {
    let depth = if let Value::Int(depth) = arguments.value(1) { *depth } else { 1 };
    let depth = u64::try_from(depth).unwrap_or(0);
    depth.saturating_mul(size(arguments.value(0))).saturating_add(BASE)
}

fn cost_of_sorting(arguments: &Args<'_, '_>, _: &Value<'_>) -> u64 {
    if arguments.unclear { 1 } else { self_comparison(arguments.value(0)) }
}

/// Comparing every item of a list with every other, and a tenth more where they are text.
pub(crate) fn self_comparison(list: &Value<'_>) -> u64 {
    let pairs = size(list).saturating_mul(size(list));
    let is_text = list
        .items()
        .and_then(|mut items| items.next())
        .is_some_and(|first| matches!(first, Value::String(_) | Value::Bytes(_)));
    let for_text = if is_text { pairs / 10 } else { 0 };
    pairs.saturating_mul(2).saturating_add(for_text).saturating_add(BASE)
}

fn failed(why: impl Into<String>) -> Failure {
    EvalError::invalid(why).into()
}

fn items<'a>(host: &mut Host<'_>, list: &Value<'a>) -> Result<Vec<Value<'a>>, Failure> {
    let items = list.items().ok_or(Failure::Types)?;
    host.grow(list.size().unwrap_or(0))?;
    Ok(items.collect())
}

fn slice<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let list = arguments.value(0);
    let found = list.items().ok_or(Failure::Types)?;
    let (start, end) = (arguments.int(1)?, arguments.int(2)?);
    let length = list.size().unwrap_or(0);
    let (Ok(first), Ok(after)) = (usize::try_from(start), usize::try_from(end)) else {
        return Err(failed(format!("cannot slice({start}, {end}), negative indexes not supported")));
    };
    if first > after {
        let why = "start index must be less than or equal to end index";
        return Err(failed(format!("cannot slice({start}, {end}), {why}")));
    }
    if length < after {
        return Err(failed(format!("cannot slice({start}, {end}), list is length {length}")));
    }
    let length = after.saturating_sub(first);
    host.grow(length)?;
    Ok(Value::list(found.skip(first).take(length).collect()))
}

fn flatten<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let depth = if arguments.len() > 1 { arguments.int(1)? } else { 1 };
    let list = arguments.value(0);
    list.items().ok_or(Failure::Types)?;
    let Ok(depth) = u64::try_from(depth) else { return Err(failed("level must be non-negative")) };
    let mut flat = Vec::new();
    flatten_into(host, list, depth.min(DEEPEST), &mut flat)?;
    Ok(Value::list(flat))
}

/// No value nests deeper.
const DEEPEST: u64 = 500;

fn flatten_into<'a>(
    host: &mut Host<'_>,
    list: &Value<'a>,
    depth: u64,
    flat: &mut Vec<Value<'a>>,
) -> Result<(), EvalError> {
    for item in list.items().into_iter().flatten() {
        host.grow(1)?;
        if depth > 0 && item.items().is_some() {
            flatten_into(host, &item, depth.saturating_sub(1), flat)?;
        } else {
            flat.push(item);
        }
    }
    Ok(())
}

fn range<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let end = arguments.int(0)?;
    host.grow(usize::try_from(end).unwrap_or(0))?;
    Ok(Value::list((0..end).map(Value::Int).collect()))
}

fn reverse<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let mut all = items(host, arguments.value(0))?;
    all.reverse();
    Ok(Value::list(all))
}

fn distinct<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let mut unique: Vec<Value<'a>> = Vec::new();
    for item in items(host, arguments.value(0))? {
        let mut seen = false;
        for known in &unique {
            match equal(&item, known, &mut host.work) {
                Equality::Same => {
                    seen = true;
                    break;
                }
                Equality::TooMuch => return Err(EvalError::new(ErrorKind::CostExceeded).into()),
                _ => host.work = host.work.saturating_sub(1),
            }
        }
        if !seen {
            unique.push(item);
        }
    }
    Ok(Value::list(unique))
}

fn sort<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let all = items(host, arguments.value(0))?;
    Ok(Value::list(sorted(all.clone(), &all)?))
}

/// Items in the order of their keys. Items of one key keep their order, which the server does not promise
/// for more than twelve.
pub(crate) fn sorted<'a>(items: Vec<Value<'a>>, keys: &[Value<'a>]) -> Result<Vec<Value<'a>>, EvalError> {
    let Some(first) = keys.first() else { return Ok(items) };
    if compare(first, first).is_none() && !matches!(first, Value::Double(_)) {
        return Err(EvalError::invalid("list elements must be comparable"));
    }
    if keys.iter().any(|key| key.type_of() != first.type_of()) {
        return Err(EvalError::invalid("list elements must have the same type"));
    }
    let mut pairs: Vec<(&Value<'a>, Value<'a>)> = keys.iter().zip(items).collect();
    pairs.sort_by(|(left, _), (right, _)| match (left, right) {
        (Value::Double(left), Value::Double(right)) if left.is_nan() || right.is_nan() => {
            left.is_nan().cmp(&right.is_nan())
        }
        _ => compare(left, right).unwrap_or(Ordering::Equal),
    });
    Ok(pairs.into_iter().map(|(_, item)| item).collect())
}
