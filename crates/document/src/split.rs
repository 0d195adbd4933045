//! A stream cut into documents.
//!
//! A line that begins with `---` or `...`, followed by a blank or nothing, ends a YAML document
//! wherever it stands, even within quotes and block scalars. JSON cannot hold such a line at all. So
//! the cut needs no parser, and what is broken in one document cannot reach into the next.

use crate::tree::Span;

/// A part of a stream that holds at most one YAML document, or a run of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Where it stands, with the directives and the `---` that open it.
    pub span: Span,
    /// The line of its first byte, from 1.
    pub line: u32,
}

/// Cuts a stream at its document markers. Parts that hold nothing but comments are left out.
pub fn split(text: &str) -> Vec<Part> {
    Parts::new(text).collect()
}

/// The parts of a stream, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Parts<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self::from(text, 0, 1)
    }

    /// Goes on where another one stood.
    pub(crate) fn from(text: &'a str, at: usize, line: u32) -> Self {
        Self { text, at, line }
    }

    pub(crate) fn state(&self) -> (usize, u32) {
        (self.at, self.line)
    }
}

/// What a line is to the one who cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Start,
    End,
    Directive,
    Nothing,
    Content,
}

fn classify(line: &str) -> Line {
    let marker = |mark: &str| {
        line.strip_prefix(mark)
            .is_some_and(|rest| matches!(rest.bytes().next(), None | Some(b' ' | b'\t')))
    };
    match line.bytes().next() {
        Some(b'-') if marker("---") => Line::Start,
        Some(b'.') if marker("...") => Line::End,
        Some(b'%') => Line::Directive,
        Some(b'#' | b' ' | b'\t') | None => {
            let rest = line.trim_start_matches([' ', '\t']);
            // Unicode has line breaks that end a comment.
            let comment = rest.starts_with('#') && !rest.contains(['\u{85}', '\u{2028}', '\u{2029}']);
            if rest.is_empty() || comment { Line::Nothing } else { Line::Content }
        }
        Some(_) => Line::Content,
    }
}

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        loop {
            let (start, line) = (self.at, self.line);
            // Whether a marker or content was seen: a marker after directives belongs to them.
            let (mut open, mut directives) = (false, false);
            let mut end = self.text.len();
            while self.at < self.text.len() {
                let at = self.at;
                let (text, length) = next_line(self.text.get(at..).unwrap_or(""));
                let kind = classify(if at == 0 { text.trim_start_matches('\u{FEFF}') } else { text });
                if kind == Line::Start && open {
                    end = at;
                    break;
                }
                self.at += length;
                self.line = self.line.saturating_add(1);
                match kind {
                    Line::End => {
                        end = at;
                        break;
                    }
                    Line::Start | Line::Content => open = true,
                    Line::Directive => directives = true,
                    Line::Nothing => (),
                }
            }
            if open || directives {
                return Some(Part { span: span(start, end), line });
            }
            if self.at >= self.text.len() {
                return None;
            }
        }
    }
}

/// The first line without its break, and its length with it.
fn next_line(text: &str) -> (&str, usize) {
    let bytes = text.as_bytes();
    let Some(end) = memchr::memchr2(b'\n', b'\r', bytes) else {
        return (text, text.len());
    };
    let crlf = bytes.get(end) == Some(&b'\r') && bytes.get(end + 1) == Some(&b'\n');
    (text.get(..end).unwrap_or(""), end + if crlf { 2 } else { 1 })
}

fn span(start: usize, end: usize) -> Span {
    let fit = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
    Span { start: fit(start), end: fit(end) }
}

#[cfg(test)]
mod tests;
