//! Damages a text a little.

use crate::Random;

const INSERTED: &[&str] = &[
    ":", ": ", "- ", "-", "?", "? ", "[", "]", "{", "}", "#", " #", "&a ", "*a", "!", "!!str ", "|", ">",
    "'", "\"", "%", "@", "`", "\\", ",", "\t", "\n", "\n\n", " ", "  ", "\r\n", "\r", "---\n", "...\n",
    "<<: ", "0", "~", "\u{feff}", "\u{0}", "\u{7}", "é", "\u{85}", "\u{2028}", "=",
];

/// One to three small edits.
pub fn mutate(random: &mut Random, text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..random.between(1, 3) {
        text = if random.percent(60) { by_character(random, &text) } else { by_line(random, &text) };
    }
    text
}

fn by_character(random: &mut Random, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = random.below(chars.len() + 1);
    match random.below(4) {
        0 if at < chars.len() => {
            chars.remove(at);
        }
        1 if at < chars.len() => {
            let end = (at + 1 + random.below(5)).min(chars.len());
            chars.drain(at..end);
        }
        2 if at + 1 < chars.len() => chars.swap(at, at + 1),
        _ => {
            let inserted = *random.choose(INSERTED);
            chars.splice(at..at, inserted.chars());
        }
    }
    chars.into_iter().collect()
}

fn by_line(random: &mut Random, text: &str) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    if lines.is_empty() {
        return text.to_owned();
    }
    let at = random.below(lines.len());
    match random.below(7) {
        0 => {
            lines.remove(at);
        }
        1 => {
            let copy = lines[at].clone();
            lines.insert(at, copy);
        }
        2 => {
            let other = random.below(lines.len());
            lines.swap(at, other);
        }
        3 => lines[at].insert(0, ' '),
        4 => {
            let cut = lines[at].len() - lines[at].trim_start_matches(' ').len();
            lines[at].drain(..cut);
        }
        5 => lines.truncate(at),
        _ => {
            let joined = lines[at].trim_end().to_owned();
            lines[at] = joined;
        }
    }
    lines.concat()
}
