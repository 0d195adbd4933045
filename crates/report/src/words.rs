//! Sentences and words that several formats share.

use std::fmt::{Display, Write as _};

use bulkhead_model::{Excepted, Finding, LookedAt, Subject, Until};

/// `1 finding`, `2 findings`, `0 policies`.
pub(crate) fn count(number: impl TryInto<u64> + Display + Copy, noun: &str) -> String {
    if number.try_into().is_ok_and(|number| number == 1) {
        return format!("{number} {noun}");
    }
    match noun.strip_suffix('y') {
        Some(stem) => format!("{number} {stem}ies"),
        None => format!("{number} {noun}s"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// With a capital first letter.
pub(crate) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// With a capital first letter and a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    capital(text) + stop
}

/// `12 files, 31 documents and 28 objects (14 workloads) with 62 policies`.
pub(crate) fn looked_at(looked_at: &LookedAt) -> String {
    let LookedAt { files, documents, objects, workloads, policies } = *looked_at;
    format!(
        "{}, {} and {} ({}) with {}",
        count(files, "file"),
        count(documents, "document"),
        count(objects, "object"),
        count(workloads, "workload"),
        count(policies, "policy"),
    )
}

/// The day up to which an exception holds, or `a fix exists`.
pub(crate) fn until(until: Until) -> String {
    match until {
        Until::Date(day) => day.to_string(),
        Until::Fixable => "a fix exists".to_owned(),
    }
}

/// `excepted by NAME (OWNER) until 2026-11-30: REASON`.
pub(crate) fn excepted(excepted: &Excepted) -> String {
    let mut sentence = format!("excepted by {}", excepted.by);
    if let Some(owner) = &excepted.owner {
        _ = write!(sentence, " ({owner})");
    }
    if let Some(end) = excepted.until {
        _ = write!(sentence, " until {}", until(end));
    }
    sentence + ": " + &excepted.reason
}

/// What a finding's standing is, where it is not merely one that counts.
pub(crate) fn standing(finding: &Finding) -> Option<String> {
    match (&finding.excepted, &finding.claimed, finding.known) {
        (Some(exception), _, _) => Some(excepted(exception)),
        (None, Some(claim), known) => {
            let known = if known { "; known before" } else { "" };
            Some(format!("counts, though {}{known}", excepted(claim)))
        }
        (None, None, true) => Some("known before".to_owned()),
        (None, None, false) => None,
    }
}

/// What a finding is about, with the workload where that is another thing: `Pod shop/cart-1 of
/// Deployment shop/cart`.
pub(crate) fn subject(finding: &Finding) -> String {
    let subject = finding.subject.to_string();
    match finding.workload.as_ref().map(ToString::to_string) {
        Some(workload) if workload != subject => format!("{subject} of {workload}"),
        _ => subject,
    }
}

/// The workload, or the subject where there is none: what a summary counts by.
pub(crate) fn workload(finding: &Finding) -> String {
    match &finding.workload {
        Some(workload) => workload.to_string(),
        None => finding.subject.to_string(),
    }
}

/// The namespace of the workload or the object, where one is known.
pub(crate) fn namespace(finding: &Finding) -> Option<&str> {
    match (&finding.workload, &*finding.subject) {
        (Some(workload), _) => workload.namespace.name(),
        (None, Subject::Object(object)) => object.namespace.name(),
        (None, Subject::Identity { namespace, .. }) => namespace.as_deref(),
        (None, _) => None,
    }
}

#[test]
fn one_and_many() {
    assert_eq!(count(1_u64, "policy"), "1 policy");
    assert_eq!(count(0_u64, "policy"), "0 policies");
    assert_eq!(count(2_usize, "gap"), "2 gaps");
    assert_eq!(sentence("is not text"), "Is not text.");
    assert_eq!(sentence("Drop it."), "Drop it.");
    assert_eq!(sentence(""), ".");
    assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
}
