//! SARIF 2.1.0, within what GitHub's code scanning takes.
//!
//! GitHub refuses a run of more than 25,000 results. Results can therefore not be written as they
//! come: the last one may be worse than the first. The 25,000 worst are kept, the least severe that
//! came last giving way, and a gap counts the others.
//!
//! <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>

mod log;
mod rules;
mod uri;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use bulkhead_model::{Finding, Gap, GapKind, Place, Run, Said, Severity, StandardResult};
use serde::Serialize;

use self::log::{
    Affected, DescriptorReference, Driver, Invocation, Location, LogicalLocation, Message, Notification,
    Outcome, OutcomeProperties, PhysicalLocation, Region, Suppression,
};
use super::{BUFFER, End};
use crate::Options;
use crate::escape::{cut, visible};
use crate::tally::BySeverity;
use crate::words;

const MOST_RESULTS: usize = 25_000;
/// Characters of a message: so many results of this length stay below GitHub's 10 MB.
const LONGEST_MESSAGE: usize = 1_000;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const HOME: &str = "https://github.com/bulkhead-dev/bulkhead";

pub(crate) struct Renderer<'w> {
    out: Box<dyn Write + 'w>,
    options: Options<'w>,
    /// By severity, least severe first, each in the order in which it came.
    kept: [Vec<(usize, Finding)>; Severity::ALL.len()],
    came: usize,
    left_out: BySeverity,
}

impl<'w> Renderer<'w> {
    pub(crate) fn new(out: Box<dyn Write + 'w>, options: Options<'w>) -> Self {
        Self { out, options, kept: Default::default(), came: 0, left_out: BySeverity::default() }
    }
}

impl super::Renderer for Renderer<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.came += 1;
        if self.kept.iter().map(Vec::len).sum::<usize>() >= MOST_RESULTS {
            let least = self.kept.iter_mut().find(|kept| !kept.is_empty());
            let severity = least.as_ref().and_then(|kept| Some(kept.last()?.1.severity));
            if severity.is_none_or(|severity| severity >= finding.severity) {
                self.left_out.add(finding.severity, 1);
                return Ok(());
            }
            if let Some((_, dropped)) = least.and_then(Vec::pop) {
                self.left_out.add(dropped.severity, 1);
            }
        }
        let finding = Finding { excerpt: None, ..finding.clone() };
        self.kept[finding.severity as usize].push((self.came, finding));
        Ok(())
    }

    fn left_out(&self) -> Option<Gap> {
        (self.left_out.total() > 0).then(|| Gap {
            kind: GapKind::RESULTS_LEFT_OUT,
            place: Place::default(),
            checks: vec![],
            message: format!(
                "SARIF holds at most {MOST_RESULTS} results; {} findings were left out of it",
                self.left_out.words()
            )
            .into(),
        })
    }

    fn finish(mut self: Box<Self>, end: &End<'_>) -> io::Result<()> {
        let mut gaps = end.coverage.gaps.clone();
        let left_out = self.left_out().filter(|gap| !gaps.contains(gap));
        gaps.extend(left_out);
        let mut findings = std::mem::take(&mut self.kept).concat();
        findings.sort_unstable_by_key(|(place, _)| *place);
        let out = BufWriter::with_capacity(BUFFER, self.out);
        write_log(out, &self.options, &findings, &gaps, end)
    }
}

fn write_log(
    mut out: impl Write,
    options: &Options<'_>,
    findings: &[(usize, Finding)],
    gaps: &[Gap],
    end: &End<'_>,
) -> io::Result<()> {
    let mut worst: BTreeMap<&str, Severity> = BTreeMap::new();
    for (_, finding) in findings {
        let entry = worst.entry(&finding.check).or_insert(finding.severity);
        *entry = finding.severity.max(*entry);
    }
    let indexes: BTreeMap<&str, usize> = worst.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let rules = worst.iter().map(|(id, worst)| rules::rule(id, options.check(id), *worst)).collect();

    let notes = &end.coverage.notes;
    let kinds: BTreeSet<&str> = gaps
        .iter()
        .map(|gap| gap.kind.as_str())
        .chain(notes.iter().map(|note| &*note.kind))
        .collect();
    let driver = Driver {
        name: "Bulkhead",
        version: &end.run.version,
        semantic_version: &end.run.version,
        information_uri: HOME,
        rules,
        notifications: kinds.into_iter().map(rules::notification).collect(),
    };
    let gaps = gaps.iter().map(|gap| {
        notification("warning", gap.kind.as_str(), &gap.place, &gap.message, &gap.checks, options)
    });
    let notes = notes
        .iter()
        .map(|note| notification("note", &note.kind, &note.place, &note.message, &[], options));
    let invocation = Invocation {
        execution_successful: true,
        arguments: &end.run.arguments,
        start_time_utc: end.run.time.to_string(),
        tool_execution_notifications: gaps.chain(notes).collect(),
    };

    write!(out, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\n\"tool\":{{\"driver\":")?;
    serde_json::to_writer(&mut out, &driver)?;
    write!(out, "}},\n\"columnKind\":\"unicodeCodePoints\",\n\"originalUriBaseIds\":{{\"{}\":", uri::BASE)?;
    out.write_all(
        b"{\"description\":{\"text\":\"The directory that Bulkhead ran in.\"}}},\n\"invocations\":[",
    )?;
    serde_json::to_writer(&mut out, &invocation)?;
    out.write_all(b"],\n\"properties\":")?;
    serde_json::to_writer(&mut out, &Properties { run: end.run, standards: end.standards })?;
    out.write_all(b",\n\"results\":[")?;
    let suppressions = findings
        .iter()
        .any(|(_, finding)| finding.excepted.is_some() || finding.claimed.is_some());
    for (number, (_, finding)) in findings.iter().enumerate() {
        out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
        let index = indexes.get(&*finding.check).copied().unwrap_or_default();
        serde_json::to_writer(&mut out, &outcome(finding, index, suppressions, options))?;
    }
    out.write_all(b"\n]}]}\n")?;
    out.flush()
}

/// What SARIF has no place for.
#[derive(Serialize)]
struct Properties<'a> {
    run: &'a Run,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    standards: &'a [StandardResult],
}

fn outcome<'a>(finding: &'a Finding, rule: usize, suppressions: bool, options: &Options<'_>) -> Outcome<'a> {
    let subject = words::subject(finding);
    let text = format!("{subject}: {}. {}", finding.message, words::sentence(&finding.fix));
    let physical_location = match &finding.at {
        Some(at) => {
            let ends_later = (at.end_line, at.end_column) > (at.line, at.column);
            PhysicalLocation {
                artifact_location: uri::locate(&at.file, options.directory),
                region: Some(Region {
                    start_line: at.line.max(1),
                    start_column: Some(at.column.max(1)),
                    end_line: ends_later.then_some(at.end_line),
                    end_column: ends_later.then_some(at.end_column),
                }),
            }
        }
        None => PhysicalLocation {
            artifact_location: uri::of_subject(&finding.subject.to_string()),
            // GitHub shows no result without a line.
            region: Some(line(1, None)),
        },
    };
    let said = finding.excepted.iter().map(|excepted| (excepted, "accepted"));
    let said = said.chain(finding.claimed.iter().map(|claimed| (claimed, "rejected")));
    let said = said.map(|(excepted, status)| Suppression {
        kind: if excepted.said == Said::Central { "external" } else { "inSource" },
        status,
        justification: Cow::Owned(message(&words::excepted(excepted))),
    });
    Outcome {
        rule_id: &finding.check,
        rule_index: rule,
        level: rules::level(finding.severity),
        message: Message { text: Cow::Owned(message(&text)), markdown: None },
        partial_fingerprints: BTreeMap::from([("bulkhead/v1", finding.fingerprint.to_string())]),
        locations: [Location {
            physical_location,
            logical_locations: vec![LogicalLocation {
                fully_qualified_name: Cow::Owned(subject),
                kind: "resource",
            }],
        }],
        // SARIF (3.27.23): where one result says, all must.
        suppressions: suppressions.then(|| said.collect()),
        baseline_state: options.compared.then_some(if finding.known { "unchanged" } else { "new" }),
        properties: OutcomeProperties {
            severity: finding.severity.as_str(),
            field: &finding.field,
            workload: finding.workload.as_ref().map(ToString::to_string).unwrap_or_default(),
        },
    }
}

fn notification<'a>(
    level: &'static str,
    kind: &'a str,
    place: &'a Place,
    text: &str,
    checks: &'a [Arc<str>],
    options: &Options<'_>,
) -> Notification<'a> {
    let logical_locations = place
        .object
        .iter()
        .map(|object| LogicalLocation { fully_qualified_name: Cow::Borrowed(object), kind: "resource" });
    let location = place.file.as_ref().map(|file| Location {
        physical_location: PhysicalLocation {
            artifact_location: uri::locate(file, options.directory),
            region: place.line.map(|number| line(number, place.column)),
        },
        logical_locations: logical_locations.collect(),
    });
    // Without a file the object is told in words.
    let object = place.object.as_deref().filter(|_| place.file.is_none());
    let text = words::sentence(&object.map_or_else(|| text.to_owned(), |object| format!("{object}: {text}")));
    Notification {
        level,
        message: Message { text: Cow::Owned(message(&text)), markdown: None },
        descriptor: DescriptorReference { id: kind },
        locations: location.into_iter().collect(),
        properties: (!checks.is_empty())
            .then(|| Affected { checks: checks.iter().map(|check| &**check).collect() }),
    }
}

fn line(line: u32, column: Option<u32>) -> Region {
    Region {
        start_line: line.max(1),
        start_column: column.map(|column| column.max(1)),
        end_line: None,
        end_column: None,
    }
}

/// Text for a message: nothing hidden in it, no link (3.11.6), and not without end.
fn message(text: &str) -> String {
    let shown = cut(&visible(text), LONGEST_MESSAGE).into_owned();
    if shown.contains("](") { shown.replace('[', "\\[").replace(']', "\\]") } else { shown }
}
