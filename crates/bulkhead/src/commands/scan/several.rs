//! Checks over several objects, once all objects have come by.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use bulkhead_model::{Coverage, Finding, Gap, GapKind, Note, Place, Severity};
use bulkhead_objects::{Facts, Found, checks, judge};
use bulkhead_policy::Judge;

use crate::pipeline::{Outcome, Work};

/// What was gathered so far.
#[derive(Debug, Default)]
pub(crate) struct Several(Option<Box<Facts>>);

impl Several {
    /// Whether any judge was to run such a check.
    pub(crate) fn is_wanted(judges: &[Judge]) -> bool {
        checks::ALL
            .iter()
            .any(|check| judges.iter().any(|judge| judge.over_several(check.id).is_some()))
    }

    /// Takes the facts of a piece of a file.
    pub(crate) fn gather(&mut self, outcome: &mut Outcome) {
        let Some(facts) = outcome.facts.take() else { return };
        match &mut self.0 {
            None => self.0 = Some(facts),
            Some(all) => all.append(*facts),
        }
    }

    /// Judges, and says in a note how much could not be judged because nobody said that it is whole. The
    /// findings come one by one to `tell`: of a large source there are many.
    pub(crate) fn judge<E>(
        self,
        work: &Work,
        coverage: &mut Coverage,
        undecided_checks: &mut BTreeSet<&'static str>,
        tell: &mut dyn FnMut(Finding) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(facts) = self.0 else { return Ok(()) };
        coverage.gaps.extend(facts.is_full().then(full));
        // What a document that could not be read holds may be what is missing.
        let lost = work.changed.is_some() || coverage.gaps.iter().any(|gap| gap.place.object.is_none());
        let wanted = |id: &str| work.judges.iter().any(|judge| judge.over_several(id).is_some());
        let judged = judge(*facts, lost, &wanted);
        let mut undecided: BTreeMap<&'static str, usize> = BTreeMap::new();
        for (file, check, count) in judged.undecided() {
            if chosen(work, file, check).is_some() {
                *undecided.entry(check).or_default() += count;
            }
        }
        undecided_checks.extend(undecided.keys());
        coverage.notes.extend(note(&undecided, lost));
        // What several overlays make from one file is told once.
        let mut told = HashSet::new();
        for found in judged.found() {
            let is_rendered = work.sources.file(found.file).is_some_and(|file| file.rendered.is_some());
            let Some(finding) = finding(work, found) else { continue };
            let at = finding.at.as_ref().map(|at| (at.file.clone(), at.line, at.column));
            if !is_rendered || told.insert((finding.fingerprint, at)) {
                tell(finding)?;
            }
        }
        Ok(())
    }
}

/// A check as it was chosen for a file: id, severity, fix.
fn chosen<'w>(work: &'w Work, file: usize, check: &str) -> Option<(&'w Arc<str>, Severity, &'w Arc<str>)> {
    let file = work.sources.file(file)?;
    work.judge(&file)?.0.over_several(check)
}

fn finding(work: &Work, found: Found) -> Option<Finding> {
    let (id, severity, fix) = chosen(work, found.file, found.check)?;
    let Found { subject, workload, field, mut at, message, fingerprint, .. } = found;
    let file = work.sources.file(found.file)?;
    let mut finding = Finding {
        check: id.clone(),
        severity,
        subject: Arc::new(subject),
        workload: workload.map(Arc::new),
        field,
        at: Some(at.clone()),
        message,
        fix: fix.clone(),
        fingerprint,
        excepted: None,
        claimed: None,
        known: false,
        excerpt: None,
    };
    work.excepting.cover(&mut finding, &file);
    if let Some(rendered) = file.rendered {
        rendered.locate(&mut at, &finding.field);
        finding.at = Some(at);
    }
    Some(finding)
}

fn full() -> Gap {
    let message = "there are more objects, or longer names in all, than checks over several objects can hold: \
                   what came last was not judged by them";
    let checks = checks::ALL.iter().map(|check| check.id.into()).collect();
    Gap { kind: GapKind::LIMIT_REACHED, place: Place::default(), checks, message: message.into() }
}

fn note(undecided: &BTreeMap<&str, usize>, lost: bool) -> Option<Note> {
    let names = undecided.keys().copied().collect::<Vec<_>>().join(", ");
    let count: usize = undecided.values().sum();
    let things = if count == 1 { "thing" } else { "things" };
    let why = if lost {
        "not everything could be read"
    } else {
        "nobody says that the source is whole (complete: true in bulkhead.yaml)"
    };
    let message = format!("{count} {things} that may be missing were not judged ({names}): {why}");
    (count > 0).then(|| Note { kind: "not-whole".into(), place: Place::default(), message: message.into() })
}
