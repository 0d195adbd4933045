//! The planner: from the syntax tree to operations.

mod call;
mod path;

use super::names::Scopes;
use super::{Block, Chain, ChainLink, Fold, Made, Membership, Op, OptionalMap, Planned, candidates};
use crate::check::Checked;
use crate::check::types::StaticType;
use crate::env::Env;
use crate::error::{ErrorKind, EvalError};
use crate::syntax::{
    Ast, BinaryOperator, Entry, Expr, ExprId, FoldKind, Item, Link, Literal, LogicOperator, Mistake,
    UnaryOperator,
};
use crate::value::{AttributePath, Map, Text, Value};

type Built<T> = Result<T, Mistake>;

/// Plans a parsed expression.
pub(crate) fn build(ast: &Ast, root: ExprId, env: &Env, checked: Option<&Checked>) -> Built<Planned> {
    let mut builder =
        Builder { ast, env, checked, scopes: Scopes::default(), variables: Vec::new(), paths: Vec::new() };
    let root = builder.op(root)?;
    Ok(Planned { root, variables: builder.variables, paths: builder.paths })
}

struct Builder<'b> {
    ast: &'b Ast,
    env: &'b Env,
    checked: Option<&'b Checked>,
    scopes: Scopes,
    variables: Vec<String>,
    paths: Vec<AttributePath>,
}

impl Builder<'_> {
    fn op(&mut self, id: ExprId) -> Built<Op> {
        let span = self.ast.span(id);
        let ast = self.ast;
        Ok(match ast.expr(id) {
            Expr::Literal(literal) => Op::Constant(constant(literal)),
            Expr::Identifier { .. } | Expr::Select { .. } | Expr::Index { .. } => self.path(id)?,
            Expr::Call { target, function, arguments } => self.call(id, *target, function, arguments)?,
            Expr::Unary { operator, operand } => {
                let operand = Box::new(self.op(*operand)?);
                match operator {
                    UnaryOperator::Not => Op::Not(operand, span),
                    UnaryOperator::Negate => Op::Negate(operand, span),
                }
            }
            Expr::Chain { first, links } => self.chain(*first, links)?,
            Expr::Logic { operator, terms } => {
                let terms = terms.iter().map(|term| self.op(*term)).collect::<Built<_>>()?;
                match operator {
                    LogicOperator::And => Op::And(terms),
                    LogicOperator::Or => Op::Or(terms),
                }
            }
            Expr::Conditional { condition, yes, no } => {
                let parts = [self.op(*condition)?, self.op(*yes)?, self.op(*no)?];
                Op::Conditional(Box::new(parts), span)
            }
            Expr::List(items) => self.list(items, id)?,
            Expr::Map(entries) => self.map(entries, id)?,
            Expr::Message { name, fields } => self.object(name, fields, id)?,
            Expr::Fold { kind, range, variables, filter, body } => {
                let range = self.op(*range)?;
                self.scopes.enter(variables.to_vec());
                let filter = filter.map(|filter| self.op(filter)).transpose()?;
                let untold = self.checked.is_some_and(|checked| checked.type_of(*body).is_dyn());
                let body = self.op(*body)?;
                self.scopes.leave();
                let two_variables = variables.len() == 2;
                Op::Fold(Box::new(Fold { kind: *kind, range, two_variables, filter, body, untold, span }))
            }
            Expr::Bind { variable, value, body } => {
                let value = self.op(*value)?;
                let body = self.within(variable, *body)?;
                Op::Bind(Box::new([value, body]))
            }
            Expr::OptionalMap { target, variable, body, flat } => {
                let target = self.op(*target)?;
                let body = self.within(variable, *body)?;
                Op::OptionalMap(Box::new(OptionalMap { target, body, flat: *flat, span }))
            }
            Expr::Block { slots, body } => self.block(slots, *body)?,
            Expr::Missing => return Err(self.mistake("incomplete expression", id)),
        })
    }

    fn object(&mut self, name: &str, fields: &[(Box<str>, ExprId, bool)], id: ExprId) -> Built<Op> {
        let plain = name.strip_prefix('.');
        let candidates = candidates(self.env.container(), plain.unwrap_or(name), plain.is_some());
        let Some(made) = candidates.into_iter().find(|candidate| self.env.makes(candidate)) else {
            return self.undeclared(name, id);
        };
        let fields = fields
            .iter()
            .map(|(name, value, optional)| Ok(((&**name).into(), self.op(*value)?, *optional)));
        let fields = fields.collect::<Built<_>>()?;
        Ok(Op::Object(Box::new(Made { name: made.into(), fields, span: self.ast.span(id) })))
    }

    fn mistake(&self, message: impl Into<String>, id: ExprId) -> Mistake {
        Mistake::of(message, self.ast, id)
    }

    /// An expression that sees one variable more.
    fn within(&mut self, variable: &str, body: ExprId) -> Built<Op> {
        self.scopes.enter(vec![variable.into()]);
        let body = self.op(body);
        self.scopes.leave();
        body
    }

    /// A name that nothing declares: an error where expressions are checked, else one when it is reached.
    fn undeclared(&self, name: &str, id: ExprId) -> Built<Op> {
        if self.env.is_checked() {
            let container = self.env.container();
            let message = format!("undeclared reference to '{name}' (in container '{container}')");
            return Err(self.mistake(message, id));
        }
        let error = EvalError::new(ErrorKind::NoSuchAttribute(name.to_owned()));
        Ok(Op::Fail(error.at(&self.ast.span(id))))
    }

    fn chain(&mut self, first: ExprId, links: &[Link]) -> Built<Op> {
        let first_id = first;
        let mut first = self.op(first)?;
        let mut is_text = self.is_text(first_id, &first);
        let mut planned = Vec::with_capacity(links.len());
        for link in links {
            let right = self.op(link.right)?;
            let membership = self.membership(link.right, &right);
            let is_in = link.operator == BinaryOperator::In;
            if is_in && right.is_empty_list() && !self.env.is_strict() {
                // Nothing is in it, and the server does not even look at what is left of it.
                first = Op::Constant(Value::Bool(false));
                planned.clear();
                is_text = false;
                continue;
            }
            is_text |= self.is_text(link.right, &right);
            let (operator, span) = (link.operator, link.span.clone());
            planned.push(ChainLink { operator, right, membership, is_text, span });
            is_text &= operator == BinaryOperator::Add;
        }
        if planned.is_empty() {
            return Ok(first);
        }
        Ok(Op::Chain(Box::new(Chain { first, links: planned.into() })))
    }

    /// Whether the server knows an expression to be text or bytes, and so counts its length.
    fn is_text(&self, id: ExprId, op: &Op) -> bool {
        match self.checked {
            Some(checked) => {
                matches!(checked.type_of(id).unwrapped(), StaticType::String | StaticType::Bytes)
            }
            None => gives_text(op),
        }
    }

    /// What it costs to look for something in what an expression gives.
    fn membership(&self, id: ExprId, op: &Op) -> Membership {
        let is_list = match self.checked {
            Some(checked) => matches!(checked.type_of(id), StaticType::List(_)),
            None => gives_list(op),
        };
        match op {
            Op::Constant(Value::List(_)) => Membership::Free,
            _ if is_list => Membership::Length,
            _ => Membership::One,
        }
    }

    fn list(&mut self, items: &[Item], id: ExprId) -> Built<Op> {
        let items = items.iter().map(|item| Ok((self.op(item.value)?, item.optional)));
        let items = items.collect::<Built<Box<[_]>>>()?;
        Ok(constant_list(&items).map_or_else(|| Op::List(items, self.ast.span(id)), Op::Constant))
    }

    fn map(&mut self, entries: &[Entry], id: ExprId) -> Built<Op> {
        let strict = self.env.is_strict();
        let entries = entries
            .iter()
            .map(|entry| Ok((self.op(entry.key)?, self.op(entry.value)?, entry.optional)));
        let entries = entries.collect::<Built<Box<[_]>>>()?;
        let constant = constant_map(&entries, strict);
        Ok(constant.map_or_else(|| Op::Map(entries, strict, self.ast.span(id)), Op::Constant))
    }

    /// A slot sees those before it, and all of them lie in one scope.
    fn block(&mut self, slots: &[ExprId], body: ExprId) -> Built<Op> {
        self.scopes.enter(Vec::new());
        let mut planned = Vec::with_capacity(slots.len());
        for (place, slot) in slots.iter().enumerate() {
            planned.push(self.op(*slot)?);
            self.scopes.declare(format!("@index{place}").into());
        }
        let body = self.op(body)?;
        self.scopes.leave();
        Ok(Op::Block(Box::new(Block { slots: planned.into(), body })))
    }
}

/// Whether an operation gives a list for sure, whatever it runs over.
fn gives_list(op: &Op) -> bool {
    match op {
        Op::List(..) => true,
        Op::Fold(fold) => {
            matches!(fold.kind, FoldKind::Map | FoldKind::Filter | FoldKind::TransformList | FoldKind::SortBy)
        }
        _ => false,
    }
}

/// Whether an operation gives text or bytes for sure, whatever it runs over.
fn gives_text(op: &Op) -> bool {
    match op {
        Op::Constant(value) => matches!(value, Value::String(_) | Value::Bytes(_)),
        Op::Call(call) => call.candidates.iter().all(|function| function.gives_text),
        Op::Chain(chain) => chain
            .links
            .last()
            .is_some_and(|link| link.operator == BinaryOperator::Add && link.is_text),
        Op::Conditional(parts, _) => {
            let [_, yes, no] = &**parts;
            gives_text(yes) && gives_text(no)
        }
        _ => false,
    }
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
fn constant_map(entries: &[(Op, Op, bool)], strict: bool) -> Option<Value<'static>> {
    let mut map = Map::new();
    for entry in entries {
        let (Op::Constant(key), Op::Constant(value), false) = entry else { return None };
        map.put(key.clone(), value.clone(), strict).ok()?;
    }
    Some(map.into())
}
