//! What stands beside the findings: those that an exception covers, gaps and notes.

use std::fmt::Write as _;
use std::sync::Arc;

use bulkhead_model::{Finding, Gap, Note, Place};

use super::groups::{Group, together};
use super::page::{Page, named, place_of};
use crate::escape::visible;
use crate::words;

/// Places that a gap names. Gaps are rare, and each is something to see to.
const GAPS: usize = 50;
/// Exceptions of one check that are named.
const NAMED: usize = 3;
/// Places that a note names.
const NOTES: usize = 3;

/// Findings that the gate lets be: how many of each check and by what, or each of them.
pub(super) fn write_let_be(page: &mut Page<'_>, groups: &[Group]) {
    let before = page.text.len();
    for group in groups {
        if page.options.show_excepted {
            group.findings.iter().for_each(|finding| write_one(page, finding));
        } else if !page.options.quiet {
            write_folded(page, group);
        }
    }
    if page.text.len() > before && !page.options.quiet {
        page.text.push('\n');
    }
}

fn write_one(page: &mut Page<'_>, finding: &Finding) {
    let Some(standing) = words::standing(finding) else { return };
    if page.options.quiet {
        page.line(finding, &format!(" ({standing})"));
        return;
    }
    let word = if finding.excepted.is_some() { "excepted" } else { "known" };
    let name = format!("{word} {}[{}]:", finding.severity, visible(&finding.check));
    page.begin(0);
    page.head(&page.paint.faint(&name), &name, &visible(&finding.message));
    page.arrow(&place_of(finding), &visible(&words::subject(finding)));
    match standing.strip_prefix("excepted by ") {
        Some(by) => page.item("by", &visible(by)),
        None if finding.claimed.is_some() => page.item("it", &visible(&standing)),
        None => (),
    }
}

/// `excepted high[host-pid]: 3 findings by node-exporter`
fn write_folded(page: &mut Page<'_>, group: &Group) {
    let mut by: Vec<&str> = group
        .findings
        .iter()
        .filter_map(|finding| Some(&*finding.excepted.as_ref()?.by))
        .collect();
    by.sort_unstable();
    by.dedup();
    // Of many findings a few are kept, so others may name more.
    let more = by.len() > NAMED || group.findings.len() < group.count;
    let word = if by.is_empty() { "known" } else { "excepted" };
    let by: Vec<String> = by.into_iter().take(NAMED).map(str::to_owned).collect();
    let by = if by.is_empty() { String::new() } else { format!(" by {}", words::list(&by)) };
    let by = if more && !by.is_empty() { by + " …" } else { by };
    let name = format!("{word} {}[{}]:", group.severity, visible(&group.check));
    let text = format!("{}{by}", words::count(group.count, "finding"));
    page.begin(0);
    page.head(&page.paint.faint(&name), &name, &visible(&text));
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
