//! Every built-in policy: read, compiled, its examples run, its file listed.

use std::collections::BTreeSet;
use std::path::Path;

use bulkhead_policy::{Judge, Pack, Selection, Set, Settings, check_examples};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies");

#[test]
fn every_file_is_listed() {
    let mut files = BTreeSet::new();
    let mut folders = vec![Path::new(FOLDER).to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                files.insert(path.strip_prefix(FOLDER).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let pack = Pack::builtin().unwrap();
    let listed: BTreeSet<String> = pack.policies().map(|policy| policy.file.to_string()).collect();
    assert_eq!(listed, files);
}

#[test]
fn a_file_is_called_as_its_policy() {
    for policy in Pack::builtin().unwrap().policies() {
        let name = Path::new(&*policy.file).file_stem().unwrap().to_string_lossy().into_owned();
        assert_eq!(name, *policy.id, "{}", policy.file);
    }
}

#[test]
fn examples_hold() {
    let pack = Pack::builtin().unwrap();
    let mut failures = Vec::new();
    let mut count = 0;
    for policy in pack.policies() {
        let (examples, failed) = check_examples(&pack, policy);
        count += examples;
        failures.extend(failed.iter().map(ToString::to_string));
    }
    assert!(failures.is_empty(), "{} of {count} examples:\n{}", failures.len(), failures.join("\n"));
    assert!(count >= 2 * (pack.policies().len() - 3));
}

#[test]
fn sets_keep_their_sizes() {
    let pack = Pack::builtin().unwrap();
    let count = |set: Set| {
        Judge::new(&pack, &Selection { set, ..Selection::default() }, &Settings::default())
            .unwrap()
            .policies()
    };
    let (essential, recommended, all) = (count(Set::Essential), count(Set::Recommended), count(Set::All));
    assert!(essential < recommended && recommended < all, "{essential} {recommended} {all}");
    assert!(recommended <= 60, "{recommended} recommended policies: at most 60 are quiet enough");
}

#[test]
fn texts_read_alike() {
    for policy in Pack::builtin().unwrap().policies() {
        let id = &policy.id;
        assert!(!policy.fix.ends_with('.'), "{id}: fix ends with a full stop");
        assert!(!policy.title.ends_with('.'), "{id}: title ends with a full stop");
        assert!(policy.why.len() >= 80, "{id}: why says too little");
        assert!(policy.why.ends_with(['.', ')']), "{id}: why is whole sentences");
    }
}
