//! Names and selections: which part of `a.b.c` is the variable, and what is selected from it.

use std::sync::Arc;

use bulkhead_document::Key;

use super::{Builder, Built};
use crate::plan::names::candidates;
use crate::plan::{Op, Path, Select, Slot, Step};
use crate::syntax::{Expr, ExprId, Selection, Span};
use crate::value::{AttributePath, Qualifier, Text, Value};

impl Builder<'_> {
    /// An identifier or another value with the selections after it, in one go however many they are.
    pub(super) fn path(&mut self, id: ExprId) -> Built<Op> {
        let mut places = Vec::new();
        let mut place = id;
        while let Expr::Select { operand, .. } | Expr::Index { operand, .. } = self.ast.expr(place) {
            places.push(place);
            place = *operand;
        }
        places.reverse();
        let (root, used) = match self.ast.expr(place) {
            Expr::Identifier { name, absolute } => self.root(name, *absolute, &places, place)?,
            _ => (self.op(place)?, 0),
        };
        self.select(root, places.get(used..).unwrap_or(&[]))
    }

    /// What a path starts from, and how many of its selections belong to the name.
    fn root(&mut self, name: &str, absolute: bool, places: &[ExprId], place: ExprId) -> Built<(Op, usize)> {
        if let Some(local) = self.scopes.find(name).filter(|_| !absolute) {
            return Ok((Op::Local(local), 0));
        }
        let mut names = vec![name.to_owned()];
        for step in places {
            let Expr::Select { field, selection: Selection::Plain, .. } = self.ast.expr(*step) else { break };
            names.push(names.last().map_or(String::new(), |name| format!("{name}.{field}")));
        }
        // `has(a.b)` where `a.b` is itself a variable: it is there once it can be read.
        if let Some(next) = places.get(names.len().saturating_sub(1))
            && let Expr::Select { field, selection: Selection::Test, .. } = self.ast.expr(*next)
            && let whole = format!("{}.{field}", names.last().map_or("", |name| name))
            && self.env.declares(&whole)
        {
            let root = self.variable(&whole, self.ast.span(place));
            self.note(Some(&whole), &[]);
            return Ok((self.finish(root, Vec::new(), true), names.len()));
        }
        for (used, name) in names.iter().enumerate().rev() {
            for candidate in candidates(self.env.container(), name, absolute) {
                if self.env.declares(&candidate) {
                    return Ok((self.variable(&candidate, self.ast.span(place)), used));
                }
                if let Some(found) = self.env.type_named(&candidate) {
                    return Ok((Op::Constant(Value::Type(found)), used));
                }
            }
        }
        Ok((self.undeclared(name, place)?, 0))
    }

    fn variable(&mut self, name: &str, span: Span) -> Op {
        let known = self.variables.iter().position(|variable| variable == name);
        let place = known.unwrap_or_else(|| {
            self.variables.push(name.to_owned());
            self.variables.len().saturating_sub(1)
        });
        Op::Variable(Slot { place, name: name.into(), span })
    }

    fn select(&mut self, root: Op, places: &[ExprId]) -> Built<Op> {
        let variable = match &root {
            Op::Variable(slot) => Some(slot.name.clone()),
            _ => None,
        };
        let mut root = root;
        let mut steps = Vec::new();
        let mut tested = false;
        for place in places {
            let span = self.ast.span(*place);
            match self.ast.expr(*place) {
                Expr::Select { field, selection, .. } => {
                    let optional = *selection == Selection::Optional;
                    steps.push(Step { select: field_step(field), optional, span });
                    if *selection == Selection::Test {
                        self.note(variable.as_deref(), &steps);
                        root = self.finish(root, std::mem::take(&mut steps), true);
                        tested = true;
                    }
                }
                Expr::Index { index, optional, .. } => {
                    let select = match self.op(*index)? {
                        Op::Constant(Value::String(text)) => field_step(&text),
                        Op::Constant(value) if self.env.refuses_constants() && !value.is_qualifier() => {
                            let name = value.type_of().name();
                            return Err(self.mistake(format!("invalid qualifier type: {name}"), *place));
                        }
                        op => Select::Index(op),
                    };
                    steps.push(Step { select, optional: *optional, span });
                }
                _ => {}
            }
        }
        if !tested {
            self.note(variable.as_deref(), &steps);
        }
        if steps.is_empty() {
            return Ok(root);
        }
        Ok(self.finish(root, steps, false))
    }

    fn finish(&self, root: Op, steps: Vec<Step>, test: bool) -> Op {
        let straight = matches!(root, Op::Variable(_) | Op::Local(_))
            && steps.iter().all(|step| !step.optional && matches!(step.select, Select::Field(..)));
        Op::Path(Box::new(Path { root, steps: steps.into(), straight, test, strict: self.env.is_strict() }))
    }

    /// Notes which attribute a path reads, as far as it is spelled out.
    fn note(&mut self, variable: Option<&str>, steps: &[Step]) {
        let Some(variable) = variable else { return };
        let mut path = AttributePath::of(variable);
        for step in steps {
            match &step.select {
                Select::Field(_, name, _) => path.qualifiers.push(Qualifier::Field((**name).into())),
                Select::Index(Op::Constant(Value::Int(index))) => {
                    path.qualifiers.push(Qualifier::Index(*index));
                }
                Select::Index(_) => break,
            }
        }
        if !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }
}

fn field_step(name: &str) -> Select {
    let shared: Arc<str> = name.into();
    Select::Field(Value::String(Text::Shared(shared.clone())), shared, Key::known(name))
}
