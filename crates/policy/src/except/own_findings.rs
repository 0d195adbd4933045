//! What is wrong with exceptions themselves. Their pages are policies with `for-each: document`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bulkhead_model::{
    Finding, Fingerprint, Identity, Location, Namespace, ObjectRef, Said, Severity, Subject, Until, Workload,
};

use super::marks::{Mark, Marks, Matter};
use super::{Around, Counting, Exceptions};
use crate::judge::Judge;

/// An exception whose last day is over.
pub const EXPIRED: &str = "expired-exception";
/// An exception that does not count, because something is wrong with it.
pub const REFUSED: &str = "refused-exception";
/// An exception that covers nothing.
pub const UNUSED: &str = "unused-exception";

/// Who judges what, and which folders were looked at as a whole.
pub struct Bench<'a> {
    /// The judge of what lies in a folder; of everything where there is none.
    pub judge_of: &'a dyn Fn(Option<&Path>) -> Option<&'a Judge>,
    /// Whether all in a folder was judged.
    pub is_whole: &'a dyn Fn(&Path) -> bool,
}

impl Exceptions {
    /// What is wrong with exceptions, when everything was judged. That one covers nothing is said of the
    /// tree's own alone, where all that it covers was looked at by one of its checks: those of a central file
    /// may be for another tree.
    pub fn findings(&self, bench: &Bench<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for refused in &self.refused {
            let judge = (bench.judge_of)(refused.home.as_deref());
            let subject = subject(&refused.object.0, refused.object.1.as_ref());
            let sentence = refused.message.clone();
            findings.extend(finding(judge, REFUSED, subject, &refused.place, &refused.field, sentence));
        }
        for rule in &self.rules {
            let judge = (bench.judge_of)(rule.home.as_deref());
            let exception = &rule.exception;
            let subject = || subject(&exception.name, None);
            if let (true, Until::Date(day)) = (rule.expired, exception.until) {
                let sentence = format!("ended on {day}, and covers nothing since");
                findings.extend(finding(judge, EXPIRED, subject(), &rule.place, "spec.until", sentence));
                continue;
            }
            let is_judged = judge.is_some_and(|judge| match &rule.checks {
                None => judge.policies() > 0,
                Some(checks) => checks.iter().any(|check| judge.judges(check)),
            });
            let looked = rule.home.as_deref().is_some_and(|home| (bench.is_whole)(home));
            // Of what is in images, a run over files says nothing.
            let is_of_objects =
                exception.scope.packages.is_empty() && exception.scope.vulnerabilities.is_empty();
            let unused = rule.said == Said::Tree && !rule.used.load(Ordering::Relaxed);
            if unused && looked && is_judged && is_of_objects {
                let sentence = "covers no finding: what it was for is mended, or it never matched".to_owned();
                findings.extend(finding(judge, UNUSED, subject(), &rule.place, "spec", sentence));
            }
        }
        findings.extend(self.files.iter().filter_map(|(home, mark)| {
            let judge = (bench.judge_of)(Some(home));
            let (id, sentence) = self.complaint(mark)?;
            let file: Arc<str> = mark.by.rsplit_once(':').map_or(&*mark.by, |(file, _)| file).into();
            let place = location(mark, &file, 0);
            finding(judge, id, Subject::File { path: file }, &place, "", sentence)
        }));
        findings
    }

    /// Names of the exceptions that whoever ran the check handed in and that cover nothing here.
    pub fn unused_central(&self) -> Vec<&str> {
        let is_unused = |rule: &&super::Rule| {
            rule.said == Said::Central && !rule.expired && !rule.used.load(Ordering::Relaxed)
        };
        self.rules.iter().filter(is_unused).map(|rule| &*rule.exception.name).collect()
    }

    /// What is wrong with the marks of a document.
    pub fn complaints(
        &self,
        marks: &Marks,
        around: Around<'_>,
        judge: &Judge,
        file: &Arc<str>,
        document: u32,
    ) -> Vec<Finding> {
        if around.trust.counting == Counting::Off {
            return Vec::new();
        }
        let mut findings = Vec::new();
        for matter in &marks.objects {
            for mark in &matter.marks {
                let Some((id, sentence)) = self.complaint(mark) else { continue };
                let place = location(mark, file, document);
                let field = format!("metadata.annotations['{}']", mark.by);
                findings.extend(finding(Some(judge), id, object(matter), &place, &field, sentence));
            }
        }
        findings
    }

    fn complaint(&self, mark: &Mark) -> Option<(&'static str, String)> {
        match (&mark.problem, mark.until) {
            (Some(problem), _) => Some((REFUSED, format!("{}: {problem}", mark.by))),
            (None, Some(Until::Date(day))) if !mark.counts(self.today) => {
                Some((EXPIRED, format!("{}: ended on {day}, and covers nothing since", mark.by)))
            }
            _ => None,
        }
    }
}

fn location(mark: &Mark, file: &Arc<str>, document: u32) -> Location {
    let (line, column) = (mark.position.line, mark.position.column);
    Location {
        file: file.clone(),
        document,
        line,
        column,
        end_line: line,
        end_column: column.saturating_add(1),
    }
}

fn subject(name: &Arc<str>, namespace: Option<&Arc<str>>) -> Subject {
    Subject::Object(ObjectRef {
        api_version: "bulkhead.dev/v1alpha1".into(),
        kind: "Exception".into(),
        namespace: namespace.map_or(Namespace::Cluster, |name| Namespace::Named(name.clone())),
        name: name.clone(),
    })
}

fn object(matter: &Matter) -> Subject {
    Subject::Object(ObjectRef {
        api_version: (*matter.api_version).into(),
        kind: (*matter.kind).into(),
        namespace: matter
            .namespace
            .as_deref()
            .map_or(Namespace::Unknown, |name| Namespace::Named(name.into())),
        name: (*matter.name).into(),
    })
}

/// Nothing where the check was not chosen.
fn finding(
    judge: Option<&Judge>,
    id: &str,
    subject: Subject,
    place: &Location,
    field: &str,
    message: String,
) -> Option<Finding> {
    let head = judge?.told(id)?;
    let fingerprint = match &subject {
        Subject::Object(ObjectRef { kind, namespace, name, .. }) => {
            let workload = Workload { kind: kind.clone(), namespace: namespace.clone(), name: name.clone() };
            Fingerprint::of(Identity { check: id, workload: &workload, path: field })
        }
        _ => Fingerprint::of_parts("exception", &[id, &place.file, &message]),
    };
    let severity: Severity = head.severity;
    Some(Finding {
        check: head.id.clone(),
        severity,
        subject: Arc::new(subject),
        workload: None,
        field: field.into(),
        at: Some(place.clone()),
        message: message.into(),
        fix: head.fix.clone(),
        fingerprint,
        excepted: None,
        claimed: None,
        known: false,
        excerpt: None,
    })
}
