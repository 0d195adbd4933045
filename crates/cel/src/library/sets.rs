//! The sets extension: lists compared as sets.
//!
//! Source: cel-go, `ext/sets.go`. A call costs one, and as much as comparing every item of one list with every item
//! of the other.

use super::{Args, Failure, Function, Host, Library};
use crate::error::{ErrorKind, EvalError};
use crate::value::{Equality, Value, equal};

type Answer<'a> = Result<Value<'a>, Failure>;

const SIGNATURE: &[&str] = &["(list(T), list(T)) -> bool"];

pub(crate) static LIBRARY: Library = Library {
    name: "sets",
    kubernetes: &[(29, 0)],
    kubernetes_only: false,
    functions: &[
        Function::global("sets.contains", 2, contains).overloads(SIGNATURE).costs(product),
        Function::global("sets.equivalent", 2, equivalent)
            .overloads(SIGNATURE)
            .costs(twice_the_product),
        Function::global("sets.intersects", 2, intersects).overloads(SIGNATURE).costs(product),
    ],
    types: &[],
    macros: &[],
};

fn product(arguments: &Args<'_, '_>, _: &Value<'_>) -> u64 {
    let size = |place| arguments.value(place).size().unwrap_or(1) as u64;
    size(0).saturating_mul(size(1)).saturating_add(1)
}

fn twice_the_product(arguments: &Args<'_, '_>, result: &Value<'_>) -> u64 {
    product(arguments, result).saturating_sub(1).saturating_mul(2).saturating_add(1)
}

/// Whether a list holds an item.
fn holds(host: &mut Host<'_>, list: &Value<'_>, item: &Value<'_>) -> Result<bool, Failure> {
    for other in list.items().ok_or(Failure::Types)? {
        match equal(&other, item, &mut host.work) {
            Equality::Same => return Ok(true),
            Equality::Different | Equality::Unlike | Equality::Unknown(_) => (),
            Equality::TooMuch => return Err(Failure::Error(EvalError::new(ErrorKind::CostExceeded))),
        }
    }
    Ok(false)
}

fn all_in(host: &mut Host<'_>, list: &Value<'_>, sublist: &Value<'_>) -> Result<bool, Failure> {
    for item in sublist.items().ok_or(Failure::Types)? {
        if !holds(host, list, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn contains<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    list(arguments, 0)?;
    all_in(host, arguments.value(0), arguments.value(1)).map(Value::Bool)
}

fn equivalent<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (first, second) = (arguments.value(0), arguments.value(1));
    let both = all_in(host, first, second)? && all_in(host, second, first)?;
    list(arguments, 0)?;
    Ok(Value::Bool(both))
}

fn intersects<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    list(arguments, 1)?;
    for item in arguments.value(0).items().ok_or(Failure::Types)? {
        if holds(host, arguments.value(1), &item)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn list(arguments: &Args<'_, '_>, place: usize) -> Result<(), Failure> {
    arguments.value(place).items().map(|_| ()).ok_or(Failure::Types)
}
