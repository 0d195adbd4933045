//! What calls cost, by the rules of the API server's library.

use super::Args;
use crate::value::Value;

/// What most calls cost.
pub(crate) fn one(_arguments: &Args<'_, '_>, _result: &Value<'_>) -> u64 {
    1
}

/// Reading the first argument once.
pub(crate) fn first(arguments: &Args<'_, '_>, _result: &Value<'_>) -> u64 {
    size_cost(arguments.value(0))
}

/// Reading the first argument twice: to read it, and to write the result.
pub(crate) fn first_twice(arguments: &Args<'_, '_>, _result: &Value<'_>) -> u64 {
    doubled(arguments.value(0))
}

/// Writing the result twice.
pub(crate) fn result_twice(_arguments: &Args<'_, '_>, result: &Value<'_>) -> u64 {
    doubled(result)
}

/// Going through all that a value holds: a tenth of a text's bytes, one for anything else.
pub(crate) fn walk(arguments: &Args<'_, '_>, _result: &Value<'_>) -> u64 {
    walked(arguments.value(0), 0)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as the server computes it"
)]
fn walked(value: &Value<'_>, depth: u32) -> u64 {
    let part = |bytes: usize| (bytes as f64 * 0.1) as u64;
    match value {
        Value::String(text) => part(text.len()),
        Value::Bytes(bytes) => part(bytes.len()),
        // Values nest as deep as documents may.
        _ if depth > 256 => 1,
        _ => match value.items() {
            Some(items) => {
                items.map(|item| walked(&item, depth.saturating_add(1))).fold(0, u64::saturating_add)
            }
            None => 1,
        },
    }
}

/// Reading a text once, where the server counts bytes and rounds down.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as the server computes it"
)]
pub(crate) fn first_rounded_down(arguments: &Args<'_, '_>, _result: &Value<'_>) -> u64 {
    (arguments.value(0).as_str().map_or(10, str::len) as f64 * 0.1) as u64
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as the server computes it"
)]
fn doubled(value: &Value<'_>) -> u64 {
    (value.size().unwrap_or(1) as f64 * 2.0 * 0.1).ceil() as u64
}

/// Looking for one text in another.
pub(crate) fn search(arguments: &Args<'_, '_>, _result: &Value<'_>) -> u64 {
    size_cost(arguments.value(0)).saturating_mul(size_cost(arguments.value(1)))
}

/// Matching a pattern.
pub(crate) fn matching(arguments: &Args<'_, '_>, _result: &Value<'_>) -> u64 {
    let text = arguments.value(0).size().unwrap_or(1);
    let pattern = arguments.value(1).size().unwrap_or(1);
    traversal(text.saturating_add(1)).saturating_mul(pattern.div_ceil(4) as u64)
}

/// Matching a pattern of so many characters against a text.
pub(crate) fn match_cost(text: &str, pattern: usize) -> u64 {
    let text_cost = traversal(text.chars().count().saturating_add(1));
    let pattern_cost = pattern.div_ceil(4) as u64;
    text_cost.saturating_mul(pattern_cost)
}

/// Going once through so many characters, bytes or items.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the server multiplies by 0.1 as a double and rounds up"
)]
pub(crate) fn traversal(size: usize) -> u64 {
    (size as f64 * 0.1).ceil() as u64
}

/// Going once through a value; one that has no size counts as one item.
#[inline]
pub(crate) fn size_cost(value: &Value<'_>) -> u64 {
    match value {
        // Counting characters is needed only where it makes a difference.
        Value::String(text) if text.len() <= 10 => u64::from(!text.is_empty()),
        Value::String(_) | Value::Bytes(_) | Value::List(_) | Value::Map(_) | Value::Node(_) => {
            traversal(value.size().unwrap_or(1))
        }
        Value::Optional(Some(held)) => size_cost(held),
        Value::Extension(value) => traversal(value.size()),
        _ => 1,
    }
}
