//! The pages of checks: read as policies, their examples run.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use bulkhead_document::{Limits, Node, read};
use bulkhead_kinds::{Kinds, SUPPORTED};
use bulkhead_objects::{Facts, Judged, checks, judge};
use bulkhead_policy::Pack;

/// Judges objects by one check, each in a file of its own.
fn run(id: &str, objects: Node<'_>, whole: bool) -> Judged {
    let kinds = Kinds::for_minor(*SUPPORTED.end()).unwrap();
    let mut facts = Facts::new(kinds, None);
    for (number, object) in objects.items().enumerate() {
        let mut part = Facts::new(kinds, None);
        let file = part.file(&format!("{number}.yaml"), number, whole);
        part.add(object, file, 0);
        facts.append(part);
    }
    judge(facts, &|check| check == id)
}

#[test]
fn examples_hold() {
    let mut failures = Vec::new();
    for check in checks::ALL {
        let page = read(check.page.into(), &Limits::default()).next().unwrap().unwrap();
        let (mut clean, mut faulty) = (0, 0);
        for (number, example) in page.root().get("examples").unwrap().items().enumerate() {
            let objects = example.get("objects").unwrap();
            let wanted: Vec<&str> = example.get("finds").unwrap().items().filter_map(Node::as_str).collect();
            let judged = run(check.id, objects, true);
            let found: Vec<&str> = judged.found.iter().map(|found| &*found.field).collect();
            if found != wanted {
                failures.push(format!("{} {number}: expected {wanted:?}, found {found:?}", check.id));
            }
            // Without a whole source an absence is no finding, and is counted.
            let parts = run(check.id, objects, false);
            let undecided = if check.absence { wanted.len() } else { 0 };
            if parts.undecided.len() != undecided || parts.found.len() != wanted.len() - undecided {
                failures.push(format!("{} {number}: of a part {parts:?}", check.id));
            }
            if wanted.is_empty() { clean += 1 } else { faulty += 1 }
        }
        assert!(clean > 0 && faulty > 0, "{} needs an example of each outcome", check.id);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn pages_are_policies() {
    let mut pack = Pack::builtin().unwrap();
    for check in checks::ALL {
        pack.read(check.id, check.page).unwrap();
        let found = pack.find(check.id);
        assert!(found.len() == 1 && found[0].why.ends_with('.'), "{}", check.id);
    }
    assert!(checks::ALL.is_sorted_by_key(|check| check.id));
}
