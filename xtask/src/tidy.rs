//! Tests that the repository's files keep to its style.

use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace;

/// Length from which a file needs a reason (house style: past 600 lines there usually is a seam).
const LONG: usize = 600;

/// Longer files, each with the reason why it is one.
const LONG_FILES: &[(&str, &str)] = &[];

/// Rust files of the repository by their path from its root.
fn rust_files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["crates", "xtask", "fuzz", "bench"].map(|name| workspace::root().join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(workspace::root()).unwrap();
                files.push((name.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 30, "only {} Rust files found", files.len());
    files.sort();
    files
}

fn none(faults: &[String], what: &str) {
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}

#[test]
fn modules_open_with_what_they_are() {
    let opens = |text: &str| text.starts_with("//!") || text.starts_with("#![doc = include_str!");
    // What `foo/tests.rs` is needs no words.
    let faults: Vec<String> = rust_files()
        .into_iter()
        .filter(|(name, text)| !opens(text) && !name.ends_with("/tests.rs"))
        .map(|(name, _)| name)
        .collect();
    none(&faults, "files that do not open with a //! comment");
}

#[test]
fn long_files_have_a_reason() {
    let mut faults = Vec::new();
    for (name, text) in rust_files() {
        let long = text.lines().count() > LONG;
        let excused = LONG_FILES.iter().any(|(path, _)| *path == name);
        if long != excused {
            let what = if long { "is longer and has no reason" } else { "has a reason and needs none" };
            faults.push(format!("{name} {what}"));
        }
    }
    none(&faults, &format!("files over {LONG} lines and the list in xtask/src/tidy.rs disagree"));
}

/// Lints apply only to a crate that asks for them.
#[test]
fn crates_take_the_lints_of_the_workspace() {
    let mut manifests: Vec<PathBuf> = fs::read_dir(workspace::root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    manifests.extend(["xtask", "fuzz"].map(|name| workspace::root().join(name)));
    let faults: Vec<String> = manifests
        .iter()
        .filter(|folder| {
            let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
            !text.contains("[lints]\nworkspace = true")
        })
        .map(|folder| folder.display().to_string())
        .collect();
    none(&faults, "crates without `[lints] workspace = true`");
}

/// Links within the repository's own pages lead somewhere.
#[test]
fn links_lead_somewhere() {
    let mut pages: Vec<PathBuf> = Vec::new();
    let mut folders: Vec<PathBuf> = ["docs", "examples", "changelog.d", "testbed", "policies"]
        .map(|name| workspace::root().join(name))
        .into();
    folders.push(workspace::root().to_owned());
    for folder in folders {
        collect_pages(&folder, folder != workspace::root(), &mut pages);
    }
    assert!(pages.len() > 4, "only {} pages found", pages.len());
    let mut faults = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            let outside = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            if !outside && !page.with_file_name(path).exists() {
                faults.push(format!("{}: {link}", page.display()));
            }
        }
    }
    none(&faults, "links that lead nowhere");
}

fn collect_pages(folder: &Path, deep: bool, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() && deep {
            collect_pages(&path, deep, pages);
        } else if path.extension().is_some_and(|end| end == "md") {
            pages.push(path);
        }
    }
}
