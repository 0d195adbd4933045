//! Damages the text of an expression a little.

use crate::Random;

const INSERTED: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    ",",
    "?",
    ":",
    "&&",
    "||",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "<",
    ">",
    "=",
    "==",
    "!=",
    " in ",
    "'",
    "\"",
    "'''",
    "r'",
    "b'",
    "rb\"",
    "\\",
    "0x",
    "1e",
    "1.",
    ".5",
    "u",
    "0",
    "9",
    "_",
    "`",
    "#",
    "//",
    "// note\n",
    "\n",
    "\t",
    " ",
    "null",
    "true",
    "in",
    "as",
    "if",
    "package",
    "has(",
    ".map(x, ",
    ".?",
    "[?",
    "{?",
    "é",
    "\u{0}",
    "$",
    "@",
    ";",
    "1u2",
    "0x1g",
    "a.b",
    ".a",
    "::",
    "->",
    "1..2",
    "--",
    "!!",
    "'\\u12'",
    "'\\8'",
    "\r",
];

/// One or two small edits.
pub fn damage(random: &mut Random, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(2) {
        let at = random.below(chars.len() + 1);
        match random.below(4) {
            0 if at < chars.len() => {
                chars.remove(at);
            }
            1 if at + 1 < chars.len() => chars.swap(at, at + 1),
            2 if at < chars.len() => {
                let end = (at + 1 + random.below(4)).min(chars.len());
                chars.drain(at..end);
            }
            _ => {
                let inserted = random.pick(INSERTED);
                chars.splice(at..at, inserted.chars());
            }
        }
    }
    chars.into_iter().collect()
}
