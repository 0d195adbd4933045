//! Arithmetic, comparison and membership.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::sync::Arc;

use bulkhead_document::Kind;

use super::{Context, Evaluated, Frame, Operand, logic, operand_of};
use crate::error::{ErrorKind, EvalError};
use crate::extension::Extension;
use crate::library::{Host, size_cost, traversal};
use crate::plan::{Chain, ChainLink, Membership};
use crate::syntax::BinaryOperator;
use crate::value::{Duration, Equality, Value, compare, equal};

/// A run of operators from the left.
pub(crate) fn chain<'a>(
    chain: &Chain,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let mut left = operand_of(&chain.first, frame, context);
    // One operator is what most runs have.
    if let [link] = &*chain.links {
        let right = operand_of(&link.right, frame, context);
        if let (Ok(left), Ok(right)) = (&left, &right) {
            return binary(link, left, right, &mut context.host).map_err(|error| error.at(&link.span));
        }
        return join(link, left, right, context).map(Operand::into_value);
    }
    for link in &chain.links {
        let right = operand_of(&link.right, frame, context);
        left = join(link, left, right, context);
        if matches!(&left, Err(error) if error.is_final()) {
            break;
        }
    }
    left.map(Operand::into_value)
}

/// One operator over what its sides gave.
fn join<'x, 'a>(
    link: &ChainLink,
    left: Result<Operand<'x, 'a>, EvalError>,
    right: Result<Operand<'x, 'a>, EvalError>,
    context: &mut Context<'_, 'a>,
) -> Result<Operand<'x, 'a>, EvalError> {
    match (left, right) {
        (Ok(left), Ok(right)) => {
            let result = binary(link, &left, &right, &mut context.host);
            result.map_err(|error| error.at(&link.span)).map(Operand::Owned)
        }
        // What stands left decides, as on the API server; only a budget that ran out is stronger.
        (Err(error), _) | (_, Err(error)) if error.is_final() => Err(error),
        (left, right) => {
            context.charge(1)?;
            match (left, right) {
                (Ok(left), Err(_)) if left.as_unknown().is_some() => Ok(left),
                (Err(error), _) | (_, Err(error)) => Err(error),
                (left, _) => left,
            }
        }
    }
}

fn binary<'a>(link: &ChainLink, left: &Value<'a>, right: &Value<'a>, host: &mut Host<'_>) -> Evaluated<'a> {
    if left.as_unknown().is_some() {
        return Ok(logic::merge(right.as_unknown().map(|_| right.clone()), left));
    }
    if right.as_unknown().is_some() {
        return Ok(right.clone());
    }
    match link.operator {
        BinaryOperator::Equals | BinaryOperator::NotEquals => {
            // Values of a library's type are compared at one go, but only for being the same.
            let at_once = left.as_extension().is_some() && link.operator == BinaryOperator::Equals;
            host.charge(if at_once { 1 } else { size_cost(left).min(size_cost(right)) })?;
            Ok(match equal(left, right, &mut host.work) {
                Equality::Unknown(unknown) => Value::Unknown(unknown),
                // To the server all but the same is different, errors too.
                Equality::Unlike if link.operator == BinaryOperator::NotEquals => Value::Bool(true),
                // The server misses a comparison even of what is of one type.
                Equality::Unlike if left.type_of() == right.type_of() => {
                    return Err(EvalError::invalid("no such overload"));
                }
                Equality::Unlike => return Err(EvalError::no_such_operator()),
                Equality::TooMuch => return Err(EvalError::new(ErrorKind::CostExceeded)),
                equality => {
                    let same = equality == Equality::Same;
                    Value::Bool(same == (link.operator == BinaryOperator::Equals))
                }
            })
        }
        BinaryOperator::Less
        | BinaryOperator::LessEquals
        | BinaryOperator::Greater
        | BinaryOperator::GreaterEquals => {
            let cost = size_cost(left).min(size_cost(right));
            host.charge(if link.is_text { cost } else { 1 })?;
            order(link.operator, left, right)
        }
        BinaryOperator::In => contains(left, right, link.membership, host),
        BinaryOperator::Add => {
            let size = match (left, right) {
                (Value::String(left), Value::String(right)) if link.is_text => {
                    left.chars().count().saturating_add(right.chars().count())
                }
                (Value::Bytes(left), Value::Bytes(right)) if link.is_text => {
                    left.len().saturating_add(right.len())
                }
                // All other sums cost one.
                _ => 10,
            };
            host.charge(traversal(size))?;
            add(left, right, host)
        }
        _ => {
            host.charge(1)?;
            arithmetic(link.operator, left, right)
        }
    }
}

fn order<'a>(operator: BinaryOperator, left: &Value<'a>, right: &Value<'a>) -> Evaluated<'a> {
    let is_number = |value: &Value<'_>| matches!(value, Value::Int(_) | Value::UInt(_) | Value::Double(_));
    let ordering = match compare(left, right) {
        Some(ordering) => ordering,
        None if is_number(left) && is_number(right) => {
            return Err(EvalError::invalid("NaN values cannot be ordered"));
        }
        None => return Err(unsupported(operator, left)),
    };
    Ok(Value::Bool(match operator {
        BinaryOperator::Less => ordering == Ordering::Less,
        BinaryOperator::LessEquals => ordering != Ordering::Greater,
        BinaryOperator::Greater => ordering == Ordering::Greater,
        _ => ordering != Ordering::Less,
    }))
}

fn contains<'a>(
    item: &Value<'a>,
    container: &Value<'a>,
    cost: Membership,
    host: &mut Host<'_>,
) -> Evaluated<'a> {
    let length = container.size().unwrap_or(0);
    host.charge(match cost {
        Membership::Free => 0,
        Membership::Length => length as u64,
        Membership::One => 1,
    })?;
    if cost == Membership::Free
        && let Some(kind @ (Extension::Semver(_) | Extension::Format(_))) = item.as_extension()
    {
        // The server keeps literals by their hash, and panics over what has none.
        let name = if matches!(kind, Extension::Semver(_)) { "Semver" } else { "Format" };
        let message = format!("internal error: runtime error: hash of unhashable type cel.{name}");
        return Err(EvalError::invalid(message));
    }
    if let Value::List(items) = container {
        return among(item, items.iter(), host);
    }
    if let Value::Node(node) = container
        && matches!(node.kind(), Kind::Sequence(_))
    {
        return among(item, node.items().map(Value::from), host);
    }
    match container {
        Value::Map(map) => Ok(Value::Bool(map.get(item).is_some())),
        Value::Node(node) if container.entries_len().is_some() => {
            Ok(Value::Bool(item.as_str().is_some_and(|name| node.get(name).is_some())))
        }
        _ => Err(EvalError::no_such_operator()),
    }
}

/// Whether a value is one of others.
fn among<'a>(
    item: &Value<'a>,
    others: impl Iterator<Item = impl Borrow<Value<'a>>>,
    host: &mut Host<'_>,
) -> Evaluated<'a> {
    let mut unknown = None;
    for other in others {
        match equal(item, other.borrow(), &mut host.work) {
            Equality::Same => return Ok(Value::Bool(true)),
            Equality::Different | Equality::Unlike => {}
            Equality::Unknown(found) => unknown = Some(logic::merge(unknown, &Value::Unknown(found))),
            Equality::TooMuch => return Err(EvalError::new(ErrorKind::CostExceeded)),
        }
    }
    Ok(unknown.unwrap_or(Value::Bool(false)))
}

fn add<'a>(left: &Value<'a>, right: &Value<'a>, host: &mut Host<'_>) -> Evaluated<'a> {
    let overflow = |what| EvalError::new(ErrorKind::Overflow(what));
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => {
            left.checked_add(*right).map(Value::Int).ok_or_else(|| overflow("integer"))
        }
        (Value::UInt(left), Value::UInt(right)) => {
            left.checked_add(*right).map(Value::UInt).ok_or_else(|| overflow("unsigned integer"))
        }
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left + right)),
        (Value::String(left), Value::String(right)) => {
            host.grow_text(left.len().saturating_add(right.len()))?;
            Ok(Value::text([&**left, &**right].concat()))
        }
        (Value::Bytes(left), Value::Bytes(right)) => {
            host.grow_text(left.len().saturating_add(right.len()))?;
            Ok(Value::Bytes(Arc::from([&**left, &**right].concat())))
        }
        (Value::Duration(left), Value::Duration(right)) => {
            let sum = left.0.checked_add(right.0);
            sum.map(|nanos| Value::Duration(Duration(nanos))).ok_or_else(|| overflow("integer"))
        }
        (Value::Timestamp(time), Value::Duration(duration))
        | (Value::Duration(duration), Value::Timestamp(time)) => {
            time.plus(*duration).map(Value::Timestamp).ok_or_else(|| overflow("timestamp"))
        }
        _ => match (left.items(), right.items()) {
            (Some(first), Some(second)) => {
                let length = left.size().unwrap_or(0).saturating_add(right.size().unwrap_or(0));
                host.grow(length)?;
                Ok(Value::list(first.chain(second).collect()))
            }
            _ => Err(unsupported(BinaryOperator::Add, left)),
        },
    }
}

fn arithmetic<'a>(operator: BinaryOperator, left: &Value<'a>, right: &Value<'a>) -> Evaluated<'a> {
    use BinaryOperator::{Divide, Modulo, Multiply, Subtract};
    let overflow = |what| EvalError::new(ErrorKind::Overflow(what));
    match (operator, left, right) {
        (Divide, Value::Int(_), Value::Int(0)) | (Divide, Value::UInt(_), Value::UInt(0)) => {
            Err(EvalError::new(ErrorKind::DivisionByZero))
        }
        (Modulo, Value::Int(_), Value::Int(0)) | (Modulo, Value::UInt(_), Value::UInt(0)) => {
            Err(EvalError::new(ErrorKind::ModulusByZero))
        }
        (_, Value::Int(left), Value::Int(right)) => {
            let result = match operator {
                Subtract => left.checked_sub(*right),
                Multiply => left.checked_mul(*right),
                Divide => left.checked_div(*right),
                _ => left.checked_rem(*right),
            };
            result.map(Value::Int).ok_or_else(|| overflow("integer"))
        }
        (_, Value::UInt(left), Value::UInt(right)) => {
            let result = match operator {
                Subtract => left.checked_sub(*right),
                Multiply => left.checked_mul(*right),
                Divide => left.checked_div(*right),
                _ => left.checked_rem(*right),
            };
            result.map(Value::UInt).ok_or_else(|| overflow("unsigned integer"))
        }
        (Subtract, Value::Double(left), Value::Double(right)) => Ok(Value::Double(left - right)),
        (Multiply, Value::Double(left), Value::Double(right)) => Ok(Value::Double(left * right)),
        (Divide, Value::Double(left), Value::Double(right)) => Ok(Value::Double(left / right)),
        (Subtract, Value::Duration(left), Value::Duration(right)) => {
            let difference = left.0.checked_sub(right.0);
            difference
                .map(|nanos| Value::Duration(Duration(nanos)))
                .ok_or_else(|| overflow("integer"))
        }
        (Subtract, Value::Timestamp(time), Value::Duration(duration)) => {
            time.minus(*duration).map(Value::Timestamp).ok_or_else(|| overflow("timestamp"))
        }
        (Subtract, Value::Timestamp(left), Value::Timestamp(right)) => {
            left.since(*right).map(Value::Duration).ok_or_else(|| overflow("integer"))
        }
        _ => Err(unsupported(operator, left)),
    }
}

/// An operator does not take its operands; it is named where it never takes what stands left of it.
fn unsupported(operator: BinaryOperator, left: &Value<'_>) -> EvalError {
    let number = matches!(left, Value::Int(_) | Value::UInt(_) | Value::Double(_));
    let time = matches!(left, Value::Duration(_) | Value::Timestamp(_));
    let text = matches!(left, Value::String(_) | Value::Bytes(_));
    let (takes, name) = match operator {
        BinaryOperator::Add => (number || time || text || left.items().is_some(), "_+_"),
        BinaryOperator::Subtract => (number || time, "_-_"),
        BinaryOperator::Multiply => (number, "_*_"),
        BinaryOperator::Divide => (number, "_/_"),
        BinaryOperator::Modulo => (number && !matches!(left, Value::Double(_)), "_%_"),
        BinaryOperator::Less => (number || time || text || left.as_bool().is_some(), "_<_"),
        BinaryOperator::LessEquals => (number || time || text || left.as_bool().is_some(), "_<=_"),
        BinaryOperator::Greater => (number || time || text || left.as_bool().is_some(), "_>_"),
        BinaryOperator::GreaterEquals => (number || time || text || left.as_bool().is_some(), "_>=_"),
        BinaryOperator::Equals | BinaryOperator::NotEquals | BinaryOperator::In => (true, ""),
    };
    if takes { EvalError::no_such_operator() } else { EvalError::no_such_overload(name) }
}

pub(crate) fn negate<'a>(value: &Value<'a>) -> Evaluated<'a> {
    match value {
        Value::Int(number) => number
            .checked_neg()
            .map(Value::Int)
            .ok_or_else(|| EvalError::new(ErrorKind::Overflow("integer"))),
        Value::Double(number) => Ok(Value::Double(-number)),
        Value::Duration(duration) => {
            let negated = duration.0.checked_neg();
            negated
                .map(|nanos| Value::Duration(Duration(nanos)))
                .ok_or_else(|| EvalError::new(ErrorKind::Overflow("integer")))
        }
        Value::Unknown(_) => Ok(value.clone()),
        Value::Bool(_) => Err(EvalError::no_such_operator()),
        _ => Err(EvalError::no_such_overload("-_")),
    }
}
