//! From text to a syntax tree: lexer, parser, macros, and back to text.
//!
//! The grammar is that of the language definition
//! (<https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax>). Nothing here or behind it
//! recurses deeper than [`Limits::depth`](crate::Limits): runs of binary operators are one node with many
//! terms, everything else that nests is counted.

mod ast;
mod literal;
pub(crate) mod macros;
mod parse;
mod substitute;
mod token;
mod unparse;

pub(crate) use ast::{
    Ast, BinaryOperator, Entry, Expr, ExprId, FoldKind, Item, Link, Literal, LogicOperator, Selection, Span,
    UnaryOperator,
};
pub(crate) use macros::{Expansion, Macro, Style};
pub(crate) use parse::{Features, Mistake, is_reserved, parse};
pub(crate) use substitute::{free_variables, substitute};
pub(crate) use unparse::unparse;
