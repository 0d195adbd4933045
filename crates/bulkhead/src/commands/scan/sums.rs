//! What a run adds up: coverage, digests of what was named, and paths in which nothing could be judged.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_model::{Coverage, Gap, GapKind, Input, Note, Place};
use bulkhead_source::{InputDigest, STDIN, Sources, reasons};

use crate::pipeline::Outcome;

/// What a run adds up.
pub(super) struct Sums {
    pub(super) coverage: Coverage,
    inputs: Vec<InputSum>,
    custom: u64,
}

/// What came of one named path.
struct InputSum {
    digest: InputDigest,
    objects: u64,
    skipped: BTreeMap<Arc<str>, u64>,
    /// The first thing that could not be judged.
    gap: Option<Arc<str>>,
}

impl Sums {
    pub(super) fn new(sources: &Sources, coverage: Coverage) -> Self {
        let inputs = sources.inputs.iter().map(|input| InputSum {
            digest: InputDigest::new(input),
            objects: 0,
            skipped: input.skipped.clone(),
            gap: coverage
                .gaps
                .iter()
                .find(|gap| gap.place.file.as_ref() == Some(&input.name))
                .map(|gap| gap.message.clone()),
        });
        Self { inputs: inputs.collect(), coverage, custom: 0 }
    }

    pub(super) fn add(&mut self, sources: &Sources, outcome: Outcome) {
        let Outcome { file, mut analysis, custom, read, .. } = outcome;
        self.custom += custom;
        let Some(file) = sources.file(file) else { return };
        analysis.coverage.looked_at.files += u64::from(read.is_some());
        for &input in file.inputs {
            let Some(sum) = self.inputs.get_mut(input as usize) else {
                continue;
            };
            sum.objects += analysis.coverage.looked_at.objects;
            for (reason, count) in &analysis.coverage.skipped {
                *sum.skipped.entry(reason.clone()).or_default() += count;
            }
            if let Some(read) = read {
                sum.digest.add(&file.name, &read.hash, read.bytes);
            }
            let gap = analysis.coverage.gaps.first().map(|gap| match (&gap.place.file, gap.place.line) {
                (Some(file), Some(line)) if !gap.message.starts_with(&**file) => {
                    format!("{file}:{line}: {}", gap.message).into()
                }
                _ => gap.message.clone(),
            });
            sum.gap = sum.gap.take().or(gap);
        }
        self.coverage.extend(analysis.coverage);
    }

    /// What the report says of the named paths, a gap for each that holds nothing, and the coverage.
    pub(super) fn finish(mut self, sources: &Sources) -> (Vec<Input>, Vec<Gap>, Coverage) {
        if self.custom > 0 {
            let (are, objects) = if self.custom == 1 { ("is", "object") } else { ("are", "objects") };
            let message = format!(
                "{} {objects} {are} of kinds that Kubernetes lacks (custom resources): judged by what holds for every object",
                self.custom
            );
            self.coverage.notes.push(Note {
                kind: "custom-resources".into(),
                place: Place::default(),
                message: message.into(),
            });
        }
        let (mut inputs, mut nothing) = (Vec::new(), Vec::new());
        for (sum, input) in self.inputs.into_iter().zip(&sources.inputs) {
            // Nothing changed is an answer.
            if sum.objects == 0 && !sum.skipped.contains_key(reasons::UNCHANGED) {
                let name = if &*input.name == STDIN { "standard input" } else { &*input.name };
                let message = format!(
                    "nothing could be judged in {name}: {}",
                    reason(&sum.skipped, sum.gap.as_deref())
                );
                let place = Place { file: Some(input.name.clone()), ..Place::default() };
                nothing.push(Gap {
                    kind: GapKind::NOTHING_JUDGED,
                    place,
                    checks: Vec::new(),
                    message: message.into(),
                });
            }
            inputs.push(sum.digest.finish());
        }
        (inputs, nothing, self.coverage)
    }
}

/// Why nothing could be judged, in words.
fn reason(skipped: &BTreeMap<Arc<str>, u64>, gap: Option<&str>) -> String {
    if let Some(gap) = gap {
        return gap.to_owned();
    }
    let meaning =
        |word: &str| reasons::ALL.iter().find(|(known, _)| *known == word).map_or("", |(_, meaning)| meaning);
    let left_out: Vec<_> =
        skipped.iter().map(|(word, count)| format!("{} ({count})", meaning(word))).collect();
    if left_out.is_empty() {
        "it holds no YAML or JSON".to_owned()
    } else {
        format!("it holds {}", left_out.join(", "))
    }
}
