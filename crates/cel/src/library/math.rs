//! The math extension: extremes, rounding, signs and bits.

use std::cmp::Ordering;

use super::{Args, Failure, Function, Host, Library};
use crate::error::{ErrorKind, EvalError};
use crate::value::{Value, compare, int_to_double, uint_to_double};

type Answer<'a> = Result<Value<'a>, Failure>;

/// What the extremes are taken of; of three arguments or more as of a list.
const EXTREMES: &[&str] = &[
    "(double) -> double",
    "(int) -> int",
    "(uint) -> uint",
    "(double, double) -> double",
    "(int, int) -> int",
    "(uint, uint) -> uint",
    "(int, uint) -> dyn",
    "(int, double) -> dyn",
    "(double, int) -> dyn",
    "(double, uint) -> dyn",
    "(uint, int) -> dyn",
    "(uint, double) -> dyn",
    "(list(double)) -> double",
    "(list(int)) -> int",
    "(list(uint)) -> uint",
];

pub(crate) static LIBRARY: Library = Library {
    name: "math",
    kubernetes: &[],
    kubernetes_only: false,
    functions: &[
        Function::global("math.greatest", 1, greatest).overloads(EXTREMES).optionally(usize::MAX),
        Function::global("math.least", 1, least).overloads(EXTREMES).optionally(usize::MAX),
        Function::global("math.ceil", 1, ceil).overloads(&["(double) -> double"]).since(1),
        Function::global("math.floor", 1, floor).overloads(&["(double) -> double"]).since(1),
        Function::global("math.round", 1, round).overloads(&["(double) -> double"]).since(1),
        Function::global("math.trunc", 1, trunc).overloads(&["(double) -> double"]).since(1),
        Function::global("math.isInf", 1, is_infinite).overloads(&["(double) -> bool"]).since(1),
        Function::global("math.isNaN", 1, is_nan).overloads(&["(double) -> bool"]).since(1),
        Function::global("math.isFinite", 1, is_finite).overloads(&["(double) -> bool"]).since(1),
        Function::global("math.abs", 1, abs)
            .overloads(&["(double) -> double", "(int) -> int", "(uint) -> uint"])
            .since(1),
        Function::global("math.sign", 1, sign)
            .overloads(&["(double) -> double", "(int) -> int", "(uint) -> uint"])
            .since(1),
        Function::global("math.bitAnd", 2, bit_and)
            .overloads(&["(int, int) -> int", "(uint, uint) -> uint"])
            .since(1),
        Function::global("math.bitOr", 2, bit_or)
            .overloads(&["(int, int) -> int", "(uint, uint) -> uint"])
            .since(1),
        Function::global("math.bitXor", 2, bit_xor)
            .overloads(&["(int, int) -> int", "(uint, uint) -> uint"])
            .since(1),
        Function::global("math.bitNot", 1, bit_not)
            .overloads(&["(int) -> int", "(uint) -> uint"])
            .since(1),
        Function::global("math.bitShiftLeft", 2, shift_left)
            .overloads(&["(int, int) -> int", "(uint, int) -> uint"])
            .since(1),
        Function::global("math.bitShiftRight", 2, shift_right)
            .overloads(&["(int, int) -> int", "(uint, int) -> uint"])
            .since(1),
        Function::global("math.sqrt", 1, square_root)
            .overloads(&["(double) -> double", "(int) -> double", "(uint) -> double"])
            .since(2),
    ],
    types: &[],
    macros: &[],
};

fn greatest<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    extreme(arguments, Ordering::Greater)
}

fn least<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    extreme(arguments, Ordering::Less)
}

/// The first argument or item that nothing else is greater (or less) than.
fn extreme<'a>(arguments: &Args<'_, 'a>, wanted: Ordering) -> Answer<'a> {
    let is_number = |value: &Value<'_>| matches!(value, Value::Int(_) | Value::UInt(_) | Value::Double(_));
    let values: Vec<Value<'a>> = match arguments.value(0).items() {
        Some(items) if arguments.len() == 1 => items.collect(),
        _ => (0..arguments.len()).map(|place| arguments.value(place).clone()).collect(),
    };
    let mut best: Option<Value<'a>> = None;
    for value in values {
        if value.as_unknown().is_some() {
            return Ok(value);
        }
        if !is_number(&value) {
            return Err(Failure::Types);
        }
        let ordering = best.as_ref().map(|best| compare(&value, best));
        match ordering {
            Some(None) => return Err(Failure::Error(EvalError::invalid("NaN values cannot be ordered"))),
            Some(Some(ordering)) if ordering != wanted => {}
            _ => best = Some(value),
        }
    }
    best.ok_or_else(|| Failure::Error(EvalError::invalid("math.@max(list) argument must not be empty")))
}

fn double(arguments: &Args<'_, '_>) -> Result<f64, Failure> {
    if let Value::Double(value) = arguments.value(0) { Ok(*value) } else { Err(Failure::Types) }
}

fn ceil<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Double(double(arguments)?.ceil()))
}

fn floor<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Double(double(arguments)?.floor()))
}

/// Halves are rounded away from zero.
fn round<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Double(double(arguments)?.round()))
}

fn trunc<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Double(double(arguments)?.trunc()))
}

fn is_infinite<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(double(arguments)?.is_infinite()))
}

fn is_nan<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(double(arguments)?.is_nan()))
}

fn is_finite<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Bool(double(arguments)?.is_finite()))
}

fn abs<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    match arguments.value(0) {
        Value::Double(value) => Ok(Value::Double(value.abs())),
        Value::UInt(value) => Ok(Value::UInt(*value)),
        Value::Int(value) => value
            .checked_abs()
            .map(Value::Int)
            .ok_or_else(|| EvalError::new(ErrorKind::Overflow("integer")).into()),
        _ => Err(Failure::Types),
    }
}

fn sign<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    match arguments.value(0) {
        Value::Double(value) if *value > 0.0 => Ok(Value::Double(1.0)),
        Value::Double(value) if *value < 0.0 => Ok(Value::Double(-1.0)),
        Value::Double(value) if value.is_nan() => Ok(Value::Double(*value)),
        Value::Double(_) => Ok(Value::Double(0.0)),
        Value::UInt(value) => Ok(Value::UInt(u64::from(*value > 0))),
        Value::Int(value) => Ok(Value::Int(value.signum())),
        _ => Err(Failure::Types),
    }
}

fn bits<'a>(
    arguments: &Args<'_, 'a>,
    signed: impl Fn(i64, i64) -> i64,
    unsigned: impl Fn(u64, u64) -> u64,
) -> Answer<'a> {
    match (arguments.value(0), arguments.value(1)) {
        (Value::Int(left), Value::Int(right)) => Ok(Value::Int(signed(*left, *right))),
        (Value::UInt(left), Value::UInt(right)) => Ok(Value::UInt(unsigned(*left, *right))),
        _ => Err(Failure::Types),
    }
}

fn bit_and<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    bits(arguments, |left, right| left & right, |left, right| left & right)
}

fn bit_or<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    bits(arguments, |left, right| left | right, |left, right| left | right)
}

fn bit_xor<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    bits(arguments, |left, right| left ^ right, |left, right| left ^ right)
}

fn bit_not<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    match arguments.value(0) {
        Value::Int(value) => Ok(Value::Int(!value)),
        Value::UInt(value) => Ok(Value::UInt(!value)),
        _ => Err(Failure::Types),
    }
}

/// Shifts the bits; those of a number with sign too are taken as they are.
fn shift<'a>(arguments: &Args<'_, 'a>, name: &str, shifted: impl Fn(u64, u32) -> Option<u64>) -> Answer<'a> {
    let places = arguments.int(1)?;
    let (bits, signed) = match arguments.value(0) {
        Value::Int(value) => (value.cast_unsigned(), true),
        Value::UInt(value) => (*value, false),
        _ => return Err(Failure::Types),
    };
    if places < 0 {
        let message = format!("math.{name}() negative offset: {places}");
        return Err(Failure::Error(EvalError::invalid(message)));
    }
    let bits = u32::try_from(places).ok().and_then(|places| shifted(bits, places)).unwrap_or(0);
    Ok(if signed { Value::Int(bits.cast_signed()) } else { Value::UInt(bits) })
}

fn shift_left<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    shift(arguments, "bitShiftLeft", u64::checked_shl)
}

fn shift_right<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    shift(arguments, "bitShiftRight", u64::checked_shr)
}

fn square_root<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let value = match arguments.value(0) {
        Value::Double(value) => *value,
        Value::Int(value) => int_to_double(*value),
        Value::UInt(value) => uint_to_double(*value),
        _ => return Err(Failure::Types),
    };
    Ok(Value::Double(value.sqrt()))
}
