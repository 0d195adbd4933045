//! Selections: fields of maps, items of lists, one after another.
//!
//! From the first optional selection on, whatever is absent makes the whole path absent instead of an
//! error. A field of what is unknown is unknown, and known by a longer name.

use std::sync::Arc;

use bulkhead_document::{Kind, Node};

use super::logic::Truth;
use super::{Context, Evaluated, Frame, Operand, operand_of};
use crate::error::{ErrorKind, EvalError};
use crate::plan::{Op, Path, Select, Step};
use crate::value::{Qualifier, Value, number_as_index};

pub(crate) fn eval<'a>(
    path: &Path,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    if path.test {
        return test(path, frame, context).evaluated();
    }
    let root = operand_of(&path.root, frame, context)?;
    if path.straight
        && let Value::Node(node) = &*root
        && let Some(node) = follow(*node, &path.steps)
    {
        context.charge(path.steps.len() as u64)?;
        return Ok(Value::from(node));
    }
    match path.root {
        Op::Variable(_) | Op::Local(_) | Op::Conditional(..) => {}
        _ => context.charge(1)?,
    }
    walk(path, root, frame, context)
}

/// Whether the last step of a path is there.
pub(crate) fn test<'a>(
    path: &Path,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Truth<'a> {
    let root = match operand_of(&path.root, frame, context) {
        Ok(root) => root,
        Err(error) => return error.into(),
    };
    if path.steps.is_empty() {
        context.host.refund(1);
        return match root.into_value() {
            unknown @ Value::Unknown(_) => Ok(unknown).into(),
            _ => Truth::Known(true),
        };
    }
    if path.straight
        && let Value::Node(node) = &*root
        && let Some((last, before)) = path.steps.split_last()
        && let Some(parent) = follow(*node, before)
    {
        let there = follow(parent, std::slice::from_ref(last)).is_some();
        if there || matches!(parent.kind(), Kind::Mapping(_)) {
            // Asking does not pay for the name that it starts from.
            return match context.charge(before.len() as u64) {
                Ok(()) => Truth::Known(there),
                Err(error) => error.into(),
            };
        }
    }
    if matches!(path.root, Op::Variable(_) | Op::Local(_)) {
        context.host.refund(1);
    }
    walk(path, root, frame, context).into()
}

/// The node at the end of names that are all there.
#[inline]
fn follow<'a>(node: Node<'a>, steps: &[Step]) -> Option<Node<'a>> {
    let mut node = node;
    for step in steps {
        let Select::Field(_, name, key) = &step.select else { return None };
        node = match key {
            Some(key) => node.get_key(*key)?,
            None => by_name(node, name)?,
        };
    }
    Some(node)
}

/// Any path, step by step.
fn walk<'a>(
    path: &Path,
    root: Operand<'_, 'a>,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let mut current = root;
    let mut optional = false;
    let last = path.steps.len().saturating_sub(1);
    for (place, step) in path.steps.iter().enumerate() {
        // What an optional value holds is selected from, and the path is optional from there on.
        if let Value::Optional(held) = &*current {
            optional = true;
            current = match held {
                Some(value) => Operand::Owned((**value).clone()),
                None if path.test => return Ok(Value::Bool(false)),
                None => return Ok(Value::Optional(None)),
            };
        }
        optional |= step.optional;
        let found = select(&current, step, frame, context).map_err(|error| error.at(&step.span))?;
        let test = path.test && place == last;
        let absent = matches!(found, Found::Missing | Found::NotSelectable);
        match step.cost() {
            // An optional selection of what is absent costs nothing.
            0 if optional && absent => context.host.refund(1),
            _ if optional && absent && !test => {}
            cost => context.charge(cost)?,
        }
        if matches!(found, Found::NotSelectable) && path.strict && (test || optional) {
            return Err(missing(&current, step, frame, context));
        }
        current = Operand::Owned(match found {
            Found::Value(unknown @ Value::Unknown(_)) if test => return Ok(unknown),
            _ if test => return Ok(Value::Bool(!absent)),
            Found::Value(Value::Node(node)) if place == last => Value::from(node),
            Found::Value(value) => value,
            _ if optional && path.test => return Ok(Value::Bool(false)),
            _ if optional => return Ok(Value::Optional(None)),
            _ => return Err(missing(&current, step, frame, context)),
        });
    }
    match current.into_value() {
        unknown @ Value::Unknown(_) => Ok(unknown),
        value if optional => Ok(Value::some(value)),
        value => Ok(value),
    }
}

/// What one selection finds.
enum Found<'a> {
    Value(Value<'a>),
    Missing,
    /// The value has neither fields nor items.
    NotSelectable,
}

impl<'a> From<Option<Value<'a>>> for Found<'a> {
    fn from(value: Option<Value<'a>>) -> Self {
        value.map_or(Self::Missing, Self::Value)
    }
}

#[inline]
fn select<'a>(
    current: &Value<'a>,
    step: &Step,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Result<Found<'a>, EvalError> {
    match &step.select {
        Select::Field(value, name, key) => match current {
            Value::Node(node) => match node.kind() {
                Kind::Mapping(_) => Ok(key
                    .map_or_else(|| by_name(*node, name), |key| node.get_key(key))
                    .map(Value::Node)
                    .into()),
                _ => index(current, value),
            },
            Value::Map(map) => Ok(map.get_text(name).cloned().into()),
            Value::Unknown(unknown) => {
                let qualifier = Qualifier::Field((**name).into());
                Ok(Found::Value(Value::Unknown(Arc::new(unknown.select(&qualifier)))))
            }
            _ => index(current, value),
        },
        Select::Index(op) => {
            let value = operand_of(op, frame, context)?;
            index(current, &value)
        }
    }
}

/// A field that no schema knows.
fn by_name<'a>(node: Node<'a>, name: &str) -> Option<Node<'a>> {
    let entries = node.entries();
    // Comparing a few names is faster than hashing one.
    if entries.len() > 16 {
        return node.get(name);
    }
    entries.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn index<'a>(current: &Value<'a>, index: &Value<'a>) -> Result<Found<'a>, EvalError> {
    if let Value::Unknown(unknown) = current {
        let qualifier = match index {
            Value::String(text) => Qualifier::Field((**text).into()),
            Value::Int(place) => Qualifier::Index(*place),
            _ => return Ok(Found::Value(current.clone())),
        };
        return Ok(Found::Value(Value::Unknown(Arc::new(unknown.select(&qualifier)))));
    }
    if index.as_unknown().is_some() {
        return Ok(Found::Value(index.clone()));
    }
    if !index.is_qualifier() {
        let name = index.type_of().name();
        return Err(EvalError::invalid(format!("invalid qualifier type: {name}")));
    }
    match current {
        Value::Map(map) => Ok(map.get(index).cloned().into()),
        Value::List(items) => {
            let place = list_index(index)?;
            Ok(usize::try_from(place).ok().and_then(|place| items.get(place).cloned()).into())
        }
        Value::Node(node) => match node.kind() {
            Kind::Mapping(_) => Ok(index.as_str().and_then(|name| node.get(name)).map(Value::Node).into()),
            Kind::Sequence(_) => {
                let place = list_index(index)?;
                Ok(usize::try_from(place).ok().and_then(|place| node.item(place)).map(Value::Node).into())
            }
            _ => Ok(Found::NotSelectable),
        },
        // An operation has its fields; other objects are not looked into, as on the server.
        Value::Object(object) if object.is_patch() => match index.as_str() {
            Some(name @ ("op" | "path" | "from")) => {
                Ok(Found::Value(object.get(name).cloned().unwrap_or_else(|| Value::text(""))))
            }
            Some("value") => Ok(object.get("value").cloned().into()),
            _ => Ok(Found::NotSelectable),
        },
        _ => Ok(Found::NotSelectable),
    }
}

fn list_index(index: &Value<'_>) -> Result<i128, EvalError> {
    match index {
        Value::Int(_) | Value::UInt(_) | Value::Double(_) => number_as_index(index)
            .ok_or_else(|| EvalError::invalid(format!("unsupported index value {index} in list"))),
        _ => {
            let name = index.type_of().name();
            Err(EvalError::invalid(format!("unsupported index type '{name}' in list")))
        }
    }
}

/// The error of a selection that found nothing.
#[cold]
fn missing<'a>(
    current: &Value<'a>,
    step: &Step,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> EvalError {
    let index = match &step.select {
        Select::Field(_, name, _) => return EvalError::no_such_key(name).at(&step.span),
        Select::Index(op) => operand_of(op, frame, context),
    };
    let shown = match index {
        Ok(index) => index.brief(),
        Err(error) => return error,
    };
    let is_list = matches!(current.type_of(), crate::value::Type::List);
    let kind = if is_list { ErrorKind::IndexOutOfBounds(shown) } else { ErrorKind::NoSuchKey(shown) };
    EvalError::new(kind).at(&step.span)
}
