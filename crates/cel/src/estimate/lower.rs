//! Expressions as the server's library sees them: operators are calls, macros are loops.

use std::collections::BTreeMap;

use crate::check::Checked;
use crate::check::overloads_of;
use crate::check::types::StaticType;
use crate::env::Env;
use crate::plan::candidates;
use crate::syntax::{
    Ast, BinaryOperator, Expr, ExprId, FoldKind, Literal, LogicOperator, Selection, UnaryOperator,
};

/// Deeper expressions are not estimated; the server's parser takes none that is deeper than 250.
const DEEPEST: u32 = 600;

/// An expression with a number of its own and its type.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: usize,
    pub(super) core: Core,
    pub(super) of: StaticType,
}

#[derive(Debug)]
pub(super) enum Core {
    /// A literal and its size, and its number where it is a whole one.
    Literal(u64, Option<i64>),
    Identifier(Box<str>),
    Select {
        operand: Box<Node>,
        field: Box<str>,
        test: bool,
    },
    Call {
        function: Box<str>,
        target: Option<Box<Node>>,
        arguments: Vec<Node>,
        overloads: Vec<Overload>,
    },
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Message(Vec<Node>),
    Loop(Box<Loop>),
    Bind {
        variable: Box<str>,
        value: Box<Node>,
        body: Box<Node>,
    },
}

/// `range` gone through, with `result` kept in a variable that begins as `start`.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) range: Node,
    pub(super) variables: Vec<Box<str>>,
    pub(super) start: Node,
    pub(super) condition: Node,
    pub(super) step: Node,
    pub(super) result: Node,
}

/// The types that a function takes, one way of several that a call may mean; a method's receiver first.
pub(super) type Overload = Vec<StaticType>;

/// The name of a loop's result: no expression can hold it.
pub(super) const RESULT: &str = "@result";
/// The name of the list that is being sorted.
const SORTED: &str = "@__sortBy_input__";

pub(super) fn lower(ast: &Ast, root: ExprId, env: &Env, checked: &Checked) -> Option<Node> {
    let mut lowering = Lowering { ast, env, checked, next: 0, depth: 0, bound: BTreeMap::new() };
    lowering.node(root)
}

struct Lowering<'l> {
    ast: &'l Ast,
    env: &'l Env,
    checked: &'l Checked,
    next: usize,
    depth: u32,
    /// Variables of macros, and how many of each are around.
    bound: BTreeMap<Box<str>, u32>,
}

impl Lowering<'_> {
    fn make(&mut self, core: Core, of: StaticType) -> Node {
        self.next = self.next.saturating_add(1);
        Node { id: self.next, core, of }
    }

    fn node(&mut self, id: ExprId) -> Option<Node> {
        self.depth = self.depth.saturating_add(1);
        let node = if self.depth > DEEPEST { None } else { self.lowered(id) };
        self.depth = self.depth.saturating_sub(1);
        node
    }

    fn lowered(&mut self, id: ExprId) -> Option<Node> {
        let of = self.checked.type_of(id).clone();
        let core = match self.ast.expr(id) {
            Expr::Literal(literal) => self::literal(literal),
            Expr::Identifier { name, .. } => Core::Identifier(name.clone()),
            Expr::Select { operand, field, selection } => {
                return self.select(id, *operand, field, *selection);
            }
            Expr::Index { operand, index, optional } => {
                let arguments = vec![self.node(*operand)?, self.node(*index)?];
                return Some(self.operator(if *optional { "_[?_]" } else { "_[_]" }, arguments, of));
            }
            Expr::Call { target, function, arguments } => {
                return self.call(*target, function, arguments, of);
            }
            Expr::Unary { operator, operand } => {
                let name = match operator {
                    UnaryOperator::Not => "!_",
                    UnaryOperator::Negate => "-_",
                };
                let operand = self.node(*operand)?;
                return Some(self.operator(name, vec![operand], of));
            }
            Expr::Chain { first, links } => {
                if links.len() > DEEPEST as usize {
                    return None;
                }
                let mut left = self.node(*first)?;
                for link in links {
                    let right = self.node(link.right)?;
                    left = self.binary(link.operator, left, right);
                }
                return Some(left);
            }
            Expr::Logic { operator, terms } => return self.logic(*operator, terms),
            Expr::Conditional { condition, yes, no } => {
                let arguments = vec![self.node(*condition)?, self.node(*yes)?, self.node(*no)?];
                return Some(self.operator("_?_:_", arguments, of));
            }
            Expr::List(items) => {
                Core::List(items.iter().map(|item| self.node(item.value)).collect::<Option<_>>()?)
            }
            Expr::Map(entries) => {
                let pair =
                    |entry: &crate::syntax::Entry| Some((self.node(entry.key)?, self.node(entry.value)?));
                Core::Map(entries.iter().map(pair).collect::<Option<_>>()?)
            }
            Expr::Message { fields, .. } => {
                Core::Message(fields.iter().map(|(_, value, _)| self.node(*value)).collect::<Option<_>>()?)
            }
            Expr::Fold { kind, range, variables, filter, body } => {
                return self.fold(*kind, *range, variables, *filter, *body, of);
            }
            Expr::Bind { variable, value, body } => {
                let value = Box::new(self.node(*value)?);
                let body = Box::new(self.within(std::slice::from_ref(variable), *body)?);
                Core::Bind { variable: variable.clone(), value, body }
            }
            Expr::OptionalMap { target, variable, body, flat } => {
                return self.optional_map(*target, variable, *body, *flat, of);
            }
            Expr::Block { .. } | Expr::Missing => return None,
        };
        Some(self.make(core, of))
    }

    /// An expression that sees some variables more.
    fn within(&mut self, variables: &[Box<str>], body: ExprId) -> Option<Node> {
        for name in variables {
            let count = self.bound.entry(name.clone()).or_default();
            *count = count.saturating_add(1);
        }
        let node = self.node(body);
        for name in variables {
            if let Some(count) = self.bound.get_mut(name) {
                *count = count.saturating_sub(1);
            }
        }
        node
    }

    fn is_bound(&self, name: &str) -> bool {
        self.bound.get(name).is_some_and(|count| *count > 0)
    }

    fn select(&mut self, id: ExprId, operand: ExprId, field: &str, selection: Selection) -> Option<Node> {
        let of = self.checked.type_of(id).clone();
        // A qualified name that is one variable, or a type.
        if let (false, Some((names, _))) = (selection == Selection::Test, self.ast.qualified_name(id))
            && names.first().is_some_and(|first| !self.is_bound(first))
        {
            let name = names.join(".");
            let known = candidates(self.env.container(), &name, false);
            if known
                .iter()
                .any(|name| self.env.variable(name).is_some() || self.env.type_named(name).is_some())
            {
                return Some(self.make(Core::Identifier(name.into()), of));
            }
        }
        let operand = self.node(operand)?;
        if selection == Selection::Optional {
            let field = self.make(Core::Literal(field.chars().count() as u64, None), StaticType::String);
            return Some(self.simple("_?._", vec![operand, field], of));
        }
        let test = selection == Selection::Test;
        Some(self.make(Core::Select { operand: Box::new(operand), field: field.into(), test }, of))
    }

    fn call(
        &mut self,
        target: Option<ExprId>,
        function: &str,
        arguments: &[ExprId],
        of: StaticType,
    ) -> Option<Node> {
        let mut name = function.trim_start_matches('.').to_owned();
        let mut receiver = None;
        if let Some(target) = target {
            match self.namespaced(target, function) {
                Some(whole) => name = whole,
                None => receiver = Some(Box::new(self.node(target)?)),
            }
        }
        let arguments = arguments.iter().map(|id| self.node(*id)).collect::<Option<Vec<_>>>()?;
        let types: Vec<StaticType> = receiver
            .iter()
            .map(|node| node.of.clone())
            .chain(arguments.iter().map(|node| node.of.clone()))
            .collect();
        let (overloads, _) = overloads_of(self.env, &name, receiver.is_some(), &types);
        let core = Core::Call { function: name.into(), target: receiver, arguments, overloads };
        Some(self.make(core, of))
    }

    /// The function behind `sets.contains(…)`, where the target is a name and no value.
    fn namespaced(&self, target: ExprId, function: &str) -> Option<String> {
        let (names, absolute) = self.ast.qualified_name(target)?;
        if names.first().is_some_and(|first| self.is_bound(first)) {
            return None;
        }
        let name = format!("{}.{function}", names.join("."));
        candidates(self.env.container(), &name, absolute)
            .into_iter()
            .find(|name| self.env.signatures(name).is_some())
    }

    fn operator(&mut self, name: &str, arguments: Vec<Node>, of: StaticType) -> Node {
        let types: Vec<StaticType> = arguments.iter().map(|node| node.of.clone()).collect();
        let (overloads, _) = overloads_of(self.env, name, false, &types);
        self.make(Core::Call { function: name.into(), target: None, arguments, overloads }, of)
    }

    fn binary(&mut self, operator: BinaryOperator, left: Node, right: Node) -> Node {
        let name = crate::check::operator_name(operator);
        let types = [left.of.clone(), right.of.clone()];
        let (overloads, result) = overloads_of(self.env, name, false, &types);
        let of = result.unwrap_or(StaticType::Dyn);
        self.make(
            Core::Call { function: name.into(), target: None, arguments: vec![left, right], overloads },
            of,
        )
    }

    /// A run of `&&` or `||`, paired as the server's parser does.
    fn logic(&mut self, operator: LogicOperator, terms: &[ExprId]) -> Option<Node> {
        if let [only] = terms {
            return self.node(*only);
        }
        let (left, right) = terms.split_at(terms.len().div_ceil(2));
        let (left, right) = (self.logic(operator, left)?, self.logic(operator, right)?);
        Some(self.logical(operator, left, right))
    }

    fn logical(&mut self, operator: LogicOperator, left: Node, right: Node) -> Node {
        let name = match operator {
            LogicOperator::And => "_&&_",
            LogicOperator::Or => "_||_",
        };
        self.simple(name, vec![left, right], StaticType::Bool)
    }

    /// A call that has one meaning.
    fn simple(&mut self, name: &str, arguments: Vec<Node>, of: StaticType) -> Node {
        let overloads = vec![arguments.iter().map(|node| node.of.clone()).collect()];
        self.make(Core::Call { function: name.into(), target: None, arguments, overloads }, of)
    }

    fn fold(
        &mut self,
        kind: FoldKind,
        range: ExprId,
        variables: &[Box<str>],
        filter: Option<ExprId>,
        body: ExprId,
        of: StaticType,
    ) -> Option<Node> {
        if kind == FoldKind::SortBy {
            return self.sort_by(range, variables, body, of);
        }
        let range = self.node(range)?;
        let filter = match filter {
            Some(filter) => Some(self.within(variables, filter)?),
            None => None,
        };
        let body = self.within(variables, body)?;
        let kept = match kind {
            FoldKind::All | FoldKind::Exists => StaticType::Bool,
            FoldKind::ExistsOne { .. } => StaticType::Int,
            FoldKind::Map | FoldKind::Filter | FoldKind::TransformList | FoldKind::SortBy => {
                StaticType::list(StaticType::Dyn)
            }
            FoldKind::TransformMap | FoldKind::TransformMapEntry => {
                StaticType::map(StaticType::Dyn, StaticType::Dyn)
            }
        };
        let start = match kind {
            FoldKind::All | FoldKind::Exists => Core::Literal(1, None),
            FoldKind::ExistsOne { .. } => Core::Literal(1, Some(0)),
            FoldKind::Map | FoldKind::Filter | FoldKind::TransformList | FoldKind::SortBy => {
                Core::List(Vec::new())
            }
            FoldKind::TransformMap | FoldKind::TransformMapEntry => Core::Map(Vec::new()),
        };
        let start = self.make(start, kept.clone());
        let condition = self.condition(kind);
        let step = self.step(kind, variables, filter, body, &kept);
        let result = self.result(&kept);
        let result = match kind {
            FoldKind::ExistsOne { .. } => {
                let one = self.make(Core::Literal(1, Some(1)), StaticType::Int);
                self.simple("_==_", vec![result, one], StaticType::Bool)
            }
            _ => result,
        };
        let variables = variables.to_vec();
        Some(self.make(Core::Loop(Box::new(Loop { range, variables, start, condition, step, result })), of))
    }

    /// `range.sortBy(x, key)`: the list is bound to a variable, and sorted by a list of its keys.
    fn sort_by(
        &mut self,
        range: ExprId,
        variables: &[Box<str>],
        body: ExprId,
        of: StaticType,
    ) -> Option<Node> {
        let value = Box::new(self.node(range)?);
        let key = self.within(variables, body)?;
        let keys = StaticType::list(key.of.clone());
        let list = value.of.clone();
        let input = |lowering: &mut Self| lowering.make(Core::Identifier(SORTED.into()), list.clone());
        let (range, sorted) = (input(self), input(self));
        let start = self.make(Core::List(Vec::new()), keys.clone());
        let condition = self.condition(FoldKind::Map);
        let step = self.step(FoldKind::Map, variables, None, key, &keys);
        let result = self.result(&keys);
        let variables = variables.to_vec();
        let looping = Loop { range, variables, start, condition, step, result };
        let mapped = self.make(Core::Loop(Box::new(looping)), keys.clone());
        // Of keys that turn out when it runs, texts cost most, and numbers least.
        let sorts = match &keys {
            StaticType::List(items) if items.types().first().is_none_or(StaticType::is_dyn) => {
                vec![StaticType::list(StaticType::Int), StaticType::list(StaticType::String)]
            }
            _ => vec![keys],
        };
        let call = Core::Call {
            function: "@sortByAssociatedKeys".into(),
            target: Some(Box::new(sorted)),
            arguments: vec![mapped],
            overloads: sorts.into_iter().map(|keys| vec![of.clone(), keys]).collect(),
        };
        let body = Box::new(self.make(call, of.clone()));
        Some(self.make(Core::Bind { variable: SORTED.into(), value, body }, of))
    }

    fn result(&mut self, kept: &StaticType) -> Node {
        self.make(Core::Identifier(RESULT.into()), kept.clone())
    }

    /// What is asked before each turn.
    fn condition(&mut self, kind: FoldKind) -> Node {
        let asked = match kind {
            FoldKind::All => self.result(&StaticType::Bool),
            FoldKind::Exists => {
                let result = self.result(&StaticType::Bool);
                self.simple("!_", vec![result], StaticType::Bool)
            }
            _ => return self.make(Core::Literal(1, None), StaticType::Bool),
        };
        self.simple("@not_strictly_false", vec![asked], StaticType::Bool)
    }

    /// What each turn gives.
    fn step(
        &mut self,
        kind: FoldKind,
        variables: &[Box<str>],
        filter: Option<Node>,
        body: Node,
        kept: &StaticType,
    ) -> Node {
        let result = self.result(kept);
        let (chosen, longer) = match kind {
            FoldKind::All => return self.logical(LogicOperator::And, result, body),
            FoldKind::Exists => return self.logical(LogicOperator::Or, result, body),
            FoldKind::ExistsOne { .. } => {
                let one = self.make(Core::Literal(1, Some(1)), StaticType::Int);
                (Some(body), self.simple("_+_", vec![result, one], StaticType::Int))
            }
            FoldKind::Filter => {
                let name = variables.first().cloned().unwrap_or_default();
                let item = self.make(Core::Identifier(name), StaticType::Dyn);
                let list = self.make(Core::List(vec![item]), kept.clone());
                (Some(body), self.simple("_+_", vec![result, list], kept.clone()))
            }
            FoldKind::Map | FoldKind::TransformList | FoldKind::SortBy => {
                let list = self.make(Core::List(vec![body]), kept.clone());
                (filter, self.simple("_+_", vec![result, list], kept.clone()))
            }
            FoldKind::TransformMap => {
                let name = variables.first().cloned().unwrap_or_default();
                let key = self.make(Core::Identifier(name), StaticType::Dyn);
                (filter, self.simple("cel.@mapInsert", vec![result, key, body], kept.clone()))
            }
            FoldKind::TransformMapEntry => {
                (filter, self.simple("cel.@mapInsert", vec![result, body], kept.clone()))
            }
        };
        match chosen {
            Some(chosen) => {
                let same = self.result(kept);
                self.simple("_?_:_", vec![chosen, longer, same], kept.clone())
            }
            None => longer,
        }
    }

    /// `target.hasValue() ? optional.of(body with the variable as target.value()) : optional.none()`.
    fn optional_map(
        &mut self,
        target: ExprId,
        variable: &str,
        body: ExprId,
        flat: bool,
        of: StaticType,
    ) -> Option<Node> {
        let held = self.checked.type_of(target).as_optional().cloned().unwrap_or(StaticType::Dyn);
        let asked = self.node(target)?;
        let has = self.method("hasValue", asked, StaticType::Bool);
        let taken = self.node(target)?;
        let value = Box::new(self.method("value", taken, held));
        let name: Box<str> = variable.into();
        let body = Box::new(self.within(std::slice::from_ref(&name), body)?);
        let result = body.of.clone();
        let bound = self.make(Core::Bind { variable: name, value, body }, result);
        let yes = if flat { bound } else { self.simple("optional.of", vec![bound], of.clone()) };
        let no = self.simple("optional.none", Vec::new(), of.clone());
        Some(self.simple("_?_:_", vec![has, yes, no], of))
    }

    fn method(&mut self, name: &str, target: Node, of: StaticType) -> Node {
        let overloads = vec![vec![target.of.clone()]];
        let target = Some(Box::new(target));
        self.make(Core::Call { function: name.into(), target, arguments: Vec::new(), overloads }, of)
    }
}

fn literal(literal: &Literal) -> Core {
    match literal {
        Literal::String(text) => Core::Literal(text.chars().count() as u64, None),
        Literal::Bytes(bytes) => Core::Literal(bytes.len() as u64, None),
        Literal::Int(number) => Core::Literal(1, Some(*number)),
        Literal::Null | Literal::Bool(_) | Literal::UInt(_) | Literal::Double(_) => Core::Literal(1, None),
    }
}
