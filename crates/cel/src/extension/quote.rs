//! Text in quotes as Go writes it (`strconv.Quote`), which its messages do.

use std::fmt::Write as _;

/// Text in double quotes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            letter if is_printable(letter) => out.push(letter),
            // Writing to a string never fails.
            letter => {
                let code = u32::from(letter);
                let _ = match code {
                    0..0x20 | 0x7f => write!(out, "\\x{code:02x}"),
                    0x80..0x1_0000 => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// The same of bytes; those that are no text are written by their number.
pub(crate) fn quoted_bytes(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        let valid = quoted(chunk.valid());
        out.push_str(valid.get(1..valid.len().saturating_sub(1)).unwrap_or(""));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

/// Whether Go shows a letter as it is.
fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return !letter.is_ascii_control();
    }
    // Of a text's later letters only what cannot be shown is escaped.
    let shown = ["a", letter.encode_utf8(&mut [0; 4])].concat().escape_debug().to_string();
    !shown.contains("\\u")
}

/// Bytes as text: each byte that is none becomes the mark for that, as Go counts them.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        let cases = [
            ("plain", r#""plain""#),
            ("a\"b\\c\n\t\u{1}\u{7f}", r#""a\"b\\c\n\t\x01\x7f""#),
            ("é\u{301}", "\"é\u{301}\""),
            ("\u{200b}\u{a0}\u{e0001}", r#""\u200b\u00a0\U000e0001""#),
        ];
        for (text, wanted) in cases {
            assert_eq!(quoted(text), wanted);
        }
        assert_eq!(quoted_bytes(b"a\xffb"), r#""a\xffb""#);
    }
}
