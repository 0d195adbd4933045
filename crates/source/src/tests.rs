//! Trees on disk: what is found, in which order, and what is said of the rest.

use std::fs;
use std::path::{Path, PathBuf};

use bulkhead_model::GapKind;
use tempfile::TempDir;

use crate::{PathRules, Scope, Sources, TreeSettings, leave_unrendered, walk};

/// A Git repository with these files.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn sources(folder: &TempDir, paths: &[&str]) -> Sources {
    let paths: Vec<PathBuf> = paths.iter().map(|path| folder.path().join(path)).collect();
    let mut sources = walk(&paths, &PathRules::default(), &mut ());
    leave_unrendered(&mut sources);
    sources
}

fn names(folder: &TempDir, sources: &Sources) -> Vec<String> {
    let root = format!("{}/", folder.path().display());
    let name = |number| sources.file(number).unwrap().name.strip_prefix(&root).unwrap().to_owned();
    (0..sources.len()).map(name).collect()
}

fn found(folder: &TempDir, paths: &[&str]) -> Vec<String> {
    names(folder, &sources(folder, paths))
}

fn skipped(sources: &Sources) -> Vec<(&str, u64)> {
    sources.coverage.skipped.iter().map(|(reason, count)| (&**reason, *count)).collect()
}

fn notes(folder: &TempDir, sources: &Sources) -> Vec<String> {
    let root = format!("{}/", folder.path().display());
    let note = |note: &bulkhead_model::Note| {
        format!("{}: {}: {}", note.place, note.kind, note.message).replace(&root, "")
    };
    sources.coverage.notes.iter().map(note).collect()
}

fn gaps(folder: &TempDir, sources: &Sources) -> Vec<(GapKind, String)> {
    let root = format!("{}/", folder.path().display());
    sources
        .coverage
        .gaps
        .iter()
        .map(|gap| (gap.kind, gap.message.replace(&root, "")))
        .collect()
}

#[test]
fn order_is_by_name_and_hidden_folders_are_read() {
    let folder = tree(&[
        ("b.yaml", ""),
        ("a/z.yml", ""),
        ("a-b/a.JSON", ""),
        (".github/ci.yaml", ""),
        (".git/x.yaml", ""),
        ("README.md", ""),
    ]);
    assert_eq!(found(&folder, &[""]), [".github/ci.yaml", "a/z.yml", "a-b/a.JSON", "b.yaml"]);
    assert_eq!(found(&folder, &["b.yaml", "README.md", "a"]), ["README.md", "a/z.yml", "b.yaml"]);
}

#[test]
fn ignore_files_of_the_whole_repository_hold() {
    let folder = tree(&[
        (".gitignore", "out/\n*.gen.yaml\n"),
        (".git/info/exclude", "mine.yaml\n"),
        ("app/.gitignore", "!keep.gen.yaml\nsecret.yaml\n"),
        ("app/a.gen.yaml", ""),
        ("app/keep.gen.yaml", ""),
        ("app/secret.yaml", ""),
        ("app/mine.yaml", ""),
        ("app/out/x.yaml", ""),
        ("app/lib/.git/HEAD", ""),
        ("app/lib/secret.yaml", ""),
    ]);
    let walked = sources(&folder, &["app"]);
    assert_eq!(names(&folder, &walked), ["app/keep.gen.yaml", "app/lib/secret.yaml"]);
    assert_eq!(skipped(&walked), [("ignored", 4)]);
    // What is named is read, and all that is in it.
    assert_eq!(found(&folder, &["app/out"]), ["app/out/x.yaml"]);
    assert_eq!(found(&folder, &["app/secret.yaml"]), ["app/secret.yaml"]);
}

#[test]
fn a_file_named_twice_is_read_once_for_both() {
    let folder = tree(&[("a/x.yaml", ""), ("b/y.yaml", ""), (".gitignore", "b/\n")]);
    let walked = sources(&folder, &["", "a/x.yaml", "b"]);
    assert_eq!(names(&folder, &walked), ["a/x.yaml", "b/y.yaml"]);
    assert_eq!(walked.file(0).unwrap().inputs, [0, 1]);
    assert_eq!(walked.file(1).unwrap().inputs, [2]);
}

#[test]
fn a_chart_is_one_note() {
    let chart = [
        ("c/Chart.yaml", "apiVersion: v2"),
        ("c/values.yaml", ""),
        ("c/templates/a.yaml", ""),
        ("c/templates/tests/b.yaml", ""),
        ("c/charts/sub/Chart.yaml", "apiVersion: v2"),
        ("c/charts/sub/templates/c.yaml", ""),
        ("c/crds/d.yaml", ""),
        ("templates/e.yaml", ""),
    ];
    let folder = tree(&chart);
    let walked = sources(&folder, &[""]);
    let read =
        ["c/Chart.yaml", "c/charts/sub/Chart.yaml", "c/crds/d.yaml", "c/values.yaml", "templates/e.yaml"];
    assert_eq!(names(&folder, &walked), read);
    assert_eq!(skipped(&walked), [("helm-template", 3)]);
    let note =
        "c/Chart.yaml: chart-not-rendered: the chart was not rendered: its 3 templates were not judged";
    assert_eq!(notes(&folder, &walked), [note]);
    assert_eq!(notes(&folder, &sources(&folder, &["c/charts/sub/templates"])).len(), 1);
    let by_hand = sources(&folder, &["c/templates/a.yaml"]);
    assert!(by_hand.file(0).unwrap().template);
}

#[test]
fn patches_of_a_kustomization_are_no_objects() {
    let folder = tree(&[
        ("base/a.yaml", ""),
        ("over/kustomization.yaml", "patches:\n- path: p.yaml\n- path: ../other/q.yaml\nresources: [r.yaml]"),
        ("over/p.yaml", ""),
        ("over/r.yaml", ""),
        ("other/q.yaml", ""),
    ]);
    let walked = sources(&folder, &[""]);
    assert_eq!(names(&folder, &walked), ["base/a.yaml", "over/kustomization.yaml", "over/r.yaml"]);
    assert_eq!(skipped(&walked), [("kustomize-patch", 2)]);
    assert_eq!(walked.coverage.notes.len(), 1);
    let named = sources(&folder, &["over/p.yaml"]);
    assert_eq!(skipped(&named), [("kustomize-patch", 1)]);
    assert_eq!(named.inputs[0].skipped.len(), 1);
}

#[cfg(unix)]
#[test]
fn links_lead_to_one_reading_and_never_out() {
    use std::os::unix::fs::symlink;

    let folder = tree(&[("a/x.yaml", ""), ("a/hidden.txt", ""), ("base/b.yaml", ""), ("bin/data", "")]);
    let outside = tree(&[("o.yaml", "")]);
    let root = folder.path();
    symlink("x.yaml", root.join("a/again.yaml")).unwrap();
    symlink("hidden.txt", root.join("a/shown.yaml")).unwrap();
    symlink("hidden.txt", root.join("a/shown2.yaml")).unwrap();
    symlink("..", root.join("a/up")).unwrap();
    symlink("me.yaml", root.join("a/me.yaml")).unwrap();
    symlink("nothing", root.join("a/gone.yaml")).unwrap();
    symlink("nothing", root.join("a/gone")).unwrap();
    symlink("../base", root.join("a/base")).unwrap();
    symlink("../base", root.join("a/base2")).unwrap();
    symlink("../a", root.join("base/a")).unwrap();
    symlink(outside.path(), root.join("a/out")).unwrap();
    symlink(outside.path().join("o.yaml"), root.join("a/o.yaml")).unwrap();
    symlink("/dev/zero", root.join("a/zero.yaml")).unwrap();
    let walked = sources(&folder, &["a"]);
    assert_eq!(names(&folder, &walked), ["a/base/b.yaml", "a/shown.yaml", "a/x.yaml"]);
    assert_eq!(skipped(&walked), [("link", 4), ("link-outside", 2)]);
    let expected = [
        (GapKind::NOT_A_FILE, "a/me.yaml is a loop of symbolic links"),
        (GapKind::NOT_A_FILE, "a/up is a loop of symbolic links"),
        (
            GapKind::NOT_A_FILE,
            "a/zero.yaml is a device, not a file; to judge what it gives, pipe that into `bulkhead scan -`",
        ),
        (GapKind::UNREADABLE_FILE, "a/gone.yaml is a link that leads to nothing"),
    ];
    let mut gaps = gaps(&folder, &walked);
    gaps.sort_by(|left, right| left.1.cmp(&right.1));
    let mut expected = expected.map(|(kind, message)| (kind, message.to_owned()));
    expected.sort_by(|left, right| left.1.cmp(&right.1));
    assert_eq!(gaps, expected);
}

#[cfg(unix)]
#[test]
fn a_fifo_never_holds_a_walk_up() {
    let folder = tree(&[("a.yaml", "")]);
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe.yaml")).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: a_fifo_never_holds_a_walk_up: mkfifo is missing");
        return;
    }
    let walked = sources(&folder, &["", "pipe.yaml"]);
    assert_eq!(names(&folder, &walked), ["a.yaml"]);
    assert_eq!(gaps(&folder, &walked)[0].0, GapKind::NOT_A_FILE);
}

/// Notes every settings file and leaves out `x.yaml` below it.
#[derive(Default)]
struct Recorded(Vec<(String, Scope)>);

impl TreeSettings for Recorded {
    fn enter(&mut self, file: &Path, _: &str, outer: Scope) -> (Scope, PathRules) {
        self.0.push((file.display().to_string(), outer));
        let rules = PathRules::new(vec![], vec!["x.yaml".to_owned()]).unwrap();
        (Scope::try_from(self.0.len()).unwrap(), rules)
    }
}

#[test]
fn settings_hold_in_their_folder() {
    let folder = tree(&[
        ("bulkhead.yaml", ""),
        ("a/deep/bulkhead.yaml", ""),
        ("a/deep/x.yaml", ""),
        ("a/deep/y.yaml", ""),
        ("a/z.yaml", ""),
    ]);
    let mut settings = Recorded::default();
    let outer = PathRules::new(vec![], vec!["z.yaml".to_owned()]).unwrap();
    let walked = walk(&[folder.path().join("a")], &outer, &mut settings);
    assert_eq!(names(&folder, &walked), ["a/deep/bulkhead.yaml", "a/deep/y.yaml"]);
    assert_eq!(walked.file(1).unwrap().scope, 2);
    assert_eq!(skipped(&walked), [("excluded", 2)]);
    let outer: Vec<Scope> = settings.0.iter().map(|(_, outer)| *outer).collect();
    assert_eq!(outer, [0, 1]);
}

#[test]
fn a_path_that_is_not_there() {
    let folder = tree(&[]);
    let walked = sources(&folder, &["no.yaml"]);
    let message = "no.yaml cannot be read: no such file or directory".to_owned();
    assert_eq!(gaps(&folder, &walked), [(GapKind::UNREADABLE_FILE, message)]);
}
