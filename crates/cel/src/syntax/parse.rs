//! The parser: recursive descent, one function per level of the grammar.
//!
//! Parsing stops at the first mistake. Two things bound it: how deep brackets, arguments and conditions
//! nest, and how deep the tree gets, where a run of binary operators is one level however long it is.

mod member;

use super::token::{Lexer, Token, Unreadable};
use super::{Ast, BinaryOperator, Expr, ExprId, Link, LogicOperator, Macro, Span, UnaryOperator};

/// What the parser may accept.
#[derive(Debug, Clone)]
pub(crate) struct Features {
    /// `a.?b`, `a[?b]`, `[?a]`, `{?a: b}`
    pub(crate) optional_syntax: bool,
    /// Fields in backquotes.
    pub(crate) escaped_identifiers: bool,
    /// Reserved words that name a variable all the same.
    pub(crate) allowed: Vec<String>,
    pub(crate) macros: Vec<&'static Macro>,
    /// How deep brackets, arguments and conditions may nest.
    pub(crate) nesting: u32,
    /// How deep a run of operators or of selections may go, as the API server's parser counts.
    pub(crate) visits: u32,
    pub(crate) code_points: usize,
}

/// A mistake with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) message: String,
    pub(crate) span: Span,
    /// Where in the span the API server would point to.
    pub(crate) at: u32,
}

impl Mistake {
    /// A mistake at the start of what is wrong.
    pub(crate) fn new(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), at: span.start, span }
    }

    /// The mistake with what stands before it.
    fn since(mut self, at: u32) -> Self {
        (self.at, self.span.start) = (at, at);
        self
    }

    /// A mistake in an expression.
    pub(crate) fn of(message: impl Into<String>, ast: &Ast, id: ExprId) -> Self {
        Self { message: message.into(), at: ast.place(id), span: ast.span(id) }
    }
}

impl From<Unreadable> for Mistake {
    fn from(unreadable: Unreadable) -> Self {
        Self::new(unreadable.message, unreadable.span)
    }
}

/// No tree is deeper, whatever the limits say: what walks it recurses, on a stack of its own size.
const DEEPEST: u32 = 1_000;

type Parsed<T> = Result<T, Mistake>;

/// Words that name no variable and no function; they may name fields.
const RESERVED: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "package",
    "namespace",
    "null",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// Whether a word can name no variable.
pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Parses a whole expression.
pub(crate) fn parse(source: &str, features: &Features) -> Parsed<(Ast, ExprId)> {
    // A code point has at least one byte, so most sources need no counting.
    let size = if source.len() > features.code_points { source.chars().count() } else { 0 };
    if size > features.code_points || u32::try_from(source.len()).is_err() {
        let limit = features.code_points;
        let message = format!("expression code point size exceeds limit: size: {size}, limit {limit}");
        return Err(Mistake::new(message, 0..0));
    }
    let mut lexer = Lexer::new(source);
    let (token, span) = lexer.next_token()?;
    let ast = Ast::default();
    let mut parser = Parser { source, lexer, token, span, previous_end: 0, ast, features, nesting: 0 };
    let root = parser.expression()?;
    if parser.token != Token::End {
        return Err(parser.unexpected("<EOF>"));
    }
    Ok((parser.ast, root))
}

struct Parser<'s> {
    source: &'s str,
    lexer: Lexer<'s>,
    token: Token,
    span: Span,
    /// Where the token before ended.
    previous_end: u32,
    ast: Ast,
    features: &'s Features,
    nesting: u32,
}

impl<'s> Parser<'s> {
    fn text(&self, span: &Span) -> &'s str {
        self.source.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    fn bump(&mut self) -> Parsed<Span> {
        let (token, span) = self.lexer.next_token()?;
        self.token = token;
        let before = std::mem::replace(&mut self.span, span);
        self.previous_end = before.end;
        Ok(before)
    }

    fn accept(&mut self, token: Token) -> Parsed<bool> {
        let found = self.token == token;
        if found {
            self.bump()?;
        }
        Ok(found)
    }

    fn expect(&mut self, token: Token, shown: &str) -> Parsed<Span> {
        if self.token == token { self.bump() } else { Err(self.unexpected(shown)) }
    }

    fn here(&self, message: impl Into<String>) -> Mistake {
        Mistake::new(message, self.span.clone())
    }

    fn unexpected(&self, wanted: &str) -> Mistake {
        let found = if self.token == Token::End { "<EOF>" } else { self.text(&self.span) };
        self.here(format!("Syntax error: mismatched input '{found}' expecting {wanted}"))
    }

    /// Adds an expression that started at a place and ends with the token before this one; messages point
    /// to the second place.
    fn add(&mut self, expr: Expr, start: u32, at: u32) -> Parsed<ExprId> {
        let id = self.ast.add(expr, start..self.previous_end, at);
        if self.ast.depth(id) > DEEPEST || self.ast.visits(id) > self.features.visits {
            return Err(Mistake::of("max recursion depth exceeded", &self.ast, id));
        }
        Ok(id)
    }

    fn expression(&mut self) -> Parsed<ExprId> {
        self.nesting = self.nesting.saturating_add(1);
        if self.nesting > self.features.nesting {
            let limit = self.features.nesting;
            return Err(self.here(format!("expression recursion limit exceeded: {limit}")));
        }
        let start = self.span.start;
        let condition = self.logic(LogicOperator::Or)?;
        let at = self.span.start;
        let id = if self.accept(Token::Question)? {
            let yes = self.logic(LogicOperator::Or)?;
            self.expect(Token::Colon, "':'")?;
            let no = self.expression()?;
            self.add(Expr::Conditional { condition, yes, no }, start, at)?
        } else {
            condition
        };
        self.nesting = self.nesting.saturating_sub(1);
        Ok(id)
    }

    fn logic(&mut self, operator: LogicOperator) -> Parsed<ExprId> {
        let start = self.span.start;
        let token = match operator {
            LogicOperator::Or => Token::Or,
            LogicOperator::And => Token::And,
        };
        let first = self.logic_term(operator)?;
        let at = self.span.start;
        if self.token != token {
            return Ok(first);
        }
        let mut terms = vec![first];
        while self.accept(token)? {
            terms.push(self.logic_term(operator)?);
        }
        let terms = terms.into();
        self.add(Expr::Logic { operator, terms }, start, at)
    }

    fn logic_term(&mut self, operator: LogicOperator) -> Parsed<ExprId> {
        match operator {
            LogicOperator::Or => self.logic(LogicOperator::And),
            LogicOperator::And => self.chain(0),
        }
    }

    /// Relations are level 0, sums 1, products 2.
    fn chain(&mut self, level: u8) -> Parsed<ExprId> {
        let start = self.span.start;
        let first = self.chain_term(level)?;
        let at = self.span.start;
        let mut links = Vec::new();
        while let Some(operator) = self.binary_operator(level) {
            let span = self.bump()?;
            let right = self.chain_term(level)?;
            links.push(Link { operator, span, right });
        }
        if links.is_empty() {
            return Ok(first);
        }
        let links = links.into();
        self.add(Expr::Chain { first, links }, start, at)
    }

    fn chain_term(&mut self, level: u8) -> Parsed<ExprId> {
        if level < 2 { self.chain(level.saturating_add(1)) } else { self.unary() }
    }

    fn binary_operator(&self, level: u8) -> Option<BinaryOperator> {
        let (operator, its_level) = match self.token {
            Token::Equals => (BinaryOperator::Equals, 0),
            Token::NotEquals => (BinaryOperator::NotEquals, 0),
            Token::Less => (BinaryOperator::Less, 0),
            Token::LessEquals => (BinaryOperator::LessEquals, 0),
            Token::Greater => (BinaryOperator::Greater, 0),
            Token::GreaterEquals => (BinaryOperator::GreaterEquals, 0),
            Token::In => (BinaryOperator::In, 0),
            Token::Plus => (BinaryOperator::Add, 1),
            Token::Minus => (BinaryOperator::Subtract, 1),
            Token::Star => (BinaryOperator::Multiply, 2),
            Token::Slash => (BinaryOperator::Divide, 2),
            Token::Percent => (BinaryOperator::Modulo, 2),
            _ => return None,
        };
        (level == its_level).then_some(operator)
    }

    /// Pairs of `!` and of `-` cancel out; one minus sign before a number is part of it.
    fn unary(&mut self) -> Parsed<ExprId> {
        let start = self.span.start;
        let (token, operator) = match self.token {
            Token::Not => (Token::Not, UnaryOperator::Not),
            Token::Minus => (Token::Minus, UnaryOperator::Negate),
            _ => return self.member(false),
        };
        let mut count = 0_u32;
        while self.accept(token)? {
            count = count.saturating_add(1);
        }
        let is_number = |token| matches!(token, Token::Int | Token::Double);
        if token == Token::Minus && count == 1 && is_number(self.token) {
            return self.member(true);
        }
        let negative = token == Token::Not && self.token == Token::Minus;
        if negative {
            self.bump()?;
            if !is_number(self.token) {
                return Err(self.unexpected("a number"));
            }
        }
        let operand = self.member(negative)?;
        if count.is_multiple_of(2) {
            return Ok(operand);
        }
        self.add(Expr::Unary { operator, operand }, start, start)
    }
}
