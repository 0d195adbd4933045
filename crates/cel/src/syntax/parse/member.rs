//! The inner levels of the grammar: selections, calls, names, literals, lists, maps and messages.

use super::{Mistake, Parsed, Parser, is_reserved};
use crate::syntax::token::Token;
use crate::syntax::{Entry, Expansion, Expr, ExprId, Item, Literal, Selection, literal};

impl Parser<'_> {
    /// A primary expression with selections, calls and indexes after it. A minus sign read before it
    /// belongs to the number that it starts with.
    pub(super) fn member(&mut self, negative: bool) -> Parsed<ExprId> {
        let start = if negative { self.previous_end.saturating_sub(1) } else { self.span.start };
        // A message is named by plain identifiers and dots: no brackets, no field in backquotes.
        let mut may_name = matches!(self.token, Token::Dot | Token::Identifier);
        let mut operand = self.primary(negative, start)?;
        loop {
            operand = match self.token {
                Token::Dot => {
                    let selection = self.selection(operand, start)?;
                    let before = (self.previous_end as usize).saturating_sub(1);
                    may_name &= self.source.as_bytes().get(before) != Some(&b'`');
                    selection
                }
                Token::OpenBracket => self.index(operand, start)?,
                Token::OpenBrace => match self.message_name(operand) {
                    Some(name) if may_name => self.message(name, start)?,
                    _ => return Ok(operand),
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
            return Err(self.here(unsupported));
        }
        self.bump()?;
        Ok(true)
    }

    fn index(&mut self, operand: ExprId, start: u32) -> Parsed<ExprId> {
        let at = self.bump()?.start;
        let optional = self.optional_mark("unsupported syntax '[?'").map_err(|mistake| mistake.since(at))?;
        let index = self.expression()?;
        self.expect(Token::CloseBracket, "']'")?;
        self.add(Expr::Index { operand, index, optional }, start, at)
    }

    fn selection(&mut self, operand: ExprId, start: u32) -> Parsed<ExprId> {
        let at = self.bump()?.start;
        let optional = self.optional_mark("unsupported syntax '.?'").map_err(|mistake| mistake.since(at))?;
        let is_plain = self.token == Token::Identifier;
        let field = self.field_name()?;
        if self.token == Token::OpenParen && is_plain && !optional {
            return self.call(Some(operand), &field, start);
        }
        let selection = if optional { Selection::Optional } else { Selection::Plain };
        self.add(Expr::Select { operand, field, selection }, start, at)
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
            Token::EscapedIdentifier => Err(self.here("unsupported syntax: '`'")),
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

    /// A call from its opening bracket on, or what the macro of this name and shape stands for.
    fn call(&mut self, target: Option<ExprId>, function: &str, start: u32) -> Parsed<ExprId> {
        let at = self.span.start;
        let arguments = self.arguments()?;
        for known in &self.features.macros {
            if known.name != function || !known.takes(&self.ast, target, arguments.len()) {
                continue;
            }
            let expansion = Expansion { ast: &self.ast, target, arguments: &arguments };
            return match (known.expand)(&expansion) {
                Ok(expr) => self.add(expr, start, at),
                Err((place, message)) => Err(Mistake::of(message, &self.ast, place)),
            };
        }
        let (function, arguments) = (function.into(), arguments.into());
        self.add(Expr::Call { target, function, arguments }, start, at)
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
        if is_reserved(name) && !self.features.allowed.iter().any(|allowed| allowed == name) {
            return Err(Mistake::new(format!("reserved identifier: {name}"), span));
        }
        if self.token == Token::OpenParen {
            let function = if absolute { format!(".{name}") } else { name.to_owned() };
            return self.call(None, &function, start);
        }
        let name = name.into();
        self.add(Expr::Identifier { name, absolute }, start, span.start)
    }

    fn literal(&mut self, negative: bool, start: u32) -> Parsed<ExprId> {
        let token = self.token;
        let readable = Token::is_literal(token);
        if !readable {
            return Err(self.unexpected("an expression"));
        }
        let span = self.bump()?;
        let text = self.text(&span);
        let value = match token {
            Token::True => Ok(Literal::Bool(true)),
            Token::False => Ok(Literal::Bool(false)),
            Token::Int => literal::int(text, negative).ok_or("invalid int literal"),
            Token::UInt => literal::uint(text).ok_or("invalid uint literal"),
            Token::Double => literal::double(text, negative).ok_or("invalid double literal"),
            Token::String => literal::string(text),
            Token::Bytes => literal::bytes(text),
            _ => Ok(Literal::Null),
        };
        let value = value.map_err(|message| Mistake::new(message, start..span.end))?;
        self.add(Expr::Literal(value), start, start)
    }

    /// What stands between brackets: parts with commas between them, and maybe one after the last.
    fn between<T>(
        &mut self,
        close: Token,
        shown: &str,
        mut part: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.bump()?;
        let mut parts = Vec::new();
        while self.token != close && self.token != Token::Comma {
            parts.push(part(self)?);
            if self.token != Token::Comma {
                break;
            }
            self.bump()?;
            if self.token == close {
                break;
            }
        }
        if parts.is_empty() {
            self.accept(Token::Comma)?;
        }
        self.expect(close, shown)?;
        Ok(parts)
    }

    fn list(&mut self, start: u32) -> Parsed<ExprId> {
        let items = self.between(Token::CloseBracket, "']'", |parser| {
            let optional = parser.optional_mark("unsupported syntax '?'")?;
            Ok(Item { value: parser.expression()?, optional })
        })?;
        self.add(Expr::List(items.into()), start, start)
    }

    fn map(&mut self, start: u32) -> Parsed<ExprId> {
        let entries = self.between(Token::CloseBrace, "'}'", |parser| {
            let optional = parser.optional_mark("unsupported syntax '?'")?;
            let key = parser.expression()?;
            parser.expect(Token::Colon, "':'")?;
            Ok(Entry { key, value: parser.expression()?, optional })
        })?;
        self.add(Expr::Map(entries.into()), start, start)
    }

    fn message_name(&self, operand: ExprId) -> Option<String> {
        let (names, absolute) = self.ast.qualified_name(operand)?;
        // A generated name is no type's.
        if names.first().is_some_and(|name| name.starts_with('@')) {
            return None;
        }
        Some(format!("{}{}", if absolute { "." } else { "" }, names.join(".")))
    }

    fn message(&mut self, name: String, start: u32) -> Parsed<ExprId> {
        let at = self.span.start;
        let fields = self.between(Token::CloseBrace, "'}'", |parser| {
            let optional = parser.optional_mark("unsupported syntax '?'")?;
            let field = parser.field_name()?;
            parser.expect(Token::Colon, "':'")?;
            Ok((field, parser.expression()?, optional))
        })?;
        let (name, fields) = (name.into(), fields.into());
        self.add(Expr::Message { name, fields }, start, at)
    }
}
