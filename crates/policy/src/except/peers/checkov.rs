//! Checkov: `checkov.io/skipN: ID=reason` in annotations, `checkov:skip=ID:reason` in comments of the object.
//!
//! <https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html>

use super::super::marks::{Mark, settled};
use super::{Peer, names};

const NAME: &str = "checkov";
const ANNOTATION: &str = "checkov.io/skip";
const COMMENT: &str = "checkov:skip=";

pub(super) const CHECKOV: Peer =
    Peer { name: NAME, words: &[ANNOTATION, COMMENT], annotation, settle: settled, comment, files: &[] };

fn annotation(key: &str, value: &str) -> Vec<Mark> {
    let number = key.strip_prefix(ANNOTATION);
    if number.is_none_or(|number| !number.bytes().all(|digit| digit.is_ascii_digit())) {
        return Vec::new();
    }
    let (ids, reason) = value.split_once('=').unwrap_or((value, ""));
    mark(key, ids, reason)
}

fn comment(text: &str) -> Vec<Mark> {
    let Some((_, said)) = text.split_once(COMMENT) else { return Vec::new() };
    let (ids, reason) = said.split_once(':').unwrap_or((said, ""));
    mark("checkov:skip", ids, reason)
}

fn mark(by: &str, ids: &str, reason: &str) -> Vec<Mark> {
    let ids = names(ids);
    // Without an id nothing is skipped, rather than everything.
    if ids.is_empty() { Vec::new() } else { vec![Mark::new(NAME, by, ids).because(reason)] }
}

#[test]
fn annotations_and_comments() {
    let mark = &annotation("checkov.io/skip1", "CKV_K8S_19=reads sockets")[0];
    assert_eq!((&*mark.checks[0], mark.reason.as_deref()), ("CKV_K8S_19", Some("reads sockets")));
    assert!(annotation("checkov.io/skipped", "CKV_K8S_19").is_empty());
    assert_eq!(comment("checkov:skip=CKV_K8S_19:why")[0].checks, ["CKV_K8S_19"]);
    assert!(comment("checkov:skip=").is_empty());
}
