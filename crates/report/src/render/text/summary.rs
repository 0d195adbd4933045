//! What stands below the findings: what was looked at, a table by workload, the verdict.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bulkhead_model::{ControlState, Coverage, Finding, Severity, StandardResult, Verdict};

use super::groups::Group;
use super::paint::Paint;
use super::wrap::{NO_BREAK, width, wrap};
use crate::Options;
use crate::escape::visible;
use crate::render::End;
use crate::tally::{BySeverity, Tally};
use crate::words;

/// Workloads that the table shows.
const SHOWN: usize = 10;
/// Columns of a number in it.
const NUMBER: usize = 9;
const NARROW_NUMBER: usize = 6;

/// What was looked at and left out.
pub(super) fn coverage(coverage: &Coverage, options: &Options<'_>) -> String {
    let mut text = paragraph(&format!("looked at {}", words::looked_at(&coverage.looked_at)), options);
    if !coverage.skipped.is_empty() {
        let skipped = coverage.skipped.iter();
        let skipped: Vec<_> =
            skipped.map(|(reason, number)| format!("{number} {}", visible(reason))).collect();
        text += &paragraph(&format!("skipped {}", skipped.join(", ")), options);
    }
    text + "\n"
}

/// Each control of the standards that were asked for, and what came of it.
pub(super) fn standards(standards: &[StandardResult], paint: Paint) -> String {
    let mut text = String::new();
    for standard in standards {
        let [held, failed, open] = [ControlState::Held, ControlState::Failed, ControlState::NotJudged]
            .map(|state| standard.count(state));
        let title = visible(&standard.title);
        _ = writeln!(
            text,
            "{title} {}: {held} controls held, {failed} failed, {open} not judged",
            standard.version
        );
        let wide = standard.controls.iter().map(|control| width(&visible(&control.id))).max().unwrap_or(0);
        for control in &standard.controls {
            let (id, name) = (visible(&control.id), visible(&control.name));
            let padding = wide.saturating_sub(width(&id));
            let state = format!("{:10}", control.state);
            let state = match control.state {
                ControlState::Held => paint.good(&state),
                ControlState::Failed => paint.bad(&state),
                ControlState::NotJudged => paint.faint(&state),
            };
            let remark = control.remark();
            let remark = if remark.is_empty() { remark } else { format!(" ({})", visible(&remark)) };
            _ = writeln!(text, "  {id}{:padding$}  {state}  {name}{remark}", "");
        }
        text.push('\n');
    }
    text
}

/// By severity, in the order of [`Severity::ALL`]: there are many workloads, with few findings each.
type Counts = [u32; Severity::ALL.len()];

/// What was found in which workload.
#[derive(Default)]
pub(super) struct Workloads {
    counts: BTreeMap<Box<str>, Counts>,
    total: BySeverity,
    /// What was found in the workload at hand: findings of one come after each other.
    last: Option<(Finding, BySeverity)>,
}

impl Workloads {
    pub(super) fn add(&mut self, finding: &Finding) {
        self.total.add(finding.severity, 1);
        match &mut self.last {
            Some((last, found))
                if (&last.workload, &last.subject) == (&finding.workload, &finding.subject) =>
            {
                found.add(finding.severity, 1);
            }
            _ => {
                self.settle();
                let mut found = BySeverity::default();
                found.add(finding.severity, 1);
                self.last = Some((finding.clone(), found));
            }
        }
    }

    fn settle(&mut self) {
        let Some((finding, found)) = self.last.take() else { return };
        let counts = self.counts.entry(words::workload(&finding).into()).or_default();
        for (count, severity) in counts.iter_mut().zip(Severity::ALL) {
            let more = u32::try_from(found.of(severity)).unwrap_or(u32::MAX);
            *count = count.saturating_add(more);
        }
    }
}

/// So many of the workloads, worst first; and how many others there are, with what was found in them.
fn worst(
    counts: &BTreeMap<Box<str>, Counts>,
    shown: usize,
) -> (Vec<(&str, BySeverity)>, (usize, BySeverity)) {
    let by_severity = |counts: &Counts| {
        let mut found = BySeverity::default();
        for (count, severity) in counts.iter().zip(Severity::ALL) {
            found.add(severity, u64::from(*count));
        }
        found
    };
    let mut order: Vec<(std::cmp::Reverse<BySeverity>, &str)> = counts
        .iter()
        .map(|(name, counts)| (std::cmp::Reverse(by_severity(counts)), &**name))
        .collect();
    order.sort_unstable();
    let others = order.split_off(shown.min(order.len()));
    let mut rest = BySeverity::default();
    for (std::cmp::Reverse(number), _) in &others {
        for severity in Severity::ALL {
            rest.add(severity, number.of(severity));
        }
    }
    (
        order.into_iter().map(|(std::cmp::Reverse(number), name)| (name, number)).collect(),
        (others.len(), rest),
    )
}

/// Workloads with what was found in them, worst first; nothing when there is but one.
pub(super) fn by_workload(mut workloads: Workloads, options: &Options<'_>, paint: Paint) -> String {
    workloads.settle();
    let Workloads { counts: workloads, total, last: _ } = workloads;
    if workloads.len() < 2 {
        return String::new();
    }
    let shown = if options.verbose > 0 { workloads.len() } else { SHOWN };
    let (workloads, others) = worst(&workloads, shown);

    let columns: Vec<Severity> =
        Severity::ALL.into_iter().filter(|severity| total.of(*severity) > 0).collect();
    let table =
        Table { columns, number: if options.width < 80 { NARROW_NUMBER } else { NUMBER }, name: 0, paint };
    let names = workloads.iter().map(|(name, _)| width(&visible(name)));
    let room = options.width - table.columns.len() * table.number;
    let table = Table { name: names.max().unwrap_or(0).clamp("all workloads".len(), room), ..table };

    let mut text = table.head();
    for (name, number) in &workloads {
        text += &table.row(&visible(name), number);
    }
    if others.0 > 0 {
        text += &table.row(&format!("{} more", others.0), &others.1);
    }
    text + &table.row("all", &total) + "\n"
}

struct Table {
    columns: Vec<Severity>,
    number: usize,
    name: usize,
    paint: Paint,
}

impl Table {
    fn head(&self) -> String {
        let mut line = format!("{:1$}", "", self.name);
        for severity in &self.columns {
            let word = match severity.as_str() {
                "critical" if self.number < NUMBER => "crit",
                "medium" if self.number < NUMBER => "med",
                word => word,
            };
            line += &self.paint.severity(*severity, &format!("{word:>0$}", self.number));
        }
        line + "\n"
    }

    /// A row; a name that is too long has a line to itself.
    fn row(&self, name: &str, number: &BySeverity) -> String {
        let mut line = match self.name.checked_sub(width(name)) {
            Some(padding) => format!("{name}{:padding$}", ""),
            None => format!("{name}\n{:1$}", "", self.name),
        };
        for severity in &self.columns {
            _ = match number.of(*severity) {
                0 => write!(line, "{}", self.paint.faint(&format!("{:>1$}", "-", self.number))),
                some => write!(line, "{some:>0$}", self.number),
            };
        }
        line + "\n"
    }
}

/// Where more is to be read: of the worst findings, as above.
pub(super) fn hint(groups: &[Group], options: &Options<'_>, paint: Paint) -> String {
    let Some(worst) = groups.iter().find(|group| options.check(&group.check).is_some()) else {
        return String::new();
    };
    let hint = format!("more: bulkhead explain {}", visible(&worst.check));
    paint.faint(&hint) + "\n"
}

/// What came of it, in two sentences.
pub(super) fn verdict(tally: &Tally, end: &End<'_>, options: &Options<'_>, paint: Paint) -> String {
    let verdict = tally.verdict(&options.gate, end.coverage, end.verdict);
    if options.quiet {
        return format!("{verdict}\n");
    }
    let result = paragraph(&tally.result(end.coverage), options);
    let verdict = paragraph(&verdict, options);
    let painted: String = verdict
        .lines()
        .map(|line| match end.verdict {
            Verdict::Held => paint.good(line) + "\n",
            Verdict::Failed | Verdict::Undecided => paint.bad(line) + "\n",
        })
        .collect();
    result + &painted
}

/// Wrapped, but no number apart from what it counts.
fn paragraph(text: &str, options: &Options<'_>) -> String {
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' ' if kept.ends_with(|before: char| before.is_ascii_digit()) => kept += NO_BREAK,
            _ => kept.push(character),
        }
    }
    wrap(&kept, options.width, options.width).join("\n") + "\n"
}
