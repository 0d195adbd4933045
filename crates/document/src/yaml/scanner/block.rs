//! Block scalars: `|` keeps lines, `>` folds them.

use super::{Form, Scanner, Token, offset};
use crate::limits::Failure;
use crate::tree::Span;

/// What becomes of the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    /// `-`: none stays.
    Strip,
    /// One stays, if there is one.
    Clip,
    /// `+`: all stay.
    Keep,
}

impl Scanner<'_> {
    pub(super) fn block_scalar(&mut self, literal: bool) -> Result<(), Failure> {
        self.forget_key()?;
        self.key_allowed = true;
        let start = self.at;
        let (chomping, increment) = self.block_header()?;
        let mut end = self.at;
        if self.is_break(self.at) {
            self.skip_break();
        }
        let mut indent = match increment {
            0 => 0,
            increment => self.indent.max(0) + increment,
        };
        let text_start = self.text.len();
        // A text's last line break, and the empty lines after it, wait here.
        let mut last_break = String::new();
        self.breaks.clear();
        self.block_breaks(&mut indent)?;
        let mut after_blank = false;
        while self.column() == indent && self.at < self.bytes.len() {
            let blank = self.is_blank(self.at);
            let folds = !literal && !after_blank && !blank && last_break == "\n";
            if !folds {
                self.text.push_str(&last_break);
            } else if self.breaks.is_empty() {
                self.text.push(' ');
            }
            self.text.push_str(&self.breaks);
            after_blank = blank;
            let from = self.at;
            let line_end = self.line_end(from);
            self.text.push_str(self.source.get(from..line_end).unwrap_or(""));
            self.advance(line_end);
            end = line_end;
            self.breaks.clear();
            if self.is_break(self.at) {
                self.read_break();
            }
            last_break.clear();
            last_break.push_str(&self.breaks);
            self.breaks.clear();
            self.block_breaks(&mut indent)?;
        }
        if chomping != Chomping::Strip {
            self.text.push_str(&last_break);
        }
        if chomping == Chomping::Keep {
            self.text.push_str(&self.breaks);
        }
        let text = Span { start: offset(text_start), end: offset(self.text.len()) };
        let token = Token::new(Form::Scalar { plain: false, own: true }, offset(start), offset(end));
        self.tokens.push_back(Token { text, ..token });
        Ok(())
    }

    /// `|` or `>`, then chomping and indentation in either order, then blanks and a comment.
    fn block_header(&mut self) -> Result<(Chomping, i32), Failure> {
        self.at += 1;
        let mut chomping = None;
        let mut increment = None;
        loop {
            match self.byte(self.at) {
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                b'0' if increment.is_none() => {
                    return Err(Failure::syntax(self.at, "the indentation of a block scalar cannot be 0"));
                }
                digit @ b'1'..=b'9' if increment.is_none() => increment = Some(i32::from(digit - b'0')),
                _ => break,
            }
            self.at += 1;
        }
        while self.is_blank(self.at) {
            self.at += 1;
        }
        if self.byte(self.at) == b'#' {
            self.skip_comment();
        }
        if self.at < self.bytes.len() && !self.is_break(self.at) {
            return Err(Failure::syntax(
                self.at,
                "expected the end of the line after a block scalar's header",
            ));
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment.unwrap_or(0)))
    }

    /// Skips indentation and empty lines, keeping the breaks; finds the indentation where it is 0.
    fn block_breaks(&mut self, indent: &mut i32) -> Result<(), Failure> {
        let mut most = 0;
        loop {
            while (*indent == 0 || self.column() < *indent) && self.byte(self.at) == b' ' {
                self.at += 1;
            }
            most = most.max(self.column());
            if (*indent == 0 || self.column() < *indent) && self.byte(self.at) == b'\t' {
                return Err(Failure::syntax(self.at, "a tab cannot indent"));
            }
            if !self.is_break(self.at) {
                break;
            }
            self.read_break();
        }
        if *indent == 0 {
            *indent = most.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
