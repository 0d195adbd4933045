//! A group of findings as one block.

use std::fmt::Write as _;

use bulkhead_model::{Excerpt, Finding, Severity};

use super::excerpt;
use super::groups::Group;
use super::page::{Page, place_and_subject, place_of};
use super::wrap::NO_BREAK;
use crate::escape::visible;
use crate::words;

/// Objects of a group, and lines of an object, that show their source.
const SHOWN: usize = 3;
/// Lines that only name a place.
const BRIEF: usize = 10;

/// Writes a group: the check and what it finds, where, and how to mend it.
pub(super) fn write(page: &mut Page<'_>, group: &Group<'_>) {
    let objects = group.objects();
    let check = page.options.check(group.check);
    let how_many = match (group.findings.len(), objects.len()) {
        (1, _) => String::new(),
        (findings, 1) => format!("({findings} findings)"),
        (findings, objects) => format!("({findings} findings in {objects} objects)"),
    };
    let differ = group.findings.iter().any(|finding| finding.message != group.findings[0].message);
    let headline = match check {
        Some(check) => check.title.clone(),
        None if differ => group.check.replace('-', " "),
        None => group.findings[0].message.to_string(),
    };
    let headline = format!("{} {}", visible(&headline), how_many.replace(' ', NO_BREAK));
    let name = format!("{}[{}]:", group.severity, visible(group.check));
    let lines = group.findings.iter().filter_map(|finding| Some(finding.at.as_ref()?.line));
    page.begin(lines.max().unwrap_or(0));
    page.head(&page.paint.severity(group.severity, &name), &name, &headline);

    let mut seen = vec![];
    let mut brief = vec![];
    for object in objects {
        let looks = object[0].excerpt.as_ref().map(|excerpt| excerpt.text.trim());
        let first = seen.is_empty();
        if page.is_verbose() || seen.len() < SHOWN && !seen.contains(&looks) {
            seen.push(looks);
            // What is said once need not be said again.
            let labels = differ || first && check.is_some();
            brief.extend(write_object(page, object, labels, differ));
        } else {
            brief.extend(in_brief(object, differ));
        }
    }
    if brief.len() > BRIEF + 1 {
        let more = brief.len() - BRIEF;
        brief.truncate(BRIEF);
        brief.push(format!("and {more} more places (-v shows them)"));
    }
    page.items("also:", &brief);
    page.item("fix:", &visible(group.fix));

    if let (Some(check), true) = (check, page.is_verbose()) {
        page.item("why:", &visible(&check.why));
        let standards = check.standards.iter();
        let standards = standards.map(|(name, controls)| format!("{name} {}", controls.join(", ")));
        let standards = standards.collect::<Vec<_>>().join("; ");
        if !standards.is_empty() {
            page.item("asked for by:", &visible(&standards));
        }
        check.help_uri.iter().for_each(|uri| page.item("more:", &visible(uri)));
    }
    page.text.push('\n');
}

/// An object with its source lines. What there is no room for comes back in brief.
fn write_object(page: &mut Page<'_>, object: &[&Finding], labels: bool, differ: bool) -> Vec<String> {
    page.arrow(&place_of(object[0]), &visible(&words::subject(object[0])));
    let shown = if page.is_verbose() { object.len() } else { SHOWN.min(object.len()) };
    let mut last_line = None;
    for (index, finding) in object[..shown].iter().enumerate() {
        let label = if labels && (differ || index == 0) { visible(&finding.message) } else { "".into() };
        let line = finding.at.as_ref().map(|at| at.line);
        match (&finding.excerpt, line) {
            (Some(source), Some(line)) => {
                match last_line {
                    None => page.bar(None, ""),
                    Some(last) if line.abs_diff(last) > 1 => page.ellipsis(),
                    Some(_) => (),
                }
                let again = last_line == Some(line) && object[index - 1].excerpt == finding.excerpt;
                if !again || !label.is_empty() {
                    let number = (last_line != Some(line)).then_some(line);
                    write_source(page, source, number, &label, finding.severity);
                }
                last_line = Some(line);
            }
            _ if !label.is_empty() => page.indented(6, &label),
            _ => (),
        }
        if page.is_verbose() {
            if !finding.field.is_empty() {
                page.item("field:", &visible(&finding.field));
            }
            page.item("fingerprint:", &finding.fingerprint.to_string());
        }
    }
    if shown < object.len() { in_brief(&object[shown..], differ) } else { vec![] }
}

/// A source line, unless it stands there already, with what is to blame underlined.
fn write_source(page: &mut Page<'_>, source: &Excerpt, line: Option<u32>, label: &str, severity: Severity) {
    let shown = excerpt::show(source, page.columns());
    if line.is_some() {
        page.bar(line, &shown.text);
    }
    let (beside, below) = excerpt::label(&shown, label, page.columns());
    let mut underlining = "^".repeat(shown.marked);
    if let Some(text) = beside {
        underlining = format!("{underlining} {text}");
    }
    let painted = page.paint.severity(severity, underlining.trim_end());
    page.bar(None, &format!("{:1$}{painted}", "", shown.before));
    for (column, text) in below {
        let painted = page.paint.severity(severity, &text);
        page.bar(None, &format!("{:column$}{painted}", ""));
    }
}

/// An object's findings, in one line when they say the same.
fn in_brief(object: &[&Finding], differ: bool) -> Vec<String> {
    let subject = words::subject(object[0]);
    let subject = visible(&subject);
    let of = |finding: &Finding, more: &str, message: &str| {
        let colon = if message.is_empty() { "" } else { ": " };
        let place = format!("{}{more}", place_of(finding));
        format!("{}{colon}{}", place_and_subject(&place, &subject), visible(message))
    };
    if differ {
        return object.iter().map(|finding| of(finding, "", &finding.message)).collect();
    }
    let places = object.iter().filter_map(|finding| finding.at.as_ref());
    let mut places: Vec<(u32, u32)> = places.map(|at| (at.line, at.column)).collect();
    places.dedup();
    let more = places.iter().skip(1).take(SHOWN);
    let mut more = more.map(|(line, column)| format!(", {line}:{column}")).collect::<Vec<_>>().concat();
    if places.len() > SHOWN + 1 {
        _ = write!(more, " and {} more", places.len() - SHOWN - 1);
    }
    vec![of(object[0], &more, "")]
}
