//! Conversions between types, and `type` and `dyn`.

mod double;

use std::sync::Arc;

use super::{Args, Failure, Function, Host, Library, cost};
use crate::error::EvalError;
use crate::value::{Duration, Timestamp, Type, Value, double_text, int_to_double, uint_to_double};

pub(crate) static LIBRARY: Library = Library {
    name: "conversions",
    kubernetes: &[(0, 0)],
    kubernetes_only: false,
    functions: &[
        Function::global("bool", 1, to_bool)
            .overloads(&["(bool) -> bool", "(string) -> bool"])
            .converting(),
        Function::global("bytes", 1, to_bytes)
            .overloads(&["(bytes) -> bytes", "(string) -> bytes"])
            .text()
            .converting()
            .costs(cost_of_text),
        Function::global("double", 1, to_double)
            .overloads(&["(double) -> double", "(int) -> double", "(string) -> double", "(uint) -> double"])
            .converting(),
        Function::global("duration", 1, to_duration)
            .overloads(&["(duration) -> duration", "(int) -> duration", "(string) -> duration"])
            .converting(),
        Function::global("dyn", 1, to_dyn).overloads(&["(A) -> dyn"]).converting(),
        Function::global("int", 1, to_int)
            .overloads(&[
                "(int) -> int",
                "(double) -> int",
                "(duration) -> int",
                "(string) -> int",
                "(timestamp) -> int",
                "(uint) -> int",
            ])
            .converting(),
        Function::global("string", 1, to_string)
            .overloads(&[
                "(string) -> string",
                "(bool) -> string",
                "(bytes) -> string",
                "(double) -> string",
                "(duration) -> string",
                "(int) -> string",
                "(timestamp) -> string",
                "(uint) -> string",
            ])
            .text()
            .converting()
            .costs(cost_of_text),
        Function::global("timestamp", 1, to_timestamp)
            .overloads(&["(timestamp) -> timestamp", "(int) -> timestamp", "(string) -> timestamp"])
            .converting(),
        Function::global("type", 1, type_of).overloads(&["(A) -> type(A)"]).converting(),
        Function::global("uint", 1, to_uint)
            .overloads(&["(uint) -> uint", "(double) -> uint", "(int) -> uint", "(string) -> uint"])
            .converting(),
    ],
    types: &[],
    macros: &[],
};

/// Text to bytes and back is a copy; all else costs one.
fn cost_of_text(arguments: &Args<'_, '_>, result: &Value<'_>) -> u64 {
    match (arguments.value(0), result) {
        (Value::String(_), Value::Bytes(_)) | (Value::Bytes(_), Value::String(_)) => {
            cost::first(arguments, result)
        }
        _ => 1,
    }
}

/// Text that is no such thing.
fn unreadable(to: Type) -> Failure {
    failed(no_conversion(Type::String, to))
}

fn no_conversion(from: Type, to: Type) -> String {
    format!("type conversion error from '{}' to '{}'", from.name(), to.name())
}

fn failed(message: impl Into<String>) -> Failure {
    Failure::Error(EvalError::invalid(message))
}

fn range() -> Failure {
    Failure::Error(EvalError::new(crate::error::ErrorKind::Overflow("integer")))
}

fn unsigned_range() -> Failure {
    Failure::Error(EvalError::new(crate::error::ErrorKind::Overflow("unsigned integer")))
}

#[expect(clippy::unnecessary_wraps, reason = "as all functions of a library")]
fn type_of<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Type(arguments.value(0).type_of()))
}

#[expect(clippy::unnecessary_wraps, reason = "as all functions of a library")]
fn to_dyn<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(arguments.value(0).clone())
}

fn to_bool<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    match arguments.value(0) {
        Value::Bool(value) => Ok(Value::Bool(*value)),
        Value::String(text) => match &**text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Value::Bool(false)),
            _ => Err(unreadable(Type::Bool)),
        },
        _ => Err(Failure::Types),
    }
}

fn to_bytes<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    match arguments.value(0) {
        Value::Bytes(bytes) => Ok(Value::Bytes(bytes.clone())),
        Value::String(text) => {
            host.grow_text(text.len())?;
            Ok(Value::Bytes(Arc::from(text.as_bytes())))
        }
        _ => Err(Failure::Types),
    }
}

fn to_double<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Double(match arguments.value(0) {
        Value::Double(value) => *value,
        Value::Int(value) => int_to_double(*value),
        Value::UInt(value) => uint_to_double(*value),
        Value::String(text) => double::read(text).ok_or_else(|| unreadable(Type::Double))?,
        _ => return Err(Failure::Types),
    }))
}

fn to_int<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Int(match arguments.value(0) {
        Value::Int(value) => *value,
        Value::UInt(value) => i64::try_from(*value).map_err(|_| range())?,
        Value::Double(value) => {
            // The ends of the range are no doubles, and what rounds to them is refused.
            if !(*value > -9_223_372_036_854_775_808.0 && *value < 9_223_372_036_854_775_807.0) {
                return Err(range());
            }
            #[expect(clippy::cast_possible_truncation, reason = "within range; decimals are dropped")]
            let whole = *value as i64;
            whole
        }
        Value::String(text) => text.parse().map_err(|_| unreadable(Type::Int))?,
        Value::Timestamp(time) => time.seconds(),
        Value::Duration(duration) => duration.0,
        _ => return Err(Failure::Types),
    }))
}

fn to_uint<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::UInt(match arguments.value(0) {
        Value::UInt(value) => *value,
        Value::Int(value) => u64::try_from(*value).map_err(|_| unsigned_range())?,
        Value::Double(value) => {
            if !(*value >= 0.0 && *value < 18_446_744_073_709_551_615.0) {
                return Err(unsigned_range());
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "within range; decimals are dropped"
            )]
            let whole = *value as u64;
            whole
        }
        // Go takes no sign.
        Value::String(text) if text.starts_with('+') => return Err(unreadable(Type::UInt)),
        Value::String(text) => text.parse().map_err(|_| unreadable(Type::UInt))?,
        _ => return Err(Failure::Types),
    }))
}

fn to_string<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(match arguments.value(0) {
        Value::String(text) => Value::String(text.clone()),
        Value::Bool(value) => Value::text(if *value { "true" } else { "false" }),
        Value::Int(value) => Value::text(value.to_string()),
        Value::UInt(value) => Value::text(value.to_string()),
        Value::Double(value) => Value::text(double_text(*value)),
        Value::Bytes(bytes) => {
            host.grow_text(bytes.len())?;
            let text = std::str::from_utf8(bytes)
                .map_err(|_| failed("invalid UTF-8 in bytes, cannot convert to string"))?;
            Value::text(text)
        }
        Value::Duration(value) => Value::text(value.to_string()),
        Value::Timestamp(value) => Value::text(value.to_string()),
        _ => return Err(Failure::Types),
    })
}

fn to_duration<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    match arguments.value(0) {
        Value::Duration(value) => Ok(Value::Duration(*value)),
        Value::Int(_) => Err(failed(no_conversion(Type::Int, Type::Duration))),
        Value::String(text) => {
            Duration::parse(text).map(Value::Duration).ok_or_else(|| unreadable(Type::Duration))
        }
        _ => Err(Failure::Types),
    }
}

fn to_timestamp<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    let overflow = || Failure::Error(EvalError::new(crate::error::ErrorKind::Overflow("timestamp")));
    match arguments.value(0) {
        Value::Timestamp(value) => Ok(Value::Timestamp(*value)),
        Value::Int(seconds) => Timestamp::new(*seconds, 0).map(Value::Timestamp).ok_or_else(overflow),
        Value::String(text) => {
            Timestamp::parse(text).map(Value::Timestamp).ok_or_else(|| unreadable(Type::Timestamp))
        }
        _ => Err(Failure::Types),
    }
}
