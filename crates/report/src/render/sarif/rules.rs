//! Checks and kinds of gaps as SARIF's rules and notifications.

use std::borrow::Cow;
use std::fmt::Write as _;

use bulkhead_model::{GapKind, Severity};

use super::log::{Configuration, Message, ReportingDescriptor, RuleProperties};
use crate::CheckInfo;
use crate::escape::{cut, visible};

/// GitHub refuses a rule with more tags (and shows ten).
const MOST_TAGS: usize = 20;
/// GitHub's limit for a description.
const LONGEST_DESCRIPTION: usize = 1_000;

/// `error`, `warning` or `note`.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The middle of the range that GitHub gives the same name to; none for what is no weakness.
fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

/// A check as a rule. GitHub shows a rule's severity with every result of it, so it is that of the
/// worst one found.
pub(super) fn rule<'a>(
    id: &'a str,
    check: Option<&'a CheckInfo>,
    worst: Severity,
) -> ReportingDescriptor<'a> {
    let properties = RuleProperties { tags: tags(check), security_severity: security_severity(worst) };
    let default_configuration = Some(Configuration { level: level(worst) });
    let Some(check) = check else {
        return ReportingDescriptor {
            id,
            short_description: text(id),
            full_description: None,
            help: None,
            help_uri: None,
            default_configuration,
            properties: Some(properties),
        };
    };
    ReportingDescriptor {
        id,
        short_description: text(&check.title),
        full_description: Some(text(&check.why)),
        help: Some(help(check)),
        help_uri: check.help_uri.as_deref(),
        default_configuration,
        properties: Some(properties),
    }
}

/// A kind of gap, or of note.
pub(super) fn notification(kind: &str) -> ReportingDescriptor<'_> {
    let meaning = GapKind::ALL.iter().find(|(known, _)| known.as_str() == kind);
    ReportingDescriptor {
        id: kind,
        short_description: text(meaning.map_or(kind, |(_, meaning)| meaning)),
        full_description: None,
        help: None,
        help_uri: None,
        default_configuration: None,
        properties: None,
    }
}

fn text(text: &str) -> Message<'_> {
    let text = match visible(text) {
        Cow::Borrowed(text) => cut(text, LONGEST_DESCRIPTION),
        Cow::Owned(text) => Cow::Owned(cut(&text, LONGEST_DESCRIPTION).into_owned()),
    };
    Message { text, markdown: None }
}

fn tags(check: Option<&CheckInfo>) -> Vec<Cow<'_, str>> {
    let standards = check.into_iter().flat_map(|check| &check.standards);
    let controls = standards.flat_map(|(standard, controls)| {
        controls.iter().map(move |control| Cow::Owned(format!("{standard}/{control}")))
    });
    let set = check.map(|check| Cow::Borrowed(&*check.set));
    let fixed = ["security", "kubernetes"].map(Cow::Borrowed);
    let mut tags: Vec<Cow<'_, str>> = vec![];
    for tag in fixed.into_iter().chain(set).chain(controls) {
        // The schema wants them different from each other.
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags.truncate(MOST_TAGS);
    tags
}

fn help(check: &CheckInfo) -> Message<'_> {
    let CheckInfo { title, why, fix, .. } = check;
    let mut markdown = format!("# {title}\n\n{why}\n\n**How to mend it.** {fix}\n");
    for (index, (standard, controls)) in check.standards.iter().enumerate() {
        let before = if index == 0 { "\n" } else { "" };
        _ = writeln!(markdown, "{before}- {standard}: {}", controls.join(", "));
    }
    Message { text: Cow::Owned(format!("{why}\n\nHow to mend it: {fix}")), markdown: Some(markdown) }
}
