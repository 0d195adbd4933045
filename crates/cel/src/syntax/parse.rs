//! The parser: recursive descent, one function per level of the grammar.
//!
//! Parsing stops at the first mistake. Two things bound it: how deep brackets, arguments and conditions
//! nest, and how deep the tree gets. Runs of binary operators count as one level however long they are.

use super::token::{Lexer, Token, Unreadable};
use super::{
    Ast, BinaryOperator, Entry, Expansion, Expr, ExprId, Item, Link, LogicOperator, Macro, Selection, Span,
    UnaryOperator, literal,
};

/// What the parser may accept.
#[derive(Debug, Clone)]
pub(crate) struct Features {
    /// `a.?b`, `a[?b]`, `[?a]`, `{?a: b}`
    pub(crate) optional_syntax: bool,
    /// Fields in backquotes.
    pub(crate) escaped_identifiers: bool,
    pub(crate) macros: Vec<&'static Macro>,
    pub(crate) depth: u32,
    pub(crate) code_points: usize,
}

/// A mistake with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) message: String,
    pub(crate) span: Span,
}

impl From<Unreadable> for Mistake {
    fn from(unreadable: Unreadable) -> Self {
        Self {
            message: unreadable.message,
            span: unreadable.span,
        }
    }
}

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

/// Parses a whole expression.
pub(crate) fn parse(source: &str, features: &Features) -> Parsed<(Ast, ExprId)> {
    // A code point has at most four bytes, so most sources need no counting.
    let size = if source.len() > features.code_points {
        source.chars().count()
    } else {
        0
    };
    if size > features.code_points || u32::try_from(source.len()).is_err() {
        let limit = features.code_points;
        let message = format!("expression code point size exceeds limit: size: {size}, limit {limit}");
        return Err(Mistake { message, span: 0..0 });
    }
    let mut lexer = Lexer::new(source);
    let (token, span) = lexer.next_token()?;
    let ast = Ast::default();
    let mut parser = Parser {
        source,
        lexer,
        token,
        span,
        previous_end: 0,
        ast,
        features,
        nesting: 0,
    };
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
        self.source
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
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
        if self.token == token {
            self.bump()
        } else {
            Err(self.unexpected(shown))
        }
    }

    fn unexpected(&self, wanted: &str) -> Mistake {
        let found = if self.token == Token::End {
            "<EOF>"
        } else {
            self.text(&self.span)
        };
        let message = format!("Syntax error: mismatched input '{found}' expecting {wanted}");
        Mistake {
            message,
            span: self.span.clone(),
        }
    }

    /// Adds an expression that started at a place and ends with the token before this one.
    fn add(&mut self, expr: Expr, start: u32) -> Parsed<ExprId> {
        let span = start..self.previous_end;
        let id = self.ast.add(expr, span.clone());
        if self.ast.depth(id) > self.features.depth {
            return Err(Mistake {
                message: "max recursion depth exceeded".to_owned(),
                span,
            });
        }
        Ok(id)
    }

    fn expression(&mut self) -> Parsed<ExprId> {
        self.nesting = self.nesting.saturating_add(1);
        if self.nesting > self.features.depth {
            let message = format!("expression recursion limit exceeded: {}", self.features.depth);
            return Err(Mistake {
                message,
                span: self.span.clone(),
            });
        }
        let start = self.span.start;
        let condition = self.logic(LogicOperator::Or)?;
        let id = if self.accept(Token::Question)? {
            let yes = self.logic(LogicOperator::Or)?;
            self.expect(Token::Colon, "':'")?;
            let no = self.expression()?;
            self.add(Expr::Conditional { condition, yes, no }, start)?
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
        if self.token != token {
            return Ok(first);
        }
        let mut terms = vec![first];
        while self.accept(token)? {
            terms.push(self.logic_term(operator)?);
        }
        self.add(
            Expr::Logic {
                operator,
                terms: terms.into(),
            },
            start,
        )
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
        let mut links = Vec::new();
        while let Some(operator) = self.binary_operator(level) {
            let span = self.bump()?;
            let right = self.chain_term(level)?;
            links.push(Link {
                operator,
                span,
                right,
            });
        }
        if links.is_empty() {
            Ok(first)
        } else {
            self.add(
                Expr::Chain {
                    first,
                    links: links.into(),
                },
                start,
            )
        }
    }

    fn chain_term(&mut self, level: u8) -> Parsed<ExprId> {
        if level < 2 {
            self.chain(level.saturating_add(1))
        } else {
            self.unary()
        }
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
        let is_number = matches!(self.token, Token::Int | Token::Double);
        if token == Token::Minus && count == 1 && is_number {
            return self.member(true);
        }
        let negative = token == Token::Not && self.token == Token::Minus;
        if negative {
            self.bump()?;
            if !matches!(self.token, Token::Int | Token::Double) {
                return Err(self.unexpected("a number"));
            }
        }
        let operand = self.member(negative)?;
        if count.is_multiple_of(2) {
            return Ok(operand);
        }
        self.add(Expr::Unary { operator, operand }, start)
    }

    /// A primary expression with selections, calls and indexes after it.
    fn member(&mut self, negative: bool) -> Parsed<ExprId> {
        let start = if negative {
            self.previous_end.saturating_sub(1)
        } else {
            self.span.start
        };
        let mut operand = self.primary(negative, start)?;
        loop {
            operand = match self.token {
                Token::Dot => self.selection(operand, start)?,
                Token::OpenBracket => {
                    self.bump()?;
                    let optional = self.optional_mark("unsupported syntax '[?'")?;
                    let index = self.expression()?;
                    self.expect(Token::CloseBracket, "']'")?;
                    self.add(
                        Expr::Index {
                            operand,
                            index,
                            optional,
                        },
                        start,
                    )?
                }
                Token::OpenBrace => match self.message_name(operand) {
                    Some(name) => self.message(name, start)?,
                    None => return Ok(operand),
                },
                _ => return Ok(operand),
            };
        }
    }

    /// The question mark of optional syntax, where there is one.
    fn optional_mark(&mut self, unsupported: &str) -> Parsed<bool> {
        if self.token != Token::Question {
            return Ok(false);
        }
        if !self.features.optional_syntax {
            return Err(Mistake {
                message: unsupported.to_owned(),
                span: self.span.clone(),
            });
        }
        self.bump()?;
        Ok(true)
    }

    fn selection(&mut self, operand: ExprId, start: u32) -> Parsed<ExprId> {
        self.bump()?;
        let optional = self.optional_mark("unsupported syntax '.?'")?;
        let is_plain = self.token == Token::Identifier || self.token == Token::In;
        let field = self.field_name()?;
        if self.token == Token::OpenParen && is_plain && !optional {
            let arguments = self.arguments()?;
            return self.call(Some(operand), &field, arguments, start);
        }
        let selection = if optional {
            Selection::Optional
        } else {
            Selection::Plain
        };
        self.add(
            Expr::Select {
                operand,
                field,
                selection,
            },
            start,
        )
    }

    fn field_name(&mut self) -> Parsed<Box<str>> {
        match self.token {
            Token::Identifier => {
                let span = self.bump()?;
                Ok(self.text(&span).into())
            }
            Token::EscapedIdentifier if self.features.escaped_identifiers => {
                let span = self.bump()?;
                Ok(self.text(&span).trim_matches('`').into())
            }
            Token::EscapedIdentifier => Err(Mistake {
                message: "unsupported syntax: '`'".to_owned(),
                span: self.span.clone(),
            }),
            _ => Err(self.unexpected("IDENTIFIER")),
        }
    }

    fn arguments(&mut self) -> Parsed<Vec<ExprId>> {
        self.expect(Token::OpenParen, "'('")?;
        let mut arguments = Vec::new();
        if !self.accept(Token::CloseParen)? {
            loop {
                arguments.push(self.expression()?);
                if !self.accept(Token::Comma)? {
                    break;
                }
            }
            self.expect(Token::CloseParen, "')'")?;
        }
        Ok(arguments)
    }

    /// A call, or what the macro of this name and shape stands for.
    fn call(
        &mut self,
        target: Option<ExprId>,
        function: &str,
        arguments: Vec<ExprId>,
        start: u32,
    ) -> Parsed<ExprId> {
        for known in &self.features.macros {
            if known.name != function || !known.takes(&self.ast, target, arguments.len()) {
                continue;
            }
            let mut expansion = Expansion {
                ast: &mut self.ast,
                target,
                arguments: &arguments,
            };
            return match (known.expand)(&mut expansion) {
                Ok(expr) => self.add(expr, start),
                Err((place, message)) => Err(Mistake {
                    message,
                    span: self.ast.span(place),
                }),
            };
        }
        self.add(
            Expr::Call {
                target,
                function: function.into(),
                arguments: arguments.into(),
            },
            start,
        )
    }

    fn primary(&mut self, negative: bool, start: u32) -> Parsed<ExprId> {
        match self.token {
            Token::Dot | Token::Identifier => self.identifier(start),
            Token::OpenParen => {
                self.bump()?;
                let inner = self.expression()?;
                self.expect(Token::CloseParen, "')'")?;
                Ok(inner)
            }
            Token::OpenBracket => self.list(start),
            Token::OpenBrace => self.map(start),
            _ => self.literal(negative, start),
        }
    }

    fn identifier(&mut self, start: u32) -> Parsed<ExprId> {
        let absolute = self.accept(Token::Dot)?;
        let span = self.expect(Token::Identifier, "IDENTIFIER")?;
        let name = self.text(&span);
        if RESERVED.contains(&name) {
            return Err(Mistake {
                message: format!("reserved identifier: {name}"),
                span,
            });
        }
        if self.token == Token::OpenParen {
            let arguments = self.arguments()?;
            let function = if absolute {
                format!(".{name}")
            } else {
                name.to_owned()
            };
            return self.call(None, &function, arguments, start);
        }
        self.add(
            Expr::Identifier {
                name: name.into(),
                absolute,
            },
            start,
        )
    }

    fn literal(&mut self, negative: bool, start: u32) -> Parsed<ExprId> {
        let token = self.token;
        let simple = match token {
            Token::True => Some(super::Literal::Bool(true)),
            Token::False => Some(super::Literal::Bool(false)),
            Token::Null => Some(super::Literal::Null),
            Token::Int | Token::UInt | Token::Double | Token::String | Token::Bytes => None,
            _ => return Err(self.unexpected("an expression")),
        };
        let span = self.bump()?;
        let text = self.text(&span);
        let invalid = |message: &str| Mistake {
            message: message.to_owned(),
            span: span.clone(),
        };
        let value = match (simple, token) {
            (Some(value), _) => value,
            (None, Token::Int) => {
                literal::int(text, negative).ok_or_else(|| invalid("invalid int literal"))?
            }
            (None, Token::UInt) => literal::uint(text).ok_or_else(|| invalid("invalid uint literal"))?,
            (None, Token::Double) => {
                literal::double(text, negative).ok_or_else(|| invalid("invalid double literal"))?
            }
            (None, Token::String) => literal::string(text).map_err(invalid)?,
            (None, _) => literal::bytes(text).map_err(invalid)?,
        };
        self.add(Expr::Literal(value), start)
    }

    fn list(&mut self, start: u32) -> Parsed<ExprId> {
        self.bump()?;
        let mut items = Vec::new();
        loop {
            if self.accept(Token::CloseBracket)? {
                break;
            }
            let optional = self.optional_mark("unsupported syntax '?'")?;
            items.push(Item {
                value: self.expression()?,
                optional,
            });
            if !self.accept(Token::Comma)? {
                self.expect(Token::CloseBracket, "']'")?;
                break;
            }
        }
        self.add(Expr::List(items.into()), start)
    }

    fn map(&mut self, start: u32) -> Parsed<ExprId> {
        self.bump()?;
        let mut entries = Vec::new();
        loop {
            if self.accept(Token::CloseBrace)? {
                break;
            }
            let optional = self.optional_mark("unsupported syntax '?'")?;
            let key = self.expression()?;
            self.expect(Token::Colon, "':'")?;
            entries.push(Entry {
                key,
                value: self.expression()?,
                optional,
            });
            if !self.accept(Token::Comma)? {
                self.expect(Token::CloseBrace, "'}'")?;
                break;
            }
        }
        self.add(Expr::Map(entries.into()), start)
    }

    fn message_name(&self, operand: ExprId) -> Option<String> {
        let (names, absolute) = self.ast.qualified_name(operand)?;
        Some(format!("{}{}", if absolute { "." } else { "" }, names.join(".")))
    }

    fn message(&mut self, name: String, start: u32) -> Parsed<ExprId> {
        self.bump()?;
        let mut fields = Vec::new();
        loop {
            if self.accept(Token::CloseBrace)? {
                break;
            }
            let optional = self.optional_mark("unsupported syntax '?'")?;
            let field = self.field_name()?;
            self.expect(Token::Colon, "':'")?;
            fields.push((field, self.expression()?, optional));
            if !self.accept(Token::Comma)? {
                self.expect(Token::CloseBrace, "'}'")?;
                break;
            }
        }
        self.add(
            Expr::Message {
                name: name.into(),
                fields: fields.into(),
            },
            start,
        )
    }
}
