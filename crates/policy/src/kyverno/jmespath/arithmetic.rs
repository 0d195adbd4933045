//! Sums of numbers, quantities and durations, rounding, and base64.
//!
//! Quantities go with quantities, durations with durations; either may be multiplied or divided by a number.
//!
//! Source: Kyverno 1.17, `pkg/engine/jmespath/arithmetic.go`.

use bulkhead_cel::Duration;
use bulkhead_kinds::Quantity;

use super::Problem;
use super::functions::{Arguments, Found};
use super::time::spell;
use crate::kyverno::leaf::quantity;
use crate::kyverno::value::{Value, general_float};

#[derive(Clone, Copy)]
enum Operand {
    Number(f64),
    Quantity(Quantity),
    Duration(i64),
}

/// Calls a function, if it is one of these.
pub(super) fn call(name: &str, arguments: &Arguments<'_, '_>) -> Option<Found> {
    Some(match name {
        "add" | "subtract" | "multiply" | "divide" | "modulo" => arguments.count(2).and_then(|()| {
            let (left, right) = (operand(arguments.any(0)?)?, operand(arguments.any(1)?)?);
            calculate(name, left, right)
        }),
        "sum" => arguments.count(1).and_then(|()| sum(arguments)),
        "round" => arguments.count(2).and_then(|()| round(arguments)),
        _ => return None,
    })
}

fn operand(value: &Value) -> Result<Operand, Problem> {
    let found = match value {
        Value::Float(number) => Some(Operand::Number(*number)),
        Value::Text(text) => quantity(text)
            .map(Operand::Quantity)
            .or_else(|| Duration::parse(text).map(|duration| Operand::Duration(duration.0))),
        _ => None,
    };
    found.ok_or_else(|| Problem::failed("invalid operand"))
}

fn sum(arguments: &Arguments<'_, '_>) -> Found {
    let [first, rest @ ..] = arguments.list(0)? else {
        return arguments.failed("at least one element in the array is required");
    };
    rest.iter()
        .try_fold(first.clone(), |sum, item| calculate("add", operand(&sum)?, operand(item)?))
}

fn round(arguments: &Arguments<'_, '_>) -> Found {
    let (number, places) = (arguments.number(0)?, arguments.number(1)?);
    if places.fract() != 0.0 || !(0.0..=1e9).contains(&places) {
        return arguments.failed("argument #2 is no whole number of at least zero");
    }
    let shift = 10_f64.powf(places);
    Ok(Value::Float((number * shift).round() / shift))
}

fn calculate(name: &str, left: Operand, right: Operand) -> Found {
    use Operand::{Duration, Number, Quantity};

    let zero = || Problem::failed("Zero divisor passed");
    let large = || Problem::failed("the number is too large");
    let printed = |quantity: Option<bulkhead_kinds::Quantity>| {
        quantity.map(|quantity| Value::text(quantity.to_string())).ok_or_else(large)
    };
    let number_of = |number: f64| quantity(&general_float(number)).ok_or_else(large);
    let text = |nanos: i64| Ok(Value::text(spell(nanos)));
    Ok(match (name, left, right) {
        ("add", Number(left), Number(right)) => Value::Float(left + right),
        ("subtract", Number(left), Number(right)) => Value::Float(left - right),
        ("multiply", Number(left), Number(right)) => Value::Float(left * right),
        ("divide", Number(_) | Quantity(_), Number(0.0)) => return Err(zero()),
        ("divide", Number(left), Number(right)) => Value::Float(left / right),
        ("modulo", Number(left), Number(right)) => {
            if left.fract() != 0.0 || right.fract() != 0.0 {
                return Err(Problem::failed("Non-integer argument(s) passed for modulo"));
            }
            if right == 0.0 {
                return Err(zero());
            }
            Value::Float(left % right)
        }
        ("add", Quantity(left), Quantity(right)) => printed(left.checked_add(right))?,
        ("subtract", Quantity(left), Quantity(right)) => printed(left.checked_sub(right))?,
        ("multiply", Quantity(left), Number(right)) | ("multiply", Number(right), Quantity(left)) => {
            printed(left.checked_mul(number_of(right)?))?
        }
        ("divide", Quantity(left), Number(right)) => printed(left.checked_div(number_of(right)?))?,
        ("divide", Quantity(left), Quantity(right)) => {
            if right.is_zero() {
                return Err(zero());
            }
            Value::Float(left.as_f64() / right.as_f64())
        }
        ("modulo", Quantity(left), Quantity(right)) => printed(left.checked_rem(right))?,
        ("add", Duration(left), Duration(right)) => text(left.wrapping_add(right))?,
        ("subtract", Duration(left), Duration(right)) => text(left.wrapping_sub(right))?,
        ("multiply", Duration(left), Number(right)) | ("multiply", Number(right), Duration(left)) => {
            text(nanos(seconds(left) * right))?
        }
        ("divide", Duration(_), Number(0.0) | Duration(0)) | ("modulo", Duration(_), Duration(0)) => {
            return Err(zero());
        }
        ("divide", Duration(left), Number(right)) => text(nanos(seconds(left) / right))?,
        ("divide", Duration(left), Duration(right)) => Value::Float(seconds(left) / seconds(right)),
        ("modulo", Duration(left), Duration(right)) => text(left.wrapping_rem(right))?,
        _ => return Err(Problem::failed("Types mismatch")),
    })
}

fn seconds(nanos: i64) -> f64 {
    Duration(nanos).as_seconds()
}

#[expect(clippy::cast_possible_truncation, reason = "as Go makes a duration of a number")]
fn nanos(seconds: f64) -> i64 {
    (seconds * 1e9) as i64
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// With padding, as RFC 4648 has it.
pub(super) fn base64_encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4_usize {
            let index = (bits >> (18 - 6 * place)) & 63;
            let letter = LETTERS.get(index as usize).copied().unwrap_or(b'A');
            text.push(if place > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// With padding; line breaks do not count.
pub(super) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let count = text.len().div_ceil(4);
    for (number, chunk) in text.chunks(4).enumerate() {
        if chunk.len() < 4 {
            return None;
        }
        let padding = chunk.iter().rev().take_while(|byte| **byte == b'=').count();
        if padding > 2 || padding > 0 && number + 1 < count {
            return None;
        }
        let mut bits = 0_u32;
        for byte in chunk.iter().take(4 - padding) {
            let value = LETTERS.iter().position(|letter| letter == byte)?;
            bits = bits << 6 | u32::try_from(value).ok()?;
        }
        bits <<= 6 * padding;
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third].into_iter().take(3 - padding));
    }
    Some(bytes)
}

#[test]
fn base64_there_and_back() {
    for text in ["", "a", "ab", "abc", "abcd", "\u{fc}ber"] {
        let encoded = base64_encode(text.as_bytes());
        assert_eq!(base64_decode(&encoded).as_deref(), Some(text.as_bytes()), "{encoded}");
    }
    assert_eq!(base64_encode(b"hi"), "aGk=");
    assert!(base64_decode("aGk").is_none());
}
