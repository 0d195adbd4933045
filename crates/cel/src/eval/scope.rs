//! Variables: those a caller binds, and those that macros bring.
//!
//! A macro's variables lie in a frame on the stack of the evaluation that runs it; planning has counted how
//! many frames up a name is.

use std::cell::{Cell, OnceCell};

use super::{Context, Evaluated, eval};
use crate::error::{ErrorKind, EvalError};
use crate::plan::{Block, Local, Op, OptionalMap, OptionalOr, Slot};
use crate::value::Value;

/// Bindings and blocks may wait for each other this deep.
const DEEPEST: u32 = 100;

/// The variables of one macro, on the stack of the evaluation that runs it.
pub(crate) struct Frame<'f, 'a> {
    pub(crate) parent: Option<&'f Frame<'f, 'a>>,
    pub(crate) variables: Variables<'f, 'a>,
}

pub(crate) enum Variables<'f, 'a> {
    /// Of a loop over a list or a map.
    Known([Value<'a>; 2]),
    /// Of `optMap`: what the target holds, and what reading it for the first time costs.
    Held(Value<'a>, Cell<u64>),
    /// Of `cel.bind` and `cel.block`: computed when first read, in the scope of the parent or (in a block)
    /// in this one.
    Lazy { ops: &'f [Op], cells: Vec<OnceCell<Evaluated<'a>>>, own_scope: bool },
}

pub(super) fn variable<'a>(slot: &Slot, context: &mut Context<'_, 'a>) -> Evaluated<'a> {
    context.charge(1)?;
    match context.activation.variable_at(slot.place, &slot.name)? {
        // A scalar of a document is a plain value from here on.
        Some(Value::Node(node)) => Ok(Value::from(node)),
        Some(value) => Ok(value),
        None => Err(EvalError::new(ErrorKind::NoSuchAttribute((*slot.name).to_owned())).at(&slot.span)),
    }
}

pub(super) fn local<'x, 'a>(
    place: Local,
    frame: Option<&'x Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Result<&'x Value<'a>, EvalError> {
    context.charge(1)?;
    let mut frame = frame;
    for _ in 0..place.up {
        frame = frame.and_then(|frame| frame.parent);
    }
    let part = place.part as usize;
    let missing = || EvalError::invalid("a macro's variable is out of scope");
    let frame = frame.ok_or_else(missing)?;
    match &frame.variables {
        Variables::Known(values) => values.get(part).ok_or_else(missing),
        Variables::Held(value, cost) => {
            context.charge(cost.take())?;
            Ok(value)
        }
        Variables::Lazy { ops, cells, own_scope } => {
            let (op, cell) = ops.get(part).zip(cells.get(part)).ok_or_else(missing)?;
            if cell.get().is_none() {
                if context.depth >= DEEPEST {
                    return Err(EvalError::new(ErrorKind::TooDeep));
                }
                context.depth = context.depth.saturating_add(1);
                let value = eval(op, if *own_scope { Some(frame) } else { frame.parent }, context);
                context.depth = context.depth.saturating_sub(1);
                // Nobody set it meanwhile: a slot sees only those before it.
                let _ = cell.set(value);
            }
            match cell.get() {
                Some(Ok(value)) => Ok(value),
                Some(Err(error)) => Err(error.clone()),
                None => Err(missing()),
            }
        }
    }
}

/// `cel.bind(x, value, body)`: the value is computed when `x` is first read.
pub(super) fn bind<'a>(
    parts: &[Op; 2],
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let [value, body] = parts;
    let ops = std::slice::from_ref(value);
    let variables = Variables::Lazy { ops, cells: vec![OnceCell::new()], own_scope: false };
    eval(body, Some(&Frame { parent: frame, variables }), context)
}

pub(super) fn block<'a>(
    block: &Block,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let cells = block.slots.iter().map(|_| OnceCell::new()).collect();
    let variables = Variables::Lazy { ops: &block.slots, cells, own_scope: true };
    eval(&block.body, Some(&Frame { parent: frame, variables }), context)
}

pub(super) fn optional_map<'a>(
    map: &OptionalMap,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let before = context.host.used();
    let target = eval(&map.target, frame, context)?;
    let cost = context.host.used().saturating_sub(before);
    let value = match target {
        Value::Optional(Some(value)) => (*value).clone(),
        absent @ Value::Optional(None) => {
            context.charge(2)?;
            return Ok(absent);
        }
        unknown @ Value::Unknown(_) => return Ok(unknown),
        _ => {
            let name = if map.flat { "optFlatMap" } else { "optMap" };
            return Err(EvalError::no_such_overload(name).at(&map.span));
        }
    };
    context.charge(if map.flat { 1 } else { 2 })?;
    // The server computes the target once to ask whether it holds a value, and again to take it.
    let variables = Variables::Held(value, Cell::new(cost.saturating_add(1)));
    let frame = Frame { parent: frame, variables };
    let body = eval(&map.body, Some(&frame), context)?;
    if map.flat || body.as_unknown().is_some() { Ok(body) } else { Ok(Value::some(body)) }
}

pub(super) fn optional_or<'a>(
    or: &OptionalOr,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    match eval(&or.left, frame, context)? {
        Value::Optional(None) => {}
        Value::Optional(Some(value)) if or.value => return Ok((*value).clone()),
        other => return Ok(other),
    }
    match eval(&or.right, frame, context)? {
        value if or.value => Ok(value),
        optional @ (Value::Optional(_) | Value::Unknown(_)) => Ok(optional),
        _ => Err(EvalError::no_such_overload("or").at(&or.span)),
    }
}
