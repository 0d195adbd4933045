//! A group of findings as one block.

use bulkhead_model::{Excerpt, Finding, Severity};

use super::excerpt;
use super::groups::{Group, SHOWN, Selection};
use super::page::{Page, place_of};
use super::places::{self, in_brief};
use super::wrap::NO_BREAK;
use crate::escape::visible;
use crate::{CheckInfo, words};

/// The findings of a group in one object.
type Object<'g> = &'g [Finding];

/// Writes a group: the check and what it finds, where, and how to mend it.
pub(super) fn write(page: &mut Page<'_>, group: &Group) {
    let check = page.options.check(&group.check);
    let differ = group.differ;
    let (shown, named) = select(group, page.is_verbose());
    // What is neither shown nor named, as places are counted.
    let others =
        if differ { group.count - group.findings.len() } else { group.objects - shown.len() - named.len() };
    let how_many = match (group.count, group.objects) {
        (1, _) => String::new(),
        (findings, 1) => format!("({findings} findings)"),
        (findings, objects) => format!("({findings} findings in {objects} objects)"),
    };
    let headline = match check {
        Some(check) => check.title.clone(),
        None if differ => group.check.replace('-', " "),
        None => group.findings[0].message.to_string(),
    };
    let headline = format!("{} {}", visible(&headline), how_many.replace(' ', NO_BREAK));
    let name = format!("{}[{}]:", group.severity, visible(&group.check));
    let lines = shown.iter().flat_map(|object| on_show(object, page.is_verbose()));
    page.begin(lines.filter_map(|finding| Some(finding.at.as_ref()?.line)).max().unwrap_or(0));
    page.head(&page.paint.severity(group.severity, &name), &name, &headline);

    let mut brief = vec![];
    for (index, object) in shown.into_iter().enumerate() {
        let labels = match check {
            _ if differ => Labels::All,
            // What is said once need not be said again.
            Some(_) if index == 0 => Labels::First,
            _ => Labels::None,
        };
        write_object(page, object, labels);
        let rest = &object[on_show(object, page.is_verbose()).len()..];
        if !rest.is_empty() {
            brief.extend(in_brief(rest, differ));
        }
    }
    brief.extend(named.into_iter().flat_map(|object| in_brief(object, differ)));
    places::write(page, &brief, others);
    page.item("fix:", &visible(&group.fix));
    if let (Some(check), true) = (check, page.is_verbose()) {
        write_reasons(page, check);
    }
    page.text.push('\n');
}

/// Objects that show their source, one of those that look alike, and objects that are only named.
fn select(group: &Group, all: bool) -> (Vec<Object<'_>>, Vec<Object<'_>>) {
    let mut selection = Selection::default();
    group.by_object().into_iter().partition(|object| all || selection.shows(&object[0]))
}

/// Findings of an object that show their source.
fn on_show(object: Object<'_>, all: bool) -> Object<'_> {
    if all { object } else { &object[..SHOWN.min(object.len())] }
}

/// Which findings of an object say what is wrong with them.
#[derive(Clone, Copy, PartialEq)]
enum Labels {
    All,
    First,
    None,
}

fn write_object(page: &mut Page<'_>, object: Object<'_>, labels: Labels) {
    page.arrow(&place_of(&object[0]), &visible(&words::subject(&object[0])));
    let mut last: Option<(u32, &Finding)> = None;
    for finding in on_show(object, page.is_verbose()) {
        let says = labels == Labels::All || labels == Labels::First && last.is_none();
        let label = if says { visible(&finding.message) } else { "".into() };
        match (&finding.excerpt, finding.at.as_ref().map(|at| at.line)) {
            (Some(source), Some(line)) => {
                match last {
                    None => page.bar(None, ""),
                    Some((last, _)) if line.abs_diff(last) > 1 => page.ellipsis(),
                    Some(_) => (),
                }
                let same_line = last.filter(|(last, _)| *last == line).map(|(_, finding)| finding);
                let same_mark = same_line.is_some_and(|last| last.excerpt == finding.excerpt);
                if !same_mark || !label.is_empty() {
                    let number = same_line.is_none().then_some(line);
                    write_source(page, source, number, &label, finding.severity);
                }
                last = Some((line, finding));
            }
            _ if !label.is_empty() => page.indented(6, &label),
            _ => (),
        }
        if let Some(claim) = &finding.claimed {
            page.item("counts, though", &visible(&words::excepted(claim)));
        }
        if page.is_verbose() {
            if !finding.field.is_empty() {
                page.item("field:", &visible(&finding.field));
            }
            page.item("fingerprint:", &finding.fingerprint.to_string());
        }
    }
}

/// Why a check looks for what it finds.
fn write_reasons(page: &mut Page<'_>, check: &CheckInfo) {
    page.item("why:", &visible(&check.why));
    let standards = check.standards.iter();
    let standards = standards.map(|(name, controls)| format!("{name} {}", controls.join(", ")));
    let standards = standards.collect::<Vec<_>>().join("; ");
    if !standards.is_empty() {
        page.item("asked for by:", &visible(&standards));
    }
    if let Some(uri) = &check.help_uri {
        page.item("more:", &visible(uri));
    }
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
