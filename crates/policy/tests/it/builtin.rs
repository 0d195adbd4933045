//! Every built-in policy: read, compiled, its examples run, its file listed.

use std::collections::BTreeSet;
use std::path::Path;

use bulkhead_document::{Limits, read};
use bulkhead_kinds::{Kinds, SUPPORTED};
use bulkhead_model::GapKind;
use bulkhead_policy::{Judge, Namespaces, Origin, Pack, Selection, Set, Settings, check_examples};

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

/// An object may have next to nothing: `generateName` for a name, and no `spec`.
#[test]
fn no_policy_fails_on_a_bare_object() {
    let selection = Selection { set: Set::All, ..Selection::default() };
    let judge = Judge::new(&Pack::builtin().unwrap(), &selection, &Settings::default()).unwrap();
    let kinds = Kinds::for_minor(*SUPPORTED.end()).unwrap();
    let mut failed = BTreeSet::new();
    for info in kinds.all() {
        let (api_version, kind) = (info.api_version(), info.kind());
        let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{generateName: a-}}\n");
        let tree = read(text.into(), &Limits::default()).next().unwrap().unwrap();
        let origin = Origin { file: &"f.yaml".into(), document: 0, namespaces: &Namespaces::default() };
        let gaps = judge.judge(tree, origin).coverage.gaps;
        failed.extend(
            gaps.into_iter()
                .filter(|gap| gap.kind == GapKind::FAILED_POLICY)
                .map(|gap| format!("{api_version} {kind}: {}", gap.message)),
        );
    }
    assert_eq!(failed, BTreeSet::new());
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
    // Those on exceptions themselves are silent where there are none.
    let on_exceptions = pack.policies().filter(|policy| policy.id.ends_with("-exception")).count() as u64;
    let recommended = recommended - on_exceptions;
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
