//! Kubernetes' functions of amounts of resources.
//!
//! Source: k8s.io/apiserver, `pkg/cel/library/quantity.go`. `sign` is a function and no method there, whatever
//! its documentation says.

use std::cmp::Ordering;

use super::{Args, Failure, Function, Host, Library, cost};
use crate::error::EvalError;
use crate::extension::{Extension, Quantity};
use crate::value::Value;

type Answer<'a> = Result<Value<'a>, Failure>;

const SUM: &[&str] = &[
    "kubernetes.Quantity.(kubernetes.Quantity) -> kubernetes.Quantity",
    "kubernetes.Quantity.(int) -> kubernetes.Quantity",
];
const COMPARISON: &[&str] = &["kubernetes.Quantity.(kubernetes.Quantity) -> bool"];

pub(crate) static LIBRARY: Library = Library {
    name: "kubernetes.quantity",
    kubernetes: &[(28, 0)],
    kubernetes_only: true,
    functions: &[
        Function::global("quantity", 1, quantity)
            .overloads(&["(string) -> kubernetes.Quantity"])
            .costs(cost::first),
        Function::global("isQuantity", 1, is_quantity)
            .overloads(&["(string) -> bool"])
            .costs(cost::first),
        Function::global("sign", 1, sign).overloads(&["(kubernetes.Quantity) -> int"]),
        Function::method("isInteger", 0, is_integer).overloads(&["kubernetes.Quantity.() -> bool"]),
        Function::method("asInteger", 0, as_integer).overloads(&["kubernetes.Quantity.() -> int"]),
        Function::method("asApproximateFloat", 0, as_float).overloads(&["kubernetes.Quantity.() -> double"]),
        Function::method("add", 1, add).overloads(SUM),
        Function::method("sub", 1, subtract).overloads(SUM),
        Function::method("isGreaterThan", 1, is_greater).overloads(COMPARISON),
        Function::method("isLessThan", 1, is_less).overloads(COMPARISON),
        Function::method("compareTo", 1, compare_to)
            .overloads(&["kubernetes.Quantity.(kubernetes.Quantity) -> int"]),
    ],
    types: &[],
    macros: &[],
};

fn at<'x>(arguments: &'x Args<'_, '_>, place: usize) -> Result<&'x Quantity, Failure> {
    if let Extension::Quantity(found) = arguments.extension(place)? { Ok(found) } else { Err(Failure::Types) }
}

fn made<'a>(host: &mut Host<'_>, quantity: Result<Quantity, &'static str>) -> Answer<'a> {
    let quantity = quantity.map_err(EvalError::invalid)?;
    host.grow_text(quantity.weight())?;
    Ok(Value::extension(Extension::Quantity(quantity.into())))
}

fn quantity<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    made(host, Quantity::parse(arguments.text(0)?))
}

fn is_quantity<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(Quantity::parse(arguments.text(0)?).is_ok()))
}

fn sign<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Int(at(arguments, 0)?.signum()))
}

fn is_integer<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(at(arguments, 0)?.as_integer().is_some()))
}

fn as_integer<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    match at(arguments, 0)?.as_integer() {
        Some(number) => Ok(Value::Int(number)),
        None => Err(EvalError::invalid("cannot convert value to integer").into()),
    }
}

fn as_float<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Double(at(arguments, 0)?.as_float()))
}

fn add<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let quantity = at(arguments, 0)?;
    match arguments.value(1) {
        Value::Int(number) => made(host, quantity.plus(&Quantity::whole(*number))),
        _ => made(host, quantity.plus(at(arguments, 1)?)),
    }
}

fn subtract<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let quantity = at(arguments, 0)?;
    match arguments.value(1) {
        Value::Int(number) => made(host, quantity.minus(&Quantity::whole(*number))),
        _ => made(host, quantity.minus(at(arguments, 1)?)),
    }
}

fn compared(arguments: &Args<'_, '_>) -> Result<Ordering, Failure> {
    Ok(at(arguments, 0)?.compared(at(arguments, 1)?))
}

fn is_greater<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(compared(arguments)? == Ordering::Greater))
}

fn is_less<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(compared(arguments)? == Ordering::Less))
}

fn compare_to<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Int(match compared(arguments)? {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }))
}
