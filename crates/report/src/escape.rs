//! Foreign strings made safe to look at.
//!
//! Names and messages hold what somebody else wrote. A terminal obeys escape sequences in them, and a
//! bidirectional override makes a line read as what it is not (CVE-2021-42574), so whatever a reader
//! could not see is spelled out.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with control characters, bidirectional marks and invisible characters as `\n`, `\u{1b}`.
/// What it returns is one line.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| (0x20..0x7f).contains(&byte);
    if text.bytes().all(plain) || !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if is_hidden(character) => _ = write!(shown, "\\u{{{:x}}}", u32::from(character)),
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Controls, Unicode's `Default_Ignorable_Code_Point` (but for the emoji selector), separators of
/// lines and paragraphs, annotations, and what is no character at all.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text cut to a number of characters, the last of which is then `…`.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    Cow::Owned(kept + "…")
}

/// A path as a relative URI reference (RFC 3986, 4.2), its slashes kept. Colons are encoded too:
/// before the first slash they would make what precedes them a scheme.
pub(crate) fn percent_encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => encoded.push(char::from(byte)),
            _ if b"-._~/!$&'()*+,;=@".contains(&byte) => encoded.push(char::from(byte)),
            _ => _ = write!(encoded, "%{byte:02X}"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_spelled_out() {
        assert_eq!(visible("a\x1b[31mred\n"), r"a\u{1b}[31mred\n");
        assert_eq!(visible("user\u{202e}nimda"), r"user\u{202e}nimda");
        assert_eq!(visible("\u{9b}2J\u{200b}\0\u{ffff}"), r"\u{9b}2J\u{200b}\u{0}\u{ffff}");
        for kept in ["grün", "日本語", "naïve ✓", "❤\u{fe0f}", ""] {
            assert!(matches!(visible(kept), Cow::Borrowed(same) if same == kept));
        }
    }

    #[test]
    fn cuts_by_characters() {
        assert_eq!(cut("grün", 4), "grün");
        assert_eq!(cut("grüne", 4), "grü…");
        assert_eq!(cut("", 0), "");
    }

    #[test]
    fn paths_become_references() {
        assert_eq!(percent_encode("a b/ü%.yaml"), "a%20b/%C3%BC%25.yaml");
        assert_eq!(percent_encode("c:/x?y#z[0]"), "c%3A/x%3Fy%23z%5B0%5D");
    }
}
