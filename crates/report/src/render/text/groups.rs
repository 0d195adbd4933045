//! What belongs together: findings of one check, and among those the ones in one object.

use std::collections::HashMap;
use std::hash::Hash;

use bulkhead_model::{Finding, Severity};

/// Findings of one check that are equally bad and mended alike, in the order in which they came.
pub(super) struct Group<'a> {
    pub(super) severity: Severity,
    pub(super) check: &'a str,
    pub(super) fix: &'a str,
    pub(super) findings: Vec<&'a Finding>,
}

/// All groups, worst first, else by the first finding of each.
pub(super) fn groups(findings: &[Finding]) -> Vec<Group<'_>> {
    let groups = together(findings, |finding| (finding.severity, &finding.check, &finding.fix));
    let groups = groups.into_iter().map(|findings| Group {
        severity: findings[0].severity,
        check: &findings[0].check,
        fix: &findings[0].fix,
        findings,
    });
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.severity));
    groups
}

/// Things of the same key together, none of the groups empty, in the order in which they came.
pub(super) fn together<'a, T, K: Eq + Hash>(things: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<Vec<&'a T>> {
    let mut places: HashMap<K, usize> = HashMap::new();
    let mut groups: Vec<Vec<&T>> = vec![];
    for thing in things {
        let place = *places.entry(key(thing)).or_insert_with(|| {
            groups.push(vec![]);
            groups.len() - 1
        });
        groups[place].push(thing);
    }
    groups
}

impl<'a> Group<'a> {
    /// Its findings by object.
    pub(super) fn objects(&self) -> Vec<&[&'a Finding]> {
        self.findings.chunk_by(|one, other| same_object(one, other)).collect()
    }
}

fn same_object(one: &Finding, other: &Finding) -> bool {
    let document = |finding: &Finding| finding.at.as_ref().map(|at| (at.file.clone(), at.document));
    one.subject == other.subject && document(one) == document(other)
}
