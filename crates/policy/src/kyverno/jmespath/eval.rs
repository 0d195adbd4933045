//! What a query gives over a value.

use std::sync::Arc;

use super::Problem;
use super::functions;
use super::parse::{Ast, Compare};
use crate::kyverno::value::{Entries, Value};

/// How many steps a query may take.
const MOST_STEPS: u32 = 1_000_000;

/// One run of a query.
pub(super) struct Run {
    steps: u32,
}

/// An argument of a function.
pub(super) enum Argument<'q> {
    Value(Value),
    /// `&expression`.
    Reference(&'q Ast),
}

type Found = Result<Value, Problem>;

/// What is missing becomes null.
pub(super) fn or_null(found: Found) -> Found {
    match found {
        Err(Problem::NotFound(_)) => Ok(Value::Null),
        found => found,
    }
}

/// Whatever fails becomes null, but for what is not known.
fn lenient(found: Found) -> Found {
    match found {
        Err(Problem::NotFound(_) | Problem::Failed(_)) => Ok(Value::Null),
        found => found,
    }
}

/// What JMESPath takes for false.
fn is_false(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

impl Run {
    pub(super) fn new() -> Self {
        Self { steps: 0 }
    }

    pub(super) fn value(&mut self, ast: &Ast, value: &Value) -> Found {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(Problem::failed(format!("the query takes more than {MOST_STEPS} steps")));
        }
        match self.node(ast, value)? {
            Value::Unknown(name) => Err(Problem::Unknown(name)),
            found => Ok(found),
        }
    }

    fn node(&mut self, ast: &Ast, value: &Value) -> Found {
        match ast {
            Ast::Current => Ok(value.clone()),
            Ast::Literal(literal) => Ok(literal.clone()),
            Ast::Field(name) => match value {
                Value::Map(entries) => {
                    entries.get(name).cloned().ok_or_else(|| Problem::NotFound(name.clone()))
                }
                _ => Ok(Value::Null),
            },
            Ast::Index(index) => {
                let found = value.as_list().and_then(|items| {
                    let length = i64::try_from(items.len()).ok()?;
                    let index = if *index < 0 { index.checked_add(length)? } else { *index };
                    items.get(usize::try_from(index).ok()?)
                });
                Ok(found.cloned().unwrap_or(Value::Null))
            }
            Ast::Slice(parts) => match value {
                Value::List(items) => slice(items, parts),
                _ => Ok(Value::Null),
            },
            Ast::Then(both) => {
                let [first, second] = &**both;
                let left = self.value(first, value)?;
                self.value(second, &left)
            }
            Ast::Pipe(both) => {
                let [first, second] = &**both;
                let left = or_null(self.value(first, value))?;
                or_null(self.value(second, &left))
            }
            Ast::Compare(how, both) => {
                let [first, second] = &**both;
                let left = or_null(self.value(first, value))?;
                let right = or_null(self.value(second, value))?;
                compare(*how, &left, &right)
            }
            Ast::Or(both) => {
                let [first, second] = &**both;
                let left = or_null(self.value(first, value))?;
                if is_false(&left) { or_null(self.value(second, value)) } else { Ok(left) }
            }
            Ast::And(both) => {
                let [first, second] = &**both;
                let left = or_null(self.value(first, value))?;
                if is_false(&left) { Ok(left) } else { self.value(second, value) }
            }
            Ast::Not(inner) => Ok(Value::Bool(is_false(&or_null(self.value(inner, value))?))),
            Ast::Reference(_) => Err(Problem::failed("a reference stands where a value is expected")),
            Ast::Call(name, arguments) => self.call(name.as_deref(), arguments, value),
            Ast::List(_) | Ast::Hash(_) if *value == Value::Null => Ok(Value::Null),
            Ast::List(items) => {
                let items = items.iter().map(|item| or_null(self.value(item, value)));
                Ok(Value::list(items.collect::<Result<_, _>>()?))
            }
            Ast::Hash(entries) => {
                let mut found = Entries::new();
                for (name, entry) in entries {
                    found.insert(name.clone(), or_null(self.value(entry, value))?);
                }
                Ok(Value::map(found))
            }
            Ast::Flatten(inner) => {
                let Value::List(items) = lenient(self.value(inner, value))? else { return Ok(Value::Null) };
                let mut flat = Vec::with_capacity(items.len());
                for item in items.iter() {
                    match item {
                        Value::List(inner) => flat.extend(inner.iter().cloned()),
                        item => flat.push(item.clone()),
                    }
                }
                Ok(Value::list(flat))
            }
            Ast::Project(both) => {
                let [first, second] = &**both;
                let Value::List(items) = or_null(self.value(first, value))? else { return Ok(Value::Null) };
                self.each(items.iter(), second)
            }
            Ast::Values(both) => {
                let [first, second] = &**both;
                let Value::Map(entries) = lenient(self.value(first, value))? else { return Ok(Value::Null) };
                // Kyverno's interpreter walks over as many nulls first.
                let nulls = std::iter::repeat_n(&Value::Null, entries.len());
                self.each(nulls.chain(entries.values()), second)
            }
            Ast::Filter(parts) => {
                let [first, second, condition] = &**parts;
                let Value::List(items) = lenient(self.value(first, value))? else { return Ok(Value::Null) };
                let mut kept = Vec::new();
                for item in items.iter() {
                    if is_false(&or_null(self.value(condition, item))?) {
                        continue;
                    }
                    match or_null(self.value(second, item))? {
                        Value::Null => (),
                        found => kept.push(found),
                    }
                }
                Ok(Value::list(kept))
            }
        }
    }

    fn each<'v>(&mut self, items: impl Iterator<Item = &'v Value>, ast: &Ast) -> Found {
        let mut kept = Vec::new();
        for item in items {
            match or_null(self.value(ast, item))? {
                Value::Null => (),
                found => kept.push(found),
            }
        }
        Ok(Value::list(kept))
    }

    fn call(&mut self, name: Option<&str>, arguments: &[Ast], value: &Value) -> Found {
        let Some(name) = name else { return Err(Problem::failed("invalid node value type")) };
        let mut found = Vec::with_capacity(arguments.len());
        for argument in arguments {
            found.push(match argument {
                Ast::Reference(inner) => Argument::Reference(inner),
                argument => {
                    let value = or_null(self.value(argument, value))?;
                    if let Some(name) = value.unknown() {
                        return Err(Problem::Unknown(name.clone()));
                    }
                    Argument::Value(value)
                }
            });
        }
        functions::call(self, name, &found)
    }
}

fn compare(how: Compare, left: &Value, right: &Value) -> Found {
    if let Some(name) = left.unknown().or(right.unknown()) {
        return Err(Problem::Unknown(Arc::clone(name)));
    }
    match how {
        Compare::Equal => return Ok(Value::Bool(left == right)),
        Compare::NotEqual => return Ok(Value::Bool(left != right)),
        _ => (),
    }
    let (Value::Float(left), Value::Float(right)) = (left, right) else { return Ok(Value::Null) };
    Ok(Value::Bool(match how {
        Compare::Less => left < right,
        Compare::AtMost => left <= right,
        Compare::More => left > right,
        _ => left >= right,
    }))
}

/// As Python slices, `[start:stop:step]`.
fn slice(items: &[Value], [first, end, pace]: &[Option<i64>; 3]) -> Found {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let pace = pace.unwrap_or(1);
    if pace == 0 {
        return Err(Problem::failed("Invalid slice, step cannot be 0"));
    }
    let cap = |bound: i64| {
        if bound < 0 {
            let bound = bound.saturating_add(length);
            if bound >= 0 { bound } else { -i64::from(pace < 0) }
        } else if bound >= length {
            if pace < 0 { length - 1 } else { length }
        } else {
            bound
        }
    };
    let first = first.map_or(if pace < 0 { length - 1 } else { 0 }, cap);
    let end = end.map_or(if pace < 0 { -1 } else { length }, cap);
    let mut kept = Vec::new();
    let mut at = first;
    while if pace > 0 { at < end } else { at > end } {
        if let Some(item) = usize::try_from(at).ok().and_then(|at| items.get(at)) {
            kept.push(item.clone());
        }
        at = at.saturating_add(pace);
    }
    Ok(Value::list(kept))
}
