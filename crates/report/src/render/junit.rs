//! `JUnit` XML, as CI systems read it: a test suite for each file, a test case for each finding.
//!
//! A finding that fails the gate is a failure and one that does not, or is excepted, is skipped, so
//! that the test view is red when the exit code is. A gap is an error, which is `JUnit`'s word for a
//! test that came to no result; one of a kind that is allowed is skipped. The last suite holds the
//! verdict, because several systems take a report without tests for a broken one.
//!
//! Nobody standardised the format; this is what Jenkins, GitLab, GitHub's actions, Azure and `CircleCI`
//! have in common. Counts stand before what they count, so one file's cases are held back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use bulkhead_model::{ControlState, Finding, Gap, Gate, Verdict};

use super::{BUFFER, End};
use crate::Options;
use crate::escape::visible;
use crate::tally::Tally;
use crate::words;

pub(crate) struct Renderer<'w> {
    out: BufWriter<Box<dyn Write + 'w>>,
    gate: Gate,
    tally: Tally,
    suite: Suite,
    begun: bool,
}

/// The cases of one file.
#[derive(Default)]
struct Suite {
    name: String,
    cases: String,
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
    /// How often each name came: GitLab shows only the first case of a name.
    names: BTreeMap<String, u32>,
}

/// What a case came to: the element's name, its type, a line, and the whole.
struct Outcome<'a> {
    element: &'static str,
    sort: &'a str,
    message: &'a str,
    body: &'a str,
}

impl<'w> Renderer<'w> {
    pub(crate) fn new(out: Box<dyn Write + 'w>, options: Options<'w>) -> Self {
        Self {
            out: BufWriter::with_capacity(BUFFER, out),
            gate: options.gate,
            tally: Tally::default(),
            suite: Suite::default(),
            begun: false,
        }
    }

    /// Writes the suite that is complete and begins another.
    fn begin(&mut self, name: &str) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            self.out
                .write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"bulkhead\">\n")?;
        }
        let next = Suite { name: name.to_owned(), ..Suite::default() };
        let suite = std::mem::replace(&mut self.suite, next);
        if suite.tests == 0 {
            return Ok(());
        }
        let Suite { tests, failures, errors, skipped, .. } = suite;
        writeln!(
            self.out,
            r#"  <testsuite name="{}" tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="0">"#,
            escaped(&suite.name),
        )?;
        self.out.write_all(suite.cases.as_bytes())?;
        self.out.write_all(b"  </testsuite>\n")
    }

    fn gap(&mut self, gap: &Gap) {
        let checks = match &*gap.checks {
            [] => "every check".to_owned(),
            checks => checks.join(", "),
        };
        let body = format!("{}\nat {}\nnot judged: {checks}", gap.message, gap.place);
        let name = format!("{}: {}", gap.kind, gap.place);
        let allowed = self.gate.allow_gap.contains(&gap.kind);
        let outcome = Outcome {
            element: if allowed { "skipped" } else { "error" },
            sort: gap.kind.as_str(),
            message: &gap.message,
            body: &body,
        };
        let file = gap.place.file.as_deref().map(|file| (file, gap.place.line));
        self.suite.add("gaps", name, file, Some(&outcome));
    }
}

impl super::Renderer for Renderer<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.tally.add(finding, &self.gate);
        let subject = words::subject(finding);
        let file = finding.at.as_ref().map(|at| &*at.file);
        let suite = file.unwrap_or(&subject);
        if !self.begun || self.suite.name != suite {
            self.begin(suite)?;
        }

        let mut name = finding.check.to_string();
        if !finding.field.is_empty() {
            _ = write!(name, ": {}", finding.field);
        }
        // GitLab knows cases by class and name alone, and the same object may stand in two files.
        name.extend(file.map(|file| format!(" ({file})")));

        let mut body = format!("{}: {}\n", finding.severity, finding.message);
        if let Some(at) = &finding.at {
            _ = writeln!(body, "at {}:{}:{}", at.file, at.line, at.column);
        }
        _ = write!(body, "fix: {}\nfingerprint: {}", finding.fix, finding.fingerprint);
        let excepted = words::standing(finding);
        if let Some(excepted) = &excepted {
            body = format!("{excepted}\n{body}");
        }
        let outcome = Outcome {
            element: if self.gate.fails(finding) { "failure" } else { "skipped" },
            sort: finding.severity.as_str(),
            message: excepted.as_deref().unwrap_or(&finding.message),
            body: &body,
        };
        let place = finding.at.as_ref().map(|at| (&*at.file, Some(at.line)));
        self.suite.add(&subject, name, place, Some(&outcome));
        Ok(())
    }

    fn finish(mut self: Box<Self>, end: &End<'_>) -> io::Result<()> {
        self.begin("gaps")?;
        for gap in &end.coverage.gaps {
            self.gap(gap);
        }
        for standard in end.standards {
            self.begin(&standard.title)?;
            for control in &standard.controls {
                let name = format!("{}: {}", control.id, control.name);
                let message = format!("{}: {}", control.state, control.remark());
                // Findings and gaps are failures of their own, where the gate counts them.
                let outcome =
                    Outcome { element: "skipped", sort: "control", message: &message, body: &message };
                let told = (control.state != ControlState::Held).then_some(&outcome);
                self.suite.add(&standard.id, name, None, told);
            }
        }
        self.begin("bulkhead")?;
        let verdict = self.tally.verdict(&self.gate, end.coverage, end.verdict);
        let body = format!("{verdict}\n{}", self.tally.result(end.coverage));
        let outcome = Outcome { element: "failure", sort: "gate", message: &verdict, body: &body };
        let failed = (end.verdict != Verdict::Held).then_some(&outcome);
        self.suite.add("bulkhead", "gate".to_owned(), None, failed);
        self.begin("")?;
        self.out.write_all(b"</testsuites>\n")?;
        self.out.flush()
    }
}

impl Suite {
    fn add(
        &mut self,
        class: &str,
        name: String,
        file: Option<(&str, Option<u32>)>,
        outcome: Option<&Outcome<'_>>,
    ) {
        let times = self.names.entry(name.clone()).or_default();
        *times += 1;
        let name = if *times > 1 { format!("{name} #{times}") } else { name };

        self.tests += 1;
        _ = write!(self.cases, r#"    <testcase classname="{}" name="{}""#, escaped(class), escaped(&name));
        if let Some((file, line)) = file {
            _ = write!(self.cases, r#" file="{}""#, escaped(file));
            _ = line.iter().try_for_each(|line| write!(self.cases, r#" line="{line}""#));
        }
        let Some(Outcome { element, sort, message, body }) = outcome else {
            self.cases.push_str(" time=\"0\"/>\n");
            return;
        };
        *match *element {
            "failure" => &mut self.failures,
            "error" => &mut self.errors,
            _ => &mut self.skipped,
        } += 1;
        _ = write!(
            self.cases,
            " time=\"0\">\n      <{element} type=\"{sort}\" message=\"{}\">",
            escaped(message)
        );
        for (index, line) in body.lines().enumerate() {
            let end = if index > 0 { "\n" } else { "" };
            _ = write!(self.cases, "{end}{}", escaped(line));
        }
        _ = write!(self.cases, "</{element}>\n    </testcase>\n");
    }
}

/// Text for an element or an attribute. XML 1.0 has no way at all to write most control characters
/// (2.2), so they are spelled out like everything that cannot be seen.
fn escaped(text: &str) -> Cow<'_, str> {
    let shown = visible(text);
    if !shown.contains(['&', '<', '>', '"']) {
        return shown;
    }
    let mut escaped = String::with_capacity(shown.len() + 16);
    for character in shown.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

#[test]
fn only_what_xml_can_hold() {
    assert_eq!(escaped("a<b> & \"c\"]]>"), "a&lt;b&gt; &amp; &quot;c&quot;]]&gt;");
    assert_eq!(escaped("\0\x1b[0m\u{fffe}"), r"\u{0}\u{1b}[0m\u{fffe}");
}
