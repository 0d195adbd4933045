//! JSON: everything, for programs. `docs/schemas/report.schema.json` is its schema.
//!
//! Findings come first, one to a line, because they are written while others are still being looked
//! for; what sums them up follows.

mod line;

use std::io::{self, BufWriter, Write};

use bulkhead_model::{Finding, Severity, Verdict};
use serde::Serialize;

use line::Line;

use super::{BUFFER, End};
use crate::Options;
use crate::tally::{BySeverity, Tally};

/// Of what the fields mean. A new field raises the second number, anything else the first.
const VERSION: &str = "1.2";
const SCHEMA: &str = "https://bulkhead.dev/schemas/report.schema.json";

pub(crate) struct Renderer<'w> {
    out: BufWriter<Box<dyn Write + 'w>>,
    options: Options<'w>,
    tally: Tally,
    line: Line,
    begun: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    findings: u64,
    excepted: u64,
    excepted_by_tree: u64,
    claimed: u64,
    known: u64,
    gaps: usize,
    by_severity: BySeverity,
    gate: Gate,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Gate {
    verdict: &'static str,
    fail_on: Option<Severity>,
    findings: u64,
    gaps: usize,
}

impl<'w> Renderer<'w> {
    pub(crate) fn new(out: Box<dyn Write + 'w>, options: Options<'w>) -> Self {
        Self {
            out: BufWriter::with_capacity(BUFFER, out),
            options,
            tally: Tally::default(),
            line: Line::default(),
            begun: false,
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        self.begun = true;
        write!(self.out, "{{\"$schema\":\"{SCHEMA}\",\n\"schemaVersion\":\"{VERSION}\",\n\"findings\":[")
    }
}

impl super::Renderer for Renderer<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.tally.add(finding, &self.options.gate);
        if self.begun {
            self.out.write_all(b",\n")?;
        } else {
            self.begin()?;
            self.out.write_all(b"\n")?;
        }
        self.out.write_all(self.line.of(finding)?)
    }

    fn finish(mut self: Box<Self>, end: &End<'_>) -> io::Result<()> {
        if self.begun {
            self.out.write_all(b"\n")?;
        } else {
            self.begin()?;
        }
        let gate = &self.options.gate;
        let summary = Summary {
            findings: self.tally.open.total(),
            excepted: self.tally.excepted,
            excepted_by_tree: self.tally.by_tree,
            claimed: self.tally.claimed,
            known: self.tally.known,
            gaps: end.coverage.gaps.len(),
            by_severity: self.tally.open,
            gate: Gate {
                verdict: match end.verdict {
                    Verdict::Held => "held",
                    Verdict::Failed => "failed",
                    Verdict::Undecided => "undecided",
                },
                fail_on: gate.fail_on,
                findings: self.tally.failing.total(),
                gaps: gate.failing_gaps(end.coverage),
            },
        };
        self.out.write_all(b"],\n\"summary\":")?;
        serde_json::to_writer(&mut self.out, &summary)?;
        if !end.standards.is_empty() {
            self.out.write_all(b",\n\"standards\":")?;
            serde_json::to_writer(&mut self.out, end.standards)?;
        }
        self.out.write_all(b",\n\"coverage\":")?;
        serde_json::to_writer(&mut self.out, end.coverage)?;
        self.out.write_all(b",\n\"run\":")?;
        serde_json::to_writer(&mut self.out, end.run)?;
        self.out.write_all(b"}\n")?;
        self.out.flush()
    }
}
