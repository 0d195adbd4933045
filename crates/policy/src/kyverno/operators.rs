//! The operators of conditions: `Equals`, `AnyIn`, `GreaterThan` and their kin.
//!
//! Source: Kyverno 1.17, `pkg/engine/variables/operator`.

use bulkhead_cel::Duration;

use super::jmespath::Version;
use super::leaf::{self, Operator as Sign, parse_float, quantity};
use super::value::Value;
use super::wildcard;

/// Whether a condition holds; nothing where there is no such operator.
pub(crate) fn holds(operator: &str, key: &Value, value: &Value) -> Option<bool> {
    let lower = operator.to_lowercase();
    Some(match lower.as_str() {
        "equal" | "equals" => equal(key, value, true),
        "notequal" | "notequals" => equal(key, value, false),
        "in" => in_list(key, value, false),
        "notin" => in_list(key, value, true),
        "anyin" => any_in(key, value, false),
        "anynotin" => any_in(key, value, true),
        "allin" => all_in(key, value, false),
        "allnotin" => all_in(key, value, true),
        "greaterthanorequals" | "greaterthan" | "lessthanorequals" | "lessthan" => {
            // The order asked for is found by the name as it is spelled here; in other letters it never holds.
            Order::of(operator).is_some_and(|order| numeric(order, key, value))
        }
        "durationgreaterthanorequals"
        | "durationgreaterthan"
        | "durationlessthanorequals"
        | "durationlessthan" => {
            let order = operator.strip_prefix("Duration").and_then(Order::of);
            let pair = order.zip(duration_of(key)).zip(duration_of(value));
            pair.is_some_and(|((order, key), value)| order.allows(key.partial_cmp(&value)))
        }
        _ => return None,
    })
}

#[derive(Clone, Copy)]
enum Order {
    AtLeast,
    More,
    AtMost,
    Less,
}

impl Order {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "GreaterThanOrEquals" => Self::AtLeast,
            "GreaterThan" => Self::More,
            "LessThanOrEquals" => Self::AtMost,
            "LessThan" => Self::Less,
            _ => return None,
        })
    }

    fn allows(self, order: Option<std::cmp::Ordering>) -> bool {
        order.is_some_and(|order| match self {
            Self::AtLeast => order.is_ge(),
            Self::More => order.is_gt(),
            Self::AtMost => order.is_le(),
            Self::Less => order.is_lt(),
        })
    }
}

/// Whole seconds of a number, in nanoseconds.
#[expect(clippy::cast_possible_truncation, reason = "as Go makes a duration of a number")]
fn seconds(value: &Value) -> Option<i64> {
    let whole = match value {
        Value::Int(number) => *number,
        Value::Float(number) => *number as i64,
        _ => return None,
    };
    Some(whole.wrapping_mul(1_000_000_000))
}

fn duration_of(value: &Value) -> Option<i64> {
    match value {
        Value::Text(text) => Duration::parse(text).map(|duration| duration.0),
        value => seconds(value),
    }
}

/// Two durations, where one is written as such and the other can be one.
fn durations(key: &Value, value: &Value) -> Option<(f64, f64)> {
    let written = |value: &Value| {
        let text = value.as_text().filter(|text| *text != "0")?;
        Duration::parse(text).map(|duration| duration.0)
    };
    let (left, right) = (written(key), written(value));
    if left.is_none() && right.is_none() {
        return None;
    }
    let left = left.or_else(|| seconds(key))?;
    let right = right.or_else(|| seconds(value))?;
    Some((Duration(left).as_seconds(), Duration(right).as_seconds()))
}

/// `Equals`, or `NotEquals` where `wanted` is false: the two do not mirror each other everywhere.
#[expect(clippy::float_cmp, reason = "Kyverno compares numbers as they are")]
#[expect(clippy::cast_possible_truncation, reason = "Go's conversion of a float64 without a fraction")]
fn equal(key: &Value, value: &Value, wanted: bool) -> bool {
    let is = |found: bool| found == wanted;
    match (key, value) {
        (Value::Bool(key), Value::Bool(value)) => is(key == value),
        (Value::Int(key), Value::Int(value)) => is(key == value),
        (Value::Int(key), Value::Float(value)) => {
            // Neither holds for a number with a fraction.
            value.fract() == 0.0 && is(*value as i64 == *key)
        }
        (Value::Int(key), Value::Text(value)) => is(value.parse() == Ok(*key)),
        (Value::Float(key), Value::Int(value)) => is(key.fract() == 0.0 && *key as i64 == *value),
        (Value::Float(key), Value::Float(value)) => is(key == value),
        (Value::Float(key), Value::Text(value)) => is(parse_float(value) == Some(*key)),
        (Value::Text(key), value) => equal_text(key, value, wanted),
        (Value::Map(key), Value::Map(value)) => is(key == value),
        (Value::List(key), Value::List(value)) => is(key == value),
        (Value::Null | Value::Unknown(_), _) => false,
        _ => is(false),
    }
}

#[expect(clippy::float_cmp, reason = "Kyverno compares seconds as they are")]
fn equal_text(key: &str, value: &Value, wanted: bool) -> bool {
    if let Some((left, right)) = durations(&Value::text(key), value) {
        return (left == right) == wanted;
    }
    let Value::Text(text) = value else { return !wanted };
    if let Some(left) = quantity(key) {
        if !wanted && text.is_empty() {
            return !wildcard::matches(text, key);
        }
        // What is no quantity is neither equal nor unequal to one.
        return quantity(text).is_some_and(|right| left.compare(right).is_eq() == wanted);
    }
    wildcard::matches(text, key) == wanted
}

fn numeric(order: Order, key: &Value, value: &Value) -> bool {
    let number = match key {
        #[expect(clippy::cast_precision_loss, reason = "Kyverno compares as float64")]
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        Value::Text(text) => return numeric_text(order, text, key, value),
        _ => return false,
    };
    numeric_number(order, number, key, value)
}

fn numeric_number(order: Order, number: f64, key: &Value, value: &Value) -> bool {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "Kyverno compares as float64")]
        Value::Int(value) => order.allows(number.partial_cmp(&(*value as f64))),
        Value::Float(value) => order.allows(number.partial_cmp(value)),
        Value::Text(text) => {
            if let Some((left, right)) = durations(key, value) {
                return order.allows(left.partial_cmp(&right));
            }
            parse_float(text).is_some_and(|value| order.allows(number.partial_cmp(&value)))
        }
        _ => false,
    }
}

fn numeric_text(order: Order, text: &str, key: &Value, value: &Value) -> bool {
    if let Some((left, right)) = durations(key, value) {
        return order.allows(left.partial_cmp(&right));
    }
    let right = value.as_text().and_then(quantity);
    if let Some((left, right)) = quantity(text).zip(right) {
        return order.allows(Some(left.compare(right)));
    }
    if let Some(number) = parse_float(text) {
        return numeric_number(order, number, &Value::Float(number), value);
    }
    let Some(left) = Version::parse(text) else { return false };
    let right = value.as_text().and_then(Version::parse);
    right.is_some_and(|right| order.allows(Some(left.compare(&right))))
}

/// A key as a text, where it is no list.
fn spelled(key: &Value) -> Option<String> {
    match key {
        Value::Text(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) => Some(key.printed()),
        _ => None,
    }
}

fn either(left: &str, right: &str) -> bool {
    wildcard::matches(left, right) || wildcard::matches(right, left)
}

/// A text as a JSON list of texts, as Go reads it: null is the empty text there.
fn json_texts(text: &str) -> Option<Vec<String>> {
    let items: Option<Vec<Option<String>>> = serde_json::from_str(text).ok()?;
    Some(items.unwrap_or_default().into_iter().map(Option::unwrap_or_default).collect())
}

/// The deprecated `In` and `NotIn`.
fn in_list(key: &Value, value: &Value, not: bool) -> bool {
    if let Some(key) = spelled(key) {
        let found = match value {
            Value::List(items) => Some(items.iter().any(|item| either(&item.printed(), &key))),
            Value::Text(text) if wildcard::matches(text, &key) => Some(true),
            Value::Text(text) => json_texts(text).map(|texts| texts.contains(&key)),
            _ => None,
        };
        return found.is_some_and(|found| found != not);
    }
    let Value::List(keys) = key else { return false };
    let Some(keys) = keys.iter().map(Value::as_text).collect::<Option<Vec<_>>>() else { return false };
    let values = match value {
        Value::List(items) => items.iter().map(|item| item.as_text().map(str::to_owned)).collect(),
        Value::Text(text) if *keys == [&**text] => return true,
        Value::Text(text) => json_texts(text),
        _ => None,
    };
    values.is_some_and(|values: Vec<String>| {
        keys.iter().all(|key| values.iter().any(|value| value == key)) != not
    })
}

/// What a text offers to a key: a range, or texts.
enum Offer {
    Range,
    Texts(Vec<String>),
}

/// Nothing where it is JSON of another form.
fn offer(text: &str) -> Option<Offer> {
    if Sign::of(text).0 == Sign::InRange {
        return Some(Offer::Range);
    }
    if serde_json::from_str::<serde_json::Value>(text).is_ok() {
        return json_texts(text).map(Offer::Texts);
    }
    Some(Offer::Texts(vec![text.to_owned()]))
}

fn in_range(key: &str, range: &str) -> bool {
    leaf::validate(&Value::text(key), &Value::text(range))
}

/// Whether one key is among the values; nothing where they are of the wrong type.
fn one_in(key: &str, value: &Value) -> Option<bool> {
    match value {
        Value::List(items) => Some(items.iter().any(|item| either(&item.printed(), key))),
        Value::Text(text) if wildcard::matches(text, key) => Some(true),
        Value::Text(text) => Some(match offer(text)? {
            Offer::Range => in_range(key, text),
            Offer::Texts(texts) => texts.iter().any(|text| text == key),
        }),
        _ => None,
    }
}

fn any_in(key: &Value, value: &Value, not: bool) -> bool {
    if let Some(key) = spelled(key) {
        return one_in(&key, value).is_some_and(|found| found != not);
    }
    let Value::List(keys) = key else { return false };
    let keys: Vec<String> = keys.iter().map(Value::printed).collect();
    let among = |values: &[String]| {
        let is_in = |key: &String| values.iter().any(|value| either(key, value));
        keys.iter().any(|key| is_in(key) != not)
    };
    match value {
        Value::List(items) => among(&items.iter().map(Value::printed).collect::<Vec<_>>()),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) => among(&[value.printed()]),
        Value::Text(text) if keys == [&**text] => !not,
        Value::Text(text) => match offer(text) {
            Some(Offer::Range) if not => {
                let outside = text.replacen('-', "!-", 1);
                keys.iter().any(|key| in_range(key, &outside))
            }
            Some(Offer::Range) => keys.iter().any(|key| in_range(key, text)),
            Some(Offer::Texts(texts)) => among(&texts),
            None => false,
        },
        _ => false,
    }
}

fn all_in(key: &Value, value: &Value, not: bool) -> bool {
    if let Some(key) = spelled(key) {
        return one_in(&key, value).is_some_and(|found| found != not);
    }
    let Value::List(keys) = key else { return false };
    let keys: Vec<String> = keys.iter().map(Value::printed).collect();
    let among =
        |values: &[String]| keys.iter().all(|key| values.iter().any(|value| either(key, value)) != not);
    match value {
        Value::List(items) => among(&items.iter().map(Value::printed).collect::<Vec<_>>()),
        Value::Text(text) if keys == [&**text] => !not,
        Value::Text(text) => match offer(text) {
            Some(Offer::Range) => keys.iter().all(|key| in_range(key, text) != not),
            Some(Offer::Texts(texts)) => among(&texts),
            None => false,
        },
        _ => false,
    }
}
