//! The tokens of a query.

use std::sync::Arc;

use crate::kyverno::value::Value;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(Arc<str>),
    Quoted(Arc<str>),
    Number(Option<i64>),
    /// A JSON value between backticks, or a raw string.
    Literal(Value),
    Star,
    Dot,
    Filter,
    Flatten,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Open,
    Close,
    Comma,
    Colon,
    Current,
    Reference,
    And,
    Or,
    Pipe,
    Not,
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
    /// A sign that means nothing.
    Stray,
    End,
}

impl Token {
    /// How strongly it binds what stands before it.
    pub(super) fn power(&self) -> u8 {
        match self {
            Self::Pipe => 1,
            Self::Or => 2,
            Self::And => 3,
            Self::Equal | Self::NotEqual | Self::Less | Self::AtMost | Self::More | Self::AtLeast => 5,
            Self::Flatten => 9,
            Self::Star => 20,
            Self::Filter => 21,
            Self::Dot => 40,
            Self::Not => 45,
            Self::OpenBrace => 50,
            Self::OpenBracket => 55,
            Self::Open => 60,
            _ => 0,
        }
    }
}

/// Cuts a query into tokens; the last one is [`Token::End`].
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or("");
        let two = |second: char| after.strip_prefix(second);
        let either = |second: char, both: Token, one: Token| match two(second) {
            Some(after) => (both, after),
            None => (one, after),
        };
        let (token, next) = match first {
            ' ' | '\t' | '\n' | '\r' => {
                rest = after;
                continue;
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let end = rest
                    .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
                    .unwrap_or(rest.len());
                let (name, next) = rest.split_at_checked(end).unwrap_or((rest, ""));
                (Token::Name(name.into()), next)
            }
            '-' | '0'..='9' => {
                let end = after.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after.len());
                let number = rest.get(..=end).and_then(|number| number.parse().ok());
                (Token::Number(number), after.get(end..).unwrap_or(""))
            }
            '[' => match (two('?'), two(']')) {
                (Some(next), _) => (Token::Filter, next),
                (_, Some(next)) => (Token::Flatten, next),
                _ => (Token::OpenBracket, after),
            },
            '"' => {
                let (text, next) = until(after, '"')?;
                let name: String = serde_json::from_str(&format!("\"{text}\""))
                    .map_err(|error| format!("a quoted name is wrong: {error}"))?;
                (Token::Quoted(name.into()), next)
            }
            '`' => {
                let (text, next) = until(after, '`')?;
                let text = text.replace("\\`", "`");
                let json: serde_json::Value = serde_json::from_str(&text)
                    .map_err(|error| format!("the literal `{text}` is no JSON: {error}"))?;
                (Token::Literal(Value::from(&json).with_floats()), next)
            }
            '\'' => {
                let (text, next) = raw(after)?;
                (Token::Literal(Value::text(text)), next)
            }
            '|' => either('|', Token::Or, Token::Pipe),
            '<' => either('=', Token::AtMost, Token::Less),
            '>' => either('=', Token::AtLeast, Token::More),
            '!' => either('=', Token::NotEqual, Token::Not),
            '=' => either('=', Token::Equal, Token::Stray),
            '&' => either('&', Token::And, Token::Reference),
            '.' => (Token::Dot, after),
            '*' => (Token::Star, after),
            ',' => (Token::Comma, after),
            ':' => (Token::Colon, after),
            '{' => (Token::OpenBrace, after),
            '}' => (Token::CloseBrace, after),
            ']' => (Token::CloseBracket, after),
            '(' => (Token::Open, after),
            ')' => (Token::Close, after),
            '@' => (Token::Current, after),
            _ => return Err(format!("unknown character {first:?}")),
        };
        tokens.push(token);
        rest = next;
    }
    tokens.push(Token::End);
    Ok(tokens)
}

/// What stands before the next such sign that has no backslash before it, and what follows the sign.
fn until(text: &str, end: char) -> Result<(&str, &str), String> {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == end {
            let inner = text.get(..at).unwrap_or("");
            return Ok((inner, text.get(at + end.len_utf8()..).unwrap_or("")));
        }
        if letter == '\\' {
            letters.next();
        }
    }
    Err(format!("{end} is never closed"))
}

/// A raw string, in which only the quote can be escaped.
fn raw(text: &str) -> Result<(String, &str), String> {
    let mut out = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\'' => return Ok((out, text.get(at + 1..).unwrap_or(""))),
            '\\' if letters.peek().is_some_and(|(_, next)| *next == '\'') => {
                letters.next();
                out.push('\'');
            }
            letter => out.push(letter),
        }
    }
    Err("' is never closed".to_owned())
}
