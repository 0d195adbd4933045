//! Names and messages that somebody wrote to deceive whoever reads the report.

use std::sync::Arc;

use bulkhead_model::{Excepted, Excerpt, Finding, Location, Namespace, ObjectRef, Said, Subject, Workload};
use bulkhead_report::{Format, Options};
use serde_json::Value;

use crate::sample::{Sample, shop};

/// What the strings below are made of.
const PIECES: &[&str] = &[
    "a",
    "ü",
    "日",
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "\0",
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\u{9b}2J",
    "\u{7f}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{ffff}",
    "\u{2028}",
    "\u{e0041}",
    "|",
    "`",
    "``",
    "*",
    "_",
    "<script>",
    "</code>",
    "</details>",
    "-->",
    "]]>",
    "&amp;",
    "&#64;",
    "\"",
    "'",
    ",",
    ";",
    "=1+1",
    "@root",
    "#12",
    "https://evil.example",
    "[x](javascript:alert(1))",
    "](1)",
    "\\",
    "$x$",
    "~~",
    "{0}",
    "%2e%2e",
    "../",
    "C:\\",
    "?",
    "🚢",
    "very-long-word-without-any-space-in-it-at-all-that-no-terminal-has-room-for-anywhere",
];

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn text(&mut self) -> String {
        (0..self.roll(12)).map(|_| PIECES[self.roll(PIECES.len())]).collect()
    }

    fn number(&mut self) -> u32 {
        [0, 1, 7, 80, u32::MAX][self.roll(5)]
    }

    fn finding(&mut self, model: &Finding) -> Finding {
        let namespace = match self.roll(3) {
            0 => Namespace::Cluster,
            1 => Namespace::Unknown,
            _ => Namespace::Named(self.text().into()),
        };
        let object = ObjectRef {
            api_version: self.text().into(),
            kind: self.text().into(),
            namespace: namespace.clone(),
            name: self.text().into(),
        };
        let workload = Workload { kind: self.text().into(), namespace, name: self.text().into() };
        Finding {
            check: self.text().into(),
            subject: Arc::new(Subject::Object(object)),
            workload: (self.roll(2) == 0).then(|| Arc::new(workload)),
            field: self.text().into(),
            at: (self.roll(4) > 0).then(|| Location {
                file: self.text().into(),
                document: 0,
                line: self.number(),
                column: self.number(),
                end_line: self.number(),
                end_column: self.number(),
            }),
            message: self.text().into(),
            fix: self.text().into(),
            excepted: (self.roll(4) == 0).then(|| {
                Arc::new(Excepted {
                    by: self.text().into(),
                    owner: None,
                    reason: self.text().into(),
                    until: None,
                    link: None,
                    said: Said::Tree,
                })
            }),
            excerpt: (self.roll(3) > 0).then(|| {
                Box::new(Excerpt { text: self.text().into(), start: self.number(), length: self.number() })
            }),
            ..model.clone()
        }
    }
}

fn samples() -> impl Iterator<Item = Sample> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    (0..300).map(move |_| {
        let mut sample = shop();
        let model = sample.findings[0].clone();
        sample.findings = (0..8).map(|_| dice.finding(&model)).collect();
        for gap in &mut sample.coverage.gaps {
            gap.message = dice.text().into();
            gap.place.file = Some(dice.text().into());
            gap.place.object = Some(dice.text().into());
            gap.checks.push(dice.text().into());
        }
        sample.coverage.notes[0].message = dice.text().into();
        sample.coverage.skipped.insert(dice.text().into(), 1);
        sample
    })
}

/// Nothing that a reader could not see or a terminal would obey.
fn assert_visible(report: &str, format: Format) {
    let bad = report.chars().find(|character| {
        character.is_control() && !matches!(character, '\n' | '\r')
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(character, '\u{feff}' | '\u{ffff}' | '\u{e0041}')
    });
    assert_eq!(bad, None, "{format}: {report}");
}

#[test]
fn text_is_what_it_looks_like() {
    for sample in samples() {
        for (quiet, verbose) in [(false, 0), (false, 1), (true, 0)] {
            let options = Options { width: 60, quiet, verbose, show_excepted: quiet, ..sample.options() };
            let report = sample.render(Format::Text, options);
            assert_visible(&report, Format::Text);
            assert!(!report.contains('\r'));
            if quiet {
                let lines = sample.findings.len() + sample.coverage.gaps.len() + 1;
                assert_eq!(report.lines().count(), lines, "{report}");
            }
        }
    }
}

#[test]
fn markdown_means_nothing_else() {
    for sample in samples() {
        let report = sample.render(Format::Markdown, sample.options());
        assert_visible(&report, Format::Markdown);
        // Without code, which nothing is read into.
        let text = without_code(&report);
        for markup in ["<script", "@root", "#12", "https://evil", "](javascript", "](1)", "&#64;"] {
            let escaped = text.replace(&format!("\\{markup}"), "");
            assert!(!escaped.contains(markup), "{markup}: {report}");
        }
        assert_eq!(report.matches("<details").count(), report.matches("</details>\n").count(), "{report}");
        for row in report.lines().filter(|line| line.starts_with("| ")) {
            let cells = row.replace("\\|", "").matches('|').count();
            assert!(cells == 4 || cells == 5, "{row}");
        }
    }
}

/// Markdown without its code spans and `<code>` elements.
fn without_code(markdown: &str) -> String {
    let mut text = String::new();
    let mut rest = markdown;
    while let Some(start) = rest.find(['`', '<', '\\']) {
        text += &rest[..start];
        rest = &rest[start..];
        let end = match &rest[..1] {
            "\\" => {
                text += &rest[..2];
                2
            }
            "`" => rest[1..].find('`').unwrap() + 2,
            _ if rest.starts_with("<code>") => rest.find("</code>").unwrap() + 7,
            _ => {
                text.push('<');
                1
            }
        };
        rest = &rest[end..];
    }
    text + rest
}

#[test]
fn programs_can_read_it() {
    for sample in samples() {
        let render = |format| sample.render(format, sample.options());
        let json: Value = serde_json::from_str(&render(Format::Json)).unwrap();
        let messages = json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["message"].as_str().unwrap());
        // JSON is data and changes nothing.
        assert!(messages.eq(sample.findings.iter().map(|finding| &*finding.message)));

        let sarif: Value = serde_json::from_str(&render(Format::Sarif)).unwrap();
        for result in sarif["runs"][0]["results"].as_array().unwrap() {
            assert_visible(result["message"]["text"].as_str().unwrap(), Format::Sarif);
            let place = &result["locations"][0]["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(
                uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"{}|\\^`#?".contains(&byte)),
                "{uri}"
            );
            assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
        }

        let junit = render(Format::Junit);
        assert_visible(&junit, Format::Junit);
        let document = roxmltree::Document::parse(&junit).unwrap();
        let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
        assert_eq!(cases.count(), sample.findings.len() + sample.coverage.gaps.len() + 1);

        let csv = render(Format::Csv);
        assert_visible(&csv, Format::Csv);
        let rows = csv_rows(&csv);
        let remarks = sample.coverage.gaps.len() + sample.coverage.notes.len();
        assert_eq!(rows.len(), 1 + sample.findings.len() + remarks);
        for cell in rows.iter().flatten() {
            assert!(cell == "-" || !cell.starts_with(['=', '+', '-', '@']), "{cell}");
        }
        assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{csv}");
    }
}

/// RFC 4180, as strictly as it is written.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![];
    let mut row = vec![];
    let mut rest = text;
    while !rest.is_empty() {
        let cell = if let Some(quoted) = rest.strip_prefix('"') {
            let mut cell = String::new();
            rest = quoted;
            loop {
                let (before, after) = rest.split_once('"').unwrap();
                cell += before;
                rest = after;
                let Some(more) = rest.strip_prefix('"') else {
                    break cell;
                };
                cell.push('"');
                rest = more;
            }
        } else {
            let (cell, after) = rest.split_at(rest.find([',', '\r', '\n']).unwrap());
            assert!(!cell.contains('"'));
            rest = after;
            cell.to_owned()
        };
        row.push(cell);
        if let Some(next) = rest.strip_prefix(',') {
            rest = next;
        } else {
            rest = rest.strip_prefix("\r\n").unwrap();
            rows.push(std::mem::take(&mut row));
        }
    }
    rows
}
