//! When two values are the same, and which comes first.
//!
//! Numbers compare by the number line whatever their types are. Values of different types are never
//! equal, and that is no error; ordering them is one.

use std::cmp::Ordering;
use std::sync::Arc;

use bulkhead_document::{Kind, Node};

use super::{Unknown, Value};

/// Values deeper than this are not compared: no document and no expression reaches it.
const DEEPEST: u32 = 1_000;

/// Whether two values are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Equality {
    Same,
    Different,
    /// It hangs on what is not known.
    Unknown(Arc<Unknown>),
    /// One is of a library's type and the other is not, which the server has no comparison for.
    Unlike,
    /// There was more to compare than may be: a list of a list of a list, each shared many times, is
    /// small to build and endless to read.
    TooMuch,
}

impl Equality {
    fn of(same: bool) -> Self {
        if same { Self::Same } else { Self::Different }
    }
}

/// Compares two values for equality, and counts down for each pair of values within them.
#[inline]
pub(crate) fn equal(left: &Value<'_>, right: &Value<'_>, work: &mut u64) -> Equality {
    equal_at(left, right, 0, work)
}

fn equal_at(left: &Value<'_>, right: &Value<'_>, depth: u32, work: &mut u64) -> Equality {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Equality::of(**left == **right),
        (Value::Bool(left), Value::Bool(right)) => Equality::of(left == right),
        (Value::Int(left), Value::Int(right)) => Equality::of(left == right),
        (Value::Unknown(left), Value::Unknown(right)) => Equality::Unknown(Arc::new(left.merged(right))),
        (Value::Unknown(unknown), _) | (_, Value::Unknown(unknown)) => Equality::Unknown(unknown.clone()),
        (Value::Null, Value::Null) | (Value::Optional(None), Value::Optional(None)) => Equality::Same,
        (Value::Bytes(left), Value::Bytes(right)) => Equality::of(left == right),
        (Value::Duration(left), Value::Duration(right)) => Equality::of(left == right),
        (Value::Timestamp(left), Value::Timestamp(right)) => Equality::of(left == right),
        (Value::Type(left), Value::Type(right)) => Equality::of(left == right),
        (Value::Extension(_), Value::Null) => Equality::Different,
        (Value::Extension(left), right) => left.equals(right).map_or(Equality::Unlike, Equality::of),
        (Value::Object(left), Value::Object(right)) => {
            if left.name() != right.name() || left.fields().len() != right.fields().len() {
                return Equality::Different;
            }
            let mut all = Equality::Same;
            for (name, field) in left.fields() {
                all = match right.get(name).map(|other| deeper(field, other, depth, work)) {
                    Some(Equality::Same) => continue,
                    Some(unknown @ Equality::Unknown(_)) => unknown,
                    Some(other) => return other,
                    None => return Equality::Different,
                };
            }
            all
        }
        (Value::Optional(Some(left)), Value::Optional(Some(right))) => deeper(left, right, depth, work),
        (
            Value::Int(_) | Value::UInt(_) | Value::Double(_),
            Value::Int(_) | Value::UInt(_) | Value::Double(_),
        ) => Equality::of(compare_numbers(left, right) == Some(Ordering::Equal)),
        (
            Value::List(_) | Value::Map(_) | Value::Node(_),
            Value::List(_) | Value::Map(_) | Value::Node(_),
        ) => equal_containers(left, right, depth, work),
        // A scalar of a document that a caller handed in as it is.
        (Value::Node(node), other) | (other, Value::Node(node)) if is_scalar(*node) => {
            equal_at(&Value::from(*node), other, depth, work)
        }
        _ => Equality::Different,
    }
}

fn is_scalar(node: Node<'_>) -> bool {
    !matches!(node.kind(), Kind::Sequence(_) | Kind::Mapping(_))
}

fn deeper(left: &Value<'_>, right: &Value<'_>, depth: u32, work: &mut u64) -> Equality {
    match work.checked_sub(1) {
        Some(left_over) if depth < DEEPEST => {
            *work = left_over;
            equal_at(left, right, depth.saturating_add(1), work)
        }
        _ => Equality::TooMuch,
    }
}

fn equal_containers(left: &Value<'_>, right: &Value<'_>, depth: u32, work: &mut u64) -> Equality {
    match (left, right) {
        (Value::Node(left), _) if is_scalar(*left) => {
            return equal_at(&Value::from(*left), right, depth, work);
        }
        (_, Value::Node(right)) if is_scalar(*right) => {
            return equal_at(left, &Value::from(*right), depth, work);
        }
        _ => {}
    }
    if left.size() != right.size() {
        return Equality::Different;
    }
    let mut all = Equality::Same;
    // Says whether to go on, and keeps what the whole is so far.
    let mut note = |equality| {
        all = match (equality, &all) {
            // Within lists and maps the server takes what it cannot compare for the same.
            (Equality::Same | Equality::Unlike, _) => return true,
            (Equality::Unknown(new), Equality::Unknown(old)) => Equality::Unknown(Arc::new(old.merged(&new))),
            (equality, _) => equality,
        };
        matches!(all, Equality::Unknown(_))
    };
    match (left.items(), right.items()) {
        (Some(left), Some(right)) => {
            left.zip(right).all(|(left, right)| note(deeper(&left, &right, depth, work)));
        }
        (None, None) => {
            left.entries().unwrap_or_default().iter().all(|(key, value)| {
                let other = look_up(right, key);
                note(other.map_or(Equality::Different, |other| deeper(value, &other, depth, work)))
            });
        }
        _ => return Equality::Different,
    }
    all
}

/// The value under a key, if the map has it.
fn look_up<'a>(map: &Value<'a>, key: &Value<'a>) -> Option<Value<'a>> {
    match map {
        Value::Map(map) => map.get(key).cloned(),
        Value::Node(node) => node.get(key.as_str()?).map(Value::from),
        _ => None,
    }
}

/// Which of two values comes first; `None` where CEL does not order them.
pub(crate) fn compare(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::String(left), Value::String(right)) => Some((**left).cmp(&**right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Bytes(left), Value::Bytes(right)) => Some(left.cmp(right)),
        (Value::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
        (Value::Timestamp(left), Value::Timestamp(right)) => Some(left.cmp(right)),
        _ => compare_numbers(left, right),
    }
}

/// Whether both could be ordered at all: a NaN among them is no type error, it is just never first.
pub(crate) fn compare_numbers(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Double(left), Value::Double(right)) => left.partial_cmp(right),
        (Value::Double(left), right) => compare_double(*left, right),
        (left, Value::Double(right)) => compare_double(*right, left).map(Ordering::reverse),
        _ => Some(whole(left)?.cmp(&whole(right)?)),
    }
}

fn whole(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::UInt(value) => Some(i128::from(*value)),
        _ => None,
    }
}

/// A double beside a whole number. Beyond the whole number's range it is decided by sign; within, both
/// are compared as doubles, which is what the API server does.
fn compare_double(left: f64, right: &Value<'_>) -> Option<Ordering> {
    match right {
        Value::Int(right) => {
            if left < -9_223_372_036_854_775_808.0 {
                Some(Ordering::Less)
            } else if left > 9_223_372_036_854_775_807.0 {
                Some(Ordering::Greater)
            } else {
                left.partial_cmp(&int_to_double(*right))
            }
        }
        Value::UInt(right) => {
            if left < 0.0 {
                Some(Ordering::Less)
            } else if left > 18_446_744_073_709_551_615.0 {
                Some(Ordering::Greater)
            } else {
                left.partial_cmp(&uint_to_double(*right))
            }
        }
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "CEL converts to the nearest double")]
pub(crate) fn int_to_double(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "CEL converts to the nearest double")]
pub(crate) fn uint_to_double(value: u64) -> f64 {
    value as f64
}

/// The whole number that a value is, whatever its type; `None` where it is none.
pub(crate) fn number_as_index(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Double(number) => {
            let inside = *number >= -9_223_372_036_854_775_808.0 && *number < 18_446_744_073_709_551_616.0;
            #[expect(clippy::cast_possible_truncation, reason = "whole and within 65 bits")]
            (inside && number.fract() == 0.0).then_some(*number as i128)
        }
        _ => whole(value),
    }
}
