//! Conditions of a rule: preconditions, and what is denied.
//!
//! Source: Kyverno 1.17, `pkg/engine/variables/evaluate.go`.

use super::context::Context;
use super::jmespath::Problem;
use super::operators;
use super::rule::{Condition, Conditions};
use super::value::Value;
use super::variables::substitute;

/// What conditions come to.
pub(crate) enum Met<'c> {
    Yes {
        /// The messages of those that hold.
        message: String,
        /// One that holds, for the place to blame.
        by: Option<&'c Condition>,
    },
    No,
}

/// Whether conditions are met. A problem is told only where it decides, but for one that Kyverno would stop at.
pub(crate) fn met<'c>(conditions: &'c Conditions, context: &mut Context<'_>) -> Result<Met<'c>, Problem> {
    let mut held = Vec::new();
    let mut by = None;
    let mut open: Option<Problem> = None;
    let mut any_holds = conditions.any.is_none();
    for condition in conditions.any.iter().flatten() {
        match holds(condition, context) {
            Ok(true) => {
                any_holds = true;
                by = Some(condition);
                held.push(&*condition.message);
                break;
            }
            Ok(false) => (),
            Err(problem @ (Problem::Unknown(_) | Problem::Unsupported(_))) => open = Some(problem),
            Err(problem) => return Err(problem),
        }
    }
    // What is not known does not matter once another holds.
    let open_any = open.take().filter(|_| !any_holds);
    let mut all_hold = true;
    for condition in &conditions.all {
        match holds(condition, context) {
            Ok(true) => {
                by = by.or(Some(condition));
                held.push(&*condition.message);
            }
            Ok(false) => {
                all_hold = false;
                break;
            }
            Err(problem @ (Problem::Unknown(_) | Problem::Unsupported(_))) => open = Some(problem),
            Err(problem) => return Err(problem),
        }
    }
    match open_any.or(open) {
        Some(problem) if all_hold => Err(problem),
        None if any_holds && all_hold => Ok(Met::Yes { message: joined(&held, conditions.between), by }),
        _ => Ok(Met::No),
    }
}

fn joined(messages: &[&str], between: &str) -> String {
    let spoken: Vec<&str> = messages.iter().copied().filter(|message| !message.is_empty()).collect();
    spoken.join(between)
}

fn holds(condition: &Condition, context: &mut Context<'_>) -> Result<bool, Problem> {
    let key = part(&condition.key, context)?;
    let value = part(&condition.value, context)?;
    operators::holds(&condition.operator, &key, &value)
        .ok_or_else(|| Problem::failed(format!("{:?} is no operator", condition.operator)))
}

/// A number on its own is of the one type, as it is written out and read again.
fn part(value: &Value, context: &mut Context<'_>) -> Result<Value, Problem> {
    let found =
        substitute(context, &if let Value::Int(_) = value { value.with_floats() } else { value.clone() })?;
    match found.unknown() {
        Some(name) => Err(Problem::Unknown(name.clone())),
        None => Ok(found),
    }
}
