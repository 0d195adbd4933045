//! Calls: which functions a name means, and what of a call can be done before it runs.

use super::{Builder, Built};
use crate::check::types::StaticType;
use crate::error::{ErrorKind, EvalError};
use crate::eval;
use crate::library::{Function, compile_pattern};
use crate::plan::names::candidates;
use crate::plan::{Call, Find, Matches, Op, OptionalOr};
use crate::syntax::{ExprId, Mistake};
use crate::value::Value;

impl<'b> Builder<'b> {
    pub(super) fn call(
        &mut self,
        id: ExprId,
        target: Option<ExprId>,
        function: &str,
        arguments: &[ExprId],
    ) -> Built<Op> {
        if let Some((name, found)) = self.namespaced(target, function) {
            return self.planned(id, &name, found, arguments);
        }
        let Some(target) = target else {
            let (plain, absolute) = match function.strip_prefix('.') {
                Some(plain) => (plain, true),
                None => (function, false),
            };
            for name in candidates(self.env.container(), plain, absolute) {
                let found = self.env.functions(&name, false);
                if !found.is_empty() {
                    return self.planned(id, &name, found, arguments);
                }
            }
            return self.unbound(plain, id);
        };
        let found = self.env.functions(function, true);
        if found.is_empty() {
            // What is wrong with the target is told first.
            self.op(target)?;
            return self.unbound(function, id);
        }
        let arguments: Vec<ExprId> = std::iter::once(target).chain(arguments.iter().copied()).collect();
        self.planned(id, function, found, &arguments)
    }

    /// The functions behind `math.greatest(…)`, where the target is a name and no value.
    fn namespaced(
        &self,
        target: Option<ExprId>,
        function: &str,
    ) -> Option<(String, &'b [&'static Function])> {
        let (names, absolute) = self.ast.qualified_name(target?)?;
        let name = format!("{}.{function}", names.join("."));
        candidates(self.env.container(), &name, absolute).into_iter().find_map(|name| {
            let found = self.env.functions(&name, false);
            (!found.is_empty()).then_some((name, found))
        })
    }

    fn unbound(&self, function: &str, id: ExprId) -> Built<Op> {
        // A function that is declared and no more can be checked, but not run.
        if self.env.is_checked() && self.env.signatures(function).is_none() {
            return self.undeclared(function, id);
        }
        let error = EvalError::new(ErrorKind::UnboundFunction(function.to_owned()));
        Ok(Op::Fail(error.at(&self.ast.span(id))))
    }

    fn planned(
        &mut self,
        id: ExprId,
        name: &str,
        found: &[&'static Function],
        arguments: &[ExprId],
    ) -> Built<Op> {
        let ops = arguments.iter().map(|argument| self.op(*argument));
        let ops = ops.collect::<Built<Vec<Op>>>()?;
        let fitting = found.iter().copied().filter(|function| function.arity.contains(&ops.len()));
        let fitting: Box<[_]> = fitting.collect();
        let span = self.ast.span(id);
        let Some(first) = fitting.first().copied() else {
            if self.env.is_checked() {
                let member = found.first().is_some_and(|function| function.member);
                return Err(self.mistake(no_overload(name, member, ops.len()), id));
            }
            return Ok(Op::Fail(EvalError::no_such_overload(name).at(&span)));
        };
        if first.member && self.env.has_optionals() && matches!(name, "or" | "orValue") {
            let (mut ops, value) = (ops, name == "orValue");
            return Ok(match (ops.pop(), ops.pop()) {
                (Some(right), Some(left)) => {
                    Op::OptionalOr(Box::new(OptionalOr { left, right, value, span }))
                }
                _ => Op::Fail(EvalError::no_such_overload(name).at(&span)),
            });
        }
        if name == "matches"
            && let [_, Op::Constant(Value::String(pattern))] = &*ops
        {
            match compile_pattern(pattern) {
                Ok(compiled) => {
                    let length = first.member.then(|| pattern.chars().count());
                    let pattern = compiled;
                    let subject = ops.into_iter().next().unwrap_or(Op::Constant(Value::Null));
                    return Ok(Op::Matches(Box::new(Matches { subject, pattern, length, span })));
                }
                Err(_) if self.env.refuses_constants() => {
                    let place = arguments.last().copied().unwrap_or(id);
                    return Err(self.mistake("invalid matches argument", place));
                }
                Err(_) => {}
            }
        }
        if matches!(name, "find" | "findAll")
            && self.env.refuses_constants()
            && let [_, Op::Constant(Value::String(pattern)), ..] = &*ops
            && let Err(error) = compile_pattern(pattern)
        {
            let place = arguments.first().copied().unwrap_or(id);
            return Err(self.mistake(error.to_string(), place));
        }
        let is_constant = ops.iter().all(|argument| matches!(argument, Op::Constant(_)));
        let converts = first.converts && is_constant;
        let receivers = usize::from(first.member);
        let untold = self
            .checked
            .is_some_and(|checked| arguments.iter().skip(receivers).any(|id| checked.type_of(*id).is_dyn()));
        let receiver = arguments.first().filter(|_| first.member);
        let unclear = self.checked.zip(receiver).is_some_and(|(checked, id)| match checked.type_of(*id) {
            StaticType::List(items) => items.at(0).is_dyn(),
            other => other.is_dyn(),
        });
        let (name, arguments_of) = (name.into(), ops.into());
        let call = Call { name, candidates: fitting, arguments: arguments_of, untold, unclear, span };
        let call = match literal_pattern(call) {
            Ok(find) => return Ok(find),
            Err(call) => Op::Call(Box::new(call)),
        };
        if is_constant && !first.member && MAKERS.contains(&first.name) {
            return Ok(eval::known(&call).map_or(call, |known| Op::Known(Box::new(known))));
        }
        if !converts {
            return Ok(call);
        }
        match eval::constant(&call) {
            Ok(value) => Ok(Op::Constant(value)),
            Err(error) if self.env.refuses_constants() => {
                Err(self.refused(&error, first, id, arguments.first().copied()))
            }
            Err(_) => Ok(call),
        }
    }

    /// Why a conversion of a literal is refused before it runs.
    fn refused(
        &self,
        error: &EvalError,
        function: &Function,
        id: ExprId,
        argument: Option<ExprId>,
    ) -> Mistake {
        match (function.name, argument) {
            ("timestamp" | "duration", Some(argument)) => {
                self.mistake(format!("invalid {} argument", function.name), argument)
            }
            _ => self.mistake(error.to_string(), id),
        }
    }
}

/// Functions that make a value of a type of their own from a text: of a literal it is always the same.
const MAKERS: &[&str] = &["cidr", "ip", "quantity", "semver", "url"];

/// A search by a pattern that is a literal, which is compiled once.
fn literal_pattern(call: Call) -> Result<Op, Call> {
    let most = match (&*call.name, &*call.arguments) {
        ("find", [_, _]) => None,
        ("findAll", [_, _]) => Some(usize::MAX),
        ("findAll", [_, _, Op::Constant(Value::Int(most))]) => {
            Some(usize::try_from(*most).unwrap_or(usize::MAX))
        }
        _ => return Err(call),
    };
    let pattern = match call.arguments.get(1) {
        Some(Op::Constant(Value::String(pattern))) => compile_pattern(pattern).ok(),
        _ => None,
    };
    match pattern {
        Some(pattern) => Ok(Op::Find(Box::new(Find { call, pattern, most }))),
        None => Err(call),
    }
}

fn no_overload(name: &str, member: bool, arguments: usize) -> String {
    let shown = |count: usize| vec!["dyn"; count].join(", ");
    let types = if member {
        format!("dyn.({})", shown(arguments.saturating_sub(1)))
    } else {
        format!("({})", shown(arguments))
    };
    format!("found no matching overload for '{name}' applied to '{types}'")
}
