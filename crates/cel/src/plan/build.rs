//! The planner: from the syntax tree to operations.

use std::sync::Arc;

use bulkhead_document::Key;

use super::names::{Scopes, candidates, type_named};
use super::{Block, Call, Chain, Fold, Matches, Op, OptionalMap, Path, Planned, Select, Slot, Step};
use crate::env::Env;
use crate::error::{ErrorKind, EvalError};
use crate::eval;
use crate::syntax::{Ast, Expr, ExprId, Literal, Mistake, Selection, Span, UnaryOperator};
use crate::value::{AttributePath, Map, Qualifier, Text, Value};

type Built<T> = Result<T, Mistake>;

/// Plans a parsed expression.
pub(crate) fn build(ast: &Ast, root: ExprId, env: &Env) -> Built<Planned> {
    let mut builder = Builder {
        ast,
        env,
        scopes: Scopes::default(),
        variables: Vec::new(),
        paths: Vec::new(),
    };
    let root = builder.op(root)?;
    Ok(Planned {
        root,
        variables: builder.variables,
        paths: builder.paths,
    })
}

struct Builder<'b> {
    ast: &'b Ast,
    env: &'b Env,
    scopes: Scopes,
    variables: Vec<String>,
    paths: Vec<AttributePath>,
}

impl<'b> Builder<'b> {
    fn op(&mut self, id: ExprId) -> Built<Op> {
        let span = self.ast.span(id);
        Ok(match self.ast.expr(id) {
            Expr::Literal(literal) => Op::Constant(constant(literal)),
            Expr::Identifier { .. } | Expr::Select { .. } | Expr::Index { .. } => self.path(id)?,
            Expr::Call {
                target,
                function,
                arguments,
            } => self.call(*target, function, arguments, span)?,
            Expr::Unary { operator, operand } => {
                let operand = Box::new(self.op(*operand)?);
                match operator {
                    UnaryOperator::Not => Op::Not(operand, span),
                    UnaryOperator::Negate => Op::Negate(operand, span),
                }
            }
            Expr::Chain { first, links } => {
                let first = self.op(*first)?;
                let links = links
                    .iter()
                    .map(|link| Ok((link.operator, self.op(link.right)?, link.span.clone())))
                    .collect::<Built<_>>()?;
                Op::Chain(Box::new(Chain { first, links }))
            }
            Expr::Logic { operator, terms } => {
                let terms = terms.iter().map(|term| self.op(*term)).collect::<Built<_>>()?;
                match operator {
                    crate::syntax::LogicOperator::And => Op::And(terms),
                    crate::syntax::LogicOperator::Or => Op::Or(terms),
                }
            }
            Expr::Conditional { condition, yes, no } => {
                let parts = [self.op(*condition)?, self.op(*yes)?, self.op(*no)?];
                Op::Conditional(Box::new(parts), span)
            }
            Expr::List(items) => {
                let items = items
                    .iter()
                    .map(|item| Ok((self.op(item.value)?, item.optional)))
                    .collect::<Built<Box<[_]>>>()?;
                constant_list(&items).map_or(Op::List(items, span), Op::Constant)
            }
            Expr::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|entry| Ok((self.op(entry.key)?, self.op(entry.value)?, entry.optional)))
                    .collect::<Built<Box<[_]>>>()?;
                constant_map(&entries).map_or(Op::Map(entries, span), Op::Constant)
            }
            Expr::Message { name, .. } => self.undeclared(name, span)?,
            Expr::Fold {
                kind,
                range,
                variables,
                filter,
                body,
            } => {
                let range = self.op(*range)?;
                self.scopes.enter(variables.to_vec());
                let filter = filter.map(|filter| self.op(filter)).transpose()?;
                let body = self.op(*body)?;
                self.scopes.leave();
                let two_variables = variables.len() == 2;
                Op::Fold(Box::new(Fold {
                    kind: *kind,
                    range,
                    two_variables,
                    filter,
                    body,
                    span,
                }))
            }
            Expr::Bind {
                variable,
                value,
                body,
            } => {
                let value = self.op(*value)?;
                self.scopes.enter(vec![variable.clone()]);
                let body = self.op(*body)?;
                self.scopes.leave();
                Op::Bind(Box::new([value, body]))
            }
            Expr::OptionalMap {
                target,
                variable,
                body,
                flat,
            } => {
                let target = self.op(*target)?;
                self.scopes.enter(vec![variable.clone()]);
                let body = self.op(*body)?;
                self.scopes.leave();
                Op::OptionalMap(Box::new(OptionalMap {
                    target,
                    body,
                    flat: *flat,
                    span,
                }))
            }
            Expr::Block { slots, body } => {
                // A slot sees those before it, and all of them lie in one scope.
                self.scopes.enter(Vec::new());
                let mut planned = Vec::with_capacity(slots.len());
                for (place, slot) in slots.iter().enumerate() {
                    planned.push(self.op(*slot)?);
                    self.scopes.declare(format!("@index{place}").into());
                }
                let body = self.op(*body)?;
                self.scopes.leave();
                Op::Block(Box::new(Block {
                    slots: planned.into(),
                    body,
                }))
            }
            Expr::Missing => {
                return Err(Mistake {
                    message: "incomplete expression".to_owned(),
                    span,
                });
            }
        })
    }

    /// A name that nothing declares: an error where expressions are checked, else one when it is reached.
    fn undeclared(&self, name: &str, span: Span) -> Built<Op> {
        if self.env.is_checked() {
            let message = format!(
                "undeclared reference to '{name}' (in container '{}')",
                self.env.container()
            );
            return Err(Mistake { message, span });
        }
        Ok(Op::Fail(
            EvalError::new(ErrorKind::NoSuchAttribute(name.to_owned())).at(&span),
        ))
    }

    /// An identifier with the selections after it, in one go however many they are.
    fn path(&mut self, id: ExprId) -> Built<Op> {
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
            match self.ast.expr(*step) {
                Expr::Select {
                    field,
                    selection: Selection::Plain,
                    ..
                } => {
                    let longest = names
                        .last()
                        .map_or(String::new(), |name| format!("{name}.{field}"));
                    names.push(longest);
                }
                _ => break,
            }
        }
        let span = self.ast.span(place);
        for (used, name) in names.iter().enumerate().rev() {
            for candidate in candidates(self.env.container(), name, absolute) {
                if self.env.declares(&candidate) {
                    return Ok((self.variable(&candidate, span), used));
                }
                if let Some(found) = type_named(&candidate, self.env.has_optionals()) {
                    return Ok((Op::Constant(Value::Type(found)), used));
                }
            }
        }
        Ok((self.undeclared(name, span)?, 0))
    }

    fn variable(&mut self, name: &str, span: Span) -> Op {
        let known = self.variables.iter().position(|variable| variable == name);
        let place = known.unwrap_or_else(|| {
            self.variables.push(name.to_owned());
            self.variables.len().saturating_sub(1)
        });
        Op::Variable(Slot {
            place,
            name: name.into(),
            span,
        })
    }

    fn select(&mut self, root: Op, places: &[ExprId]) -> Built<Op> {
        let variable = match &root {
            Op::Variable(slot) => Some(slot.name.clone()),
            _ => None,
        };
        let strict = self.env.is_strict();
        let mut root = root;
        let mut steps = Vec::new();
        for place in places {
            let span = self.ast.span(*place);
            match self.ast.expr(*place) {
                Expr::Select { field, selection, .. } => {
                    let optional = *selection == Selection::Optional;
                    steps.push(Step {
                        select: field_step(field),
                        optional,
                        span,
                    });
                    if *selection == Selection::Test {
                        self.note(variable.as_deref(), &steps);
                        let tested = std::mem::take(&mut steps).into();
                        root = Op::Path(Box::new(Path {
                            root,
                            steps: tested,
                            test: true,
                            strict,
                        }));
                    }
                }
                Expr::Index { index, optional, .. } => {
                    let select = match self.op(*index)? {
                        Op::Constant(Value::String(text)) => field_step(&text),
                        op => Select::Index(op),
                    };
                    steps.push(Step {
                        select,
                        optional: *optional,
                        span,
                    });
                }
                _ => {}
            }
        }
        let is_path = matches!(root, Op::Path(_));
        if !is_path {
            self.note(variable.as_deref(), &steps);
        }
        if steps.is_empty() {
            return Ok(root);
        }
        Ok(Op::Path(Box::new(Path {
            root,
            steps: steps.into(),
            test: false,
            strict,
        })))
    }

    /// Notes which attribute a path reads, as far as it is spelled out.
    fn note(&mut self, variable: Option<&str>, steps: &[Step]) {
        let Some(variable) = variable else { return };
        let mut path = AttributePath::of(variable);
        for step in steps {
            match &step.select {
                Select::Field(_, name, _) => path.qualifiers.push(Qualifier::Field((**name).into())),
                Select::Index(Op::Constant(Value::Int(index))) => {
                    path.qualifiers.push(Qualifier::Index(*index))
                }
                Select::Index(_) => break,
            }
        }
        if !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }

    fn call(
        &mut self,
        target: Option<ExprId>,
        function: &str,
        arguments: &[ExprId],
        span: Span,
    ) -> Built<Op> {
        if let Some((name, candidates)) = self.namespaced(target, function, arguments.len()) {
            return self.planned_call(&name, candidates, arguments, span);
        }
        let Some(target) = target else {
            let (plain, absolute) = match function.strip_prefix('.') {
                Some(plain) => (plain, true),
                None => (function, false),
            };
            for name in candidates(self.env.container(), plain, absolute) {
                let candidates = self.env.functions(&name, false);
                if !candidates.is_empty() {
                    return self.planned_call(&name, candidates, arguments, span);
                }
            }
            return self.unbound(plain, span);
        };
        let candidates = self.env.functions(function, true);
        if candidates.is_empty() {
            // What is wrong with the target is told first.
            self.op(target)?;
            return self.unbound(function, span);
        }
        let arguments: Vec<ExprId> = std::iter::once(target).chain(arguments.iter().copied()).collect();
        self.planned_call(function, candidates, &arguments, span)
    }

    /// The functions behind `math.greatest(…)`, where the target is a name and no value.
    fn namespaced(
        &self,
        target: Option<ExprId>,
        function: &str,
        _arguments: usize,
    ) -> Option<(String, &'b [&'static crate::library::Function])> {
        let (names, absolute) = self.ast.qualified_name(target?)?;
        let name = format!("{}.{function}", names.join("."));
        candidates(self.env.container(), &name, absolute)
            .into_iter()
            .find_map(|name| {
                let found = self.env.functions(&name, false);
                (!found.is_empty()).then_some((name, found))
            })
    }

    fn unbound(&self, function: &str, span: Span) -> Built<Op> {
        if self.env.is_checked() {
            return self.undeclared(function, span);
        }
        Ok(Op::Fail(
            EvalError::new(ErrorKind::UnboundFunction(function.to_owned())).at(&span),
        ))
    }

    fn planned_call(
        &mut self,
        name: &str,
        candidates: &[&'static crate::library::Function],
        arguments: &[ExprId],
        span: Span,
    ) -> Built<Op> {
        let arguments = arguments
            .iter()
            .map(|argument| self.op(*argument))
            .collect::<Built<Box<[_]>>>()?;
        let fitting: Box<[_]> = candidates
            .iter()
            .copied()
            .filter(|candidate| candidate.arity.contains(&arguments.len()))
            .collect();
        let Some(first) = fitting.first() else {
            if self.env.is_checked() {
                let member = candidates.first().is_some_and(|candidate| candidate.member);
                return Err(Mistake {
                    message: no_overload(name, member, arguments.len()),
                    span,
                });
            }
            return Ok(Op::Fail(EvalError::no_such_overload(name).at(&span)));
        };
        if name == "matches"
            && let [_, Op::Constant(Value::String(pattern))] = &*arguments
        {
            match crate::library::compile_pattern(pattern) {
                Ok(pattern) => {
                    let subject = arguments.into_iter().next().unwrap_or(Op::Constant(Value::Null));
                    return Ok(Op::Matches(Box::new(Matches {
                        subject,
                        pattern,
                        span,
                    })));
                }
                Err(error) if self.env.is_checked() => {
                    return Err(Mistake {
                        message: error.to_string(),
                        span,
                    });
                }
                Err(_) => {}
            }
        }
        let converts = first.converts
            && arguments
                .iter()
                .all(|argument| matches!(argument, Op::Constant(_)));
        let call = Op::Call(Box::new(Call {
            name: name.into(),
            candidates: fitting,
            arguments,
            span,
        }));
        if converts && let Ok(value) = eval::constant(&call) {
            return Ok(Op::Constant(value));
        }
        Ok(call)
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

fn field_step(name: &str) -> Select {
    let shared: Arc<str> = name.into();
    Select::Field(
        Value::String(Text::Shared(shared.clone())),
        shared,
        Key::known(name),
    )
}

fn constant(literal: &Literal) -> Value<'static> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::UInt(value) => Value::UInt(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::String(value) => Value::String(Text::Shared(value.clone())),
        Literal::Bytes(value) => Value::Bytes(value.clone()),
    }
}

/// A list of constants as a constant.
fn constant_list(items: &[(Op, bool)]) -> Option<Value<'static>> {
    let items = items.iter().map(|(item, optional)| match item {
        Op::Constant(value) if !optional => Some(value.clone()),
        _ => None,
    });
    items.collect::<Option<Vec<_>>>().map(Value::list)
}

/// A map of constants as a constant, unless building it is an error.
fn constant_map(entries: &[(Op, Op, bool)]) -> Option<Value<'static>> {
    let mut map = Map::new();
    for entry in entries {
        match entry {
            (Op::Constant(key), Op::Constant(value), false) => map.insert(key.clone(), value.clone()).ok()?,
            _ => return None,
        }
    }
    Some(map.into())
}
