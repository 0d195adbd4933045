//! CSV (RFC 4180): a row for each finding, then one for each gap and note.
//!
//! Spreadsheets run a cell that begins like a formula, so foreign strings that do get an apostrophe
//! before them, which shows them as text. No cell holds a line break: rows are lines.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use bulkhead_model::{Finding, Place, Said};

use super::{BUFFER, End};
use crate::Options;
use crate::escape::visible;
use crate::words;

const COLUMNS: &str = "type,id,severity,workload,namespace,subject,file,line,column,field,message,fix,\
    fingerprint,excepted_by,excepted_owner,excepted_until,excepted_reason,checks,excepted_said,claimed_by,known\r\n";

pub(crate) struct Renderer<'w> {
    out: BufWriter<Box<dyn Write + 'w>>,
    begun: bool,
}

impl<'w> Renderer<'w> {
    #[allow(clippy::needless_pass_by_value, reason = "every format is made alike")]
    pub(crate) fn new(out: Box<dyn Write + 'w>, _options: Options<'w>) -> Self {
        Self { out: BufWriter::with_capacity(BUFFER, out), begun: false }
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        self.out.write_all(COLUMNS.as_bytes())
    }

    fn row(&mut self, cells: &[&str]) -> io::Result<()> {
        for (index, text) in cells.iter().enumerate() {
            if index > 0 {
                self.out.write_all(b",")?;
            }
            self.out.write_all(cell(text).as_bytes())?;
        }
        self.out.write_all(b"\r\n")
    }

    /// A gap or a note.
    fn remark(
        &mut self,
        sort: &str,
        id: &str,
        place: &Place,
        message: &str,
        checks: &[Arc<str>],
    ) -> io::Result<()> {
        let object = place.object.as_deref().unwrap_or_default();
        self.row(&[
            sort,
            id,
            "",
            object,
            "",
            object,
            place.file.as_deref().unwrap_or_default(),
            &number(place.line),
            &number(place.column),
            place.field.as_deref().unwrap_or_default(),
            message,
            "",
            "",
            "",
            "",
            "",
            "",
            &checks.join(" "),
            "",
            "",
            "",
        ])
    }
}

impl super::Renderer for Renderer<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.begin()?;
        let at = finding.at.as_ref();
        let excepted = finding.excepted.as_deref();
        self.row(&[
            "finding",
            &finding.check,
            finding.severity.as_str(),
            &words::workload(finding),
            words::namespace(finding).unwrap_or_default(),
            &finding.subject.to_string(),
            at.map_or("", |at| &at.file),
            &number(at.map(|at| at.line)),
            &number(at.map(|at| at.column)),
            &finding.field,
            &finding.message,
            &finding.fix,
            &finding.fingerprint.to_string(),
            excepted.map_or("", |excepted| &excepted.by),
            excepted.and_then(|excepted| excepted.owner.as_deref()).unwrap_or_default(),
            &excepted.and_then(|excepted| excepted.until).map(words::until).unwrap_or_default(),
            excepted.map_or("", |excepted| &excepted.reason),
            "",
            excepted.map_or("", |excepted| if excepted.said == Said::Tree { "tree" } else { "central" }),
            finding.claimed.as_deref().map_or("", |claimed| &claimed.by),
            if finding.known { "true" } else { "" },
        ])
    }

    fn finish(mut self: Box<Self>, end: &End<'_>) -> io::Result<()> {
        self.begin()?;
        for gap in &end.coverage.gaps {
            self.remark("gap", gap.kind.as_str(), &gap.place, &gap.message, &gap.checks)?;
        }
        for note in &end.coverage.notes {
            self.remark("note", &note.kind, &note.place, &note.message, &[])?;
        }
        for standard in end.standards {
            for control in &standard.controls {
                let id = format!("{} {}", standard.id, control.id);
                let message = format!("{}: {}", control.state, control.name);
                let remark = control.remark();
                let message = if remark.is_empty() { message } else { format!("{message} ({remark})") };
                self.remark("control", &id, &Place::default(), &message, &control.checks)?;
            }
        }
        self.out.flush()
    }
}

fn number(number: Option<u32>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// One cell: no formula, no line break, quoted where it must be.
fn cell(text: &str) -> Cow<'_, str> {
    let mut shown = visible(text);
    // `-` alone is standard input. The wide forms count where a spreadsheet speaks Japanese.
    let formula = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    if shown.starts_with(formula) && shown != "-" {
        shown = Cow::Owned(format!("'{shown}"));
    }
    if shown.contains([',', '"', ';']) {
        shown = Cow::Owned(format!("\"{}\"", shown.replace('"', "\"\"")));
    }
    shown
}

#[test]
fn cells_are_text() {
    assert_eq!(cell("plain"), "plain");
    assert_eq!(cell("-"), "-");
    assert_eq!(cell("=1+1"), "'=1+1");
    assert_eq!(cell("@SUM(A1,\"x\")"), "\"'@SUM(A1,\"\"x\"\")\"");
    assert_eq!(cell("\t=1"), "\\t=1");
    assert_eq!(cell("a\r\nb"), "a\\r\\nb");
}
