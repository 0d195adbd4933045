//! Text into tokens: indentation, flow brackets and keys without a `?`.
//!
//! Whether a scalar is a key is known only once its `:` is seen. Until then its token waits in the
//! queue as a *possible key*; the `:` puts a Key token, and where a mapping begins its start token, in
//! front of it. A possible key lasts to the end of its line, for at most 1,024 characters.

mod block;
mod cursor;
mod keys;
mod plain;
mod quoted;
mod tag;
mod token;

use std::collections::VecDeque;

pub(super) use tag::Tag;
pub(super) use token::{Form, Token};

use crate::limits::Failure;
use crate::tree::Span;
use keys::PossibleKey;

/// Reads tokens from a part of a source. Offsets are those of the source.
pub(super) struct Scanner<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    /// Bytes before `at` that continue a character: `at - wide` counts characters.
    wide: usize,
    /// The count of characters at which the line began.
    line_start: usize,
    line: u32,
    tokens: VecDeque<Token>,
    /// How many tokens were taken from the queue.
    taken: usize,
    /// Columns of the blocks around; -1 is outside of all.
    indents: Vec<i32>,
    indent: i32,
    /// One for the block and one for each flow bracket that is open.
    keys: Vec<PossibleKey>,
    /// No level below this one has a possible key.
    lowest_key: usize,
    key_allowed: bool,
    /// The token in front is known not to be a possible key.
    front_settled: bool,
    ended: bool,
    /// Text of scalars that does not stand in the source as it is.
    text: String,
    /// Line breaks of the scalar at hand that may be folded.
    breaks: String,
    /// Those of tokens that were not taken yet.
    tags: VecDeque<Tag>,
}

impl<'s> Scanner<'s> {
    pub(super) fn new(source: &'s str, part: Span) -> Self {
        let bytes = source.as_bytes().get(..part.end as usize).unwrap_or_default();
        Self {
            source,
            bytes,
            at: part.start as usize,
            wide: 0,
            line_start: part.start as usize,
            line: 0,
            tokens: VecDeque::new(),
            taken: 0,
            indents: Vec::new(),
            indent: -1,
            keys: vec![PossibleKey::default()],
            lowest_key: 0,
            key_allowed: true,
            front_settled: false,
            ended: false,
            text: String::new(),
            breaks: String::new(),
            tags: VecDeque::new(),
        }
    }

    /// The next token, which stays in the queue.
    pub(super) fn peek(&mut self) -> Result<Token, Failure> {
        loop {
            if let Some(token) = self.tokens.front().copied()
                && (self.front_settled || !self.front_may_be_key()?)
            {
                self.front_settled = true;
                return Ok(token);
            }
            if self.ended {
                let at = self.offset();
                return Ok(self.tokens.front().copied().unwrap_or(Token::new(Form::StreamEnd, at, at)));
            }
            self.fetch()?;
        }
    }

    /// Takes the token that was last peeked at.
    pub(super) fn take(&mut self) {
        self.tokens.pop_front();
        self.taken += 1;
        self.front_settled = false;
    }

    /// The tag of a token of that form; each can be taken once.
    pub(super) fn take_tag(&mut self) -> Tag {
        self.tags.pop_front().unwrap_or_default()
    }

    /// The text of a scalar whose token is not in the source; to be used before the next peek.
    pub(super) fn own_text(&self, token: &Token) -> &str {
        token.text.of(&self.text)
    }

    fn fetch(&mut self) -> Result<(), Failure> {
        if self.tokens.is_empty() {
            self.text.clear();
        }
        self.skip_to_token();
        self.unroll(self.column());
        let at = self.at;
        let byte = self.byte(at);
        if self.column() == 0 {
            match byte {
                b'%' => return self.directive(),
                b'-' if self.is_marker(*b"---") => return self.marker(Form::DocumentStart),
                b'.' if self.is_marker(*b"...") => return self.marker(Form::DocumentEnd),
                _ => (),
            }
        }
        let in_flow = self.in_flow();
        match byte {
            0 => self.end(),
            b'[' => self.open(Form::FlowSequenceStart),
            b'{' => self.open(Form::FlowMappingStart),
            b']' => self.close(Form::FlowSequenceEnd),
            b'}' => self.close(Form::FlowMappingEnd),
            b',' => self.comma(),
            b'-' if self.is_blank_or_end(at + 1) => self.item(),
            b'?' if in_flow || self.is_blank_or_end(at + 1) => self.key(),
            b':' if in_flow || self.is_blank_or_end(at + 1) => self.value(),
            b'*' => self.anchor(Form::Alias),
            b'&' => self.anchor(Form::Anchor),
            b'!' => self.tag(),
            b'|' if !in_flow => self.block_scalar(true),
            b'>' if !in_flow => self.block_scalar(false),
            b'\'' => self.quoted(b'\''),
            b'"' => self.quoted(b'"'),
            b'|' | b'>' | b'%' | b'@' | b'`' | b'#' | b'\t' => Err(Failure::syntax(at, cannot_start(byte))),
            _ => self.plain(),
        }
    }

    /// Skips blanks, comments and line breaks. A tab is no indentation: it may not stand where a key
    /// can.
    fn skip_to_token(&mut self) {
        loop {
            while self.byte(self.at) == b' ' {
                self.at += 1;
            }
            match self.byte(self.at) {
                b'\t' if self.in_flow() || !self.key_allowed => self.at += 1,
                b'#' => self.skip_comment(),
                _ if self.is_break(self.at) => {
                    self.skip_break();
                    if !self.in_flow() {
                        self.key_allowed = true;
                    }
                }
                _ => return,
            }
        }
    }

    fn end(&mut self) -> Result<(), Failure> {
        self.unroll(-1);
        self.forget_key()?;
        self.key_allowed = false;
        self.ended = true;
        self.push(Form::StreamEnd, self.at);
        Ok(())
    }

    fn marker(&mut self, form: Form) -> Result<(), Failure> {
        self.unroll(-1);
        self.forget_key()?;
        self.key_allowed = false;
        self.at += 3;
        self.push(form, self.at - 3);
        Ok(())
    }

    fn open(&mut self, form: Form) -> Result<(), Failure> {
        self.save_key()?;
        let token = self.taken + self.tokens.len();
        self.keys.push(PossibleKey { token, ..PossibleKey::default() });
        self.key_allowed = true;
        self.at += 1;
        self.push(form, self.at - 1);
        Ok(())
    }

    fn close(&mut self, form: Form) -> Result<(), Failure> {
        self.forget_key()?;
        if self.in_flow() {
            let inner = self.keys.pop().unwrap_or_default();
            // Empty brackets are never held back for a `:`, so `{}: 1` is the mapping alone. The
            // reference loses their key here, by accident; a collection cannot be a key anyway.
            if let Some(outer) = self.keys.last_mut() {
                outer.unheld |= outer.token == inner.token;
            }
            self.lowest_key = self.lowest_key.min(self.keys.len());
        }
        self.key_allowed = false;
        self.at += 1;
        self.push(form, self.at - 1);
        Ok(())
    }

    fn comma(&mut self) -> Result<(), Failure> {
        self.forget_key()?;
        self.key_allowed = true;
        self.at += 1;
        self.push(Form::FlowEntry, self.at - 1);
        Ok(())
    }

    /// `-` before an item. In flow style it is the parser who refuses it.
    fn item(&mut self) -> Result<(), Failure> {
        if !self.in_flow() {
            if !self.key_allowed {
                return Err(Failure::syntax(self.at, "a sequence cannot begin here"));
            }
            self.roll(self.column(), None, Form::BlockSequenceStart, self.offset());
        }
        self.forget_key()?;
        self.key_allowed = true;
        self.at += 1;
        self.push(Form::BlockEntry, self.at - 1);
        Ok(())
    }

    /// `?` before a key.
    fn key(&mut self) -> Result<(), Failure> {
        if !self.in_flow() {
            if !self.key_allowed {
                return Err(Failure::syntax(self.at, "a key cannot begin here"));
            }
            self.roll(self.column(), None, Form::BlockMappingStart, self.offset());
        }
        self.forget_key()?;
        self.key_allowed = !self.in_flow();
        self.at += 1;
        self.push(Form::Key, self.at - 1);
        Ok(())
    }

    /// `:` before a value.
    fn value(&mut self) -> Result<(), Failure> {
        let level = self.keys.len().saturating_sub(1);
        if self.still_possible(level)? {
            let key = self.keys.get(level).copied().unwrap_or_default();
            self.insert(key.token, Token::new(Form::Key, key.start, key.start));
            self.roll(key.column, Some(key.token), Form::BlockMappingStart, key.start);
            self.drop_key(level);
            self.key_allowed = false;
        } else {
            if !self.in_flow() {
                if !self.key_allowed {
                    return Err(Failure::syntax(self.at, "a mapping value is not allowed here"));
                }
                self.roll(self.column(), None, Form::BlockMappingStart, self.offset());
            }
            self.key_allowed = !self.in_flow();
        }
        self.at += 1;
        self.push(Form::Value, self.at - 1);
        Ok(())
    }

    /// Opens a block if the column is further in than that of the block around.
    fn roll(&mut self, column: i32, before: Option<usize>, form: Form, start: u32) {
        if self.in_flow() || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let token = Token::new(form, start, start);
        match before {
            Some(number) => self.insert(number, token),
            None => self.tokens.push_back(token),
        }
    }

    /// Closes the blocks that are further in than a column.
    fn unroll(&mut self, column: i32) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            self.push(Form::BlockEnd, self.at);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn insert(&mut self, number: usize, token: Token) {
        match number.checked_sub(self.taken) {
            Some(place) if place <= self.tokens.len() => self.tokens.insert(place, token),
            _ => self.tokens.push_back(token),
        }
    }

    fn push(&mut self, form: Form, start: usize) {
        self.tokens.push_back(Token::new(form, offset(start), self.offset()));
    }

    fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }
}

fn cannot_start(byte: u8) -> &'static str {
    match byte {
        b'\t' => "a tab cannot indent",
        b'@' => "'@' cannot begin a plain scalar",
        b'`' => "'`' cannot begin a plain scalar",
        b'%' => "'%' cannot begin a plain scalar",
        _ => "a block scalar cannot stand within brackets",
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
