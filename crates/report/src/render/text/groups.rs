//! What belongs together: findings of one check, and among those the ones in one object.
//!
//! A report of a whole cluster names a few places of each group and counts the others, so those are all
//! that is kept: what a run needs grows with the workloads it finds something in, not with the findings.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use bulkhead_model::{Finding, Severity, Subject};

/// Objects of a group that show their source.
pub(super) const SHOWN: usize = 3;
/// Objects that are named besides; [`super::places`] names fewer.
const NAMED: usize = 11;

/// Findings of one check that are equally bad and mended alike.
pub(super) struct Group {
    pub(super) severity: Severity,
    pub(super) check: Arc<str>,
    pub(super) fix: Arc<str>,
    /// Those of the objects that are shown or named, in the order in which they came.
    pub(super) findings: Vec<Finding>,
    /// How many there are, with those that were not kept.
    pub(super) count: usize,
    /// In how many objects.
    pub(super) objects: usize,
    /// Whether their messages differ.
    pub(super) differ: bool,
    selection: Selection,
    object: Option<Object>,
}

/// What tells one object of a group from the next.
struct Object {
    subject: Arc<Subject>,
    document: Option<(Arc<str>, u32)>,
    is_kept: bool,
}

impl Group {
    fn new(first: &Finding) -> Self {
        Self {
            severity: first.severity,
            check: first.check.clone(),
            fix: first.fix.clone(),
            findings: Vec::new(),
            count: 0,
            objects: 0,
            differ: false,
            selection: Selection::default(),
            object: None,
        }
    }

    fn add(&mut self, finding: &Finding, all: bool) {
        self.count += 1;
        self.differ |= self.findings.first().is_some_and(|first| first.message != finding.message);
        if !self.object.as_ref().is_some_and(|object| object.holds(finding)) {
            self.objects += 1;
            let is_shown = self.selection.shows(finding);
            let is_kept = all || is_shown || self.objects <= self.selection.seen.len() + NAMED;
            self.object = Some(Object::of(finding, is_kept));
        }
        if self.object.as_ref().is_some_and(|object| object.is_kept) {
            self.findings.push(finding.clone());
        }
    }

    /// Its findings by object, as far as they were kept.
    pub(super) fn by_object(&self) -> Vec<&[Finding]> {
        self.findings.chunk_by(|one, other| Object::of(one, true).holds(other)).collect()
    }
}

impl Object {
    fn of(finding: &Finding, is_kept: bool) -> Self {
        let document = finding.at.as_ref().map(|at| (at.file.clone(), at.document));
        Self { subject: finding.subject.clone(), document, is_kept }
    }

    fn holds(&self, finding: &Finding) -> bool {
        let document = finding.at.as_ref().map(|at| (&at.file, at.document));
        self.document.as_ref().map(|(file, document)| (file, *document)) == document
            && (Arc::ptr_eq(&self.subject, &finding.subject) || self.subject == finding.subject)
    }
}

/// Which objects of a group show their source: the first few of those that do not look alike.
#[derive(Default)]
pub(super) struct Selection {
    seen: Vec<(Option<Box<str>>, Arc<str>)>,
}

impl Selection {
    /// Whether the object whose first finding this is shows its source.
    pub(super) fn shows(&mut self, first: &Finding) -> bool {
        if self.seen.len() >= SHOWN {
            return false;
        }
        let looks = first.excerpt.as_ref().map(|excerpt| excerpt.text.trim());
        let is_new = self
            .seen
            .iter()
            .all(|(seen, message)| (seen.as_deref(), message) != (looks, &first.message));
        if is_new {
            self.seen.push((looks.map(Into::into), first.message.clone()));
        }
        is_new
    }
}

/// Groups in the making.
pub(super) struct Groups {
    /// Keep every finding: a report that leaves none out is asked for.
    all: bool,
    found: Vec<Group>,
    places: HashMap<(Severity, Arc<str>, Arc<str>), usize>,
}

impl Groups {
    pub(super) fn new(all: bool) -> Self {
        Self { all, found: Vec::new(), places: HashMap::new() }
    }

    pub(super) fn add(&mut self, finding: &Finding) {
        let key = (finding.severity, finding.check.clone(), finding.fix.clone());
        let place = *self.places.entry(key).or_insert_with(|| {
            self.found.push(Group::new(finding));
            self.found.len() - 1
        });
        if let Some(group) = self.found.get_mut(place) {
            group.add(finding, self.all);
        }
    }

    /// All groups, worst first, else by the first finding of each.
    pub(super) fn sorted(mut self) -> Vec<Group> {
        self.found.sort_by_key(|group| std::cmp::Reverse(group.severity));
        self.found
    }
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

#[cfg(test)]
mod tests {
    use bulkhead_model::{Fingerprint, Namespace, ObjectRef};

    use super::*;

    fn finding(name: usize) -> Finding {
        let kind = Arc::from("Pod");
        let name = Arc::from(name.to_string());
        let namespace = Namespace::Unknown;
        Finding {
            check: "host-ports".into(),
            severity: Severity::Medium,
            subject: Arc::new(Subject::Object(ObjectRef { api_version: "v1".into(), kind, namespace, name })),
            workload: None,
            field: "".into(),
            at: None,
            message: "takes port 80 of its node".into(),
            fix: "".into(),
            fingerprint: Fingerprint::of_parts("test", &[]),
            excepted: None,
            claimed: None,
            known: false,
            excerpt: None,
        }
    }

    #[test]
    fn keeps_what_it_names_and_counts_the_rest() {
        for (all, kept) in [(false, 2 * (1 + NAMED)), (true, 10_000)] {
            let mut groups = Groups::new(all);
            for name in 0..5_000 {
                groups.add(&finding(name));
                groups.add(&finding(name));
            }
            let groups = groups.sorted();
            let [group] = groups.as_slice() else { panic!("{} groups", groups.len()) };
            assert_eq!((group.count, group.objects, group.differ), (10_000, 5_000, false));
            assert_eq!(group.findings.len(), kept);
        }
    }
}
