//! `&&`, `||`, `!` and `?:`, the only operators that look past errors and unknown values.
//!
//! What gives a truth value is asked for one here ([`truth`]) and hands it over in a register: most of
//! what a policy computes is yes or no.

use std::sync::Arc;

use super::{Context, Evaluated, Frame, eval, fold, path};
use crate::error::EvalError;
use crate::plan::Op;
use crate::syntax::{FoldKind, Span};
use crate::value::Value;

/// A truth value, or what came instead of one.
pub(crate) enum Truth<'a> {
    Known(bool),
    /// An unknown value, an error, or a value of another type.
    Other(Box<Evaluated<'a>>),
}

impl<'a> Truth<'a> {
    pub(crate) fn evaluated(self) -> Evaluated<'a> {
        match self {
            Self::Known(value) => Ok(Value::Bool(value)),
            Self::Other(other) => *other,
        }
    }

    /// Whether evaluation must stop here.
    fn is_final(&self) -> bool {
        matches!(self, Self::Other(other) if matches!(&**other, Err(error) if error.is_final()))
    }
}

impl<'a> From<Evaluated<'a>> for Truth<'a> {
    fn from(outcome: Evaluated<'a>) -> Self {
        match outcome {
            Ok(Value::Bool(value)) => Self::Known(value),
            other => Self::Other(Box::new(other)),
        }
    }
}

impl From<EvalError> for Truth<'_> {
    fn from(error: EvalError) -> Self {
        Self::Other(Box::new(Err(error)))
    }
}

/// Evaluates what should give a truth value.
pub(crate) fn truth<'a>(op: &Op, frame: Option<&Frame<'_, 'a>>, context: &mut Context<'_, 'a>) -> Truth<'a> {
    match op {
        Op::Constant(Value::Bool(value)) => Truth::Known(*value),
        Op::And(terms) => all(terms, false, frame, context),
        Op::Or(terms) => all(terms, true, frame, context),
        Op::Not(operand, span) => not(operand, span, frame, context),
        Op::Path(path) if path.test => path::test(path, frame, context),
        Op::Fold(fold) if matches!(fold.kind, FoldKind::All | FoldKind::Exists) => {
            fold::quantify(fold, frame, context)
        }
        _ => eval(op, frame, context).into(),
    }
}

/// What terms that did not decide are together: what is unknown before errors, errors by their order.
#[derive(Default)]
pub(crate) struct Undecided<'a>(Option<Box<Evaluated<'a>>>);

impl<'a> Undecided<'a> {
    /// Takes in the outcome of one term, and says whether it decides. An error that nothing absorbs ends
    /// it all.
    #[inline]
    pub(crate) fn take(&mut self, outcome: Truth<'a>, decides: bool) -> Result<bool, EvalError> {
        match outcome {
            Truth::Known(value) => Ok(value == decides),
            Truth::Other(other) => self.join(*other).map(|()| false),
        }
    }

    #[cold]
    fn join(&mut self, outcome: Evaluated<'a>) -> Result<(), EvalError> {
        let outcome = match outcome {
            Ok(value) if value.as_unknown().is_none() => Err(EvalError::no_such_operator()),
            outcome => outcome,
        };
        match (self.0.take(), outcome) {
            (_, Err(error)) if error.is_final() => return Err(error),
            (Some(before), Err(error)) => {
                self.0 = Some(before);
                drop(error);
            }
            (None, outcome) => self.0 = Some(Box::new(outcome)),
            (Some(before), Ok(unknown)) => {
                self.0 = Some(Box::new(Ok(merge(before.ok(), &unknown))));
            }
        }
        Ok(())
    }

    /// The result when no term decided.
    pub(crate) fn or(self, otherwise: bool) -> Truth<'a> {
        self.0.map_or(Truth::Known(otherwise), Truth::Other)
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
fn all<'a>(
    terms: &[Op],
    decides: bool,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Truth<'a> {
    let mut undecided = Undecided::default();
    for term in terms {
        match undecided.take(truth(term, frame, context), decides) {
            Ok(true) => return Truth::Known(decides),
            Ok(false) => {}
            Err(error) => return error.into(),
        }
    }
    undecided.or(!decides)
}

fn not<'a>(
    operand: &Op,
    span: &Span,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Truth<'a> {
    let outcome = truth(operand, frame, context);
    if outcome.is_final() {
        return outcome;
    }
    if let Err(error) = context.charge(1) {
        return error.into();
    }
    match outcome {
        Truth::Known(value) => Truth::Known(!value),
        Truth::Other(other) => match *other {
            Ok(value) if value.as_unknown().is_none() => EvalError::no_such_operator().at(span).into(),
            other => Truth::Other(Box::new(other)),
        },
    }
}

pub(crate) fn conditional<'a>(
    parts: &[Op; 3],
    span: &Span,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let [condition, yes, no] = parts;
    match truth(condition, frame, context) {
        Truth::Known(true) => branch(yes, frame, context),
        Truth::Known(false) => branch(no, frame, context),
        Truth::Other(other) => match *other {
            Ok(value) if value.as_unknown().is_none() => Err(EvalError::no_such_operator().at(span)),
            other => other,
        },
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
