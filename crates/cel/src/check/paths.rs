//! Names and selections: which part of `a.b.c` is the variable, and what type each step gives.

use super::types::StaticType;
use super::{Checker, Found};
use crate::plan::candidates;
use crate::syntax::{Expr, ExprId, Mistake, Selection};
use crate::value::Type;

impl Checker<'_> {
    /// An identifier or another value with the selections after it, in one go however many they are.
    pub(super) fn path(&mut self, id: ExprId) -> Found {
        let mut places = Vec::new();
        let mut place = id;
        while let Expr::Select { operand, .. } | Expr::Index { operand, .. } = self.ast.expr(place) {
            places.push(place);
            place = *operand;
        }
        places.reverse();
        let (mut found, used) = match self.ast.expr(place) {
            Expr::Identifier { name, absolute } => self.root(name, *absolute, &places, place)?,
            _ => (self.visit(place)?, 0),
        };
        self.keep(used.checked_sub(1).and_then(|last| places.get(last)).copied().unwrap_or(place), &found)?;
        for place in places.get(used..).unwrap_or(&[]) {
            found = self.step(found, *place)?;
            self.keep(*place, &found)?;
        }
        Ok(found)
    }

    /// What a path starts from, and how many of its selections belong to the name.
    fn root(
        &mut self,
        name: &str,
        absolute: bool,
        places: &[ExprId],
        place: ExprId,
    ) -> Result<(StaticType, usize), Mistake> {
        if !absolute && let Some((_, found)) = self.scopes.iter().rev().find(|(known, _)| **known == *name) {
            return Ok((found.clone(), 0));
        }
        let mut names = vec![name.to_owned()];
        for step in places {
            let Expr::Select { field, selection: Selection::Plain, .. } = self.ast.expr(*step) else { break };
            names.push(names.last().map_or(String::new(), |name| format!("{name}.{field}")));
        }
        // `has(a.b)` where `a.b` is itself a variable.
        if let Some(next) = places.get(names.len().saturating_sub(1))
            && let Expr::Select { field, selection: Selection::Test, .. } = self.ast.expr(*next)
            && self.env.declares(&format!("{}.{field}", names.last().map_or("", |name| name)))
        {
            return Ok((StaticType::Bool, names.len()));
        }
        for (used, name) in names.iter().enumerate().rev() {
            for candidate in candidates(self.env.container(), name, absolute) {
                if let Some(declared) = self.env.variable(&candidate) {
                    return Ok((declared.clone(), used));
                }
                if let Some(named) = self.env.type_named(&candidate) {
                    return Ok((StaticType::type_of(of_type(named)), used));
                }
            }
        }
        Err(self.undeclared(name, place))
    }

    /// One selection from a value of a type.
    fn step(&mut self, operand: StaticType, place: ExprId) -> Found {
        match self.ast.expr(place) {
            Expr::Select { field, selection, .. } => {
                let found = self.select(&operand, field, *selection == Selection::Optional, place)?;
                Ok(if *selection == Selection::Test { StaticType::Bool } else { found })
            }
            Expr::Index { index, optional, .. } => {
                let index = self.visit(*index)?;
                self.operator(if *optional { "_[?_]" } else { "_[_]" }, &[operand, index], place)
            }
            _ => Ok(operand),
        }
    }

    fn select(&mut self, operand: &StaticType, field: &str, optional: bool, place: ExprId) -> Found {
        let operand = self.unifier.resolved(operand);
        let target = operand.as_optional().unwrap_or(&operand);
        let found = match target {
            StaticType::Map(parts) => parts.at(1).clone(),
            StaticType::Object(object) => self
                .env
                .field_of(object, field)
                .ok_or_else(|| self.mistake(format!("undefined field '{field}'"), place))?,
            StaticType::Variable(_) => {
                // Whatever is selected from has fields of its own, of which nothing is known.
                self.unifier.assignable(&StaticType::Dyn, target);
                StaticType::Dyn
            }
            StaticType::Dyn | StaticType::Any => StaticType::Dyn,
            other => {
                let shown = self.unifier.settled(other);
                let message = format!("type '{shown}' does not support field selection");
                return Err(self.mistake(message, place));
            }
        };
        let found = self.unifier.resolved(&found);
        let is_optional = optional || operand.as_optional().is_some();
        Ok(if is_optional { StaticType::optional(found) } else { found })
    }
}

/// What a type of values is to the checker.
fn of_type(of: Type) -> StaticType {
    match of {
        Type::Null => StaticType::Null,
        Type::Bool => StaticType::Bool,
        Type::Int => StaticType::Int,
        Type::UInt => StaticType::UInt,
        Type::Double => StaticType::Double,
        Type::String => StaticType::String,
        Type::Bytes => StaticType::Bytes,
        Type::List => StaticType::list(StaticType::Dyn),
        Type::Map => StaticType::map(StaticType::Dyn, StaticType::Dyn),
        Type::Duration => StaticType::Duration,
        Type::Timestamp => StaticType::Timestamp,
        Type::Type => StaticType::Type(None),
        Type::Unknown => StaticType::Dyn,
        _ => StaticType::opaque(of.name(), []),
    }
}
