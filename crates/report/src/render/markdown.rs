//! Markdown for a comment on a pull request: worst first, tables folded where they do not fail the
//! gate.
//!
//! GitHub takes comments of 65,536 characters. Every part but the findings has a share that it cannot
//! pass, the findings get what is left, and what does not fit is counted in a sentence. Lengths are
//! in bytes rather than characters, which errs on the safe side. No more rows are kept than could
//! ever be shown.

mod escape;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

use bulkhead_model::{Finding, Place, Severity, StandardResult, Verdict};

use self::escape::{code, prose};
use super::End;
use crate::Options;
use crate::escape::cut;
use crate::tally::{BySeverity, Tally};
use crate::words::{self, capital, count};

const LIMIT: usize = 65_536;
const SHARE_OF_STANDARDS: usize = 14_000;
const SHARE_OF_GAPS: usize = 12_000;
const SHARE_OF_NOTES: usize = 4_000;
const SHARE_OF_EXCEPTED: usize = 6_000;
const SHARE_OF_FIXES: usize = 10_000;
/// Headings of the tables, and the sentences that count what was left out.
const RESERVE: usize = 2_000;

/// Characters of a message and of a name. Escaped, each can take six bytes.
const LONGEST_MESSAGE: usize = 300;
const LONGEST_NAME: usize = 150;
/// Names in a list.
const MOST_NAMES: usize = 8;

pub(crate) struct Renderer<'w> {
    out: Box<dyn Write + 'w>,
    options: Options<'w>,
    tally: Tally,
    /// By severity, in the order of [`Severity::ALL`].
    findings: [Rows; Severity::ALL.len()],
    excepted: Rows,
    /// How to mend what each check finds.
    fixes: BTreeMap<Arc<str>, Arc<str>>,
}

/// Lines of a table or a list, as many as there is room for.
#[derive(Default)]
struct Rows {
    lines: Vec<String>,
    bytes: usize,
    left_out: usize,
}

impl Rows {
    fn add(&mut self, line: String, room: usize) {
        // Once one is left out all later ones are: a short line must not overtake a long one.
        if self.left_out > 0 || self.bytes + line.len() > room {
            self.left_out += 1;
        } else {
            self.bytes += line.len();
            self.lines.push(line);
        }
    }

    /// Leaves out all but the lines for which there is room.
    fn cut_to(self, room: usize) -> Self {
        let mut cut = Self::default();
        self.lines.into_iter().for_each(|line| cut.add(line, room));
        cut.left_out += self.left_out;
        cut
    }
}

impl<'w> Renderer<'w> {
    pub(crate) fn new(out: Box<dyn Write + 'w>, options: Options<'w>) -> Self {
        Self {
            out,
            options,
            tally: Tally::default(),
            findings: Default::default(),
            excepted: Rows::default(),
            fixes: BTreeMap::new(),
        }
    }
}

impl super::Renderer for Renderer<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.tally.add(finding, &self.options.gate);
        let place = finding.at.as_ref().map(|at| (&*at.file, Some(at.line)));
        let mut row = format!("| {} | ", place_cell(place, Some(&words::subject(finding))));
        if let Some(excepted) = &finding.excepted {
            row += &message(&format!("{}, {}", finding.message, words::excepted(excepted)));
            _ = writeln!(row, " | {} ({}) |", name(&finding.check), finding.severity);
            self.excepted.add(row, SHARE_OF_EXCEPTED);
            return Ok(());
        }
        let text = match words::standing(finding) {
            Some(standing) => format!("{} ({standing})", finding.message),
            None => finding.message.to_string(),
        };
        _ = writeln!(row, "{} | {} |", message(&text), name(&finding.check));
        if !self.fixes.contains_key(&finding.check) {
            self.fixes.insert(finding.check.clone(), finding.fix.clone());
        }
        let severity = Severity::ALL.iter().position(|severity| *severity == finding.severity);
        self.findings[severity.unwrap_or_default()].add(row, LIMIT);
        Ok(())
    }

    fn finish(mut self: Box<Self>, end: &End<'_>) -> io::Result<()> {
        let head = self.head(end);
        let excepted = std::mem::take(&mut self.excepted);
        let excepted = table("Excepted", false, "| Where | Why | Check |", &excepted, "finding");
        let tail = [standards(end), gaps(end), excepted, self.fixes(), notes(end), foot(end)].concat();
        let mut room = LIMIT.saturating_sub(head.len() + tail.len() + RESERVE);

        self.out.write_all(head.as_bytes())?;
        let mut left_out = BySeverity::default();
        for (severity, rows) in Severity::ALL.into_iter().zip(std::mem::take(&mut self.findings)) {
            let rows = rows.cut_to(room);
            left_out.add(severity, rows.left_out as u64);
            // What is less severe must not take the place of what was left out.
            room = if rows.left_out > 0 { 0 } else { room - rows.bytes };
            let open = self.options.gate.fail_on.is_some_and(|least| severity >= least);
            let title = capital(severity.as_str());
            let table = table(&title, open, "| Where | What | Check |", &rows, "");
            self.out.write_all(table.as_bytes())?;
        }
        if left_out.total() > 0 {
            let noun = if left_out.total() == 1 { "finding" } else { "findings" };
            let words = left_out.words();
            writeln!(self.out, "**Not shown, for want of room: {words} {noun}.**\n")?;
        }
        self.out.write_all(tail.as_bytes())?;
        self.out.flush()
    }
}

impl Renderer<'_> {
    fn head(&self, end: &End<'_>) -> String {
        let verdict = match end.verdict {
            Verdict::Held => "the gate held",
            Verdict::Failed => "the gate failed",
            Verdict::Undecided => "the gate is undecided",
        };
        let result = capital(&self.tally.result(end.coverage));
        let reason = capital(&self.tally.verdict(&self.options.gate, end.coverage, end.verdict));
        format!("## Bulkhead: {verdict}\n\n**{result}.** {reason}.\n\n")
    }

    fn fixes(&self) -> String {
        let mut rows = Rows::default();
        for (check, fix) in &self.fixes {
            let mut row = format!("- {}: {}", name(check), message(fix));
            if let Some(uri) = self.options.check(check).and_then(|check| check.help_uri.as_deref()) {
                _ = write!(row, " ([more](<{}>))", uri.replace(['<', '>', '\n'], ""));
            }
            rows.add(row + "\n", SHARE_OF_FIXES);
        }
        folded("How to mend them", false, "", &rows, "check")
    }
}

fn standards(end: &End<'_>) -> String {
    let one = |standard: &StandardResult| {
        let mut rows = Rows::default();
        for control in &standard.controls {
            let (id, state) = (name(&control.id), control.state);
            let (about, remark) = (message(&control.name), message(&control.remark()));
            rows.add(
                format!("| {id} | {state} | {about} | {remark} |\n"),
                SHARE_OF_STANDARDS / end.standards.len(),
            );
        }
        let title = format!("{} {}", message(&standard.title), message(&standard.version));
        table(title.trim(), true, "| Control | | About | Why |", &rows, "control")
    };
    end.standards.iter().map(one).collect()
}

fn gaps(end: &End<'_>) -> String {
    let mut rows = Rows::default();
    for gap in &end.coverage.gaps {
        let checks: Vec<_> = gap.checks.iter().take(MOST_NAMES).map(|check| name(check)).collect();
        let checks = match gap.checks.len().checked_sub(MOST_NAMES) {
            _ if checks.is_empty() => "all".to_owned(),
            None | Some(0) => checks.join(", "),
            Some(more) => format!("{} and {more} more", checks.join(", ")),
        };
        let (place, kind) = (place_of(&gap.place), gap.kind);
        let row = format!("| {place} | {} | `{kind}` | {checks} |\n", message(&gap.message));
        rows.add(row, SHARE_OF_GAPS);
    }
    table("Not judged", true, "| Where | Why | Gap | Checks |", &rows, "gap")
}

fn notes(end: &End<'_>) -> String {
    let mut rows = Rows::default();
    for note in &end.coverage.notes {
        let row = format!("- {}: {}\n", place_of(&note.place), message(&note.message));
        rows.add(row, SHARE_OF_NOTES);
    }
    folded("Notes", false, "", &rows, "note")
}

fn foot(end: &End<'_>) -> String {
    let mut foot = format!("Looked at {}", words::looked_at(&end.coverage.looked_at));
    let skipped = end.coverage.skipped.iter().take(MOST_NAMES);
    for (index, (reason, number)) in skipped.enumerate() {
        let before = if index == 0 { "; skipped" } else { "," };
        _ = write!(foot, "{before} {number} {}", message(reason));
    }
    let run = end.run;
    format!("<sub>{foot}. Bulkhead {}, for Kubernetes {}.</sub>\n", run.version, run.kubernetes_version)
}

/// A table that folds away, or nothing where there are no rows.
fn table(title: &str, open: bool, columns: &str, rows: &Rows, noun: &str) -> String {
    let line = "|---".repeat(columns.matches('|').count() - 1);
    folded(title, open, &format!("{columns}\n{line}|\n"), rows, noun)
}

/// Lines that fold away, with how many there are and how many of them (`noun`) are missing.
fn folded(title: &str, open: bool, head: &str, rows: &Rows, noun: &str) -> String {
    if rows.lines.is_empty() && (rows.left_out == 0 || noun.is_empty()) {
        return String::new();
    }
    let open = if open { " open" } else { "" };
    let total = rows.lines.len() + rows.left_out;
    let lines = rows.lines.concat();
    let mut part = format!("<details{open}><summary>{title} ({total})</summary>\n\n{head}{lines}\n");
    if rows.left_out > 0 && !noun.is_empty() {
        _ = writeln!(part, "{} not shown, for want of room.\n", count(rows.left_out, noun));
    }
    part + "</details>\n\n"
}

fn place_of(place: &Place) -> String {
    place_cell(place.file.as_deref().map(|file| (file, place.line)), place.object.as_deref())
}

/// `deploy/cart.yaml:12` and the object under it.
fn place_cell(file: Option<(&str, Option<u32>)>, object: Option<&str>) -> String {
    let file = file.map(|(file, line)| match line {
        Some(line) => name(&format!("{file}:{line}")),
        None => name(file),
    });
    let parts: Vec<String> = file.into_iter().chain(object.map(name)).collect();
    if parts.is_empty() { "the whole run".to_owned() } else { parts.join("<br>") }
}

fn name(text: &str) -> String {
    code(&cut(text, LONGEST_NAME))
}

fn message(text: &str) -> String {
    prose(&cut(text, LONGEST_MESSAGE))
}
