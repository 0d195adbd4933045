//! Tokens: what the text of an expression is made of.
//!
//! Literals keep their text; what it means is read by [`super::literal`].

use super::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    End,
    Identifier,
    /// A name in backquotes.
    EscapedIdentifier,
    Int,
    UInt,
    Double,
    String,
    Bytes,
    True,
    False,
    Null,
    In,
    Equals,
    NotEquals,
    Less,
    LessEquals,
    Greater,
    GreaterEquals,
    And,
    Or,
    Not,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    OpenParen,
    CloseParen,
    Dot,
    Comma,
    Question,
    Colon,
}

impl Token {
    /// Whether it is a value as it stands.
    pub(crate) fn is_literal(self) -> bool {
        matches!(
            self,
            Self::Int
                | Self::UInt
                | Self::Double
                | Self::String
                | Self::Bytes
                | Self::True
                | Self::False
                | Self::Null
        )
    }
}

/// Cuts text into tokens, one at a time.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'s> {
    source: &'s str,
    place: usize,
}

/// What no token starts with, or a literal that does not end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) message: String,
    pub(crate) span: Span,
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        Self { source, place: 0 }
    }

    /// The next token with its place.
    pub(crate) fn next_token(&mut self) -> Result<(Token, Span), Unreadable> {
        self.skip_blanks();
        let start = self.place;
        let token = self.read(start)?;
        Ok((token, span(start, self.place)))
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.place.saturating_add(ahead)).copied()
    }

    fn advance(&mut self, by: usize) {
        self.place = self.place.saturating_add(by).min(self.source.len());
    }

    fn skip_while(&mut self, accept: impl Fn(u8) -> bool) {
        while self.byte(0).is_some_and(&accept) {
            self.advance(1);
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0c));
            if self.byte(0) != Some(b'/') || self.byte(1) != Some(b'/') {
                return;
            }
            self.skip_while(|byte| byte != b'\n');
        }
    }

    fn read(&mut self, start: usize) -> Result<Token, Unreadable> {
        let Some(first) = self.byte(0) else {
            return Ok(Token::End);
        };
        let second = self.byte(1);
        let (token, length) = match (first, second) {
            (b'=', Some(b'=')) => (Token::Equals, 2),
            (b'!', Some(b'=')) => (Token::NotEquals, 2),
            (b'<', Some(b'=')) => (Token::LessEquals, 2),
            (b'>', Some(b'=')) => (Token::GreaterEquals, 2),
            (b'&', Some(b'&')) => (Token::And, 2),
            (b'|', Some(b'|')) => (Token::Or, 2),
            (b'<', _) => (Token::Less, 1),
            (b'>', _) => (Token::Greater, 1),
            (b'!', _) => (Token::Not, 1),
            (b'+', _) => (Token::Plus, 1),
            (b'-', _) => (Token::Minus, 1),
            (b'*', _) => (Token::Star, 1),
            (b'/', _) => (Token::Slash, 1),
            (b'%', _) => (Token::Percent, 1),
            (b'[', _) => (Token::OpenBracket, 1),
            (b']', _) => (Token::CloseBracket, 1),
            (b'{', _) => (Token::OpenBrace, 1),
            (b'}', _) => (Token::CloseBrace, 1),
            (b'(', _) => (Token::OpenParen, 1),
            (b')', _) => (Token::CloseParen, 1),
            (b',', _) => (Token::Comma, 1),
            (b'?', _) => (Token::Question, 1),
            (b':', _) => (Token::Colon, 1),
            (b'.', Some(b'0'..=b'9')) | (b'0'..=b'9', _) => return Ok(self.number()),
            (b'.', _) => (Token::Dot, 1),
            (b'"' | b'\'', _) => return self.quoted(start, Token::String, 0),
            (b'`', _) => return self.escaped_identifier(start),
            (b'a'..=b'z' | b'A'..=b'Z' | b'_', _) => return self.word(start),
            _ => return Err(self.unexpected(start)),
        };
        self.advance(length);
        Ok(token)
    }

    fn unexpected(&mut self, start: usize) -> Unreadable {
        let letter = self.source.get(start..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
        self.advance(letter.len_utf8());
        let message = format!("Syntax error: token recognition error at: '{letter}'");
        Unreadable { message, span: span(start, self.place) }
    }

    fn number(&mut self) -> Token {
        let is_digit = |byte: u8| byte.is_ascii_digit();
        if self.byte(0) == Some(b'0') && self.byte(1) == Some(b'x') && self.byte(2).is_some_and(is_hex) {
            self.advance(2);
            self.skip_while(is_hex);
            return self.maybe_unsigned();
        }
        self.skip_while(is_digit);
        let mut is_double = false;
        if self.byte(0) == Some(b'.') && self.byte(1).is_some_and(is_digit) {
            is_double = true;
            self.advance(1);
            self.skip_while(is_digit);
        }
        if matches!(self.byte(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.byte(1), Some(b'+' | b'-')));
            if self.byte(sign.saturating_add(1)).is_some_and(is_digit) {
                is_double = true;
                self.advance(sign.saturating_add(1));
                self.skip_while(is_digit);
            }
        }
        if is_double { Token::Double } else { self.maybe_unsigned() }
    }

    fn maybe_unsigned(&mut self) -> Token {
        if matches!(self.byte(0), Some(b'u' | b'U')) {
            self.advance(1);
            return Token::UInt;
        }
        Token::Int
    }

    fn word(&mut self, start: usize) -> Result<Token, Unreadable> {
        // `r"…"`, `b"…"`, `br"…"`: the letters belong to the literal that follows them.
        let is_quote = |byte: Option<u8>| matches!(byte, Some(b'"' | b'\''));
        match (self.byte(0), self.byte(1)) {
            (Some(b'r' | b'R'), next) if is_quote(next) => return self.quoted(start, Token::String, 1),
            (Some(b'b' | b'B'), next) if is_quote(next) => return self.quoted(start, Token::Bytes, 1),
            (Some(b'b' | b'B'), Some(b'r' | b'R')) if is_quote(self.byte(2)) => {
                return self.quoted(start, Token::Bytes, 2);
            }
            _ => {}
        }
        self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        Ok(match self.source.get(start..self.place) {
            Some("true") => Token::True,
            Some("false") => Token::False,
            Some("null") => Token::Null,
            Some("in") => Token::In,
            _ => Token::Identifier,
        })
    }

    fn escaped_identifier(&mut self, start: usize) -> Result<Token, Unreadable> {
        self.advance(1);
        let inner = self.place;
        self.skip_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b' ')
        });
        if self.place == inner || self.byte(0) != Some(b'`') {
            self.place = start;
            return Err(self.unexpected(start));
        }
        self.advance(1);
        Ok(Token::EscapedIdentifier)
    }

    /// A literal in quotes that starts after so many letters.
    fn quoted(&mut self, start: usize, token: Token, letters: usize) -> Result<Token, Unreadable> {
        let raw = self.source.as_bytes().get(start..start.saturating_add(letters)).unwrap_or(&[]);
        let raw = raw.iter().any(|letter| matches!(letter, b'r' | b'R'));
        self.advance(letters);
        let quote = self.byte(0).unwrap_or(b'"');
        let triple = self.byte(1) == Some(quote) && self.byte(2) == Some(quote);
        self.advance(if triple { 3 } else { 1 });
        while let Some(byte) = self.byte(0) {
            if byte == b'\\' && !raw {
                self.advance(2);
            } else if byte == quote && !triple {
                self.advance(1);
                return Ok(token);
            } else if byte == quote && self.byte(1) == Some(quote) && self.byte(2) == Some(quote) {
                self.advance(3);
                return Ok(token);
            } else if !triple && matches!(byte, b'\n' | b'\r') {
                break;
            } else {
                self.advance(1);
            }
        }
        let text = self.source.get(start..).unwrap_or("");
        let shown: String = text.chars().take_while(|letter| *letter != '\n').take(40).collect();
        // Not within a character, wherever an escape has led.
        while !self.source.is_char_boundary(self.place) {
            self.advance(1);
        }
        let message = format!("Syntax error: token recognition error at: '{shown}'");
        Err(Unreadable { message, span: span(start, self.place) })
    }
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// A span of two places; expressions of 4 GiB and more are refused before.
fn span(start: usize, end: usize) -> Span {
    u32::try_from(start).unwrap_or(u32::MAX)..u32::try_from(end).unwrap_or(u32::MAX)
}
