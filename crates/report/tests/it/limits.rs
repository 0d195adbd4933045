//! Reports of more findings than anybody reads.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use bulkhead_model::{Coverage, Finding, Gap, GapKind, Run, Severity, Verdict};
use bulkhead_report::{End, Format, Options, renderer};
use serde_json::Value;

use crate::sample::{Sample, shop};

/// Findings of all severities in a thousand files, the worst of them last.
fn many(number: usize) -> Sample {
    let mut sample = shop();
    let model = sample.findings[0].clone();
    let findings = (0..number).map(|index| {
        let mut at = model.at.clone().unwrap();
        at.file = format!("deploy/{:05}.yaml", index / 30).into();
        Finding {
            severity: if index + 100 >= number { Severity::Critical } else { Severity::ALL[1 + index % 4] },
            message: format!("is wrong for the {index}th time").into(),
            at: Some(at),
            ..model.clone()
        }
    });
    sample.findings = findings.collect();
    sample
}

/// Counts bytes, and keeps the last of them.
#[derive(Clone, Default)]
struct Counter(Rc<Cell<usize>>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn formats_for_programs_stream() {
    let sample = many(5_000);
    for format in [Format::Json, Format::Csv, Format::Junit] {
        let written = Counter::default();
        let mut renderer = renderer(format, Box::new(written.clone()), sample.options());
        for finding in &sample.findings {
            renderer.finding(finding).unwrap();
        }
        let before = written.0.get();
        let end = End {
            coverage: &Coverage::default(),
            run: &sample.run,
            verdict: Verdict::Failed,
            standards: &[],
        };
        renderer.finish(&end).unwrap();
        let held_back = written.0.get() - before;
        assert!(before > 1_000_000 && held_back < 100_000, "{format}: {before} bytes, then {held_back}");
    }
}

fn sarif(sample: &Sample) -> (Option<Gap>, Value) {
    let mut bytes = vec![];
    let mut renderer = renderer(Format::Sarif, Box::new(&mut bytes as &mut dyn Write), sample.options());
    for finding in &sample.findings {
        renderer.finding(finding).unwrap();
    }
    let gap = renderer.left_out();
    let (coverage, run): (&Coverage, &Run) = (&sample.coverage, &sample.run);
    let verdict = Verdict::Failed;
    renderer.finish(&End { coverage, run, verdict, standards: &[] }).unwrap();
    (gap, serde_json::from_slice(&bytes).unwrap())
}

fn severities(log: &Value) -> Vec<&str> {
    let results = log["runs"][0]["results"].as_array().unwrap();
    results.iter().map(|result| result["properties"]["severity"].as_str().unwrap()).collect()
}

#[test]
fn sarif_keeps_the_worst() {
    let sample = many(30_000);
    let (gap, log) = sarif(&sample);
    let gap = gap.unwrap();
    assert_eq!(gap.kind, GapKind::RESULTS_LEFT_OUT);
    assert_eq!(&*gap.message, "SARIF holds at most 25000 results; 5000 info findings were left out of it");

    let kept = severities(&log);
    assert_eq!(kept.len(), 25_000);
    let count = |wanted: &str| kept.iter().filter(|severity| **severity == wanted).count();
    assert_eq!([count("critical"), count("high"), count("low"), count("info")], [100, 7_475, 7_475, 2_475]);
    // In the order in which they came, the first of the least severe rather than the last.
    let results = log["runs"][0]["results"].as_array().unwrap();
    let files: Vec<_> = results
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        .collect();
    assert!(files.is_sorted_by_key(|uri| uri.as_str().unwrap()));
    let notifications = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    let left_out = notifications.as_array().unwrap().iter();
    let left_out: Vec<_> = left_out.filter(|one| one["descriptor"]["id"] == "results-left-out").collect();
    assert_eq!(left_out.len(), 1);
    assert_eq!(left_out[0]["level"], "warning");
}

#[test]
fn sarif_leaves_nothing_out_below_its_limit() {
    let sample = many(25_000);
    let (gap, log) = sarif(&sample);
    assert_eq!((gap, severities(&log).len()), (None, 25_000));

    let (gap, mut log) = sarif(&many(25_001));
    assert_eq!(severities(&log).len(), 25_000);
    // A caller that has added the gap sees it once.
    let mut sample = many(25_001);
    sample.coverage.gaps.push(gap.unwrap());
    let mut again = sarif(&sample).1;
    for log in [&mut log, &mut again] {
        let notifications = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].take();
        assert_eq!(notifications.as_array().unwrap().len(), 4);
    }
    assert_eq!(log, again);
}

#[test]
fn markdown_fits_a_comment() {
    let mut sample = many(30_000);
    let whole = sample.render(Format::Markdown, sample.options());
    assert!(whole.len() <= 65_536, "{}", whole.len());
    assert!(whole.len() > 50_000, "{}", whole.len());
    assert!(whole.contains("<summary>Critical (100)</summary>"));
    let shown = whole.matches("th time").count();
    let sentence = whole.lines().find(|line| line.starts_with("**Not shown")).unwrap();
    let numbers = sentence.split(|character: char| !character.is_ascii_digit());
    let left_out: usize = numbers.filter_map(|number| number.parse::<usize>().ok()).sum();
    assert_eq!(shown + left_out, 30_000, "{sentence}");

    // Every part at its longest, and made of what takes most room.
    let long: Arc<str> = "|`*@a".repeat(200).into();
    for finding in &mut sample.findings {
        finding.message = long.clone();
        finding.fix = long.clone();
        finding.check = format!("{}{}", finding.at.as_ref().unwrap().file, &long[..500]).into();
    }
    sample.coverage.gaps = vec![sample.coverage.gaps[1].clone(); 1_000];
    for gap in &mut sample.coverage.gaps {
        gap.message = long.clone();
        gap.checks = vec![long.clone(); 300];
    }
    sample.coverage.notes = vec![sample.coverage.notes[0].clone(); 1_000];
    sample.coverage.skipped = (0..100).map(|index| (format!("{long}{index}").into(), 1)).collect();
    let whole = sample.render(Format::Markdown, sample.options());
    assert!(whole.len() <= 65_536, "{}", whole.len());
    assert!(whole.contains("gaps not shown, for want of room"), "{whole}");
}

#[test]
fn text_names_what_it_does_not_show() {
    let mut sample = many(200);
    for finding in &mut sample.findings {
        finding.severity = Severity::Low;
        finding.message = "is wrong".into();
    }
    let text = sample.render(Format::Text, sample.options());
    assert!(text.contains("(200 findings in 7 objects)"), "{text}");
    assert!(text.lines().count() < 40, "{text}");

    sample = many(900);
    let text = sample.render(Format::Text, sample.options());
    assert!(text.contains("more places (-v shows them)"), "{text}");
    let options = Options { verbose: 1, ..sample.options() };
    let text = sample.render(Format::Text, options);
    assert_eq!(text.matches("is wrong for the").count(), 900);
}

#[test]
fn lines_fit_the_terminal() {
    let sample = shop();
    for width in 56..130 {
        let options = Options { width, ..sample.options() };
        for line in sample.render(Format::Text, options).lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}
