//! Back from a syntax tree to text: the one spelling of an expression, with no bracket too many.

use std::fmt::Write as _;

use super::{Ast, BinaryOperator, Expr, ExprId, FoldKind, Literal, LogicOperator, Selection, UnaryOperator};
use crate::value::{write_bytes, write_quoted};

/// How strongly an expression holds together; what holds less than its place wants is put in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Conditional,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Unary,
    Member,
}

impl Level {
    fn next(self) -> Self {
        match self {
            Self::Conditional => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Relation,
            Self::Relation => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::Unary,
            Self::Unary | Self::Member => Self::Member,
        }
    }
}

/// The text of an expression.
pub(crate) fn unparse(ast: &Ast, root: ExprId) -> String {
    let mut writer = Writer { ast, out: String::new() };
    writer.at(root, Level::Conditional);
    writer.out
}

struct Writer<'w> {
    ast: &'w Ast,
    out: String,
}

impl Writer<'_> {
    /// Writes an expression where at least a level is wanted.
    fn at(&mut self, id: ExprId, wanted: Level) {
        let brackets = level(self.ast.expr(id)) < wanted;
        if brackets {
            self.out.push('(');
        }
        self.expr(id);
        if brackets {
            self.out.push(')');
        }
    }

    fn expr(&mut self, id: ExprId) {
        match self.ast.expr(id) {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Identifier { name, absolute } => {
                if *absolute {
                    self.out.push('.');
                }
                self.name(name);
            }
            Expr::Select { operand, field, selection } => self.select(*operand, field, *selection),
            Expr::Index { operand, index, optional } => {
                self.at(*operand, Level::Member);
                self.out.push_str(if *optional { "[?" } else { "[" });
                self.at(*index, Level::Conditional);
                self.out.push(']');
            }
            Expr::Call { target, function, arguments } => {
                if let Some(target) = target {
                    self.at(*target, Level::Member);
                    self.out.push('.');
                }
                self.out.push_str(function);
                self.arguments(arguments);
            }
            Expr::Unary { operator, operand } => self.unary(*operator, *operand),
            Expr::Chain { first, links } => {
                let inner = level(self.ast.expr(id)).next();
                self.at(*first, inner);
                for link in links {
                    self.out.push(' ');
                    self.out.push_str(link.operator.symbol());
                    self.out.push(' ');
                    self.at(link.right, inner);
                }
            }
            Expr::Logic { operator, terms } => {
                let inner = level(self.ast.expr(id)).next();
                let symbol = if *operator == LogicOperator::And { " && " } else { " || " };
                self.separated(terms, symbol, |writer, term| writer.at(*term, inner));
            }
            Expr::Conditional { condition, yes, no } => {
                self.at(*condition, Level::Or);
                self.out.push_str(" ? ");
                self.at(*yes, Level::Or);
                self.out.push_str(" : ");
                self.at(*no, Level::Conditional);
            }
            Expr::List(items) => {
                self.out.push('[');
                self.separated(items, ", ", |writer, item| {
                    writer.optional_mark(item.optional);
                    writer.at(item.value, Level::Conditional);
                });
                self.out.push(']');
            }
            Expr::Map(entries) => {
                self.out.push('{');
                self.separated(entries, ", ", |writer, entry| {
                    writer.optional_mark(entry.optional);
                    writer.at(entry.key, Level::Conditional);
                    writer.out.push_str(": ");
                    writer.at(entry.value, Level::Conditional);
                });
                self.out.push('}');
            }
            Expr::Message { name, fields } => {
                self.out.push_str(name);
                self.out.push('{');
                self.separated(fields, ", ", |writer, (field, value, optional)| {
                    writer.optional_mark(*optional);
                    writer.field(field);
                    writer.out.push_str(": ");
                    writer.at(*value, Level::Conditional);
                });
                self.out.push('}');
            }
            Expr::Fold { kind, range, variables, filter, body } => {
                self.fold(*kind, *range, variables, *filter, *body);
            }
            Expr::Bind { variable, value, body } => {
                self.with_variable("cel.bind", None, variable, &[*value, *body]);
            }
            Expr::OptionalMap { target, variable, body, flat } => {
                let name = if *flat { "optFlatMap" } else { "optMap" };
                self.with_variable(name, Some(*target), variable, &[*body]);
            }
            Expr::Block { slots, body } => {
                self.out.push_str("cel.block([");
                self.separated(slots, ", ", |writer, slot| writer.at(*slot, Level::Conditional));
                self.out.push_str("], ");
                self.at(*body, Level::Conditional);
                self.out.push(')');
            }
            Expr::Missing => {}
        }
    }

    fn select(&mut self, operand: ExprId, field: &str, selection: Selection) {
        if selection == Selection::Test {
            self.out.push_str("has(");
        }
        self.at(operand, Level::Member);
        self.out.push_str(if selection == Selection::Optional { ".?" } else { "." });
        self.field(field);
        if selection == Selection::Test {
            self.out.push(')');
        }
    }

    fn unary(&mut self, operator: UnaryOperator, operand: ExprId) {
        let negate = operator == UnaryOperator::Negate;
        self.out.push(if negate { '-' } else { '!' });
        // A minus sign right before a number would become part of it.
        if negate && self.starts_with_number(operand) {
            self.out.push('(');
            self.expr(operand);
            self.out.push(')');
        } else {
            self.at(operand, Level::Member);
        }
    }

    fn starts_with_number(&self, id: ExprId) -> bool {
        let mut place = id;
        loop {
            place = match self.ast.expr(place) {
                Expr::Literal(literal) => return matches!(literal, Literal::Int(_) | Literal::Double(_)),
                Expr::Select { operand, selection, .. } if *selection != Selection::Test => *operand,
                Expr::Index { operand, .. } => *operand,
                Expr::Call { target: Some(target), .. } | Expr::OptionalMap { target, .. } => *target,
                Expr::Fold { range, .. } => *range,
                _ => return false,
            };
        }
    }

    fn fold(
        &mut self,
        kind: FoldKind,
        range: ExprId,
        variables: &[Box<str>],
        filter: Option<ExprId>,
        body: ExprId,
    ) {
        self.at(range, Level::Member);
        self.out.push('.');
        self.out.push_str(kind.name());
        self.out.push('(');
        self.separated(variables, ", ", |writer, name| writer.name(name));
        for part in filter.into_iter().chain([body]) {
            self.out.push_str(", ");
            self.at(part, Level::Conditional);
        }
        self.out.push(')');
    }

    fn with_variable(&mut self, name: &str, target: Option<ExprId>, variable: &str, parts: &[ExprId]) {
        if let Some(target) = target {
            self.at(target, Level::Member);
            self.out.push('.');
        }
        self.out.push_str(name);
        self.out.push('(');
        self.name(variable);
        for part in parts {
            self.out.push_str(", ");
            self.at(*part, Level::Conditional);
        }
        self.out.push(')');
    }

    fn arguments(&mut self, arguments: &[ExprId]) {
        self.out.push('(');
        self.separated(arguments, ", ", |writer, argument| writer.at(*argument, Level::Conditional));
        self.out.push(')');
    }

    fn separated<T>(&mut self, parts: &[T], between: &str, mut write: impl FnMut(&mut Self, &T)) {
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                self.out.push_str(between);
            }
            write(self, part);
        }
    }

    fn optional_mark(&mut self, optional: bool) {
        if optional {
            self.out.push('?');
        }
    }

    /// A variable, or the call that a generated name came from.
    fn name(&mut self, name: &str) {
        // Writing to a string never fails.
        let _ = match name.strip_prefix('@').map(|rest| rest.split(':').collect::<Vec<_>>()).as_deref() {
            Some(["it", depth, place]) => write!(self.out, "cel.iterVar({depth}, {place})"),
            Some(["ac", depth, place]) => write!(self.out, "cel.accuVar({depth}, {place})"),
            Some([slot]) => write!(self.out, "cel.index({})", slot.trim_start_matches("index")),
            _ => self.out.write_str(name),
        };
    }

    fn field(&mut self, name: &str) {
        let mut letters = name.bytes();
        let first = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == b'_');
        let plain = first && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
        if plain && !matches!(name, "in" | "true" | "false" | "null") {
            self.out.push_str(name);
        } else {
            let _ = write!(self.out, "`{name}`");
        }
    }

    fn literal(&mut self, literal: &Literal) {
        let _ = match literal {
            Literal::Null => self.out.write_str("null"),
            Literal::Bool(value) => write!(self.out, "{value}"),
            Literal::Int(value) => write!(self.out, "{value}"),
            Literal::UInt(value) => write!(self.out, "{value}u"),
            Literal::Double(value) => write!(self.out, "{value:?}"),
            Literal::String(value) => write_quoted(value, &mut self.out),
            Literal::Bytes(value) => write_bytes(value, &mut self.out),
        };
    }
}

fn level(expr: &Expr) -> Level {
    match expr {
        Expr::Conditional { .. } => Level::Conditional,
        Expr::Logic { operator: LogicOperator::Or, .. } => Level::Or,
        Expr::Logic { operator: LogicOperator::And, .. } => Level::And,
        Expr::Chain { links, .. } => match links.first().map(|link| link.operator) {
            Some(BinaryOperator::Add | BinaryOperator::Subtract) => Level::Sum,
            Some(BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Modulo) => {
                Level::Product
            }
            _ => Level::Relation,
        },
        Expr::Unary { .. } => Level::Unary,
        _ => Level::Member,
    }
}
