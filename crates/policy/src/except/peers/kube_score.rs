//! kube-score: `kube-score/ignore: check-a,check-b` on an object or its Pod template. `kube-score/enable` asks
//! for checks that are optional there; it takes a check out of the list again, and excepts nothing.
//!
//! <https://github.com/zegl/kube-score#ignoring-a-test>

use super::super::marks::{Mark, nothing};
use super::{Peer, names};

const NAME: &str = "kube-score";
const IGNORE: &str = "kube-score/ignore";
const ENABLE: &str = "kube-score/enable";

pub(super) const KUBE_SCORE: Peer =
    Peer { name: NAME, words: &[IGNORE], annotation, settle, comment: nothing, files: &[] };

fn annotation(key: &str, value: &str) -> Vec<Mark> {
    if key != IGNORE {
        return Vec::new();
    }
    let checks = names(value);
    if checks.iter().any(|check| check == "*") {
        return vec![Mark::new(NAME, key, Vec::new())];
    }
    checks.into_iter().map(|check| Mark::new(NAME, key, vec![check])).collect()
}

fn settle<'a>(marks: &mut [Mark], get: &dyn Fn(&str) -> Option<&'a str>) {
    let enabled = names(get(ENABLE).unwrap_or_default());
    for mark in marks {
        if mark.checks.iter().any(|check| enabled.contains(check)) {
            mark.at = super::super::marks::Where::Lines(1, 0);
        }
    }
}

#[test]
fn a_list_of_checks() {
    let marks = annotation(IGNORE, "container-resources, pod-probes");
    assert_eq!(marks.len(), 2);
    assert_eq!(marks[1].checks, ["pod-probes"]);
    assert!(annotation(IGNORE, " ").is_empty());
}
