//! One file: its findings one after the other, each mended where a policy knows how, and judged again.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_document::{Edit, Limits, ReadError, Tree, edit, read};
use bulkhead_kinds::Kinds;
use bulkhead_model::{Analysis, Finding, Fingerprint, Gap, Place};
use bulkhead_policy::{Judge, Origin, Patch};
use bulkhead_source::{Class, Damage, SourceFile, classify, classify_damage};

use crate::pipeline::Work;

/// Of one file, at most so many findings are mended.
const MOST: usize = 10_000;

pub(super) struct Mending<'m> {
    pub(super) work: &'m Work,
    pub(super) file: &'m SourceFile<'m>,
    pub(super) judge: &'m Judge,
    pub(super) kinds: &'static Kinds,
    /// Whether changes count that may break something.
    pub(super) unsafe_too: bool,
}

/// What became of a file.
#[derive(Debug, Default)]
pub(super) struct Mended {
    /// Its text with every change.
    pub(super) text: String,
    pub(super) objects: u64,
    /// In the order in which they were made.
    pub(super) outcomes: Vec<Outcome>,
    /// What could not be judged, and so not be mended.
    pub(super) gaps: Vec<Gap>,
}

/// What became of one finding.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) finding: Finding,
    pub(super) result: Result<Change, Why>,
}

/// A change that mends a finding.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) edit: Edit,
    pub(super) may_break: Option<Arc<str>>,
    /// The file before and after.
    pub(super) before: String,
    pub(super) after: String,
}

/// Why a finding was not mended.
#[derive(Debug)]
pub(super) enum Why {
    /// Somebody decided to live with it.
    Excepted(Arc<str>),
    /// Its policy knows no change that is right in general.
    NoPatch,
    /// The change may break what works, and was not asked for.
    Unsafe,
    /// The change cannot be made, or would make something else wrong.
    Refused(String),
}

impl Mending<'_> {
    /// Mends what can be mended in a text.
    pub(super) fn of(&self, text: String) -> Mended {
        let mut mended = Mended { text, ..Mended::default() };
        let damage: Vec<Option<ReadError>> =
            read(mended.text.as_str().into(), &Limits::default()).map(Result::err).collect();
        for (number, damage) in damage.into_iter().enumerate() {
            match damage {
                Some(error) => self.damaged(&mut mended, &error),
                None => self.document(&mut mended, number),
            }
        }
        mended
    }

    fn damaged(&self, mended: &mut Mended, error: &ReadError) {
        let text = error.extent.of(&mended.text);
        if let Damage::Gap(kind) = classify_damage(self.file, text, error, false) {
            let place =
                Place { file: Some(self.file.name.clone()), line: Some(error.at.line), ..Place::default() };
            let message = format!("the document was not judged: {}", error.problem).into();
            mended.gaps.push(Gap { kind, place, checks: Vec::new(), message });
        }
    }

    /// The document of that number, if it is to be judged.
    fn tree(&self, text: &str, number: usize) -> Option<Tree> {
        let tree = read(text.into(), &Limits::default()).nth(number)?.ok()?;
        let is_known = |kind: &str| self.kinds.all().any(|info| info.kind() == kind);
        (classify(self.file, tree.root(), is_known) == Class::Object).then_some(tree)
    }

    fn judge(&self, text: &str, number: usize) -> Option<(Analysis, Vec<Patch>)> {
        let document = u32::try_from(number).unwrap_or(u32::MAX);
        let origin = Origin { file: &self.file.name, document, namespaces: &self.work.namespaces };
        let tree = self.tree(text, number)?;
        let (mut analysis, patches) = self.judge.judge_and_mend(tree.clone(), origin);
        self.work.excepting.mark(&mut analysis.findings, &tree, self.file);
        Some((analysis, patches))
    }

    fn document(&self, mended: &mut Mended, number: usize) {
        let Some((mut analysis, mut patches)) = self.judge(&mended.text, number) else { return };
        mended.objects += analysis.coverage.looked_at.objects;
        mended.gaps.append(&mut analysis.coverage.gaps.clone());
        let mut tried = Vec::new();
        // Places move with every change, so all is judged anew after each.
        while let Some(finding) = analysis.findings.iter().find(|found| !tried.contains(&found.fingerprint)) {
            if mended.outcomes.len() >= MOST {
                return;
            }
            let finding = finding.clone();
            tried.push(finding.fingerprint);
            let patch =
                patches.iter().find(|patch| patch.check == finding.check && patch.field == finding.field);
            let result = match &finding.excepted {
                Some(excepted) => Err(Why::Excepted(excepted.by.clone())),
                None => self.one(&mended.text, number, &finding, &analysis, patch),
            };
            if let Ok((change, after)) = &result {
                mended.text.clone_from(&change.after);
                (analysis, patches) = after.clone();
            }
            let result = result.map(|(change, _)| change);
            mended.outcomes.push(Outcome { finding, result });
        }
    }

    fn one(
        &self,
        text: &str,
        number: usize,
        finding: &Finding,
        before: &Analysis,
        patch: Option<&Patch>,
    ) -> Result<(Change, (Analysis, Vec<Patch>)), Why> {
        let patch = patch.ok_or(Why::NoPatch)?;
        if patch.may_break.is_some() && !self.unsafe_too {
            return Err(Why::Unsafe);
        }
        let tree = self.tree(text, number).ok_or(Why::NoPatch)?;
        let after = edit(&tree, &patch.edit).map_err(|error| Why::Refused(error.to_string()))?;
        let refused = |message: &str| Err(Why::Refused(message.to_owned()));
        let Some(judged) = self.judge(&after, number) else {
            return refused("the document would be no object any more");
        };
        let (left, known) = (count(&judged.0), count(before));
        let of = |counts: &BTreeMap<Fingerprint, usize>, name| counts.get(name).copied().unwrap_or(0);
        if of(&left, &finding.fingerprint) >= of(&known, &finding.fingerprint) {
            return refused("the finding would still be there");
        }
        // What a worse fault hid is found now; that is no new fault.
        let new = judged.0.findings.iter().filter(|found| found.severity >= finding.severity);
        let mut new = new.filter(|found| of(&left, &found.fingerprint) > of(&known, &found.fingerprint));
        if let Some(new) = new.next() {
            return refused(&format!("{} would be found instead", new.check));
        }
        if judged.0.coverage.gaps.len() > before.coverage.gaps.len() {
            return refused("less could be judged afterwards");
        }
        let change = Change {
            edit: patch.edit.clone(),
            may_break: patch.may_break.clone(),
            before: text.to_owned(),
            after,
        };
        Ok((change, judged))
    }
}

fn count(analysis: &Analysis) -> BTreeMap<Fingerprint, usize> {
    let mut counts = BTreeMap::new();
    for finding in &analysis.findings {
        *counts.entry(finding.fingerprint).or_default() += 1;
    }
    counts
}
