//! Foreign strings as Markdown that means nothing: no markup, no HTML, no mention, no link.
//!
//! GitHub looks for mentions, issue numbers and addresses in the text that Markdown and entities
//! have already become, so nothing but a character in between stops it; code is left alone.

use std::fmt::Write as _;

use crate::escape::visible;

/// A zero-width space.
const GAP: &str = "&#8203;";

/// A name as code, fit for a table's cell.
pub(super) fn code(text: &str) -> String {
    let shown = visible(text);
    let plain = !shown.contains(['`', '|']) && !shown.starts_with(' ') && !shown.ends_with(' ');
    if plain && !shown.is_empty() {
        return format!("`{shown}`");
    }
    // Within an element Markdown goes on, but an entity never begins markup.
    let mut code = "<code>".to_owned();
    for character in shown.chars() {
        if character.is_ascii_punctuation() {
            _ = write!(code, "&#{};", u32::from(character));
        } else {
            code.push(character);
        }
    }
    code + "</code>"
}

/// A sentence. Pairs of backticks make code, as authors of policies mean them to; all else is text.
pub(super) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(|inside| !inside.is_empty());
    if !paired {
        return escaped(text);
    }
    let parts = parts.iter().enumerate();
    parts
        .map(|(index, part)| if index % 2 == 1 { code(part) } else { escaped(part) })
        .collect()
}

fn escaped(text: &str) -> String {
    let shown = visible(text);
    let mut escaped = String::with_capacity(shown.len() + 16);
    let mut rest = &*shown;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        let joins = after.starts_with(|next: char| next.is_alphanumeric());
        match character {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '|' | '~' | '$' | '&' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '@' | '#' if joins => {
                escaped.push(character);
                escaped.push_str(GAP);
            }
            ':' if after.starts_with("//") => {
                escaped.push(character);
                escaped.push_str(GAP);
            }
            '-' if joins && ends_with(&escaped, b"gh") => {
                escaped.push(character);
                escaped.push_str(GAP);
            }
            '.' if joins && ends_with(&escaped, b"www") => {
                escaped.push_str(GAP);
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
        rest = after;
    }
    escaped
}

fn ends_with(text: &str, word: &[u8]) -> bool {
    let start = text.len().checked_sub(word.len());
    start.is_some_and(|start| text.as_bytes()[start..].eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_code() {
        assert_eq!(code("deploy/my_app.yaml:1"), "`deploy/my_app.yaml:1`");
        assert_eq!(code("a|b`c"), "<code>a&#124;b&#96;c</code>");
        assert_eq!(code("<img src=x>"), "`<img src=x>`");
        assert_eq!(code("a\x1b[2J\u{202e}"), r"`a\u{1b}[2J\u{202e}`");
        assert_eq!(code(""), "<code></code>");
    }

    #[test]
    fn prose_is_text() {
        assert_eq!(prose("set `runAsNonRoot: true` there"), "set `runAsNonRoot: true` there");
        assert_eq!(prose("an odd ` and *more*"), r"an odd \` and \*more\*");
        assert_eq!(prose("a ``b`` c"), r"a \`\`b\`\` c");
        assert_eq!(prose("<script>[x](http://e)|&amp;"), r"\<script\>\[x\](http:&#8203;//e)\|\&amp;");
        assert_eq!(
            prose("ask @root, see #12, gh-3, www.x.y"),
            "ask @&#8203;root, see #&#8203;12, gh-&#8203;3, www&#8203;.x.y"
        );
        assert_eq!(prose("port 80 @ 50 %"), "port 80 @ 50 %");
        assert_eq!(prose("`a|@b`"), "<code>a&#124;&#64;b</code>");
    }
}
