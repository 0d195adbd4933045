//! Scalars without quotes.

use super::{Form, Scanner, Token, offset};
use crate::limits::Failure;
use crate::tree::Span;

/// What a byte is to a plain scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of the scalar.
    Text,
    Colon,
    /// `,?[]{}`, which end a scalar within brackets.
    Flow,
    /// A blank, a line break, the end, or a byte that may begin a line break of Unicode.
    Space,
}

fn class(byte: u8) -> Class {
    match byte {
        b':' => Class::Colon,
        b',' | b'?' | b'[' | b']' | b'{' | b'}' => Class::Flow,
        b' ' | b'\t' | b'\r' | b'\n' | 0 | 0xC2 | 0xE2 => Class::Space,
        _ => Class::Text,
    }
}

impl Scanner<'_> {
    pub(super) fn plain(&mut self) -> Result<(), Failure> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.at;
        let least = self.indent + 1;
        // The end of the scalar's last character; what lies between it and `at` is space.
        let mut end = start;
        // What is not yet in the scalar's own text begins here.
        let mut chunk = start;
        let mut own = None;
        let mut line_ended = false;
        loop {
            if self.byte(self.at) == b'#'
                || (self.column() == 0 && (self.is_marker(*b"---") || self.is_marker(*b"...")))
            {
                break;
            }
            let from = self.at;
            self.plain_text();
            if self.at > from {
                if line_ended {
                    own.get_or_insert(self.text.len());
                    self.text.push_str(self.source.get(chunk..end).unwrap_or(""));
                    self.fold();
                    chunk = from;
                    line_ended = false;
                }
                end = self.at;
            }
            if !self.is_blank(self.at) && !self.is_break(self.at) {
                break;
            }
            loop {
                if self.is_blank(self.at) {
                    if line_ended && self.column() < least && self.byte(self.at) == b'\t' {
                        return Err(Failure::syntax(self.at, "a tab cannot indent"));
                    }
                    self.at += 1;
                } else if self.is_break(self.at) {
                    if !line_ended {
                        self.breaks.clear();
                        line_ended = true;
                    }
                    self.read_break();
                } else {
                    break;
                }
            }
            if !self.in_flow() && self.column() < least {
                break;
            }
        }
        if line_ended {
            self.key_allowed = true;
        }
        let text = match own {
            None => Span { start: offset(start), end: offset(end) },
            Some(text_start) => {
                self.text.push_str(self.source.get(chunk..end).unwrap_or(""));
                Span { start: offset(text_start), end: offset(self.text.len()) }
            }
        };
        let token = Token::new(Form::Scalar { plain: true, own: own.is_some() }, offset(start), offset(end));
        self.tokens.push_back(Token { text, ..token });
        Ok(())
    }

    /// Steps over a run of the scalar's characters.
    fn plain_text(&mut self) {
        let in_flow = self.in_flow();
        let mut at = self.at;
        let mut seen = 0;
        while let Some(&byte) = self.bytes.get(at) {
            let class = class(byte);
            // Most bytes by far: the others are told apart only then.
            if class != Class::Text {
                let ends = match class {
                    Class::Colon => self.is_blank_or_end(at + 1),
                    Class::Flow => in_flow,
                    _ => byte < 0x80 || self.is_break(at),
                };
                if ends {
                    break;
                }
            }
            seen |= byte;
            at += 1;
        }
        if seen.is_ascii() {
            self.at = at;
        } else {
            self.advance(at);
        }
    }

    /// Takes a line break into the breaks that wait to be folded.
    pub(super) fn read_break(&mut self) {
        let at = self.at;
        let length = self.skip_break();
        // LS and PS stay as they are.
        let text = if length == 3 { self.source.get(at..at + 3).unwrap_or("\n") } else { "\n" };
        self.breaks.push_str(text);
    }

    /// Line breaks between two lines of text: one becomes a space, of several the first is dropped.
    pub(super) fn fold(&mut self) {
        match self.breaks.strip_prefix('\n') {
            Some("") => self.text.push(' '),
            Some(more) => self.text.push_str(more),
            None => self.text.push_str(&self.breaks),
        }
        self.breaks.clear();
    }
}
