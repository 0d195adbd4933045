//! Lines that fit the terminal.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

/// A space that no line ends at; it is written as any other.
pub(super) const NO_BREAK: &str = "\u{a0}";

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text in lines, the first of which has so many columns, and each other one so many. It breaks at
/// spaces only: half a path or an image's name is of no use to anybody.
pub(super) fn wrap(text: &str, first: usize, others: usize) -> Vec<String> {
    let mut lines = vec![];
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let columns = if lines.is_empty() { first } else { others };
        let space = usize::from(!line.is_empty());
        // A word that is too long for any line stays where it begins one.
        let alone = line.is_empty() && columns >= others;
        if !alone && used + space + width(word) > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += 1;
        }
        line.push_str(&word.replace(NO_BREAK, " "));
        used += width(word);
    }
    lines.push(line);
    lines
}

/// The first columns of a text, at most so many.
pub(super) fn first(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, character)| {
        used += character.width().unwrap_or(0);
        used > columns
    });
    end.map_or(text, |(end, _)| &text[..end])
}

/// The last columns of a text, at most so many.
pub(super) fn last(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let start = text.char_indices().rev().find(|(_, character)| {
        used += character.width().unwrap_or(0);
        used > columns
    });
    start.map_or(text, |(start, character)| &text[start + character.len_utf8()..])
}

#[test]
fn wraps_at_spaces() {
    assert_eq!(wrap("one two three", 8, 8), ["one two", "three"]);
    assert_eq!(wrap("one two three", 3, 8), ["one", "two", "three"]);
    assert_eq!(wrap("one two", 0, 8), ["", "one two"]);
    assert_eq!(wrap("registry.example/very/long:tag is", 10, 10), ["registry.example/very/long:tag", "is"]);
    assert_eq!(wrap("one two three", 7, 3), ["one two", "three"]);
    assert_eq!(wrap("日本 語", 5, 5), ["日本", "語"]);
    assert_eq!(wrap("a b\u{a0}c", 4, 4), ["a", "b c"]);
    assert_eq!(wrap("", 5, 5), [""]);
}

#[test]
fn ends_of_texts() {
    assert_eq!((first("abc", 2), last("abc", 2)), ("ab", "bc"));
    assert_eq!((first("日本語", 3), last("日本語", 3)), ("日", "語"));
    assert_eq!((first("ab", 5), last("ab", 0)), ("ab", ""));
}
