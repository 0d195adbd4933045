//! What a literal means: numbers, and strings with their escapes.

use std::sync::Arc;

use super::Literal;

/// Reads an `int` literal with or without a minus sign.
pub(crate) fn int(text: &str, negative: bool) -> Option<Literal> {
    let magnitude = match text.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16),
        None => text.parse(),
    };
    let number = magnitude.ok()?;
    let number = if negative { number.checked_neg()? } else { number };
    i64::try_from(number).ok().map(Literal::Int)
}

/// Reads a `uint` literal with its `u`.
pub(crate) fn uint(text: &str) -> Option<Literal> {
    let digits = text.strip_suffix(['u', 'U'])?;
    let number = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    number.ok().map(Literal::UInt)
}

/// Reads a `double` literal; what is too large to be one is refused.
pub(crate) fn double(text: &str, negative: bool) -> Option<Literal> {
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Literal::Double(if negative { -number } else { number }))
}

/// Reads a string literal with its quotes and letters.
pub(crate) fn string(text: &str) -> Result<Literal, &'static str> {
    let bytes = unescape(text, false)?;
    let text = String::from_utf8(bytes).map_err(|_| "invalid unicode code point")?;
    Ok(Literal::String(text.into()))
}

/// Reads a bytes literal with its quotes and letters.
pub(crate) fn bytes(text: &str) -> Result<Literal, &'static str> {
    Ok(Literal::Bytes(Arc::from(unescape(text.get(1..).unwrap_or(""), true)?)))
}

const UNABLE: &str = "unable to unescape string";

/// Takes quotes away and resolves escapes. `\x` and octal escapes are bytes in a bytes literal and code
/// points in a string; line ends are made `\n`.
fn unescape(text: &str, as_bytes: bool) -> Result<Vec<u8>, &'static str> {
    let (raw, quoted) = match text.strip_prefix(['r', 'R']) {
        Some(quoted) => (true, quoted),
        None => (false, text),
    };
    let quote = if quoted.starts_with('"') { "\"" } else { "'" };
    let triple = quote.repeat(3);
    let inner = quoted
        .strip_prefix(&triple)
        .and_then(|rest| rest.strip_suffix(&triple))
        .or_else(|| quoted.strip_prefix(quote)?.strip_suffix(quote))
        .ok_or(UNABLE)?;
    let mut letters = inner.chars().peekable();
    let mut out = Vec::with_capacity(inner.len());
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => {
                letters.next_if_eq(&'\n');
                out.push(b'\n');
            }
            '\\' if !raw => escape(&mut letters, as_bytes, &mut out)?,
            letter => push(letter, &mut out),
        }
    }
    Ok(out)
}

fn push(letter: char, out: &mut Vec<u8>) {
    out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Reads what follows a backslash.
fn escape(
    letters: &mut impl Iterator<Item = char>,
    as_bytes: bool,
    out: &mut Vec<u8>,
) -> Result<(), &'static str> {
    let kind = letters.next().ok_or("unable to unescape string, found '\\' as last character")?;
    let plain = match kind {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' | '\'' | '"' | '`' | '?' => u8::try_from(kind).unwrap_or(b'?'),
        'x' | 'X' => return code(digits(letters, 2, 16, 0)?, as_bytes, out),
        'u' if !as_bytes => return code(digits(letters, 4, 16, 0)?, as_bytes, out),
        'U' if !as_bytes => return code(digits(letters, 8, 16, 0)?, as_bytes, out),
        '0'..='3' => {
            return code(digits(letters, 2, 8, kind.to_digit(8).unwrap_or(0))?, as_bytes, out);
        }
        _ => return Err(UNABLE),
    };
    out.push(plain);
    Ok(())
}

fn digits(
    letters: &mut impl Iterator<Item = char>,
    count: u32,
    base: u32,
    start: u32,
) -> Result<u32, &'static str> {
    let mut number = start;
    for _ in 0..count {
        let digit = letters.next().and_then(|letter| letter.to_digit(base)).ok_or(UNABLE)?;
        number = number.wrapping_mul(base).wrapping_add(digit);
    }
    Ok(number)
}

fn code(number: u32, as_bytes: bool, out: &mut Vec<u8>) -> Result<(), &'static str> {
    if as_bytes {
        out.push(u8::try_from(number).map_err(|_| UNABLE)?);
    } else {
        push(char::from_u32(number).ok_or("invalid unicode code point")?, out);
    }
    Ok(())
}
