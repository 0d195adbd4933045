//! `&&`, `||`, `!` and `?:`, the only operators that look past errors and unknown values.

use std::sync::Arc;

use super::{Context, Evaluated, Frame, eval};
use crate::error::EvalError;
use crate::plan::Op;
use crate::syntax::Span;
use crate::value::Value;

/// What is left of terms that did not decide: first what is unknown, then the first error.
#[derive(Default)]
pub(crate) struct Undecided<'a> {
    unknown: Option<Value<'a>>,
    error: Option<EvalError>,
}

impl<'a> Undecided<'a> {
    /// Takes in the outcome of one term. Gives back what decides; an error that nothing absorbs is final.
    pub(crate) fn take(&mut self, outcome: Evaluated<'a>, decides: bool) -> Result<bool, EvalError> {
        match outcome {
            Ok(Value::Bool(value)) => return Ok(value == decides),
            Ok(unknown @ Value::Unknown(_)) => self.unknown = Some(merge(self.unknown.take(), &unknown)),
            Ok(_) => {
                self.error.get_or_insert_with(|| EvalError::no_such_operator());
            }
            Err(error) if error.is_final() => return Err(error),
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        Ok(false)
    }

    /// The result when no term decided.
    pub(crate) fn or(self, otherwise: bool) -> Evaluated<'a> {
        match (self.unknown, self.error) {
            (Some(unknown), _) => Ok(unknown),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(Value::Bool(otherwise)),
        }
    }
}

/// Joins an unknown value to those before it.
pub(crate) fn merge<'a>(before: Option<Value<'a>>, new: &Value<'a>) -> Value<'a> {
    match (before, new) {
        (Some(Value::Unknown(old)), Value::Unknown(new)) => Value::Unknown(Arc::new(old.merged(new))),
        _ => new.clone(),
    }
}

/// A run of `&&` (decided by false) or of `||` (decided by true).
pub(crate) fn all<'a>(
    terms: &[Op],
    decides: bool,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let mut undecided = Undecided::default();
    for term in terms {
        if undecided.take(eval(term, frame, context), decides)? {
            return Ok(Value::Bool(decides));
        }
    }
    undecided.or(!decides)
}

pub(crate) fn not<'a>(
    operand: &Op,
    span: &Span,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let outcome = eval(operand, frame, context);
    if !matches!(&outcome, Err(error) if error.is_final()) {
        context.charge(1)?;
    }
    match outcome? {
        Value::Bool(value) => Ok(Value::Bool(!value)),
        unknown @ Value::Unknown(_) => Ok(unknown),
        _ => Err(EvalError::no_such_operator().at(span)),
    }
}

pub(crate) fn conditional<'a>(
    parts: &[Op; 3],
    span: &Span,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let [condition, yes, no] = parts;
    match eval(condition, frame, context)? {
        Value::Bool(true) => branch(yes, frame, context),
        Value::Bool(false) => branch(no, frame, context),
        unknown @ Value::Unknown(_) => Ok(unknown),
        _ => Err(EvalError::no_such_operator().at(span)),
    }
}

/// A branch that is a name or a path costs one less than elsewhere, as on the API server.
fn branch<'a>(op: &Op, frame: Option<&Frame<'_, 'a>>, context: &mut Context<'_, 'a>) -> Evaluated<'a> {
    let value = eval(op, frame, context)?;
    let is_name = |op: &Op| matches!(op, Op::Variable(_) | Op::Local(_));
    if is_name(op) || matches!(op, Op::Path(path) if !path.test && is_name(&path.root)) {
        context.host.refund(1);
    }
    Ok(value)
}
