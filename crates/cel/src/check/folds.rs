//! Macros, checked as the loops that they stand for.
//!
//! `range.map(x, f)` stands for a loop that starts from `[]` and adds `[f]` again and again: that is what
//! its type comes from, and what its messages speak of.

use super::overloads::{resolve, shown};
use super::types::StaticType;
use super::{Checker, Found};
use crate::library::SORT_BY;
use crate::plan::candidates;
use crate::syntax::{ExprId, FoldKind, Mistake};

impl Checker<'_> {
    pub(super) fn fold(
        &mut self,
        id: ExprId,
        kind: FoldKind,
        range: ExprId,
        names: &[Box<str>],
        filter: Option<ExprId>,
        body: ExprId,
    ) -> Found {
        let over = self.visit(range)?;
        let start = match kind {
            FoldKind::All | FoldKind::Exists => StaticType::Bool,
            FoldKind::ExistsOne { .. } => StaticType::Int,
            FoldKind::Map | FoldKind::Filter | FoldKind::TransformList | FoldKind::SortBy => {
                StaticType::list(self.unifier.variable())
            }
            FoldKind::TransformMap | FoldKind::TransformMapEntry => {
                StaticType::map(self.unifier.variable(), self.unifier.variable())
            }
        };
        // What is sorted is taken apart only within the call.
        let place = if kind == FoldKind::SortBy { id } else { range };
        let types = self.variables(&over, names.len() == 2, place)?;
        self.cross_type = true;
        let before = self.scopes.len();
        self.scopes.extend(names.iter().cloned().zip(types.iter().cloned()));
        let step = self.turn(id, kind, &start, &types, filter, body);
        self.scopes.truncate(before);
        let step = step?;
        if !self.unifier.assignable(&start, &step) {
            return Err(self.mismatch(&start, &step, id));
        }
        Ok(match kind {
            FoldKind::ExistsOne { .. } => StaticType::Bool,
            FoldKind::SortBy => {
                let keys = self.unifier.resolved(&start);
                let signatures = self.env.signatures(SORT_BY).unwrap_or(&[]);
                return self.function(id, SORT_BY, signatures, true, vec![over, keys]);
            }
            _ => self.unifier.resolved(&start),
        })
    }

    /// What the variables of a macro stand for.
    fn variables(&mut self, over: &StaticType, two: bool, range: ExprId) -> Result<Vec<StaticType>, Mistake> {
        let over = self.unifier.resolved(over);
        Ok(match &over {
            StaticType::List(parts) if two => vec![StaticType::Int, parts.at(0).clone()],
            StaticType::Map(parts) if two => parts.types().to_vec(),
            StaticType::List(parts) | StaticType::Map(parts) => vec![parts.at(0).clone()],
            StaticType::Dyn | StaticType::Variable(_) => {
                self.unifier.assignable(&StaticType::Dyn, &over);
                vec![StaticType::Dyn; if two { 2 } else { 1 }]
            }
            other => {
                let message = format!(
                    "expression of type '{}' cannot be range of a comprehension (must be list, map, or dynamic)",
                    self.unifier.settled(other)
                );
                return Err(self.mistake(message, range));
            }
        })
    }

    /// What one turn of a loop gives.
    fn turn(
        &mut self,
        id: ExprId,
        kind: FoldKind,
        start: &StaticType,
        variables: &[StaticType],
        filter: Option<ExprId>,
        body: ExprId,
    ) -> Found {
        let condition = filter.map(|filter| self.visit(filter)).transpose()?;
        let found = self.visit(body)?;
        let first = variables.first().cloned().unwrap_or(StaticType::Dyn);
        let step = match kind {
            FoldKind::All | FoldKind::Exists => {
                self.truth(&found, body)?;
                return Ok(StaticType::Bool);
            }
            FoldKind::ExistsOne { .. } => {
                return self.operator("_?_:_", &[found, StaticType::Int, StaticType::Int], id);
            }
            FoldKind::Filter => {
                let longer = self.operator("_+_", &[start.clone(), StaticType::list(first)], id)?;
                return self.operator("_?_:_", &[found, longer, start.clone()], id);
            }
            FoldKind::Map | FoldKind::TransformList | FoldKind::SortBy => {
                self.operator("_+_", &[start.clone(), StaticType::list(found)], id)?
            }
            FoldKind::TransformMap => self.operator("cel.@mapInsert", &[start.clone(), first, found], id)?,
            FoldKind::TransformMapEntry => self.operator("cel.@mapInsert", &[start.clone(), found], id)?,
        };
        match condition {
            Some(condition) => self.operator("_?_:_", &[condition, step, start.clone()], id),
            None => Ok(step),
        }
    }

    /// `target.optMap(x, body)`: `target.hasValue() ? optional.of(body with x as target.value())
    /// : optional.none()`.
    pub(super) fn optional_map(
        &mut self,
        id: ExprId,
        target: ExprId,
        variable: &str,
        body: ExprId,
        flat: bool,
    ) -> Found {
        let target = self.visit(target)?;
        let condition = self.named_function("hasValue", true, std::slice::from_ref(&target), id)?;
        let held = self.named_function("value", true, &[target], id)?;
        self.cross_type = true;
        let found = self.within(&[(variable, held)], body)?;
        let yes = if flat { found } else { StaticType::optional(found) };
        let no = StaticType::optional(self.unifier.variable());
        self.operator("_?_:_", &[condition, yes, no], id)
    }

    /// A function over arguments that are checked already.
    fn named_function(&mut self, name: &str, member: bool, arguments: &[StaticType], id: ExprId) -> Found {
        let known = self.env.signatures(name).unwrap_or_default();
        if let Some(found) = resolve(&mut self.unifier, known.iter().map(AsRef::as_ref), member, arguments) {
            return Ok(found);
        }
        let types = shown(&mut self.unifier, member, arguments);
        Err(self.mistake(format!("found no matching overload for '{name}' applied to '{types}'"), id))
    }

    /// `cel.block([slots], body)`: nothing is known of what its slots hold.
    pub(super) fn block(&mut self, slots: &[ExprId], body: ExprId) -> Found {
        let before = self.scopes.len();
        self.exempt = self.exempt.saturating_add(1);
        let mut outcome = Ok(StaticType::Dyn);
        for (place, slot) in slots.iter().enumerate() {
            outcome = self.visit(*slot);
            if outcome.is_err() {
                break;
            }
            self.scopes.push((format!("@index{place}").into(), StaticType::Dyn));
        }
        if outcome.is_ok() {
            outcome = self.visit(body);
        }
        self.exempt = self.exempt.saturating_sub(1);
        self.scopes.truncate(before);
        outcome
    }

    /// `Name{field: value}`: patches are made so, and nothing else.
    pub(super) fn message(&mut self, id: ExprId, name: &str, fields: &[(Box<str>, ExprId, bool)]) -> Found {
        let absolute = name.strip_prefix('.');
        let candidates = candidates(self.env.container(), absolute.unwrap_or(name), absolute.is_some());
        if let Some(made) = candidates.into_iter().find(|candidate| self.env.makes(candidate)) {
            for (field, value, optional) in fields {
                let mut found = self.visit(*value)?;
                if *optional {
                    found = self.held(found, *value)?;
                }
                let wanted = self.env.field_of(&made, field);
                let wanted =
                    wanted.ok_or_else(|| self.mistake(format!("undefined field '{field}'"), *value))?;
                if !self.unifier.assignable(&wanted, &found) {
                    let found = self.unifier.settled(&found);
                    let message = format!(
                        "expected type of field '{field}' is '{wanted}' but provided type is '{found}'"
                    );
                    return Err(self.mistake(message, *value));
                }
            }
            return Ok(StaticType::object(made));
        }
        let plain = name.strip_prefix('.').unwrap_or(name);
        if self.env.variable(plain).is_some() {
            return Err(self.mistake(format!("'{plain}' is not a type"), id));
        }
        if self.env.type_named(plain).is_some() {
            return Err(self.mistake(format!("'{plain}' is not a message type"), id));
        }
        Err(self.undeclared(name, id))
    }
}
