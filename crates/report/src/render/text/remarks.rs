//! What stands beside the findings: those that an exception covers, gaps and notes.

use std::fmt::Write as _;
use std::sync::Arc;

use bulkhead_model::{Finding, Gap, Note, Place};

use super::groups::together;
use super::page::{Page, named, place_of};
use crate::escape::visible;
use crate::words;

/// Places that a gap names. Gaps are rare, and each is something to see to.
const GAPS: usize = 50;
/// Places that a note names.
const NOTES: usize = 3;

/// Findings that do not count.
pub(super) fn write_excepted<'f>(page: &mut Page<'_>, findings: impl Iterator<Item = &'f Finding>) {
    let before = page.text.len();
    for finding in findings {
        let Some(excepted) = finding.excepted.as_deref() else {
            continue;
        };
        let reason = words::excepted(excepted);
        if page.options.quiet {
            page.line(finding, &format!(" ({reason})"));
            continue;
        }
        let name = format!("excepted {}[{}]:", finding.severity, visible(&finding.check));
        page.begin(0);
        page.head(&page.paint.faint(&name), &name, &visible(&finding.message));
        page.arrow(&place_of(finding), &visible(&words::subject(finding)));
        page.item("by", &visible(reason.strip_prefix("excepted by ").unwrap_or(&reason)));
    }
    if page.text.len() > before && !page.options.quiet {
        page.text.push('\n');
    }
}

/// What could not be judged; gaps that say the same are one.
pub(super) fn write_gaps(page: &mut Page<'_>, gaps: &[Gap]) {
    for gaps in together(gaps, |gap| (gap.kind, &gap.message, &gap.checks)) {
        let name = format!("gap[{}]", gaps[0].kind);
        let painted = page.paint.gap(&name);
        let places: Vec<&Place> = gaps.iter().map(|gap| &gap.place).collect();
        write_remark(page, (&painted, &name), &gaps[0].message, &places, GAPS, &gaps[0].checks);
    }
}

/// What is worth saying; notes that say the same are one.
pub(super) fn write_notes(page: &mut Page<'_>, notes: &[Note]) {
    for notes in together(notes, |note| (&note.kind, &note.message)) {
        let name = format!("note[{}]", visible(&notes[0].kind));
        let painted = page.paint.strong(&name);
        let places: Vec<&Place> = notes.iter().map(|note| &note.place).collect();
        write_remark(page, (&painted, &name), &notes[0].message, &places, NOTES, &[]);
    }
}

/// One remark of a name, which comes painted and plain, on at most so many of its places.
fn write_remark(
    page: &mut Page<'_>,
    (painted, name): (&str, &str),
    message: &str,
    places: &[&Place],
    most: usize,
    checks: &[Arc<str>],
) {
    let message = visible(message);
    let checks = checks.join(", ");
    let checks = visible(&checks);
    if page.options.quiet {
        let checks = if checks.is_empty() { String::new() } else { format!(" (not judged: {checks})") };
        for place in places {
            _ = writeln!(page.text, "{}: {painted} {message}{checks}", visible(&named_place(place)));
        }
        return;
    }
    page.begin(0);
    page.head(&format!("{painted}:"), &format!("{name}:"), &message);
    let places = places.iter().filter(|place| place.file.is_some() || place.object.is_some());
    let places: Vec<_> = places.collect();
    let named = if page.is_verbose() { places.len() } else { most.min(places.len()) };
    for place in &places[..named] {
        // Without a file the place is the object.
        let object = place.object.as_deref().filter(|_| place.file.is_some());
        page.arrow(&visible(&named_place(place)), &visible(object.unwrap_or_default()));
    }
    if places.len() > named {
        page.item("also:", &format!("{} more places (-v shows them)", places.len() - named));
    }
    if !checks.is_empty() {
        page.item("not judged:", &checks);
    }
    page.text.push('\n');
}

fn named_place(place: &Place) -> String {
    named(&place.to_string())
}
