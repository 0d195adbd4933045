//! The pages of checks: read as policies, their examples run.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use bulkhead_objects::{check_examples, checks};
use bulkhead_policy::Pack;

#[test]
fn examples_hold() {
    let failures: Vec<String> = checks::ALL.iter().flat_map(|check| check_examples(check).1).collect();
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
