//! The macros over lists and maps: `all`, `exists`, `exists_one`, `map`, `filter` and the transforms.
//!
//! `all` and `exists` look past errors and unknown values as `&&` and `||` do, and stop when decided. The
//! others run over everything; a condition that is an error or unknown is what the whole then is.

use bulkhead_document::Kind;

use super::logic::{Truth, Undecided, truth};
use super::{Context, Evaluated, Frame, LIST_COST, Variables, eval as run, operand_of};
use crate::error::EvalError;
use crate::library::{SORT_BY, self_comparison, sorted};
use crate::plan::{Fold, Op};
use crate::syntax::FoldKind;
use crate::value::{Map, Refused, Text, Value};

pub(crate) fn eval<'a>(
    fold: &Fold,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    if matches!(fold.kind, FoldKind::All | FoldKind::Exists) {
        return quantify(fold, frame, context).evaluated();
    }
    let range = operand_of(&fold.range, frame, context)?;
    if range.as_unknown().is_some() {
        return Ok(range.into_value());
    }
    let result = match fold.kind {
        FoldKind::ExistsOne { .. } => exists_one(fold, &range, frame, context),
        FoldKind::TransformMap | FoldKind::TransformMapEntry => collect_map(fold, &range, frame, context),
        FoldKind::SortBy => sort_by(fold, &range, frame, context),
        _ => collect(fold, &range, frame, context),
    };
    result.map_err(|error| error.at(&fold.span))
}

/// Visits the elements of a range with their frames until a visit says to stop.
fn each<'a>(
    fold: &Fold,
    range: &Value<'a>,
    parent: Option<&Frame<'_, 'a>>,
    mut visit: impl FnMut(&Frame<'_, 'a>) -> Result<bool, EvalError>,
) -> Result<(), EvalError> {
    let mut with = |first: Value<'a>, second: Value<'a>| {
        let variables = Variables::Known([first, second]);
        visit(&Frame { parent, variables })
    };
    let numbered = |place: usize| Value::Int(i64::try_from(place).unwrap_or(i64::MAX));
    match range {
        Value::List(items) => {
            for (place, item) in items.iter().enumerate() {
                let going = if fold.two_variables {
                    with(numbered(place), item.clone())?
                } else {
                    with(item.clone(), Value::Null)?
                };
                if !going {
                    break;
                }
            }
        }
        Value::Map(map) => {
            for (key, value) in map.iter() {
                let second = if fold.two_variables { value.clone() } else { Value::Null };
                if !with(key.clone(), second)? {
                    break;
                }
            }
        }
        Value::Node(node) => match node.kind() {
            Kind::Sequence(_) => {
                for (place, item) in node.items().enumerate() {
                    let item = Value::from(item);
                    let going = if fold.two_variables {
                        with(numbered(place), item)?
                    } else {
                        with(item, Value::Null)?
                    };
                    if !going {
                        break;
                    }
                }
            }
            Kind::Mapping(_) => {
                for (key, value) in node.entries() {
                    let second = if fold.two_variables { Value::from(value) } else { Value::Null };
                    if !with(Value::String(Text::Borrowed(key)), second)? {
                        break;
                    }
                }
            }
            _ => return Err(no_range(fold, range)),
        },
        _ => return Err(no_range(fold, range)),
    }
    Ok(())
}

fn no_range(fold: &Fold, range: &Value<'_>) -> EvalError {
    let name = range.type_of().name();
    EvalError::invalid(if fold.two_variables {
        format!("unsupported comprehension range type: {name}")
    } else {
        format!("got '{name}', expected iterable type")
    })
}

/// `all`, which is decided by false, and `exists`, which is decided by true.
pub(crate) fn quantify<'a>(
    fold: &Fold,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Truth<'a> {
    let range = match operand_of(&fold.range, frame, context) {
        Ok(range) if range.as_unknown().is_some() => return Ok(range.into_value()).into(),
        Ok(range) => range,
        Err(error) => return error.into(),
    };
    match quantified(fold, &range, frame, context) {
        Ok(truth) => truth,
        Err(error) => error.at(&fold.span).into(),
    }
}

fn quantified<'a>(
    fold: &Fold,
    range: &Value<'a>,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Result<Truth<'a>, EvalError> {
    let decides = fold.kind == FoldKind::Exists;
    let mut undecided = Undecided::default();
    let mut done = false;
    let mut left = range.size().unwrap_or(0);
    // What the server's loop pays to ask whether it goes on, and for its result at each turn.
    let turn = if decides { 4 } else { 3 };
    each(fold, range, frame, |frame| {
        context.charge(turn)?;
        left = left.saturating_sub(1);
        done = undecided.take(truth(&fold.body, Some(frame), context), decides)?;
        Ok(!done)
    })?;
    context.charge(if done && left > 0 { turn } else { 1 })?;
    Ok(if done { Truth::Known(decides) } else { undecided.or(!decides) })
}

/// What a loop is stuck on: the last condition that was neither true nor false, or the first result that
/// is no value.
struct Stuck<'a>(Option<Evaluated<'a>>);

impl<'a> Stuck<'a> {
    /// Whether a condition holds; what is neither true nor false is kept.
    fn holds(&mut self, outcome: Evaluated<'a>) -> Result<bool, EvalError> {
        match outcome {
            Ok(Value::Bool(value)) => return Ok(value),
            Ok(unknown @ Value::Unknown(_)) => self.0 = Some(Ok(unknown)),
            Ok(_) => self.0 = Some(Err(EvalError::no_such_operator())),
            Err(error) if error.is_final() => return Err(error),
            Err(error) => self.0 = Some(Err(error)),
        }
        Ok(false)
    }

    /// A result that is a value; what is none is kept, unless something was before.
    fn keep(&mut self, outcome: Evaluated<'a>) -> Result<Option<Value<'a>>, EvalError> {
        match outcome {
            Err(error) if error.is_final() => Err(error),
            Ok(value) if value.as_unknown().is_none() => Ok(Some(value)),
            outcome => {
                self.0.get_or_insert(outcome);
                Ok(None)
            }
        }
    }
}

fn exists_one<'a>(
    fold: &Fold,
    range: &Value<'a>,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let mut count = 0_u64;
    let mut stuck = Stuck(None);
    each(fold, range, frame, |frame| {
        if stuck.holds(run(&fold.body, Some(frame), context))? {
            context.charge(2)?;
            count = count.saturating_add(1);
        }
        Ok(true)
    })?;
    context.charge(2)?;
    stuck.0.unwrap_or(Ok(Value::Bool(count == 1)))
}

/// `map`, `filter` and `transformList`.
fn collect<'a>(
    fold: &Fold,
    range: &Value<'a>,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let mut values = Vec::new();
    let mut stuck = Stuck(None);
    each(fold, range, frame, |frame| {
        let is_filter = fold.kind == FoldKind::Filter;
        let condition = if is_filter { Some(&fold.body) } else { fold.filter.as_ref() };
        if let Some(condition) = condition
            && !stuck.holds(run(condition, Some(frame), context))?
        {
            return Ok(true);
        }
        let outcome = match &frame.variables {
            Variables::Known([first, _]) if is_filter => {
                context.charge(1)?;
                Ok(first.clone())
            }
            _ => run(&fold.body, Some(frame), context),
        };
        // A list of one, added to the result so far.
        let is_constant = !is_filter && matches!(fold.body, Op::Constant(_));
        context.charge(if is_constant { 2 } else { LIST_COST + 2 })?;
        context.host.grow(1)?;
        if let Some(value) = stuck.keep(outcome)? {
            values.push(value);
        }
        Ok(true)
    })?;
    context.charge(1)?;
    stuck.0.unwrap_or_else(|| Ok(Value::list(values)))
}

/// `sortBy`: the items in the order of what the body gives for each.
fn sort_by<'a>(
    fold: &Fold,
    range: &Value<'a>,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    // The server reads the range twice: for the keys, and to sort it.
    context.charge(2)?;
    let keys = collect(fold, range, frame, context);
    let cost = match &keys {
        Err(error) if error.is_final() => 0,
        Err(_) => 1,
        Ok(_) if fold.untold => 1,
        Ok(keys) => self_comparison(keys),
    };
    context.charge(cost)?;
    let keys = keys?;
    if keys.as_unknown().is_some() {
        return Ok(keys);
    }
    let (Some(items), Value::List(keys)) = (range.items(), &keys) else {
        return Err(EvalError::no_such_overload(SORT_BY));
    };
    context.host.grow(keys.len())?;
    sorted(items.collect(), keys).map(Value::list)
}

/// `transformMap` and `transformMapEntry`.
fn collect_map<'a>(
    fold: &Fold,
    range: &Value<'a>,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let mut map = Map::new();
    let mut stuck = Stuck(None);
    each(fold, range, frame, |frame| {
        if let Some(condition) = &fold.filter
            && !stuck.holds(run(condition, Some(frame), context))?
        {
            return Ok(true);
        }
        context.charge(2)?;
        if stuck.0.is_some() {
            return Ok(true);
        }
        if fold.kind == FoldKind::TransformMap {
            context.charge(1)?;
        }
        let Some(value) = stuck.keep(run(&fold.body, Some(frame), context))? else { return Ok(true) };
        context.host.grow(2)?;
        if fold.kind == FoldKind::TransformMapEntry {
            let entries = value.entries().ok_or_else(|| {
                let name = value.type_of().name();
                EvalError::no_such_overload(format!("cel.@mapInsert(map, {name})"))
            })?;
            context.host.grow(entries.len().saturating_mul(2))?;
            for (key, value) in &entries {
                insert_new(&mut map, key, value.clone())?;
            }
        } else if let Variables::Known([key, _]) = &frame.variables {
            insert_new(&mut map, key, value)?;
        }
        Ok(true)
    })?;
    context.charge(1)?;
    stuck.0.unwrap_or_else(|| Ok(map.into()))
}

/// Puts an entry into the result of a transform.
fn insert_new<'a>(map: &mut Map<'a>, key: &Value<'a>, value: Value<'a>) -> Result<(), EvalError> {
    if map.get(key).is_some() {
        let shown = shown(key);
        return Err(EvalError::invalid(format!("insert failed: key {shown} already exists")));
    }
    insert(map, key, value, false)
}

/// A key in a message.
fn shown(key: &Value<'_>) -> String {
    match key {
        Value::UInt(number) => number.to_string(),
        key => key.brief(),
    }
}

/// Puts an entry into a map that is being built.
pub(crate) fn insert<'a>(
    map: &mut Map<'a>,
    key: &Value<'a>,
    value: Value<'a>,
    strict: bool,
) -> Result<(), EvalError> {
    map.put(key.clone(), value, strict).map_err(|refused| {
        EvalError::invalid(match refused {
            Refused::KeyType => format!("unsupported key type: {}", key.type_of().name()),
            Refused::Repeated => format!("Failed with repeated key: {}", shown(key)),
        })
    })
}
