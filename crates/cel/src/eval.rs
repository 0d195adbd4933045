//! The evaluator: runs operations over values, charging a budget as it goes.
//!
//! An unknown value is a value like any other here: `&&`, `||` and the macros built on them go on past it,
//! the condition of `?:` gives it back, and every function that meets one gives it back.

mod fold;
mod logic;
mod operators;
mod path;
mod scope;

use std::ops::Deref;
use std::sync::Arc;

use crate::activation::Activation;
use crate::budget::Budget;
use crate::error::EvalError;
use crate::library::{Args, Failure, Function, Host};
use crate::plan::{Call, Find, Made, Matches, Op};
use crate::syntax::Span;
use crate::value::{Map, Object, Value};

pub(crate) use scope::{Frame, Variables};

pub(crate) type Evaluated<'a> = Result<Value<'a>, EvalError>;

/// What a list costs to build, as on the API server.
pub(crate) const LIST_COST: u64 = 10;
/// What a map costs to build, as on the API server.
pub(crate) const MAP_COST: u64 = 30;
/// What it costs to make an object.
const OBJECT_COST: u64 = 40;

/// Runs a program.
pub(crate) fn run<'a>(root: &Op, activation: &dyn Activation<'a>, budget: &mut Budget) -> Evaluated<'a> {
    let mut context = Context { activation, host: Host::new(budget), depth: 0 };
    eval(root, None, &mut context)
}

/// Runs what needs no variables.
pub(crate) fn constant(op: &Op) -> Evaluated<'static> {
    run(op, &(), &mut Budget::default())
}

/// The value of what needs no variables, and what it costs; nothing where it fails.
pub(crate) fn known(op: &Op) -> Option<(Value<'static>, u64)> {
    let mut budget = Budget::default();
    let value = run(op, &(), &mut budget).ok()?;
    Some((value, budget.used()))
}

/// What all operations of one evaluation share.
pub(crate) struct Context<'x, 'a> {
    pub(crate) activation: &'x dyn Activation<'a>,
    pub(crate) host: Host<'x>,
    /// How many bindings wait for each other.
    pub(crate) depth: u32,
}

impl Context<'_, '_> {
    #[inline]
    pub(crate) fn charge(&mut self, cost: u64) -> Result<(), EvalError> {
        self.host.charge(cost)
    }
}

/// A value that need not be owned to be looked at.
pub(crate) enum Operand<'x, 'a> {
    Shared(&'x Value<'a>),
    Owned(Value<'a>),
}

impl<'a> Deref for Operand<'_, 'a> {
    type Target = Value<'a>;

    fn deref(&self) -> &Value<'a> {
        match self {
            Self::Shared(value) => value,
            Self::Owned(value) => value,
        }
    }
}

impl<'a> Operand<'_, 'a> {
    pub(crate) fn into_value(self) -> Value<'a> {
        match self {
            Self::Shared(value) => value.clone(),
            Self::Owned(value) => value,
        }
    }
}

pub(crate) fn eval<'a>(
    op: &Op,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    match op {
        Op::Constant(value) => Ok(value.clone()),
        Op::Variable(slot) => scope::variable(slot, context),
        Op::Local(place) => Ok(scope::local(*place, frame, context)?.clone()),
        Op::Path(path) => path::eval(path, frame, context),
        Op::Call(call) => self::call(call, frame, context),
        Op::Matches(matches) => self::matches(matches, frame, context),
        Op::Find(find) => self::find(find, frame, context),
        Op::Known(known) => {
            context.charge(known.1)?;
            Ok(known.0.clone())
        }
        Op::Negate(operand, span) => {
            let value = operand_of(operand, frame, context)?;
            context.charge(1)?;
            operators::negate(&value).map_err(|error| error.at(span))
        }
        Op::Chain(chain) => operators::chain(chain, frame, context),
        Op::Not(..) | Op::And(_) | Op::Or(_) => logic::truth(op, frame, context).evaluated(),
        Op::Conditional(parts, span) => logic::conditional(parts, span, frame, context),
        Op::List(items, span) => list(items, span, frame, context),
        Op::Map(entries, strict, span) => map(entries, *strict, span, frame, context),
        Op::Object(made) => object(made, frame, context),
        Op::Fold(fold) => fold::eval(fold, frame, context),
        Op::Bind(parts) => scope::bind(parts, frame, context),
        Op::OptionalMap(map) => scope::optional_map(map, frame, context),
        Op::OptionalOr(or) => scope::optional_or(or, frame, context),
        Op::Block(block) => scope::block(block, frame, context),
        Op::Fail(error) => Err(error.clone()),
    }
}

/// The value of an operation for a look: what lies in the program or in a frame is not copied.
pub(crate) fn operand_of<'x, 'a: 'x>(
    op: &'x Op,
    frame: Option<&'x Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Result<Operand<'x, 'a>, EvalError> {
    match op {
        Op::Constant(value) => Ok(Operand::Shared(value)),
        Op::Local(place) => scope::local(*place, frame, context).map(Operand::Shared),
        _ => eval(op, frame, context).map(Operand::Owned),
    }
}

fn call<'a>(call: &Call, frame: Option<&Frame<'_, 'a>>, context: &mut Context<'_, 'a>) -> Evaluated<'a> {
    // The common arities need no vector.
    match &*call.arguments {
        [] => invoke(call, &[], context),
        [only] => match operand_of(only, frame, context) {
            Ok(only) => invoke(call, &[only], context),
            Err(error) => Err(argument_failed(call, &[Operand::Owned(Value::Null)], error, context)),
        },
        [first, second] => {
            let first = operand_of(first, frame, context);
            if matches!(&first, Err(error) if error.is_final()) {
                return first.map(Operand::into_value);
            }
            // Both are computed, as on the API server, and the first decides.
            match (first, operand_of(second, frame, context)) {
                (Ok(first), Ok(second)) => invoke(call, &[first, second], context),
                (_, Err(error)) if error.is_final() => Err(error),
                (Ok(first), Err(_)) if first.as_unknown().is_some() => Ok(first.into_value()),
                (Ok(first), Err(error)) => {
                    Err(argument_failed(call, &[first, Operand::Owned(Value::Null)], error, context))
                }
                (Err(error), second) => {
                    let second = second.unwrap_or(Operand::Owned(Value::Null));
                    Err(argument_failed(call, &[Operand::Owned(Value::Null), second], error, context))
                }
            }
        }
        many => {
            let mut arguments = Vec::with_capacity(many.len());
            for argument in many {
                let argument = match operand_of(argument, frame, context) {
                    Ok(argument) => argument,
                    Err(error) => {
                        // What comes after an error is not computed, and the server then counts nothing.
                        arguments.push(Operand::Owned(Value::Null));
                        let all = arguments.len() == many.len();
                        return Err(if all {
                            argument_failed(call, &arguments, error, context)
                        } else {
                            error
                        });
                    }
                };
                if argument.as_unknown().is_some() {
                    return Ok(argument.into_value());
                }
                arguments.push(argument);
            }
            invoke(call, &arguments, context)
        }
    }
}

/// A call costs the same when an argument is an error, which stands here as null.
#[cold]
fn argument_failed(
    call: &Call,
    arguments: &[Operand<'_, '_>],
    error: EvalError,
    context: &mut Context<'_, '_>,
) -> EvalError {
    let arguments = Args { values: arguments, untold: call.untold, unclear: call.unclear };
    let charged = match call.candidates.first() {
        Some(function) => charge_failure(call, function, &arguments, &error, context),
        None => Ok(()),
    };
    charged.err().unwrap_or(error)
}

fn invoke<'a>(call: &Call, arguments: &[Operand<'_, 'a>], context: &mut Context<'_, 'a>) -> Evaluated<'a> {
    if let Some(unknown) = merged_unknown(arguments) {
        return Ok(unknown);
    }
    let arguments = Args { values: arguments, untold: call.untold, unclear: call.unclear };
    for candidate in &call.candidates {
        match (candidate.run)(&mut context.host, &arguments) {
            Ok(value) => {
                let cost =
                    if call.untold && candidate.converts { 1 } else { (candidate.cost)(&arguments, &value) };
                context.charge(cost)?;
                return Ok(value);
            }
            Err(Failure::Types) => {}
            Err(Failure::Error(error)) => {
                charge_failure(call, candidate, &arguments, &error, context)?;
                return Err(error.at(&call.span));
            }
        }
    }
    let error = untaken(call, &arguments);
    if let Some(last) = call.candidates.last() {
        charge_failure(call, last, &arguments, &error, context)?;
    }
    Err(error.at(&call.span))
}

/// A call that fails costs as much as one that does not; what it gave has no size.
#[cold]
fn charge_failure(
    call: &Call,
    function: &Function,
    arguments: &Args<'_, '_>,
    error: &EvalError,
    context: &mut Context<'_, '_>,
) -> Result<(), EvalError> {
    if error.is_final() {
        return Ok(());
    }
    let is_plain = call.untold && function.converts;
    context.charge(if is_plain { 1 } else { (function.cost)(arguments, &Value::Null) })
}

/// No function takes the arguments: their types are named, but for the oldest functions.
#[cold]
fn untaken(call: &Call, arguments: &Args<'_, '_>) -> EvalError {
    match &*call.name {
        "startsWith" | "endsWith" | "contains" | "matches" => EvalError::no_such_operator(),
        "size" => EvalError::no_such_overload("size"),
        name => {
            let types = (0..arguments.len()).map(|place| arguments.value(place).type_of().name());
            EvalError::no_such_overload(format!("{name}({})", types.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// What all unknown arguments stand for together.
fn merged_unknown<'a>(arguments: &[Operand<'_, 'a>]) -> Option<Value<'a>> {
    let mut all: Option<Value<'a>> = None;
    for argument in arguments {
        if let Value::Unknown(_) = &**argument {
            all = Some(logic::merge(all, argument));
        }
    }
    all
}

fn matches<'a>(
    matches: &Matches,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    let subject = operand_of(&matches.subject, frame, context)?;
    let Value::String(text) = &*subject else {
        if subject.as_unknown().is_some() {
            return Ok(subject.into_value());
        }
        return Err(EvalError::no_such_operator().at(&matches.span));
    };
    let pattern = &matches.pattern;
    context.charge(matches.length.map_or(1, |length| crate::library::match_cost(text, length)))?;
    Ok(Value::Bool(pattern.is_match(text)))
}

fn find<'a>(find: &Find, frame: Option<&Frame<'_, 'a>>, context: &mut Context<'_, 'a>) -> Evaluated<'a> {
    let call = &find.call;
    let Some(Op::Constant(Value::String(pattern))) = call.arguments.get(1) else {
        return self::call(call, frame, context);
    };
    let subject = match call.arguments.first().map(|subject| operand_of(subject, frame, context)) {
        Some(Ok(subject)) => subject,
        Some(Err(error)) => {
            // As in `call`: with a third argument the server counts nothing.
            let [_, pattern] = &*call.arguments else { return Err(error) };
            let arguments = [Operand::Owned(Value::Null), operand_of(pattern, frame, context)?];
            return Err(argument_failed(call, &arguments, error, context));
        }
        None => return self::call(call, frame, context),
    };
    let Value::String(text) = &*subject else {
        let rest = call.arguments.iter().skip(1);
        let rest =
            rest.map(|argument| operand_of(argument, frame, context)).collect::<Result<Vec<_>, _>>()?;
        let arguments: Vec<_> = std::iter::once(subject).chain(rest).collect();
        return invoke(call, &arguments, context);
    };
    let value = match find.most {
        None => {
            let found = find.pattern.find(text).map_or("", |found| found.as_str());
            context.host.grow_text(found.len())?;
            Value::text(found)
        }
        Some(most) => {
            let found = find.pattern.find_iter(text).take(most);
            let found: Vec<Value<'a>> = found.map(|found| Value::text(found.as_str())).collect();
            context.host.grow(found.len())?;
            context.host.grow_text(text.len())?;
            Value::list(found)
        }
    };
    context.charge(crate::library::match_cost(text, pattern.chars().count()))?;
    Ok(value)
}

fn list<'a>(
    items: &[(Op, bool)],
    span: &Span,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    context.host.grow(items.len())?;
    let mut values = Vec::with_capacity(items.len());
    for (item, optional) in items {
        let value = eval(item, frame, context)?;
        match (value, optional) {
            (unknown @ Value::Unknown(_), _) => return Ok(unknown),
            (value, false) => values.push(value),
            (Value::Optional(Some(value)), true) => values.push((*value).clone()),
            (Value::Optional(None), true) => {}
            (value, true) => {
                let shown = value.brief();
                let message =
                    format!("cannot initialize optional list element from non-optional value {shown}");
                return Err(EvalError::invalid(message).at(span));
            }
        }
    }
    context.charge(LIST_COST)?;
    Ok(Value::list(values))
}

fn object<'a>(made: &Made, frame: Option<&Frame<'_, 'a>>, context: &mut Context<'_, 'a>) -> Evaluated<'a> {
    context.host.grow(made.fields.len())?;
    let mut fields: Vec<(Arc<str>, Value<'a>)> = Vec::with_capacity(made.fields.len());
    for (name, value, optional) in &made.fields {
        let value = match (eval(value, frame, context)?, optional) {
            (unknown @ Value::Unknown(_), _) => return Ok(unknown),
            (value, false) => Some(value),
            (Value::Optional(held), true) => held.map(|value| (*value).clone()),
            (value, true) => {
                let value = value.brief();
                let message =
                    format!("cannot initialize optional entry '{name}' from non-optional value {value}");
                return Err(EvalError::invalid(message).at(&made.span));
            }
        };
        // Of a field that is written twice the last one counts.
        fields.retain(|(known, _)| known != name);
        fields.extend(value.map(|value| (name.clone(), value)));
    }
    context.charge(OBJECT_COST)?;
    Ok(Value::Object(Object::new(made.name.clone(), fields)))
}

fn map<'a>(
    entries: &[(Op, Op, bool)],
    strict: bool,
    span: &Span,
    frame: Option<&Frame<'_, 'a>>,
    context: &mut Context<'_, 'a>,
) -> Evaluated<'a> {
    context.host.grow(entries.len().saturating_mul(2))?;
    let mut map = Map::new();
    for (key, value, optional) in entries {
        let key = eval(key, frame, context)?;
        if key.as_unknown().is_some() {
            return Ok(key);
        }
        let value = match (eval(value, frame, context)?, optional) {
            (unknown @ Value::Unknown(_), _) => return Ok(unknown),
            (value, false) => value,
            (Value::Optional(Some(value)), true) => (*value).clone(),
            (Value::Optional(None), true) => continue,
            (value, true) => {
                let (key, value) = (key.brief(), value.brief());
                let message =
                    format!("cannot initialize optional entry '{key}' from non-optional value {value}");
                return Err(EvalError::invalid(message).at(span));
            }
        };
        fold::insert(&mut map, &key, value, strict).map_err(|error| error.at(span))?;
    }
    context.charge(MAP_COST)?;
    Ok(map.into())
}
