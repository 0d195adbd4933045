//! The functions of JMESPath itself.

use std::cmp::Ordering;

use super::Problem;
use super::eval::{Run, or_null};
use super::functions::{Arguments, Found};
use crate::kyverno::leaf::parse_float;
use crate::kyverno::value::{Entries, Value};

/// Calls a function, if it is one of these.
pub(super) fn call(run: &mut Run, name: &str, arguments: &Arguments<'_, '_>) -> Option<Found> {
    let arity = match name {
        "length" | "abs" | "avg" | "ceil" | "floor" | "max" | "min" | "type" | "keys" | "values" | "sort"
        | "reverse" | "to_array" | "to_string" | "to_number" => 1,
        "starts_with" | "ends_with" | "contains" | "map" | "max_by" | "min_by" | "sort_by" | "join" => 2,
        "merge" | "not_null" => {
            return Some(if arguments.len() == 0 {
                arguments.failed("Invalid arity.")
            } else if name == "merge" {
                merge(arguments)
            } else {
                not_null(arguments)
            });
        }
        _ => return None,
    };
    Some(arguments.count(arity).and_then(|()| of_arity(run, name, arguments)))
}

fn of_arity(run: &mut Run, name: &str, arguments: &Arguments<'_, '_>) -> Found {
    match name {
        "length" => length(arguments),
        "abs" => Ok(Value::Float(arguments.number(0)?.abs())),
        "ceil" => Ok(Value::Float(arguments.number(0)?.ceil())),
        "floor" => Ok(Value::Float(arguments.number(0)?.floor())),
        "avg" => {
            let numbers = numbers(arguments)?;
            #[expect(clippy::cast_precision_loss, reason = "a length")]
            let length = numbers.len() as f64;
            Ok(Value::Float(numbers.iter().sum::<f64>() / length))
        }
        "starts_with" => Ok(Value::Bool(arguments.text(0)?.starts_with(arguments.text(1)?))),
        "ends_with" => Ok(Value::Bool(arguments.text(0)?.ends_with(arguments.text(1)?))),
        "contains" => match arguments.any(0)? {
            Value::Text(text) => {
                let part = arguments.any(1)?.as_text();
                Ok(Value::Bool(part.is_some_and(|part| text.contains(part))))
            }
            _ => Ok(Value::Bool(arguments.list(0)?.contains(arguments.any(1)?))),
        },
        "map" => {
            let ast = arguments.reference(0)?;
            let items = arguments.list(1)?.iter().map(|item| or_null(run.value(ast, item)));
            Ok(Value::list(items.collect::<Result<_, _>>()?))
        }
        "max" => best(arguments, Ordering::Greater),
        "min" => best(arguments, Ordering::Less),
        "max_by" => best_by(run, arguments, Ordering::Greater),
        "min_by" => best_by(run, arguments, Ordering::Less),
        "type" => Ok(Value::text(match arguments.any(0)? {
            Value::Int(_) | Value::Float(_) => "number",
            Value::Text(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
            Value::Bool(_) => "boolean",
            Value::Null | Value::Unknown(_) => "null",
        })),
        "keys" => Ok(Value::list(arguments.map(0)?.keys().map(Value::text).collect())),
        "values" => Ok(Value::list(arguments.map(0)?.values().cloned().collect())),
        "sort" => {
            let mut items = alike(arguments)?.to_vec();
            items.sort_by(order);
            Ok(Value::list(items))
        }
        "sort_by" => sort_by(run, arguments),
        "join" => {
            let texts = arguments.list(1)?.iter().map(Value::as_text).collect::<Option<Vec<_>>>();
            let texts = texts.map_or_else(|| arguments.failed("argument #2 is no list of texts"), Ok)?;
            Ok(Value::text(texts.join(arguments.text(0)?)))
        }
        "reverse" => match arguments.any(0)? {
            Value::Text(text) => Ok(Value::text(text.chars().rev().collect::<String>())),
            _ => Ok(Value::list(arguments.list(0)?.iter().rev().cloned().collect())),
        },
        "to_array" => Ok(match arguments.any(0)? {
            list @ Value::List(_) => list.clone(),
            other => Value::list(vec![other.clone()]),
        }),
        "to_string" => Ok(match arguments.any(0)? {
            text @ Value::Text(_) => text.clone(),
            other => Value::text(other.to_json()),
        }),
        _ => Ok(match arguments.any(0)? {
            number @ Value::Float(_) => number.clone(),
            Value::Text(text) => parse_float(text).map_or(Value::Null, Value::Float),
            _ => Value::Null,
        }),
    }
}

fn length(arguments: &Arguments<'_, '_>) -> Found {
    let length = match arguments.any(0)? {
        Value::Text(text) => text.chars().count(),
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        _ => return arguments.failed("argument #1 has no length"),
    };
    #[expect(clippy::cast_precision_loss, reason = "a length")]
    Ok(Value::Float(length as f64))
}

fn merge(arguments: &Arguments<'_, '_>) -> Found {
    let mut merged = Entries::new();
    for place in 0..arguments.len() {
        merged.extend(arguments.map(place)?.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    Ok(Value::map(merged))
}

fn not_null(arguments: &Arguments<'_, '_>) -> Found {
    for place in 0..arguments.len() {
        match arguments.any(place)? {
            Value::Null => (),
            found => return Ok(found.clone()),
        }
    }
    Ok(Value::Null)
}

fn numbers(arguments: &Arguments<'_, '_>) -> Result<Vec<f64>, Problem> {
    let number = |item: &Value| if let Value::Float(number) = item { Some(*number) } else { None };
    let numbers = arguments.list(0)?.iter().map(number).collect::<Option<Vec<_>>>();
    numbers.map_or_else(|| arguments.failed("argument #1 is no list of numbers"), Ok)
}

/// Items that are all numbers or all texts.
fn alike<'a>(arguments: &Arguments<'a, '_>) -> Result<&'a [Value], Problem> {
    let items = arguments.list(0)?;
    let are_numbers = items.iter().all(|item| matches!(item, Value::Float(_)));
    let are_texts = items.iter().all(|item| matches!(item, Value::Text(_)));
    if are_numbers || are_texts { Ok(items) } else { arguments.failed("items differ in type") }
}

fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right).unwrap_or(Ordering::Equal),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}

/// The first of the largest or smallest.
fn best(arguments: &Arguments<'_, '_>, wanted: Ordering) -> Found {
    let mut items = alike(arguments)?.iter();
    let Some(first) = items.next() else { return Ok(Value::Null) };
    Ok(items
        .fold(first, |best, item| if order(item, best) == wanted { item } else { best })
        .clone())
}

fn best_by(run: &mut Run, arguments: &Arguments<'_, '_>, wanted: Ordering) -> Found {
    let (items, ast) = (arguments.list(0)?, arguments.reference(1)?);
    let [first, rest @ ..] = items else { return Ok(Value::Null) };
    if rest.is_empty() {
        return Ok(first.clone());
    }
    let mut best = (first, or_null(run.value(ast, first))?);
    if !matches!(best.1, Value::Float(_) | Value::Text(_)) {
        return arguments.failed("invalid type, must be number of string");
    }
    for item in rest {
        let key = or_null(run.value(ast, item))?;
        if std::mem::discriminant(&key) != std::mem::discriminant(&best.1) {
            return arguments.failed("invalid type");
        }
        if order(&key, &best.1) == wanted {
            best = (item, key);
        }
    }
    Ok(best.0.clone())
}

fn sort_by(run: &mut Run, arguments: &Arguments<'_, '_>) -> Found {
    let (items, ast) = (arguments.list(0)?, arguments.reference(1)?);
    if items.len() < 2 {
        return Ok(Value::list(items.to_vec()));
    }
    let mut keyed: Vec<(Value, &Value)> = Vec::with_capacity(items.len());
    for item in items {
        let key = or_null(run.value(ast, item))?;
        let first = keyed.first().map_or(&key, |(first, _)| first);
        let differs = std::mem::discriminant(&key) != std::mem::discriminant(first);
        if differs || !matches!(key, Value::Float(_) | Value::Text(_)) {
            return arguments.failed("error in sort_by comparison");
        }
        keyed.push((key, item));
    }
    keyed.sort_by(|(left, _), (right, _)| order(left, right));
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item.clone()).collect()))
}
