//! Macros: calls that mean more than a function can, because an argument names a variable.
//!
//! A library lists the macros it brings; what they expand to is built here.

use super::{Ast, Expr, ExprId, FoldKind, Literal, Selection};

/// A macro by name and shape.
#[derive(Debug)]
pub(crate) struct Macro {
    pub(crate) name: &'static str,
    pub(crate) style: Style,
    pub(crate) arguments: usize,
    pub(crate) expand: fn(&Expansion<'_>) -> Result<Expr, (ExprId, String)>,
}

/// How a macro is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `has(x)`
    Global,
    /// `x.all(…)`
    Receiver,
    /// `cel.bind(…)`: the receiver is a name, not a value.
    Namespace(&'static str),
}

/// A call about to be expanded.
pub(crate) struct Expansion<'e> {
    pub(crate) ast: &'e Ast,
    pub(crate) target: Option<ExprId>,
    pub(crate) arguments: &'e [ExprId],
}

impl Macro {
    /// Whether a call of its name is a use of it.
    pub(crate) fn takes(&self, ast: &Ast, target: Option<ExprId>, arguments: usize) -> bool {
        if self.arguments != arguments {
            return false;
        }
        match (self.style, target) {
            (Style::Global, None) | (Style::Receiver, Some(_)) => true,
            (Style::Namespace(namespace), Some(target)) => {
                matches!(ast.expr(target), Expr::Identifier { name, .. } if **name == *namespace)
            }
            _ => false,
        }
    }
}

type Expanded = Result<Expr, (ExprId, String)>;

impl Expansion<'_> {
    fn argument(&self, place: usize) -> ExprId {
        self.arguments.get(place).copied().unwrap_or_else(|| self.receiver())
    }

    fn receiver(&self) -> ExprId {
        // A macro is matched by its shape first, so there is one or the other.
        self.target.or_else(|| self.arguments.first().copied()).unwrap_or(ExprId::NONE)
    }

    /// The variable that an argument names.
    fn variable(&self, place: usize, message: &str) -> Result<Box<str>, (ExprId, String)> {
        let id = self.argument(place);
        match self.ast.expr(id) {
            Expr::Identifier { name, absolute: false } if is_accumulator(name) => {
                Err((id, "iteration variable overwrites accumulator variable".to_owned()))
            }
            Expr::Identifier { name, absolute: false } => Ok(name.clone()),
            _ => Err((id, message.to_owned())),
        }
    }

    fn two_variables(&self) -> Result<Box<[Box<str>]>, (ExprId, String)> {
        let first = self.variable(0, "argument must be a simple name")?;
        let second = self.variable(1, "argument must be a simple name")?;
        if first == second {
            return Err((self.argument(1), format!("duplicate variable name: {second}")));
        }
        Ok([first, second].into())
    }
}

/// The name under which the API server's library keeps a loop's result.
fn is_accumulator(name: &str) -> bool {
    name == "__result__"
}

/// `has(a.b)`
pub(crate) fn has(call: &Expansion<'_>) -> Expanded {
    match call.ast.expr(call.argument(0)).clone() {
        Expr::Select { operand, field, selection: Selection::Plain } => {
            Ok(Expr::Select { operand, field, selection: Selection::Test })
        }
        _ => Err((call.argument(0), "invalid argument to has() macro".to_owned())),
    }
}

/// `range.all(x, body)`, `exists`, `exists_one`.
fn quantifier(call: &Expansion<'_>, kind: FoldKind) -> Expanded {
    let variable = call.variable(0, "argument must be a simple name")?;
    let body = call.argument(1);
    Ok(Expr::Fold { kind, range: call.receiver(), variables: [variable].into(), filter: None, body })
}

pub(crate) fn all(call: &Expansion<'_>) -> Expanded {
    quantifier(call, FoldKind::All)
}

pub(crate) fn exists(call: &Expansion<'_>) -> Expanded {
    quantifier(call, FoldKind::Exists)
}

pub(crate) fn exists_one(call: &Expansion<'_>) -> Expanded {
    quantifier(call, FoldKind::ExistsOne { camel: false })
}

pub(crate) fn exists_one_camel(call: &Expansion<'_>) -> Expanded {
    quantifier(call, FoldKind::ExistsOne { camel: true })
}

/// `range.map(x, body)` and `range.map(x, filter, body)`.
pub(crate) fn map(call: &Expansion<'_>) -> Expanded {
    let variable = call.variable(0, "argument is not an identifier")?;
    let filter = (call.arguments.len() == 3).then(|| call.argument(1));
    let body = call.argument(call.arguments.len().saturating_sub(1));
    Ok(Expr::Fold { kind: FoldKind::Map, range: call.receiver(), variables: [variable].into(), filter, body })
}

pub(crate) fn filter(call: &Expansion<'_>) -> Expanded {
    let variable = call.variable(0, "argument is not an identifier")?;
    let body = call.argument(1);
    let kind = FoldKind::Filter;
    Ok(Expr::Fold { kind, range: call.receiver(), variables: [variable].into(), filter: None, body })
}

/// `range.sortBy(x, key)`
pub(crate) fn sort_by(call: &Expansion<'_>) -> Expanded {
    if matches!(call.ast.expr(call.receiver()), Expr::Literal(_) | Expr::Map(_) | Expr::Message { .. }) {
        let message =
            "sortBy can only be applied to a list, identifier, comprehension, call or select expression";
        return Err((call.receiver(), message.to_owned()));
    }
    let variable = call.variable(0, "argument is not an identifier")?;
    let (kind, body) = (FoldKind::SortBy, call.argument(1));
    Ok(Expr::Fold { kind, range: call.receiver(), variables: [variable].into(), filter: None, body })
}

/// The macros with two variables: `range.all(i, v, body)`, and with a filter before the body.
fn two_variables(call: &Expansion<'_>, kind: FoldKind) -> Expanded {
    let variables = call.two_variables()?;
    let filter = (call.arguments.len() == 4).then(|| call.argument(2));
    let body = call.argument(call.arguments.len().saturating_sub(1));
    Ok(Expr::Fold { kind, range: call.receiver(), variables, filter, body })
}

pub(crate) fn all2(call: &Expansion<'_>) -> Expanded {
    two_variables(call, FoldKind::All)
}

pub(crate) fn exists2(call: &Expansion<'_>) -> Expanded {
    two_variables(call, FoldKind::Exists)
}

pub(crate) fn exists_one2(call: &Expansion<'_>) -> Expanded {
    two_variables(call, FoldKind::ExistsOne { camel: true })
}

pub(crate) fn exists_one_plain2(call: &Expansion<'_>) -> Expanded {
    two_variables(call, FoldKind::ExistsOne { camel: false })
}

pub(crate) fn transform_list(call: &Expansion<'_>) -> Expanded {
    two_variables(call, FoldKind::TransformList)
}

pub(crate) fn transform_map(call: &Expansion<'_>) -> Expanded {
    two_variables(call, FoldKind::TransformMap)
}

pub(crate) fn transform_map_entry(call: &Expansion<'_>) -> Expanded {
    two_variables(call, FoldKind::TransformMapEntry)
}

/// `target.optMap(x, body)`
pub(crate) fn optional_map(call: &Expansion<'_>) -> Expanded {
    optional(call, false)
}

/// `target.optFlatMap(x, body)`
pub(crate) fn optional_flat_map(call: &Expansion<'_>) -> Expanded {
    optional(call, true)
}

fn optional(call: &Expansion<'_>, flat: bool) -> Expanded {
    let name = if flat { "optFlatMap" } else { "optMap" };
    let message = format!("{name}() variable name must be a simple identifier");
    let variable = call.variable(0, &message)?;
    Ok(Expr::OptionalMap { target: call.receiver(), variable, body: call.argument(1), flat })
}

/// `cel.bind(x, value, body)`
pub(crate) fn bind(call: &Expansion<'_>) -> Expanded {
    let variable = call.variable(0, "cel.bind() variable names must be simple identifiers")?;
    Ok(Expr::Bind { variable, value: call.argument(1), body: call.argument(2) })
}

/// `cel.block([slots], body)`
pub(crate) fn block(call: &Expansion<'_>) -> Expanded {
    match call.ast.expr(call.argument(0)) {
        Expr::List(items) if items.iter().all(|item| !item.optional) => {
            Ok(Expr::Block { slots: items.iter().map(|item| item.value).collect(), body: call.argument(1) })
        }
        _ => Err((call.argument(0), "cel.block requires the first arg to be a list literal".to_owned())),
    }
}

/// `cel.index(n)`: the slot of the block around it.
pub(crate) fn index(call: &Expansion<'_>) -> Expanded {
    let number = number(call, 0, "cel.index requires a single non-negative int constant arg")?;
    Ok(Expr::Identifier { name: format!("@index{number}").into(), absolute: false })
}

/// `cel.iterVar(depth, n)`: the name of a loop's variable.
pub(crate) fn iteration_variable(call: &Expansion<'_>) -> Expanded {
    generated(call, "it")
}

/// `cel.accuVar(depth, n)`: the name of a loop's result.
pub(crate) fn accumulator_variable(call: &Expansion<'_>) -> Expanded {
    generated(call, "ac")
}

fn generated(call: &Expansion<'_>, kind: &str) -> Expanded {
    let message = "cel.iterVar and cel.accuVar require two non-negative int constant args";
    let (depth, place) = (number(call, 0, message)?, number(call, 1, message)?);
    Ok(Expr::Identifier { name: format!("@{kind}:{depth}:{place}").into(), absolute: false })
}

fn number(call: &Expansion<'_>, place: usize, message: &str) -> Result<i64, (ExprId, String)> {
    match call.ast.expr(call.argument(place)) {
        Expr::Literal(Literal::Int(number)) if *number >= 0 => Ok(*number),
        _ => Err((call.argument(place), message.to_owned())),
    }
}
