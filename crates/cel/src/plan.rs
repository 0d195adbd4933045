//! What a program runs: a tree of operations with every name resolved.
//!
//! Planning turns names into slots, selections into paths whose schema keys are numbers, literals into
//! values and patterns into compiled expressions, so that evaluation looks nothing up by text.

mod build;
mod names;

use std::sync::Arc;

use bulkhead_document::Key;
use regex::Regex;

use crate::error::EvalError;
use crate::library::Function;
use crate::syntax::{BinaryOperator, FoldKind, Span};
use crate::value::{AttributePath, Value};

pub(crate) use build::build;
pub(crate) use names::{candidates, type_named};

/// One operation.
#[derive(Debug)]
pub(crate) enum Op {
    Constant(Value<'static>),
    Variable(Slot),
    Local(Local),
    Path(Box<Path>),
    Call(Box<Call>),
    /// `matches` with a pattern that is a literal.
    Matches(Box<Matches>),
    /// `find` and `findAll` with a pattern that is a literal.
    Find(Box<Find>),
    /// A call that gives the same each time, such as `cidr('10.0.0.0/8')`, and what it costs each time.
    Known(Box<(Value<'static>, u64)>),
    Not(Box<Op>, Span),
    Negate(Box<Op>, Span),
    Chain(Box<Chain>),
    And(Box<[Op]>),
    Or(Box<[Op]>),
    Conditional(Box<[Op; 3]>, Span),
    List(Box<[(Op, bool)]>, Span),
    /// Entries, and whether a key that repeats is an error.
    Map(Box<[(Op, Op, bool)]>, bool, Span),
    Object(Box<Made>),
    Fold(Box<Fold>),
    Bind(Box<[Op; 2]>),
    OptionalMap(Box<OptionalMap>),
    /// `or` and `orValue`: the right side is computed only when the left is absent.
    OptionalOr(Box<OptionalOr>),
    Block(Box<Block>),
    /// What is sure to fail when it is reached.
    Fail(EvalError),
}

impl Op {
    /// Whether it is a list without items.
    pub(crate) fn is_empty_list(&self) -> bool {
        matches!(self, Self::Constant(Value::List(items)) if items.is_empty())
    }
}

/// A variable: its place among those that the program uses.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) place: usize,
    pub(crate) name: Arc<str>,
    pub(crate) span: Span,
}

/// A variable of a macro: so many scopes up, and which of that scope's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Local {
    pub(crate) up: u32,
    pub(crate) part: u32,
}

/// Selections from a value, one after another.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) root: Op,
    pub(crate) steps: Box<[Step]>,
    /// `has(…)`: the last step is asked for and not read.
    pub(crate) test: bool,
    /// Whether it starts from a name and every step is a name that must be there: the way through a
    /// document that needs no thought.
    pub(crate) straight: bool,
    /// Whether asking a number or a text for a field is an error, rather than answered by no.
    pub(crate) strict: bool,
}

/// One selection.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) select: Select,
    pub(crate) optional: bool,
    pub(crate) span: Span,
}

impl Step {
    /// What it costs; an index that is itself a name or a path has paid already.
    pub(crate) fn cost(&self) -> u64 {
        match &self.select {
            Select::Index(Op::Variable(_) | Op::Local(_) | Op::Path(_)) => 0,
            _ => 1,
        }
    }
}

#[derive(Debug)]
pub(crate) enum Select {
    /// By a name that the expression spells out; numbered when the schemas know it.
    Field(Value<'static>, Arc<str>, Option<Key>),
    /// By a value.
    Index(Op),
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Arc<str>,
    /// The functions of that name and arity, of which the first that takes the arguments runs.
    pub(crate) candidates: Box<[&'static Function]>,
    pub(crate) arguments: Box<[Op]>,
    /// Whether the server cannot tell before it runs which overload it is, as an argument is `dyn`.
    pub(crate) untold: bool,
    /// The same of the receiver, or of the items of the list that it is.
    pub(crate) unclear: bool,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Matches {
    pub(crate) subject: Op,
    pub(crate) pattern: Regex,
    /// The length of the pattern as it was written, where the server counts it: in the method.
    pub(crate) length: Option<usize>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Find {
    /// The call itself, for what is no text.
    pub(crate) call: Call,
    pub(crate) pattern: Regex,
    /// How many matches are wanted; nothing for `find`.
    pub(crate) most: Option<usize>,
}

/// A run of binary operators, grouped from the left.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) first: Op,
    pub(crate) links: Box<[ChainLink]>,
}

/// One operator of a chain with what stands right of it.
#[derive(Debug)]
pub(crate) struct ChainLink {
    pub(crate) operator: BinaryOperator,
    pub(crate) right: Op,
    pub(crate) membership: Membership,
    /// Whether a side is text or bytes for sure: the server counts their length only then.
    pub(crate) is_text: bool,
    pub(crate) span: Span,
}

/// What `in` costs: the server counts the items of a list only where it is one for sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    /// A list of constants.
    Free,
    Length,
    One,
}

/// An object that is made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) name: Arc<str>,
    /// Names, values, and whether one may be absent.
    pub(crate) fields: Box<[(Arc<str>, Op, bool)]>,
    pub(crate) span: Span,
}

/// A macro over a list or a map.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) kind: FoldKind,
    pub(crate) range: Op,
    pub(crate) two_variables: bool,
    pub(crate) filter: Option<Op>,
    pub(crate) body: Op,
    /// Whether the type of what the body gives only turns out when it runs.
    pub(crate) untold: bool,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct OptionalMap {
    pub(crate) target: Op,
    pub(crate) body: Op,
    pub(crate) flat: bool,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct OptionalOr {
    pub(crate) left: Op,
    pub(crate) right: Op,
    /// Whether the value itself is wanted (`orValue`).
    pub(crate) value: bool,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) slots: Box<[Op]>,
    pub(crate) body: Op,
}

/// A planned expression with what it reads.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) root: Op,
    pub(crate) variables: Vec<String>,
    pub(crate) paths: Vec<AttributePath>,
}
