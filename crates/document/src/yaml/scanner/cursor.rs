//! Where the scanner stands: bytes, characters, columns and line breaks.

use super::{Scanner, offset};

impl Scanner<'_> {
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    pub(super) fn offset(&self) -> u32 {
        offset(self.at)
    }

    pub(super) fn character(&self) -> usize {
        self.at - self.wide
    }

    pub(super) fn column(&self) -> i32 {
        i32::try_from(self.character() - self.line_start).unwrap_or(i32::MAX)
    }

    /// Steps to a later place on the same line, over text of any kind.
    pub(super) fn advance(&mut self, to: usize) {
        let passed = self.bytes.get(self.at..to).unwrap_or_default();
        self.wide += passed.iter().filter(|byte| matches!(byte, 0x80..=0xBF)).count();
        self.at = to;
    }

    /// Whether a document marker stands here, which is the start of a line.
    pub(super) fn is_marker(&self, marker: [u8; 3]) -> bool {
        self.bytes.get(self.at..self.at + 3) == Some(&marker[..]) && self.is_blank_or_end(self.at + 3)
    }

    /// The length of a line break: LF, CR, CR LF, and of Unicode NEL, LS and PS.
    pub(super) fn break_length(&self, at: usize) -> usize {
        match self.byte(at) {
            b'\r' if self.byte(at + 1) == b'\n' => 2,
            b'\n' | b'\r' => 1,
            0xC2 if self.byte(at + 1) == 0x85 => 2,
            0xE2 if self.byte(at + 1) == 0x80 && matches!(self.byte(at + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    pub(super) fn is_break(&self, at: usize) -> bool {
        match self.byte(at) {
            b'\n' | b'\r' => true,
            0xC2 | 0xE2 => self.break_length(at) > 0,
            _ => false,
        }
    }

    pub(super) fn is_blank(&self, at: usize) -> bool {
        matches!(self.byte(at), b' ' | b'\t')
    }

    pub(super) fn is_blank_or_end(&self, at: usize) -> bool {
        matches!(self.byte(at), b' ' | b'\t' | 0) || self.is_break(at)
    }

    /// Where the line ends that `from` stands on.
    pub(super) fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let end = from + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let line = self.bytes.get(from..end).unwrap_or_default();
        if line.is_ascii() {
            return end;
        }
        memchr::memchr2_iter(0xC2, 0xE2, line)
            .map(|at| from + at)
            .find(|at| self.is_break(*at))
            .unwrap_or(end)
    }

    pub(super) fn skip_break(&mut self) -> usize {
        let length = self.break_length(self.at);
        // The bytes of NEL, LS and PS after the first, and CR LF counts two characters.
        if !matches!(self.byte(self.at), b'\r' | b'\n') {
            self.wide += length.saturating_sub(1);
        }
        self.at += length;
        self.line_start = self.character();
        self.line = self.line.saturating_add(1);
        length
    }

    pub(super) fn skip_comment(&mut self) {
        let end = self.line_end(self.at);
        self.advance(end);
    }
}
