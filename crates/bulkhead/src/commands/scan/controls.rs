//! What a run says of the controls of standards: it counts by check while findings pass by.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bulkhead_model::{Coverage, Finding, GapKind, StandardResult, Why};
use bulkhead_objects::checks;
use bulkhead_policy::{Pack, Standard, Standing};

use crate::pipeline::Work;

/// What passed by.
#[derive(Debug, Default)]
pub(super) struct Controls {
    /// By check, how many findings count and how many are excepted.
    counts: HashMap<Arc<str>, (u64, u64)>,
    /// Checks of absence that had something to say of a source that nobody calls whole.
    pub(super) undecided: BTreeSet<&'static str>,
}

impl Controls {
    pub(super) fn add(&mut self, finding: &Finding) {
        let (found, excepted) = self.counts.entry(finding.check.clone()).or_default();
        *if finding.excepted.is_some() { excepted } else { found } += 1;
    }

    /// What came of every control of a standard.
    pub(super) fn judge(&self, id: &str, pack: &Pack, work: &Work, coverage: &Coverage) -> StandardResult {
        Standard::judge(id, pack, &|check| self.standing(check, work, coverage))
    }

    fn standing(&self, check: &str, work: &Work, coverage: &Coverage) -> Standing {
        let (findings, excepted) = self.counts.get(check).copied().unwrap_or_default();
        let chosen = work.judges.iter().all(|judge| judge.judges(check) && !judge.is_off(check));
        let applies = work.judges.iter().map(|judge| applies(judge, check, coverage));
        let applies = applies.fold(None, |known: Option<bool>, next| match (known, next) {
            (Some(one), Some(other)) => Some(one || other),
            (one, other) => one.or(other),
        });
        let touched = coverage.gaps.iter().any(|gap| {
            let is_of_a_format = gap.kind == GapKind::RESULTS_LEFT_OUT;
            !is_of_a_format && (gap.checks.is_empty() || gap.checks.iter().any(|touched| **touched == *check))
        });
        let not_judged = match applies {
            _ if !chosen => Some(Why::LeftOut),
            _ if touched => Some(Why::Gap),
            _ if self.undecided.contains(check) => Some(Why::NotWhole),
            Some(false) => Some(Why::NothingThere),
            _ => None,
        };
        Standing { findings, excepted, not_judged, other_version: chosen && applies.is_none() }
    }
}

fn applies(judge: &bulkhead_policy::Judge, check: &str, coverage: &Coverage) -> Option<bool> {
    let workloads = coverage.looked_at.workloads;
    let applies = judge.applies(check, &coverage.kinds, workloads)?;
    let several = checks::ALL.iter().find(|several| several.id == check);
    Some(match several.map(|several| several.about) {
        None => applies,
        Some([]) => workloads > 0,
        Some(about) => about.iter().any(|kind| coverage.kinds.contains(*kind)),
    })
}
