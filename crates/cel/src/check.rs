//! The checker: what type an expression has, told before anything runs.
//!
//! It is CEL's own, gradual checker: what is `dyn` fits everywhere, what is known has to fit. It stops at
//! the first mistake, which is the first that the API server reports, in the server's words. Macros are
//! checked as the loops that they stand for.

mod calls;
mod folds;
mod literals;
pub(crate) mod objects;
mod overloads;
mod paths;
pub(crate) mod signature;
pub(crate) mod types;
mod unify;

pub(crate) use calls::extremes_by_looks;
pub(crate) use calls::named as operator_name;
pub(crate) use overloads::{overloads_of, signatures_of};

use crate::env::Env;
use crate::syntax::{Ast, Entry, Expr, ExprId, Item, Literal, Mistake};
use types::StaticType;
use unify::{Unifier, most_general};

type Found = Result<StaticType, Mistake>;

/// No type of a sound expression has more parts, all levels together.
const HEAVIEST: u32 = 4096;

/// What the checker found out.
#[derive(Debug)]
pub(crate) struct Checked {
    types: Vec<Option<StaticType>>,
    /// The type of the whole expression.
    pub(crate) result: StaticType,
}

impl Checked {
    /// Whether any part of it has a type that only turns out when it runs, or is null: null passes for a
    /// span of time, and fails.
    pub(crate) fn is_dynamic(&self) -> bool {
        self.types.iter().flatten().any(|found| *found == StaticType::Null || found.holds_dyn())
    }

    /// The type of an expression; `dyn` where it has none of its own.
    pub(crate) fn type_of(&self, id: ExprId) -> &StaticType {
        self.types.get(id.place()).and_then(Option::as_ref).unwrap_or(&StaticType::Dyn)
    }
}

/// Checks a parsed expression.
pub(crate) fn check(ast: &Ast, root: ExprId, env: &Env) -> Result<Checked, Mistake> {
    let mut checker = Checker {
        ast,
        env,
        unifier: Unifier::default(),
        types: vec![None; ast.len()],
        scopes: Vec::new(),
        cross_type: env.rules().cross_type,
        exempt: 0,
        literals: Vec::new(),
    };
    let result = checker.visit(root)?;
    let result = checker.unifier.settled(&result);
    for found in checker.types.iter_mut().flatten() {
        if !found.is_ground() {
            *found = checker.unifier.settled(found);
        }
    }
    checker.bounded(&result, root)?;
    let Checker { types, literals, .. } = checker;
    let found = Checked { types, result };
    literals::validate(ast, env, &found, literals)?;
    Ok(found)
}

struct Checker<'c> {
    ast: &'c Ast,
    env: &'c Env,
    unifier: Unifier,
    types: Vec<Option<StaticType>>,
    /// The variables of the macros around, innermost last.
    scopes: Vec<(Box<str>, StaticType)>,
    /// Whether numbers of different types may be compared. In a server that forbids it, whatever comes
    /// after the first macro may all the same.
    cross_type: bool,
    /// How many calls are around in which literals may hold values of different types.
    exempt: u32,
    /// Literals and calls to be looked at once their types are known, innermost first.
    literals: Vec<ExprId>,
}

impl Checker<'_> {
    /// Checks an expression and keeps its type.
    fn visit(&mut self, id: ExprId) -> Found {
        let found = self.found(id)?;
        self.keep(id, &found)?;
        Ok(found)
    }

    fn keep(&mut self, id: ExprId, found: &StaticType) -> Result<(), Mistake> {
        self.bounded(found, id)?;
        if let Some(place) = self.types.get_mut(id.place()) {
            *place = Some(found.clone());
        }
        Ok(())
    }

    /// A type that is too large to be of any use is a mistake.
    fn bounded(&self, found: &StaticType, id: ExprId) -> Result<(), Mistake> {
        if found.weight() > HEAVIEST || self.unifier.is_exhausted() {
            return Err(self.mistake("the type of this expression is too large to be checked", id));
        }
        Ok(())
    }

    fn found(&mut self, id: ExprId) -> Found {
        let ast = self.ast;
        match ast.expr(id) {
            Expr::Literal(literal) => Ok(of_literal(literal)),
            Expr::Identifier { .. } | Expr::Select { .. } | Expr::Index { .. } => self.path(id),
            Expr::Call { target, function, arguments } => self.call(id, *target, function, arguments),
            Expr::Unary { operator, operand } => self.unary(id, *operator, *operand),
            Expr::Chain { first, links } => self.chain(*first, links),
            Expr::Logic { operator: _, terms } => self.logic(terms),
            Expr::Conditional { condition, yes, no } => {
                let parts = [self.visit(*condition)?, self.visit(*yes)?, self.visit(*no)?];
                self.operator("_?_:_", &parts, id)
            }
            Expr::List(items) => self.list(id, items),
            Expr::Map(entries) => self.map(id, entries),
            Expr::Message { name, fields } => self.message(id, name, fields),
            Expr::Fold { kind, range, variables, filter, body } => {
                self.fold(id, *kind, *range, variables, *filter, *body)
            }
            Expr::Bind { variable, value, body } => {
                let value = self.visit(*value)?;
                self.cross_type = true;
                self.within(&[(variable, value)], *body)
            }
            Expr::OptionalMap { target, variable, body, flat } => {
                self.optional_map(id, *target, variable, *body, *flat)
            }
            Expr::Block { slots, body } => self.block(slots, *body),
            Expr::Missing => Err(self.mistake("incomplete expression", id)),
        }
    }

    fn mistake(&self, message: impl Into<String>, id: ExprId) -> Mistake {
        Mistake::of(message, self.ast, id)
    }

    fn mismatch(&mut self, wanted: &StaticType, found: &StaticType, id: ExprId) -> Mistake {
        let (wanted, found) = (self.unifier.settled(wanted), self.unifier.settled(found));
        self.mistake(format!("expected type '{wanted}' but found '{found}'"), id)
    }

    /// Checks an expression that sees some variables more.
    fn within(&mut self, variables: &[(&str, StaticType)], body: ExprId) -> Found {
        let before = self.scopes.len();
        self.scopes.extend(variables.iter().map(|(name, found)| ((*name).into(), found.clone())));
        let found = self.visit(body);
        self.scopes.truncate(before);
        found
    }

    fn list(&mut self, id: ExprId, items: &[Item]) -> Found {
        let mut joined = None;
        for item in items {
            let mut found = self.visit(item.value)?;
            if item.optional {
                found = self.held(found, item.value)?;
            }
            joined = Some(self.joined(joined, found));
        }
        self.literal(id);
        Ok(StaticType::list(joined.unwrap_or_else(|| self.unifier.variable())))
    }

    fn map(&mut self, id: ExprId, entries: &[Entry]) -> Found {
        let (mut keys, mut values) = (None, None);
        for entry in entries {
            let key = self.visit(entry.key)?;
            keys = Some(self.joined(keys, key));
            let mut value = self.visit(entry.value)?;
            if entry.optional {
                value = self.held(value, entry.value)?;
            }
            values = Some(self.joined(values, value));
        }
        self.literal(id);
        let keys = keys.unwrap_or_else(|| self.unifier.variable());
        let values = values.unwrap_or_else(|| self.unifier.variable());
        Ok(StaticType::map(keys, values))
    }

    /// Notes a list or a map whose parts have to be of one type.
    fn literal(&mut self, id: ExprId) {
        if self.exempt == 0 {
            self.literals.push(id);
        }
    }

    /// What an optional part of a literal holds.
    fn held(&mut self, found: StaticType, id: ExprId) -> Found {
        match found.as_optional() {
            Some(held) => Ok(held.clone()),
            None if found.is_dyn() => Ok(found),
            None => Err(self.mismatch(&StaticType::optional(found.clone()), &found, id)),
        }
    }

    /// The type of what were parts of one type so far, and another.
    fn joined(&mut self, before: Option<StaticType>, found: StaticType) -> StaticType {
        let Some(before) = before else { return found };
        if self.unifier.assignable(&before, &found) {
            return most_general(&before, &found).clone();
        }
        StaticType::Dyn
    }

    fn undeclared(&self, name: &str, id: ExprId) -> Mistake {
        let container = self.env.container();
        self.mistake(format!("undeclared reference to '{name}' (in container '{container}')"), id)
    }
}

fn of_literal(literal: &Literal) -> StaticType {
    match literal {
        Literal::Null => StaticType::Null,
        Literal::Bool(_) => StaticType::Bool,
        Literal::Int(_) => StaticType::Int,
        Literal::UInt(_) => StaticType::UInt,
        Literal::Double(_) => StaticType::Double,
        Literal::String(_) => StaticType::String,
        Literal::Bytes(_) => StaticType::Bytes,
    }
}
