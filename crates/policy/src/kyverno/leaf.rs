//! A value against one pattern: `>= 10 & < 20 | 1Gi`, `!latest`, `10-20`, `nginx:*`.
//!
//! Durations are compared first, then quantities, then text with wildcards.
//!
//! Source: Kyverno 1.17, `pkg/engine/pattern` and `pkg/engine/operator`.

use std::cmp::Ordering;

use bulkhead_cel::Duration;
use bulkhead_kinds::Quantity;

use super::value::{Value, exponent_float};
use super::wildcard;

/// What a pattern begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    AtLeast,
    AtMost,
    Not,
    More,
    Less,
    InRange,
    NotInRange,
}

impl Operator {
    /// The operator of a pattern, and how it is spelled.
    pub(crate) fn of(pattern: &str) -> (Self, &'static str) {
        if pattern.len() < 2 {
            return (Self::Equal, "");
        }
        let simple = [
            (Self::AtLeast, ">="),
            (Self::AtMost, "<="),
            (Self::More, ">"),
            (Self::Less, "<"),
            (Self::Not, "!"),
        ];
        if let Some(found) = simple.into_iter().find(|(_, sign)| pattern.starts_with(sign)) {
            return found;
        }
        if range(pattern, "!-").is_some() {
            return (Self::NotInRange, "!-");
        }
        if range(pattern, "-").is_some() {
            return (Self::InRange, "-");
        }
        (Self::Equal, "")
    }

    fn allows(self, order: Ordering) -> Option<bool> {
        Some(match self {
            Self::Equal => order.is_eq(),
            Self::Not => order.is_ne(),
            Self::More => order.is_gt(),
            Self::Less => order.is_lt(),
            Self::AtLeast => order.is_ge(),
            Self::AtMost => order.is_le(),
            Self::InRange | Self::NotInRange => return None,
        })
    }
}

/// Both ends of a range: `10-20`, `-1.5Gi!-2Gi`.
fn range<'p>(pattern: &'p str, between: &str) -> Option<(&'p str, &'p str)> {
    // An end is a number with an optional unit, so there is only one place where the first can stop.
    let end = amount(pattern)?;
    let (left, rest) = pattern.split_at_checked(end)?;
    let right = rest.strip_prefix(between)?;
    (amount(right)? == right.len()).then_some((left, right))
}

/// The length of `[-|+]?\d+(\.\d+)?[A-Za-z]*` at the beginning of a text.
fn amount(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let run = |from: usize, is: fn(&u8) -> bool| {
        bytes
            .get(from..)
            .map_or(from, |rest| from + rest.iter().take_while(|byte| is(byte)).count())
    };
    let start = usize::from(matches!(bytes.first(), Some(b'-' | b'|' | b'+')));
    let mut end = run(start, u8::is_ascii_digit);
    if end == start {
        return None;
    }
    if bytes.get(end) == Some(&b'.') {
        let fraction = run(end + 1, u8::is_ascii_digit);
        if fraction > end + 1 {
            end = fraction;
        }
    }
    Some(run(end, u8::is_ascii_alphabetic))
}

/// Whether a value is as a pattern wants it.
pub(crate) fn validate(value: &Value, pattern: &Value) -> bool {
    match pattern {
        Value::Bool(wanted) => matches!(value, Value::Bool(found) if found == wanted),
        Value::Int(wanted) => whole(value, *wanted),
        Value::Float(wanted) => number(value, *wanted),
        Value::Null => match value {
            Value::Float(number) => *number == 0.0,
            Value::Int(number) => *number == 0,
            Value::Text(text) => text.is_empty(),
            Value::Bool(value) => !value,
            Value::Null => true,
            _ => false,
        },
        Value::Map(_) => matches!(value, Value::Map(_)),
        Value::Text(pattern) => texts(value, pattern),
        Value::List(_) | Value::Unknown(_) => false,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Go's conversion of a float64 without a fraction")]
fn whole(value: &Value, wanted: i64) -> bool {
    match value {
        Value::Int(found) => *found == wanted,
        Value::Float(found) => found.fract() == 0.0 && *found as i64 == wanted,
        Value::Text(text) => text.parse() == Ok(wanted),
        _ => false,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Go's conversion of a float64 without a fraction")]
#[expect(clippy::float_cmp, reason = "Kyverno compares numbers as they are")]
fn number(value: &Value, wanted: f64) -> bool {
    match value {
        Value::Int(found) => wanted.fract() == 0.0 && wanted as i64 == *found,
        Value::Float(found) => *found == wanted,
        Value::Text(text) => parse_float(text) == Some(wanted),
        _ => false,
    }
}

/// A number as Go's `strconv.ParseFloat` reads it, but for hexadecimal and underscores.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    let spelled = text.trim_start_matches(['+', '-']).bytes().any(|byte| byte.is_ascii_digit());
    // Too large a number is an error, the word for infinity is none.
    (number.is_finite() || !spelled).then_some(number)
}

/// Alternatives, each of which may be several conditions.
fn texts(value: &Value, pattern: &str) -> bool {
    if value.as_text() == Some(pattern) {
        return true;
    }
    let mut alternatives = pattern.split('|').map(|part| part.trim_matches(' '));
    alternatives.any(|part| part.split('&').all(|condition| one(value, condition.trim_matches(' '))))
}

fn one(value: &Value, pattern: &str) -> bool {
    let (operator, sign) = Operator::of(pattern);
    match operator {
        Operator::InRange => range(pattern, "-").is_some_and(|(left, right)| {
            one(value, &format!(">= {left}")) && one(value, &format!("<= {right}"))
        }),
        Operator::NotInRange => range(pattern, "!-").is_some_and(|(left, right)| {
            one(value, &format!("< {left}")) || one(value, &format!("> {right}"))
        }),
        _ => compare(value, pattern.strip_prefix(sign).unwrap_or(pattern).trim(), operator),
    }
}

fn compare(value: &Value, pattern: &str, operator: Operator) -> bool {
    let order = durations(value, pattern).or_else(|| quantities(value, pattern));
    if let Some(answer) = order.and_then(|order| operator.allows(order)) {
        return answer;
    }
    if !matches!(operator, Operator::Equal | Operator::Not) {
        return false;
    }
    let text = match value {
        Value::Float(number) => exponent_float(*number),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => (**text).to_owned(),
        Value::Bool(value) => value.to_string(),
        _ => return false,
    };
    wildcard::matches(pattern, &text) == (operator == Operator::Equal)
}

/// A number as a text, nothing as zero.
fn number_text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => "0".to_owned(),
        Value::Text(text) => (**text).to_owned(),
        Value::Float(number) => format!("{number:.6}"),
        Value::Int(number) => number.to_string(),
        _ => return None,
    })
}

fn durations(value: &Value, pattern: &str) -> Option<Ordering> {
    let pattern = Duration::parse(pattern)?;
    Some(Duration::parse(&number_text(value)?)?.cmp(&pattern))
}

fn quantities(value: &Value, pattern: &str) -> Option<Ordering> {
    let pattern = quantity(pattern)?;
    Some(quantity(&number_text(value)?)?.compare(pattern))
}

/// A quantity; Go does not leave out spaces around it.
pub(crate) fn quantity(text: &str) -> Option<Quantity> {
    (text.trim() == text).then(|| Quantity::parse(text)).flatten()
}
