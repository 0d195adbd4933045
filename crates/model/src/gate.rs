//! Whether a result passes.

use std::collections::BTreeSet;

use crate::{Coverage, Finding, Gap, GapKind, Severity};

/// What a result must not hold.
#[derive(Debug, Clone)]
pub struct Gate {
    /// A finding at least this bad fails; nothing fails where there is none.
    pub fail_on: Option<Severity>,
    /// Gaps of these kinds fail; `None` in no case, an empty set in every case.
    pub fail_on_gap: Option<BTreeSet<GapKind>>,
    /// Gaps of these kinds never fail.
    pub allow_gap: BTreeSet<GapKind>,
}

/// Whether the gate held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing failed.
    Held,
    /// Something did.
    Failed,
    /// A path that was named holds nothing that could be judged: there is nothing to hold or fail.
    Undecided,
}

impl Gate {
    /// Whether a finding fails the gate; one that is excepted, or was known before, does not.
    pub fn fails(&self, finding: &Finding) -> bool {
        let counts = finding.excepted.is_none() && !finding.known;
        counts && self.fail_on.is_some_and(|least| finding.severity >= least)
    }

    /// Whether a gap fails the gate.
    pub fn fails_gap(&self, gap: &Gap) -> bool {
        let wanted = self
            .fail_on_gap
            .as_ref()
            .is_some_and(|kinds| kinds.is_empty() || kinds.contains(&gap.kind));
        wanted && !self.allow_gap.contains(&gap.kind)
    }

    /// How many gaps fail the gate.
    pub fn failing_gaps(&self, coverage: &Coverage) -> usize {
        coverage.gaps.iter().filter(|gap| self.fails_gap(gap)).count()
    }

    /// Whether what could not be judged lets the gate hold.
    pub fn judge_coverage(&self, coverage: &Coverage) -> Verdict {
        if self.failing_gaps(coverage) > 0 { Verdict::Failed } else { Verdict::Held }
    }
}

#[test]
fn gaps_fail_only_when_asked() {
    let gap = |kind| Gap { kind, place: crate::Place::default(), checks: vec![], message: "m".into() };
    let mut gate = Gate { fail_on: None, fail_on_gap: None, allow_gap: BTreeSet::new() };
    assert!(!gate.fails_gap(&gap(GapKind::NOT_TEXT)));
    gate.fail_on_gap = Some(BTreeSet::new());
    assert!(gate.fails_gap(&gap(GapKind::NOT_TEXT)));
    gate.allow_gap.insert(GapKind::NOT_TEXT);
    assert!(!gate.fails_gap(&gap(GapKind::NOT_TEXT)));
    assert!(gate.fails_gap(&gap(GapKind::TIMEOUT)));
    gate.fail_on_gap = Some([GapKind::NOT_TEXT].into());
    assert!(!gate.fails_gap(&gap(GapKind::TIMEOUT)));
}
