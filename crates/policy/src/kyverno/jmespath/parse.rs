//! From a query to its tree: a parser by binding powers.

use std::sync::Arc;

use super::token::{Token, tokens};
use crate::kyverno::value::Value;

/// How deep a query may be nested.
const DEEPEST: usize = 100;
/// The most bytes of a query.
const MOST: usize = 1 << 16;

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ast {
    Current,
    Field(Arc<str>),
    Index(i64),
    Slice([Option<i64>; 3]),
    Literal(Value),
    /// The second over what the first gives.
    Then(Box<[Ast; 2]>),
    /// The same, where what is missing becomes null.
    Pipe(Box<[Ast; 2]>),
    Compare(Compare, Box<[Ast; 2]>),
    Or(Box<[Ast; 2]>),
    And(Box<[Ast; 2]>),
    Not(Box<Ast>),
    Reference(Box<Ast>),
    /// Nothing where what is called is no name.
    Call(Option<Arc<str>>, Vec<Ast>),
    List(Vec<Ast>),
    Hash(Vec<(Arc<str>, Ast)>),
    Flatten(Box<Ast>),
    /// The second over each item of the first.
    Project(Box<[Ast; 2]>),
    /// The second over each value of the first.
    Values(Box<[Ast; 2]>),
    /// The second over each item of the first for which the third holds.
    Filter(Box<[Ast; 3]>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// Reads a query.
pub(crate) fn parse(query: &str) -> Result<Ast, String> {
    if query.len() > MOST {
        return Err(format!("the query has more than {MOST} bytes"));
    }
    let mut parser = Parser { tokens: tokens(query)?, at: 0, depth: 0 };
    let ast = parser.expression(0)?;
    match parser.current() {
        Token::End => Ok(ast),
        token => Err(format!("{token:?} is not expected at the end")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

type Parsed<T = Ast> = Result<T, String>;

#[expect(clippy::unnecessary_box_returns, reason = "the tree holds boxes")]
fn two(first: Ast, second: Ast) -> Box<[Ast; 2]> {
    Box::new([first, second])
}

impl Parser {
    fn ahead(&self, by: usize) -> &Token {
        self.tokens.get(self.at + by).unwrap_or(&Token::End)
    }

    fn current(&self) -> &Token {
        self.ahead(0)
    }

    fn take(&mut self) -> Token {
        let token = self.current().clone();
        self.at += 1;
        token
    }

    fn expect(&mut self, wanted: &Token) -> Parsed<()> {
        match self.take() {
            token if token == *wanted => Ok(()),
            token => Err(format!("expected {wanted:?}, found {token:?}")),
        }
    }

    fn expression(&mut self, power: u8) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        let first = self.take();
        let mut left = self.first(first)?;
        let mut chained = 0;
        while power < self.current().power() {
            // A long chain is a deep tree.
            chained += 1;
            if chained > DEEPEST {
                return Err(format!("more than {DEEPEST} parts follow each other"));
            }
            let token = self.take();
            left = self.next(&token, left)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// What a token means at the beginning.
    fn first(&mut self, token: Token) -> Parsed {
        match token {
            Token::Literal(value) => Ok(Ast::Literal(value)),
            Token::Quoted(_) if *self.current() == Token::Open => {
                Err("a quoted name is no function".to_owned())
            }
            Token::Name(name) | Token::Quoted(name) => Ok(Ast::Field(name)),
            Token::Star => {
                let right = match self.current() {
                    Token::CloseBracket => Ast::Current,
                    _ => self.projected(Token::Star.power())?,
                };
                Ok(Ast::Values(two(Ast::Current, right)))
            }
            Token::Filter => self.filter(Ast::Current),
            Token::OpenBrace => self.hash(),
            Token::Flatten => self.flatten(Ast::Current),
            Token::OpenBracket => match (self.current(), self.ahead(1)) {
                (Token::Number(_) | Token::Colon, _) => self.index(Ast::Current),
                (Token::Star, Token::CloseBracket) => {
                    self.at += 2;
                    let right = self.projected(Token::Star.power())?;
                    Ok(Ast::Project(two(Ast::Current, right)))
                }
                _ => self.list(),
            },
            Token::Current => Ok(Ast::Current),
            Token::Reference => Ok(Ast::Reference(Box::new(self.expression(0)?))),
            Token::Not => Ok(Ast::Not(Box::new(self.expression(Token::Not.power())?))),
            Token::Open => {
                let inner = self.expression(0)?;
                self.expect(&Token::Close)?;
                Ok(inner)
            }
            token => Err(format!("{token:?} is not expected here")),
        }
    }

    /// What a token means behind something.
    fn next(&mut self, token: &Token, left: Ast) -> Parsed {
        let power = token.power();
        let compare = |found: Compare, parser: &mut Self, left: Ast| {
            Ok(Ast::Compare(found, two(left, parser.expression(power)?)))
        };
        match token {
            Token::Dot if *self.current() == Token::Star => {
                self.at += 1;
                Ok(Ast::Values(two(left, self.projected(power)?)))
            }
            Token::Dot => Ok(Ast::Then(two(left, self.behind_dot(power)?))),
            Token::Pipe => Ok(Ast::Pipe(two(left, self.expression(power)?))),
            Token::Or => Ok(Ast::Or(two(left, self.expression(power)?))),
            Token::And => Ok(Ast::And(two(left, self.expression(power)?))),
            Token::Open => self.call(left),
            Token::Filter => self.filter(left),
            Token::Flatten => self.flatten(left),
            Token::Equal => compare(Compare::Equal, self, left),
            Token::NotEqual => compare(Compare::NotEqual, self, left),
            Token::Less => compare(Compare::Less, self, left),
            Token::AtMost => compare(Compare::AtMost, self, left),
            Token::More => compare(Compare::More, self, left),
            Token::AtLeast => compare(Compare::AtLeast, self, left),
            Token::OpenBracket if matches!(self.current(), Token::Number(_) | Token::Colon) => {
                self.index(left)
            }
            Token::OpenBracket => {
                self.expect(&Token::Star)?;
                self.expect(&Token::CloseBracket)?;
                Ok(Ast::Project(two(left, self.projected(Token::Star.power())?)))
            }
            token => Err(format!("{token:?} is not expected here")),
        }
    }

    fn call(&mut self, called: Ast) -> Parsed {
        let name = match called {
            Ast::Field(name) => Some(name),
            Ast::Literal(Value::Text(text)) => Some(text),
            _ => None,
        };
        let mut arguments = Vec::new();
        while *self.current() != Token::Close {
            arguments.push(self.expression(0)?);
            if *self.current() == Token::Comma {
                self.at += 1;
            }
        }
        self.at += 1;
        Ok(Ast::Call(name, arguments))
    }

    /// `[0]`, `[1:2]`, behind the bracket.
    fn index(&mut self, left: Ast) -> Parsed {
        if *self.current() != Token::Colon && *self.ahead(1) != Token::Colon {
            let Token::Number(Some(index)) = self.take() else {
                return Err("an index is no number".to_owned());
            };
            self.expect(&Token::CloseBracket)?;
            return Ok(Ast::Then(two(left, Ast::Index(index))));
        }
        let mut parts = [None; 3];
        let mut part = 0;
        while *self.current() != Token::CloseBracket && part < parts.len() {
            match self.take() {
                Token::Colon => part += 1,
                Token::Number(Some(number)) => {
                    if let Some(place) = parts.get_mut(part) {
                        *place = Some(number);
                    }
                }
                token => return Err(format!("expected a number or a colon, found {token:?}")),
            }
        }
        self.expect(&Token::CloseBracket)?;
        let sliced = Ast::Then(two(left, Ast::Slice(parts)));
        Ok(Ast::Project(two(sliced, self.projected(Token::Star.power())?)))
    }

    fn flatten(&mut self, left: Ast) -> Parsed {
        let right = self.projected(Token::Flatten.power())?;
        Ok(Ast::Project(two(Ast::Flatten(Box::new(left)), right)))
    }

    fn filter(&mut self, left: Ast) -> Parsed {
        let condition = self.expression(0)?;
        self.expect(&Token::CloseBracket)?;
        let right = match self.current() {
            Token::Flatten => Ast::Current,
            _ => self.projected(Token::Filter.power())?,
        };
        Ok(Ast::Filter(Box::new([left, right, condition])))
    }

    fn list(&mut self) -> Parsed {
        let mut items = Vec::new();
        loop {
            items.push(self.expression(0)?);
            if *self.current() == Token::CloseBracket {
                self.at += 1;
                return Ok(Ast::List(items));
            }
            self.expect(&Token::Comma)?;
        }
    }

    fn hash(&mut self) -> Parsed {
        let mut entries = Vec::new();
        loop {
            let (Token::Name(name) | Token::Quoted(name)) = self.take() else {
                return Err("expected a name in braces".to_owned());
            };
            self.expect(&Token::Colon)?;
            entries.push((name, self.expression(0)?));
            match self.current() {
                Token::Comma => self.at += 1,
                Token::CloseBrace => {
                    self.at += 1;
                    return Ok(Ast::Hash(entries));
                }
                _ => (),
            }
        }
    }

    fn behind_dot(&mut self, power: u8) -> Parsed {
        match self.current() {
            Token::Name(_) | Token::Quoted(_) | Token::Star => self.expression(power),
            Token::OpenBracket => {
                self.at += 1;
                self.list()
            }
            Token::OpenBrace => {
                self.at += 1;
                self.hash()
            }
            token => Err(format!("{token:?} is not expected behind a dot")),
        }
    }

    /// What is done to each item of a projection.
    fn projected(&mut self, power: u8) -> Parsed {
        match self.current() {
            token if token.power() < 10 => Ok(Ast::Current),
            Token::OpenBracket | Token::Filter => self.expression(power),
            Token::Dot => {
                self.at += 1;
                self.behind_dot(power)
            }
            token => Err(format!("{token:?} is not expected behind a projection")),
        }
    }
}
