//! The syntax tree: expressions in one vector, each with its span.
//!
//! Macros are kept as nodes of their own rather than as the loops that they stand for: a node says both
//! what was written and what it means, and each later stage (planner, unparser, checker, cost) treats it
//! as one thing.

use std::ops::Range;
use std::sync::Arc;

/// Bytes of the expression's text.
pub(crate) type Span = Range<u32>;

/// The place of an expression in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ExprId(u32);

impl ExprId {
    /// A place in no tree.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// The place as a number, for tables beside the tree.
    pub(crate) fn place(self) -> usize {
        self.0 as usize
    }
}

/// One parsed expression.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ast {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone)]
struct Node {
    expr: Expr,
    span: Span,
    /// Where messages point to: the operator, the dot, the opening bracket of a call.
    at: u32,
    /// Levels of expressions within, itself included. A run of operators is one level.
    depth: u32,
    /// The same as the API server's parser counts it.
    visits: u32,
}

/// One expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    Literal(Literal),
    /// A variable, a type or the start of a qualified name; absolute when it was written with a leading dot.
    Identifier {
        name: Box<str>,
        absolute: bool,
    },
    Select {
        operand: ExprId,
        field: Box<str>,
        selection: Selection,
    },
    Index {
        operand: ExprId,
        index: ExprId,
        optional: bool,
    },
    Call {
        target: Option<ExprId>,
        function: Box<str>,
        arguments: Box<[ExprId]>,
    },
    Unary {
        operator: UnaryOperator,
        operand: ExprId,
    },
    /// A run of operators of one precedence, grouped from the left.
    Chain {
        first: ExprId,
        links: Box<[Link]>,
    },
    /// A run of `&&` or of `||`.
    Logic {
        operator: LogicOperator,
        terms: Box<[ExprId]>,
    },
    Conditional {
        condition: ExprId,
        yes: ExprId,
        no: ExprId,
    },
    List(Box<[Item]>),
    Map(Box<[Entry]>),
    Message {
        name: Box<str>,
        fields: Box<[(Box<str>, ExprId, bool)]>,
    },
    /// `range.all(x, body)` and its kin, with one variable or two.
    Fold {
        kind: FoldKind,
        range: ExprId,
        variables: Box<[Box<str>]>,
        filter: Option<ExprId>,
        body: ExprId,
    },
    /// `cel.bind(variable, value, body)`
    Bind {
        variable: Box<str>,
        value: ExprId,
        body: ExprId,
    },
    /// `target.optMap(variable, body)`; flat when the body itself gives an optional value.
    OptionalMap {
        target: ExprId,
        variable: Box<str>,
        body: ExprId,
        flat: bool,
    },
    /// `cel.block([slots], body)`
    Block {
        slots: Box<[ExprId]>,
        body: ExprId,
    },
    /// What stands where parsing failed.
    Missing,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selection {
    /// `operand.field`
    Plain,
    /// `operand.?field`
    Optional,
    /// `has(operand.field)`
    Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnaryOperator {
    Not,
    Negate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogicOperator {
    And,
    Or,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equals,
    NotEquals,
    Less,
    LessEquals,
    Greater,
    GreaterEquals,
    In,
}

/// One operator of a chain with what stands right of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Link {
    pub(crate) operator: BinaryOperator,
    pub(crate) span: Span,
    pub(crate) right: ExprId,
}

/// An item of a list; an optional one (`[?x]`) is left out when it is absent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) value: ExprId,
    pub(crate) optional: bool,
}

/// An entry of a map; an optional one (`{?k: x}`) is left out when it is absent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: ExprId,
    pub(crate) value: ExprId,
    pub(crate) optional: bool,
}

/// Which macro over a list or a map it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FoldKind {
    All,
    Exists,
    /// `exists_one`, or `existsOne` when it was written so.
    ExistsOne {
        camel: bool,
    },
    Map,
    Filter,
    TransformList,
    TransformMap,
    TransformMapEntry,
    /// The range in the order of what the body gives.
    SortBy,
}

impl FoldKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Exists => "exists",
            Self::ExistsOne { camel: false } => "exists_one",
            Self::ExistsOne { camel: true } => "existsOne",
            Self::Map => "map",
            Self::Filter => "filter",
            Self::TransformList => "transformList",
            Self::TransformMap => "transformMap",
            Self::TransformMapEntry => "transformMapEntry",
            Self::SortBy => "sortBy",
        }
    }
}

impl BinaryOperator {
    /// How it is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Equals => "==",
            Self::NotEquals => "!=",
            Self::Less => "<",
            Self::LessEquals => "<=",
            Self::Greater => ">",
            Self::GreaterEquals => ">=",
            Self::In => "in",
        }
    }
}

impl Ast {
    /// Adds an expression whose parts were added before.
    pub(crate) fn add(&mut self, expr: Expr, span: Span, at: u32) -> ExprId {
        let mut deepest = 0;
        expr.each_part(|part| deepest = deepest.max(self.depth(part)));
        let visits = self.count_visits(&expr);
        let id = ExprId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node { expr, span, at, depth: deepest.saturating_add(1), visits });
        id
    }

    /// The expression at a place.
    pub(crate) fn expr(&self, id: ExprId) -> &Expr {
        self.nodes.get(id.0 as usize).map_or(&Expr::Missing, |node| &node.expr)
    }

    /// All expressions, parts before the whole.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ExprId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(ExprId)
    }

    /// How many expressions it has.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Where an expression stands.
    pub(crate) fn span(&self, id: ExprId) -> Span {
        self.nodes.get(id.0 as usize).map_or(0..0, |node| node.span.clone())
    }

    /// Where a message about an expression points to.
    pub(crate) fn place(&self, id: ExprId) -> u32 {
        self.nodes.get(id.0 as usize).map_or(0, |node| node.at)
    }

    /// How many levels of expressions an expression has.
    pub(crate) fn depth(&self, id: ExprId) -> u32 {
        self.nodes.get(id.0 as usize).map_or(0, |node| node.depth)
    }

    /// How deep the API server's parser goes into an expression: each operator of a run is a level, and so
    /// are conditions, selections, methods and indexes; nothing else is.
    pub(crate) fn visits(&self, id: ExprId) -> u32 {
        self.nodes.get(id.0 as usize).map_or(0, |node| node.visits)
    }

    fn count_visits(&self, expr: &Expr) -> u32 {
        if let Expr::Chain { first, links } = expr {
            return links
                .iter()
                .fold(self.visits(*first), |left, link| left.max(self.visits(link.right)).saturating_add(1));
        }
        let mut deepest = 0;
        expr.each_part(|part| deepest = deepest.max(self.visits(part)));
        let counts = match expr {
            Expr::Call { target, .. } => target.is_some(),
            Expr::Conditional { .. }
            | Expr::Select { .. }
            | Expr::Index { .. }
            | Expr::Fold { .. }
            | Expr::OptionalMap { .. } => true,
            _ => false,
        };
        deepest.saturating_add(u32::from(counts))
    }

    /// The name that an identifier with plain selections spells, such as `google.protobuf.Timestamp`, and
    /// whether it is absolute. `None` for all other expressions.
    pub(crate) fn qualified_name(&self, id: ExprId) -> Option<(Vec<&str>, bool)> {
        let mut names = Vec::new();
        let mut place = id;
        loop {
            match self.expr(place) {
                Expr::Identifier { name, absolute } => {
                    names.push(&**name);
                    names.reverse();
                    return Some((names, *absolute));
                }
                Expr::Select { operand, field, selection: Selection::Plain } => {
                    names.push(field);
                    place = *operand;
                }
                _ => return None,
            }
        }
    }
}

impl Expr {
    /// Visits the expressions right within.
    pub(crate) fn each_part(&self, mut visit: impl FnMut(ExprId)) {
        match self {
            Self::Literal(_) | Self::Identifier { .. } | Self::Missing => {}
            Self::Select { operand, .. } | Self::Unary { operand, .. } => visit(*operand),
            Self::Index { operand, index, .. } => [*operand, *index].into_iter().for_each(visit),
            Self::Call { target, arguments, .. } => {
                target.iter().chain(arguments).copied().for_each(visit);
            }
            Self::Chain { first, links } => {
                visit(*first);
                links.iter().for_each(|link| visit(link.right));
            }
            Self::Logic { terms, .. } => terms.iter().copied().for_each(visit),
            Self::Conditional { condition, yes, no } => [*condition, *yes, *no].into_iter().for_each(visit),
            Self::List(items) => items.iter().for_each(|item| visit(item.value)),
            Self::Map(entries) => {
                entries.iter().flat_map(|entry| [entry.key, entry.value]).for_each(visit);
            }
            Self::Message { fields, .. } => fields.iter().for_each(|(_, value, _)| visit(*value)),
            Self::Fold { range, filter, body, .. } => {
                [Some(*range), *filter, Some(*body)].into_iter().flatten().for_each(visit);
            }
            Self::Bind { value, body, .. } => [*value, *body].into_iter().for_each(visit),
            Self::OptionalMap { target, body, .. } => [*target, *body].into_iter().for_each(visit),
            Self::Block { slots, body } => {
                slots.iter().copied().for_each(&mut visit);
                visit(*body);
            }
        }
    }
}
