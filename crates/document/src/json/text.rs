//! Strings of JSON.

use crate::limits::Failure;
use crate::tree::Span;

/// What a string holds.
pub(super) enum Text {
    /// It stands in the source as it is.
    Slice(Span),
    /// Its escapes are resolved.
    Own(String),
}

/// Reads the string whose opening quote is at `at`, and leaves `at` behind its closing quote.
pub(super) fn read(source: &str, at: &mut usize) -> Result<Text, Failure> {
    let open = *at;
    let start = open + 1;
    let end = plain_end(source.as_bytes(), start);
    match source.as_bytes().get(end) {
        Some(b'"') => {
            *at = end + 1;
            Ok(Text::Slice(super::span(start, end)))
        }
        Some(b'\\') => {
            let mut text = String::with_capacity((end - start) + 32);
            text.push_str(source.get(start..end).unwrap_or(""));
            *at = end;
            escaped(source, at, open, &mut text)?;
            Ok(Text::Own(text))
        }
        Some(_) => Err(Failure::syntax(end, "a line break or control character within a string")),
        None => Err(Failure::syntax(open, "the string does not end")),
    }
}

/// The rest of a string from its first escape on.
fn escaped(source: &str, at: &mut usize, open: usize, text: &mut String) -> Result<(), Failure> {
    let bytes = source.as_bytes();
    loop {
        match bytes.get(*at) {
            Some(b'"') => {
                *at += 1;
                return Ok(());
            }
            Some(b'\\') => {
                let character = match bytes.get(*at + 1) {
                    Some(letter @ (b'"' | b'\\' | b'/')) => char::from(*letter),
                    Some(b'b') => '\u{8}',
                    Some(b'f') => '\u{C}',
                    Some(b'n') => '\n',
                    Some(b'r') => '\r',
                    Some(b't') => '\t',
                    Some(b'u') => {
                        let (character, length) = unicode(bytes, *at)?;
                        *at += length - 2;
                        character
                    }
                    _ => return Err(Failure::syntax(*at, "unknown escape in a string")),
                };
                text.push(character);
                *at += 2;
            }
            Some(0..=0x1F) => {
                return Err(Failure::syntax(*at, "a line break or control character within a string"));
            }
            Some(_) => {
                let end = plain_end(bytes, *at);
                text.push_str(source.get(*at..end).unwrap_or(""));
                *at = end;
            }
            None => return Err(Failure::syntax(open, "the string does not end")),
        }
    }
}

/// A `\u` escape at `at`, with a second one where the two are a pair; the length of both.
fn unicode(bytes: &[u8], at: usize) -> Result<(char, usize), Failure> {
    let first = four_digits(bytes, at + 2)
        .ok_or_else(|| Failure::syntax(at, "expected four hexadecimal digits after \\u"))?;
    if let 0xD800..=0xDBFF = first
        && bytes.get(at + 6..at + 8) == Some(br"\u")
        && let Some(second @ 0xDC00..=0xDFFF) = four_digits(bytes, at + 8)
    {
        let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return Ok((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12));
    }
    Ok((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
}

fn four_digits(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits
        .iter()
        .try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

/// The first byte from `at` that is a quote, a backslash or a control character; eight at a time.
fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    let zero_bytes = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        // False marks can only stand above a true one, so the lowest mark is right.
        let marks = zero_bytes(word ^ (ONES * u64::from(b'"')))
            | zero_bytes(word ^ (ONES * u64::from(b'\\')))
            | (word.wrapping_sub(ONES * 0x20) & !word & HIGHS);
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1F)) {
        at += 1;
    }
    at
}
