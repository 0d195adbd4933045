//! A source line with the part to blame underlined.

use bulkhead_model::Excerpt;

use super::wrap::{first, last, width, wrap};
use crate::escape::visible;

/// A source line as it is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: String,
    /// Columns before the underlined part.
    pub(super) before: usize,
    /// Columns of the underlined part, at least one.
    pub(super) marked: usize,
}

/// Indentation that a line keeps when it has no room for all.
const CUT_INDENTATION: usize = 4;
/// Columns that are worth keeping before the underlined part of a line that is cut.
const CONTEXT: usize = 12;

/// The line in at most so many columns: first it loses indentation, then its end, and its beginning
/// last.
pub(super) fn show(excerpt: &Excerpt, columns: usize) -> Shown {
    let characters = || excerpt.text.chars();
    let part = |skip: u32, take: u32| -> String {
        let raw: String = characters().skip(skip as usize).take(take as usize).collect();
        visible(&raw.replace('\t', "    ")).into_owned()
    };
    let end = excerpt.start.saturating_add(excerpt.length);
    let mut before = part(0, excerpt.start);
    let mut marked = part(excerpt.start, excerpt.length);
    let mut after = part(end, u32::MAX);

    let excess = (width(&before) + width(&marked) + width(&after)).saturating_sub(columns);
    let indentation = before.len() - before.trim_start_matches(' ').len();
    if excess > 0 {
        before.drain(..excess.max(indentation.saturating_sub(CUT_INDENTATION)).min(indentation));
    }
    if width(&before) + width(&marked) > columns && width(&before) > CONTEXT {
        before = format!("…{}", last(&before, CONTEXT - 1));
    }
    let room = columns.saturating_sub(width(&before)).max(1);
    if width(&marked) > room {
        marked = format!("{}…", first(&marked, room - 1));
        after.clear();
    }
    let room = columns.saturating_sub(width(&before) + width(&marked));
    if width(&after) > room {
        after = match room {
            0 => String::new(),
            _ => format!("{}…", first(&after, room - 1)),
        };
    }
    Shown {
        before: width(&before),
        marked: width(&marked).max(1),
        text: [before, marked, after].concat().trim_end().to_owned(),
    }
}

/// What is said of the underlined part: beside it, else in lines below it. Each has the column that it
/// begins in, and the first may stand beside the underlining.
pub(super) fn label(shown: &Shown, text: &str, columns: usize) -> (Option<String>, Vec<(usize, String)>) {
    let beside = shown.before + shown.marked + 1;
    if beside + width(text) <= columns {
        return (Some(text.to_owned()), vec![]);
    }
    let column = shown.before.min(columns / 3);
    let lines = wrap(text, columns - column, columns - column);
    (None, lines.into_iter().map(|line| (column, line)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, start: u32, length: u32, columns: usize) -> (String, String) {
        let excerpt = Excerpt { text: text.into(), start, length };
        let shown = show(&excerpt, columns);
        let underlining = " ".repeat(shown.before) + &"^".repeat(shown.marked);
        assert!(width(&shown.text) <= columns, "{shown:?}");
        (shown.text, underlining)
    }

    #[test]
    fn what_fits_stays() {
        let (text, underlining) = shown("    hostPort: 80", 4, 12, 40);
        assert_eq!((&*text, &*underlining), ("    hostPort: 80", "    ^^^^^^^^^^^^"));
        let (text, underlining) = shown("ü日: x\ty", 4, 1, 40);
        assert_eq!((&*text, &*underlining), ("ü日: x    y", "     ^"));
        assert_eq!(shown("", 3, 1, 10), (String::new(), "^".to_owned()));
    }

    #[test]
    fn what_does_not_is_cut_around_the_mark() {
        let (text, underlining) = shown("              hostPort: 80 # why", 14, 12, 20);
        assert_eq!((&*text, &*underlining), ("  hostPort: 80 # why", "  ^^^^^^^^^^^^"));
        let (text, underlining) = shown("      image: registry.example/a/b:1", 6, 29, 16);
        assert_eq!((&*text, &*underlining), ("image: registry…", "^^^^^^^^^^^^^^^^"));
        let (text, underlining) = shown("{\"spec\":{\"a\":1,\"b\":2,\"hostPort\":80,\"c\":3}}", 21, 13, 30);
        assert_eq!(
            (&*text, &*underlining),
            ("…a\":1,\"b\":2,\"hostPort\":80,\"c\"…", "            ^^^^^^^^^^^^^")
        );
    }

    #[test]
    fn escapes_are_underlined_whole() {
        let (text, underlining) = shown("a: \x1b[1m", 3, 1, 40);
        assert_eq!((&*text, &*underlining), (r"a: \u{1b}[1m", "   ^^^^^^"));
    }
}
