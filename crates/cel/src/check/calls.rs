//! Operators and calls.

use std::sync::Arc;

use super::overloads::{CROSS_TYPE, OPERATORS, resolve, shown};
use super::signature::Signature;
use super::types::StaticType;
use super::{Checker, Found};
use crate::env::Env;
use crate::plan::candidates;
use crate::syntax::{Ast, BinaryOperator, Expr, ExprId, Link, Literal, Mistake, Span, UnaryOperator};

impl<'c> Checker<'c> {
    /// The type of an operator over arguments that are checked already.
    pub(super) fn operator(&mut self, name: &str, arguments: &[StaticType], id: ExprId) -> Found {
        self.operator_at(name, arguments, self.ast.span(id), self.ast.place(id))
    }

    fn operator_at(&mut self, name: &str, arguments: &[StaticType], span: Span, at: u32) -> Found {
        let more: &[Signature] = match name {
            "_<_" | "_<=_" | "_>_" | "_>=_" if self.cross_type => &CROSS_TYPE,
            "_[_]" if self.env.has_optionals() => OPERATORS.get("_[_] of optionals").map_or(&[], |more| more),
            _ => &[],
        };
        let own: &[Signature] = OPERATORS.get(name).map_or(&[], |own| own);
        if let Some(found) = resolve(&mut self.unifier, own.iter().chain(more), false, arguments) {
            return Ok(found);
        }
        let types = shown(&mut self.unifier, false, arguments);
        let message = format!("found no matching overload for '{name}' applied to '{types}'");
        Err(Mistake { message, span, at })
    }

    pub(super) fn unary(&mut self, id: ExprId, operator: UnaryOperator, operand: ExprId) -> Found {
        let found = self.visit(operand)?;
        let name = match operator {
            UnaryOperator::Not => "!_",
            UnaryOperator::Negate => "-_",
        };
        self.operator(name, &[found], id)
    }

    /// A run of operators, from the left.
    pub(super) fn chain(&mut self, first: ExprId, links: &[Link]) -> Found {
        let mut left = self.visit(first)?;
        for link in links {
            let right = self.visit(link.right)?;
            let (name, span) = (named(link.operator), link.span.clone());
            left = self.operator_at(name, &[left, right], span.clone(), span.start)?;
            self.bounded(&left, link.right)?;
        }
        Ok(left)
    }

    /// A run of `&&` or `||`, paired as the server's parser does, which decides what is told first.
    pub(super) fn logic(&mut self, terms: &[ExprId]) -> Found {
        match terms {
            [] => {}
            [only] => {
                let found = self.visit(*only)?;
                self.truth(&found, *only)?;
            }
            _ => {
                let (left, right) = terms.split_at(terms.len().div_ceil(2));
                let mut single = Vec::new();
                for half in [left, right] {
                    match half {
                        [only] => single.push((self.visit(*only)?, *only)),
                        _ => {
                            self.logic(half)?;
                        }
                    }
                }
                for (found, id) in single {
                    self.truth(&found, id)?;
                }
            }
        }
        Ok(StaticType::Bool)
    }

    /// An argument of a logical operator is a truth value.
    pub(super) fn truth(&mut self, found: &StaticType, id: ExprId) -> Result<(), Mistake> {
        if self.unifier.assignable(found, &StaticType::Bool) {
            return Ok(());
        }
        Err(self.mismatch(&StaticType::Bool, found, id))
    }

    pub(super) fn call(
        &mut self,
        id: ExprId,
        target: Option<ExprId>,
        function: &str,
        arguments: &[ExprId],
    ) -> Found {
        let is_exempt = function == "format" && target.is_some();
        self.exempt = self.exempt.saturating_add(u32::from(is_exempt));
        let mut types = Vec::with_capacity(arguments.len().saturating_add(1));
        for argument in arguments {
            types.push(self.visit(*argument)?);
        }
        let env = self.env;
        let Some(target) = target else {
            let (plain, absolute) = function.strip_prefix('.').map_or((function, false), |name| (name, true));
            let found = candidates(env.container(), plain, absolute)
                .into_iter()
                .find_map(|name| env.signatures(&name).map(|found| (name, found)));
            let Some((name, signatures)) = found else { return Err(self.undeclared(plain, id)) };
            return self.function(id, &name, signatures, false, types);
        };
        if let Some((name, signatures)) = self.namespaced(target, function) {
            return self.function(id, &name, signatures, false, types);
        }
        types.insert(0, self.visit(target)?);
        self.exempt = self.exempt.saturating_sub(u32::from(is_exempt));
        let Some(signatures) = env.signatures(function) else { return Err(self.undeclared(function, id)) };
        self.function(id, function, signatures, true, types)
    }

    /// The function behind `math.greatest(…)`, where the target is a name and no value.
    fn namespaced(&self, target: ExprId, function: &str) -> Option<(String, &'c [Arc<Signature>])> {
        let (names, absolute) = self.ast.qualified_name(target)?;
        let name = format!("{}.{function}", names.join("."));
        let env = self.env;
        let mut names = candidates(env.container(), &name, absolute).into_iter();
        names.find_map(|name| env.signatures(&name).map(|found| (name, found)))
    }

    /// The type of a function's call over arguments that are checked already, a method's receiver first.
    pub(super) fn function(
        &mut self,
        id: ExprId,
        name: &str,
        signatures: &[Arc<Signature>],
        member: bool,
        types: Vec<StaticType>,
    ) -> Found {
        let mut types = types;
        if !member && matches!(name, "math.greatest" | "math.least") {
            types = self.extremes(types);
        }
        if matches!(name, "duration" | "timestamp" | "matches" | "format") {
            self.literals.push(id);
        }
        let signatures = signatures.iter().map(AsRef::as_ref);
        if let Some(found) = resolve(&mut self.unifier, signatures, member, &types) {
            return Ok(found);
        }
        let types = shown(&mut self.unifier, member, &types);
        Err(self.mistake(format!("found no matching overload for '{name}' applied to '{types}'"), id))
    }

    /// What `math.greatest` and `math.least` look at: three arguments and more are a list.
    fn extremes(&mut self, types: Vec<StaticType>) -> Vec<StaticType> {
        if types.len() < 3 {
            return types;
        }
        let mut joined = None;
        for found in types {
            joined = Some(self.joined(joined, found));
        }
        joined.map(StaticType::list).into_iter().collect()
    }
}

/// What is told of the arguments of `math.greatest` and `math.least` by their looks alone, which is done
/// before anything else, checked or not.
pub(crate) fn extremes_by_looks(ast: &Ast, env: &Env) -> Result<(), Mistake> {
    if env.signatures("math.greatest").is_none() {
        return Ok(());
    }
    for id in ast.ids() {
        let Expr::Call { target: Some(target), function, arguments } = ast.expr(id) else { continue };
        let is_math = matches!(ast.expr(*target), Expr::Identifier { name, .. } if **name == *"math");
        if !is_math || !matches!(&**function, "greatest" | "least") {
            continue;
        }
        let wrong = arguments.iter().find(|argument| !may_be_number(ast, **argument));
        let (message, place) = match (&**arguments, wrong) {
            ([], _) => ("requires at least one argument", id),
            (_, None) => continue,
            ([only], Some(wrong)) => match ast.expr(*only) {
                Expr::List(items)
                    if !items.is_empty() && items.iter().all(|item| may_be_number(ast, item.value)) =>
                {
                    continue;
                }
                _ => ("invalid single argument value", *wrong),
            },
            (_, Some(wrong)) => ("simple literal arguments must be numeric", *wrong),
        };
        return Err(Mistake::of(format!("math.{function}() {message}"), ast, place));
    }
    Ok(())
}

/// Whether an expression is no literal of anything but a number.
fn may_be_number(ast: &Ast, id: ExprId) -> bool {
    match ast.expr(id) {
        Expr::Literal(literal) => {
            matches!(literal, Literal::Int(_) | Literal::UInt(_) | Literal::Double(_))
        }
        Expr::List(_) | Expr::Map(_) | Expr::Message { .. } => false,
        _ => true,
    }
}

/// What messages call an operator.
pub(crate) fn named(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "_+_",
        BinaryOperator::Subtract => "_-_",
        BinaryOperator::Multiply => "_*_",
        BinaryOperator::Divide => "_/_",
        BinaryOperator::Modulo => "_%_",
        BinaryOperator::Equals => "_==_",
        BinaryOperator::NotEquals => "_!=_",
        BinaryOperator::Less => "_<_",
        BinaryOperator::LessEquals => "_<=_",
        BinaryOperator::Greater => "_>_",
        BinaryOperator::GreaterEquals => "_>=_",
        BinaryOperator::In => "@in",
    }
}
