//! Places of a group that are named rather than shown.

use std::fmt::Write as _;

use bulkhead_model::Finding;

use super::groups::together;
use super::page::{Page, place_and_subject, place_of};
use crate::escape::visible;
use crate::words;

/// Places that are named; the others are counted.
const MOST: usize = 10;
/// Lines of one object that are named.
const MOST_LINES: usize = 4;

/// A place, and what is wrong there where findings differ in that.
pub(super) struct Brief {
    place: String,
    message: String,
}

/// An object's findings: one place when they say the same.
pub(super) fn in_brief(object: &[Finding], differ: bool) -> Vec<Brief> {
    let subject = words::subject(&object[0]);
    let subject = visible(&subject);
    let brief = |finding: &Finding, more: &str, message: &str| Brief {
        place: place_and_subject(&format!("{}{more}", place_of(finding)), &subject),
        message: visible(message).into_owned(),
    };
    if differ {
        return object.iter().map(|finding| brief(finding, "", &finding.message)).collect();
    }
    let lines = object.iter().filter_map(|finding| finding.at.as_ref());
    let mut lines: Vec<(u32, u32)> = lines.map(|at| (at.line, at.column)).collect();
    lines.dedup();
    let mut more = String::new();
    for (line, column) in lines.iter().take(MOST_LINES).skip(1) {
        _ = write!(more, ", {line}:{column}");
    }
    if let Some(others @ 1..) = lines.len().checked_sub(MOST_LINES) {
        _ = write!(more, " and {others} more");
    }
    vec![brief(&object[0], &more, "")]
}

/// Writes them, those that say the same together; of `others` only the number is known.
pub(super) fn write(page: &mut Page<'_>, briefs: &[Brief], others: usize) {
    const NAME: &str = "also:";
    // One more line would take as much room as saying that it is left out.
    let all = briefs.len() + others;
    let room = if all == MOST + 1 { MOST + 1 } else { MOST };
    let (named, _) = briefs.split_at(room.min(briefs.len()));
    for group in together(named, |brief| &brief.message) {
        match (&*group[0].message, &*group) {
            (message, [only]) if !message.is_empty() => {
                page.place(Some(NAME), &format!("{}: {message}", only.place));
            }
            (message, group) => {
                if !message.is_empty() {
                    page.item("also", &format!("{message}:"));
                }
                for (index, brief) in group.iter().enumerate() {
                    let first = index == 0 && message.is_empty();
                    page.place(first.then_some(NAME), &brief.place);
                }
            }
        }
    }
    let others = all - named.len();
    if others > 0 {
        page.item(NAME, &format!("{others} more places (-v shows them)"));
    }
}
