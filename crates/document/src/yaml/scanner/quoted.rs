//! Scalars in single and double quotes.

use super::{Form, Scanner, Token, offset};
use crate::limits::Failure;
use crate::tree::Span;

impl Scanner<'_> {
    pub(super) fn quoted(&mut self, quote: u8) -> Result<(), Failure> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.at;
        self.at += 1;
        let inner = self.at;
        self.quoted_text(quote);
        let (form, text) = if self.byte(self.at) == quote && !self.is_doubled(quote) {
            let text = Span { start: offset(inner), end: self.offset() };
            (Form::Scalar { plain: false, own: false }, text)
        } else {
            let text_start = self.text.len();
            self.text.push_str(self.source.get(inner..self.at).unwrap_or(""));
            self.quoted_rest(quote, start, text_start)?;
            let text = Span { start: offset(text_start), end: offset(self.text.len()) };
            (Form::Scalar { plain: false, own: true }, text)
        };
        self.at += 1;
        let token = Token::new(form, offset(start), self.offset());
        self.tokens.push_back(Token { text, ..token });
        Ok(())
    }

    /// Steps over what needs no change: up to a quote, a backslash between double quotes, a line
    /// break or the end. Blanks before a line break are among it.
    fn quoted_text(&mut self, quote: u8) {
        let mut at = self.at;
        let mut seen = 0;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\n' | b'\r' => break,
                b'\\' if quote == b'"' => break,
                byte if byte == quote => break,
                0xC2 | 0xE2 if self.is_break(at) => break,
                _ => seen |= byte,
            }
            at += 1;
        }
        if seen.is_ascii() {
            self.at = at;
        } else {
            self.advance(at);
        }
    }

    /// `''` between single quotes is one of them.
    fn is_doubled(&self, quote: u8) -> bool {
        quote == b'\'' && self.byte(self.at + 1) == b'\''
    }

    /// The rest of a scalar that has an escape or more than one line.
    fn quoted_rest(&mut self, quote: u8, start: usize, text_start: usize) -> Result<(), Failure> {
        // Blanks before a line break go, but not those that an escape made: up to here text stays.
        let mut settled = text_start;
        loop {
            let byte = self.byte(self.at);
            if byte == quote {
                if !self.is_doubled(quote) {
                    return Ok(());
                }
                self.text.push('\'');
                self.at += 2;
                settled = self.text.len();
            } else if byte == b'\\' && quote == b'"' {
                if self.is_break(self.at + 1) {
                    self.at += 1;
                    self.skip_break();
                    self.breaks.clear();
                    self.next_line(start)?;
                    self.text.push_str(&self.breaks);
                } else {
                    self.escape()?;
                }
                settled = self.text.len();
            } else if self.is_break(self.at) {
                let line = self.text.get(settled..).unwrap_or("");
                let kept = settled + line.trim_end_matches([' ', '\t']).len();
                self.text.truncate(kept);
                self.breaks.clear();
                self.next_line(start)?;
                self.fold();
                settled = self.text.len();
            } else if byte == 0 {
                return Err(Failure::syntax(start, "the quoted scalar does not end"));
            } else {
                let from = self.at;
                self.quoted_text(quote);
                self.text.push_str(self.source.get(from..self.at).unwrap_or(""));
            }
        }
    }

    /// Skips line breaks and the blanks around them, keeping the breaks.
    fn next_line(&mut self, start: usize) -> Result<(), Failure> {
        loop {
            if self.is_break(self.at) {
                self.read_break();
            } else if self.is_blank(self.at) {
                self.at += 1;
            } else {
                break;
            }
        }
        if self.column() == 0 && (self.is_marker(*b"---") || self.is_marker(*b"...")) {
            return Err(Failure::syntax(start, "the quoted scalar does not end before the next document"));
        }
        Ok(())
    }

    /// A backslash and what belongs to it.
    fn escape(&mut self) -> Result<(), Failure> {
        let at = self.at;
        let (character, digits) = match self.byte(at + 1) {
            b'0' => ('\0', 0),
            b'a' => ('\u{7}', 0),
            b'b' => ('\u{8}', 0),
            b't' | b'\t' => ('\t', 0),
            b'n' => ('\n', 0),
            b'v' => ('\u{B}', 0),
            b'f' => ('\u{C}', 0),
            b'r' => ('\r', 0),
            b'e' => ('\u{1B}', 0),
            b' ' => (' ', 0),
            b'"' => ('"', 0),
            b'\'' => ('\'', 0),
            b'\\' => ('\\', 0),
            b'N' => ('\u{85}', 0),
            b'_' => ('\u{A0}', 0),
            b'L' => ('\u{2028}', 0),
            b'P' => ('\u{2029}', 0),
            b'x' => (' ', 2),
            b'u' => (' ', 4),
            b'U' => (' ', 8),
            _ => return Err(Failure::syntax(at, "unknown escape between double quotes")),
        };
        if digits == 0 {
            self.text.push(character);
            self.at += 2;
            return Ok(());
        }
        let code = self
            .source
            .get(at + 2..at + 2 + digits)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(code) = code.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return Err(Failure::syntax(at, "expected hexadecimal digits in an escape"));
        };
        let Some(character) = char::from_u32(code) else {
            return Err(Failure::syntax(at, "the escape is no Unicode character"));
        };
        self.text.push(character);
        self.at += 2 + digits;
        Ok(())
    }
}
