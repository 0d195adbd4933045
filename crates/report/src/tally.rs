//! What a report counts while findings pass by.

use std::fmt::Write as _;

use bulkhead_model::{Coverage, Finding, Gate, Said, Severity, Verdict};
use serde::Serialize;

use crate::words::{count, list};

/// How many findings of each severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Serialize)]
pub(crate) struct BySeverity {
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    info: u64,
}

impl BySeverity {
    pub(crate) fn of(&self, severity: Severity) -> u64 {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Info => self.info,
        }
    }

    pub(crate) fn add(&mut self, severity: Severity, number: u64) {
        *match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Info => &mut self.info,
        } += number;
    }

    pub(crate) fn total(&self) -> u64 {
        Severity::ALL.iter().map(|severity| self.of(*severity)).sum()
    }

    /// `2 critical, 5 high and 1 low`; empty when there are none.
    pub(crate) fn words(&self) -> String {
        let some = Severity::ALL.into_iter().filter(|severity| self.of(*severity) > 0);
        let words: Vec<_> = some.map(|severity| format!("{} {severity}", self.of(severity))).collect();
        list(&words)
    }
}

/// What passed by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Findings that no exception covers.
    pub(crate) open: BySeverity,
    /// Findings that one covers.
    pub(crate) excepted: u64,
    /// Those of them that the judged tree excepts itself.
    pub(crate) by_tree: u64,
    /// Findings that the tree would except, and that count.
    pub(crate) claimed: u64,
    /// Findings that no exception covers and that were there before.
    pub(crate) known: u64,
    /// Findings that fail the gate.
    pub(crate) failing: BySeverity,
}

impl Tally {
    pub(crate) fn add(&mut self, finding: &Finding, gate: &Gate) {
        if let Some(excepted) = &finding.excepted {
            self.excepted += 1;
            self.by_tree += u64::from(excepted.said == Said::Tree);
        } else {
            self.open.add(finding.severity, 1);
            self.claimed += u64::from(finding.claimed.is_some());
            self.known += u64::from(finding.known);
        }
        if gate.fails(finding) {
            self.failing.add(finding.severity, 1);
        }
    }

    /// What was found and not judged, in a sentence that never sounds clean where it is not.
    pub(crate) fn result(&self, coverage: &Coverage) -> String {
        let gaps = coverage.gaps.len();
        let mut sentence = match self.open.total() {
            0 if self.is_empty(coverage) => "nothing was judged".to_owned(),
            0 if gaps > 0 => "no findings in what could be judged".to_owned(),
            0 => "no findings".to_owned(),
            number => format!("{}: {}", count(number, "finding"), self.open.words()),
        };
        if self.excepted > 0 {
            _ = write!(sentence, "; {} excepted", self.excepted);
        }
        if self.by_tree > 0 {
            _ = write!(sentence, " ({} by the judged tree itself)", self.by_tree);
        }
        if self.claimed > 0 {
            _ = write!(sentence, "; {} that the judged tree would except count", self.claimed);
        }
        if self.known > 0 {
            _ = write!(sentence, "; {} known before", self.known);
        }
        if gaps > 0 {
            _ = write!(sentence, "; {}", count(gaps, "gap"));
        }
        sentence
    }

    /// Whether the gate held, and why.
    pub(crate) fn verdict(&self, gate: &Gate, coverage: &Coverage, verdict: Verdict) -> String {
        match verdict {
            Verdict::Failed => self.failed(gate, gate.failing_gaps(coverage)),
            Verdict::Undecided if self.is_empty(coverage) => "gate undecided: nothing was judged".to_owned(),
            Verdict::Undecided => "gate undecided: not all that was named could be judged".to_owned(),
            Verdict::Held => self.held(gate, coverage.gaps.len()),
        }
    }

    /// Whether there was nothing to find anything in.
    fn is_empty(&self, coverage: &Coverage) -> bool {
        coverage.looked_at.objects == 0 && self.open.total() + self.excepted == 0
    }

    fn failed(&self, gate: &Gate, gaps: usize) -> String {
        let mut reasons = vec![];
        if let (Some(least), 1..) = (gate.fail_on, self.failing.total()) {
            let noun = if self.failing.total() == 1 { "finding" } else { "findings" };
            reasons.push(format!("{} {noun} (--fail-on {least})", self.failing.words()));
        }
        if gaps > 0 {
            reasons.push(format!("{} (--fail-on-gap)", count(gaps, "gap")));
        }
        if reasons.is_empty() {
            return "gate failed".to_owned();
        }
        format!("gate failed: {}", list(&reasons))
    }

    fn held(&self, gate: &Gate, gaps: usize) -> String {
        let let_be = match (self.excepted, self.known) {
            (0, 0) => "",
            (_, 0) => " but what is excepted",
            (0, _) => " but what was known before",
            (_, _) => " but what is excepted or was known before",
        };
        let scope = match (gaps, let_be) {
            (0, _) => let_be.to_owned(),
            (_, "") => " in what could be judged".to_owned(),
            (_, _) => format!("{let_be}, in what could be judged"),
        };
        let gaps = match gaps {
            0 => "",
            1 => "; the gap does not count",
            _ => "; gaps do not count",
        };
        match gate.fail_on {
            // Something else than severity made them pass.
            Some(_) if self.failing.total() > 0 => format!("gate held{gaps}"),
            Some(Severity::Critical) => {
                format!("gate held: nothing critical{scope} (--fail-on critical){gaps}")
            }
            Some(Severity::Info) => format!("gate held: nothing found{scope} (--fail-on info){gaps}"),
            Some(least) => format!("gate held: nothing {least} or worse{scope} (--fail-on {least}){gaps}"),
            None => format!("gate held: findings do not count{gaps}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bulkhead_model::{Gap, GapKind, Place};

    use super::*;

    fn coverage(gaps: usize) -> Coverage {
        let gap = Gap {
            kind: GapKind::NOT_TEXT,
            place: Place::default(),
            checks: vec![],
            message: "is not UTF-8".into(),
        };
        let mut coverage = Coverage { gaps: vec![gap; gaps], ..Coverage::default() };
        coverage.looked_at.objects = 1;
        coverage
    }

    #[test]
    fn unknown_never_sounds_clean() {
        let tally = Tally::default();
        assert_eq!(tally.result(&coverage(0)), "no findings");
        assert_eq!(tally.result(&coverage(2)), "no findings in what could be judged; 2 gaps");
        assert_eq!(tally.result(&Coverage::default()), "nothing was judged");
    }

    #[test]
    fn verdicts_say_why() {
        let mut gate = Gate { fail_on: Some(Severity::High), fail_on_gap: None, allow_gap: BTreeSet::new() };
        let mut tally = Tally::default();
        let held = |tally: &Tally, gate: &Gate, gaps| tally.verdict(gate, &coverage(gaps), Verdict::Held);
        let failed = |tally: &Tally, gate: &Gate, gaps| tally.verdict(gate, &coverage(gaps), Verdict::Failed);
        assert_eq!(held(&tally, &gate, 0), "gate held: nothing high or worse (--fail-on high)");
        assert_eq!(
            held(&tally, &gate, 1),
            "gate held: nothing high or worse in what could be judged (--fail-on high); the gap does not count"
        );
        tally.excepted = 3;
        assert_eq!(
            held(&tally, &gate, 0),
            "gate held: nothing high or worse but what is excepted (--fail-on high)"
        );
        assert_eq!(failed(&tally, &gate, 0), "gate failed");
        let undecided = |coverage: &Coverage| Tally::default().verdict(&gate, coverage, Verdict::Undecided);
        assert_eq!(undecided(&Coverage::default()), "gate undecided: nothing was judged");
        assert_eq!(undecided(&coverage(1)), "gate undecided: not all that was named could be judged");
        gate.fail_on_gap = Some(BTreeSet::new());
        tally.failing.add(Severity::High, 1);
        assert_eq!(failed(&tally, &gate, 0), "gate failed: 1 high finding (--fail-on high)");
        tally.failing.add(Severity::Critical, 1);
        assert_eq!(
            failed(&tally, &gate, 2),
            "gate failed: 1 critical and 1 high findings (--fail-on high) and 2 gaps (--fail-on-gap)"
        );
    }
}
