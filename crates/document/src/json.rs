//! JSON, by RFC 8259, straight into a tree.
//!
//! Values are those of the API server's reader: a number without fraction or exponent is whole, half
//! a surrogate pair becomes U+FFFD, and of duplicate keys the last wins. The reader keeps its own
//! stack, so depth costs memory and never the program's stack.

mod text;

use crate::build::Builder;
use crate::key::Key;
use crate::limits::{Failure, Limits, Problem};
use crate::number;
use crate::tree::{Entry, Kind, NodeId, Origin, Span, Tree};
use text::Text;

/// A value and the byte after it.
pub(crate) struct Parsed {
    pub(crate) tree: Tree,
    pub(crate) end: usize,
}

/// Reads one value that begins at or after `start` and ends before `end`; more text may follow it.
pub(crate) fn parse(tree: Tree, start: usize, end: usize, limits: &Limits) -> Result<Parsed, Failure> {
    let source = tree.source().clone();
    let text = source.get(..end).unwrap_or("");
    let mut reader = Reader { text, bytes: text.as_bytes(), at: start, builder: Builder::new(tree), limits };
    let root = reader.document()?;
    let (mut tree, end) = (reader.builder.tree, reader.at);
    tree.set_root(root);
    Ok(Parsed { tree, end })
}

struct Reader<'s> {
    text: &'s str,
    bytes: &'s [u8],
    at: usize,
    builder: Builder,
    limits: &'s Limits,
}

/// An open collection.
struct Frame {
    start: usize,
    base: usize,
    /// The key whose value is read, where the collection is a mapping.
    key: Option<(Key, Span)>,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<NodeId, Failure> {
        let mut frames: Vec<Frame> = Vec::new();
        loop {
            // A value begins here.
            self.skip_space();
            let start = self.at;
            let mut node = match self.peek() {
                Some(b'{') => {
                    self.open(&frames)?;
                    self.skip_space();
                    if self.peek() != Some(b'}') {
                        let base = self.builder.entry_base();
                        let key = Some(self.key()?);
                        frames.push(Frame { start, base, key });
                        continue;
                    }
                    self.at += 1;
                    let base = self.builder.entry_base();
                    self.builder.finish_mapping(base, span(start, self.at))
                }
                Some(b'[') => {
                    self.open(&frames)?;
                    self.skip_space();
                    if self.peek() != Some(b']') {
                        frames.push(Frame { start, base: self.builder.item_base(), key: None });
                        continue;
                    }
                    self.at += 1;
                    let base = self.builder.item_base();
                    self.builder.finish_sequence(base, span(start, self.at))
                }
                Some(b'"') => self.string()?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.word("true", Kind::Bool(true))?,
                Some(b'f') => self.word("false", Kind::Bool(false))?,
                Some(b'n') => self.word("null", Kind::Null)?,
                _ => return Err(self.failure("expected a JSON value")),
            };
            self.builder.check_nodes(self.limits, start)?;
            // A value has ended: close collections for as long as they end here too.
            loop {
                let Some(frame) = frames.last_mut() else {
                    return Ok(node);
                };
                self.skip_space();
                let next = self.peek();
                if let Some((key, at)) = frame.key {
                    self.builder.entry(Entry { key, value: node, span: at });
                    match next {
                        Some(b',') => {
                            self.at += 1;
                            self.skip_space();
                            frame.key = Some(self.key()?);
                            break;
                        }
                        Some(b'}') => {
                            self.at += 1;
                            node = self.builder.finish_mapping(frame.base, span(frame.start, self.at));
                        }
                        _ => return Err(self.failure("expected ',' or '}' after a value")),
                    }
                } else {
                    self.builder.item(node);
                    match next {
                        Some(b',') => {
                            self.at += 1;
                            break;
                        }
                        Some(b']') => {
                            self.at += 1;
                            node = self.builder.finish_sequence(frame.base, span(frame.start, self.at));
                        }
                        _ => return Err(self.failure("expected ',' or ']' after a value")),
                    }
                }
                frames.pop();
            }
        }
    }

    /// Steps over an opening bracket, if the depth allows one more.
    fn open(&mut self, frames: &[Frame]) -> Result<(), Failure> {
        if frames.len() >= self.limits.depth {
            let problem = Problem::TooDeep { limit: self.limits.depth };
            return Err(Failure::new(problem, self.at));
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Result<(Key, Span), Failure> {
        if self.peek() != Some(b'"') {
            return Err(self.failure("expected a key in double quotes"));
        }
        let start = self.at;
        let text = text::read(self.text, &mut self.at)?;
        let at = span(start, self.at);
        let key = match &text {
            Text::Slice(text) => self.builder.tree.intern(text.of(self.text)),
            Text::Own(text) => self.builder.tree.intern(text),
        };
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.failure("expected ':' after a key"));
        }
        self.at += 1;
        Ok((key, at))
    }

    fn string(&mut self) -> Result<NodeId, Failure> {
        let start = self.at;
        let text = text::read(self.text, &mut self.at)?;
        let at = span(start, self.at);
        Ok(match text {
            Text::Slice(text) => self.builder.tree.add_slice(text, at),
            Text::Own(text) => self.builder.tree.add_scalar(Kind::Text(&text), at, Origin::Source),
        })
    }

    fn number(&mut self) -> Result<NodeId, Failure> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (zero && whole > 1) {
            return Err(Failure::syntax(start, "not a JSON number"));
        }
        let mut simple = true;
        if self.peek() == Some(b'.') {
            simple = false;
            self.at += 1;
            if self.digits() == 0 {
                return Err(Failure::syntax(start, "not a JSON number"));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            simple = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(Failure::syntax(start, "not a JSON number"));
            }
        }
        let at = span(start, self.at);
        let text = at.of(self.text);
        let value = if simple && text.len() < 18 {
            text.parse().ok().map(Kind::Int)
        } else {
            number::from_json(text)
        };
        let Some(value) = value else {
            let problem = Problem::Value("the number is beyond 64-bit floating point".into());
            return Err(Failure::new(problem, start));
        };
        Ok(self.builder.tree.add_scalar(value, at, Origin::Source))
    }

    fn digits(&mut self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn word(&mut self, word: &str, value: Kind<'_>) -> Result<NodeId, Failure> {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes())
            || rest.get(word.len()).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        {
            return Err(self.failure("expected a JSON value"));
        }
        self.at += word.len();
        Ok(self.builder.tree.add_scalar(value, span(start, self.at), Origin::Source))
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn failure(&self, message: &'static str) -> Failure {
        let message = if self.at >= self.bytes.len() { "the JSON value does not end" } else { message };
        Failure::syntax(self.at, message)
    }
}

fn span(start: usize, end: usize) -> Span {
    let fit = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
    Span { start: fit(start), end: fit(end) }
}

#[cfg(test)]
mod tests;
