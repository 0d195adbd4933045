//! What `bulkhead fix` says: a diff for each finding that can be mended, and what is left.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bulkhead_document::{Edit, EditStep, Limits, Tree, pointer, read};
use bulkhead_model::{Finding, Gap, Subject};
use bulkhead_source::{Rendered, SourceFile};
use serde_json::{Value, json};
use similar::TextDiff;

use super::file::{Change, Mended, Outcome, Why};

/// Gathers the text as files come.
#[derive(Debug, Default)]
pub(super) struct Report {
    write: bool,
    unsafe_too: bool,
    text: String,
    gaps: String,
    safe: usize,
    may_break: usize,
    held_back: usize,
    by_hand: usize,
    /// How many findings are let be, by the exception's name.
    excepted: BTreeMap<String, usize>,
    refused: usize,
}

impl Report {
    pub(super) fn new(write: bool, unsafe_too: bool) -> Self {
        Self { write, unsafe_too, ..Self::default() }
    }

    /// What could not be read cannot be mended, and is not clean.
    pub(super) fn gap(&mut self, gap: &Gap) {
        let message = match (&gap.place.file, gap.place.line) {
            (Some(file), Some(row)) => format!("{file}:{row}: {}", gap.message),
            _ => gap.message.to_string(),
        };
        line(&mut self.gaps, &format!("gap[{}]: {message}", gap.kind));
    }

    pub(super) fn file(&mut self, name: &str, mended: &Mended) {
        mended.gaps.iter().for_each(|gap| self.gap(gap));
        for outcome in &mended.outcomes {
            if let Some(change) = self.outcome(outcome) {
                self.head(
                    &outcome.finding,
                    change,
                    outcome.finding.at.as_ref().map_or(0, |at| at.line),
                    name,
                );
                let diff = TextDiff::from_lines(&change.before, &change.after);
                let diff = diff.unified_diff().context_radius(2).header(name, name).to_string();
                self.text.push_str(&diff);
                line(&mut self.text, "");
            }
        }
    }

    /// What was made is mended where it was made from: a kustomization takes a patch, a chart does not.
    pub(super) fn rendered(&mut self, file: &SourceFile<'_>, rendered: &Rendered, mended: &Mended) {
        mended.gaps.iter().for_each(|gap| self.gap(gap));
        for outcome in &mended.outcomes {
            let mut at = outcome.finding.at.clone();
            if let Some(at) = &mut at {
                rendered.locate(at, &outcome.finding.field);
            }
            let row = at.map_or(0, |at| at.line);
            if let Some(change) = self.outcome(outcome) {
                self.head(&outcome.finding, change, row, &file.name);
                let text = if rendered.is_of_objects() {
                    kustomize(&outcome.finding, change)
                } else {
                    format!("in the template or its values: {}\n", words(&change.edit))
                };
                self.text.push_str(&text);
                line(&mut self.text, "");
            }
        }
    }

    fn outcome<'o>(&mut self, outcome: &'o Outcome) -> Option<&'o Change> {
        match &outcome.result {
            Ok(change) => {
                *(if change.may_break.is_some() { &mut self.may_break } else { &mut self.safe }) += 1;
                return Some(change);
            }
            Err(Why::Excepted(by)) => *self.excepted.entry(by.to_string()).or_default() += 1,
            Err(Why::NoPatch) => self.by_hand += 1,
            Err(Why::Unsafe) => self.held_back += 1,
            Err(Why::Refused(reason)) => {
                self.refused += 1;
                let at = outcome
                    .finding
                    .at
                    .as_ref()
                    .map_or_else(String::new, |at| format!("{}:{}: ", at.file, at.line));
                line(&mut self.gaps, &format!("not mended: {at}{}: {reason}", outcome.finding.check));
            }
        }
        None
    }

    fn head(&mut self, finding: &Finding, change: &Change, row: u32, name: &str) {
        let safety = change.may_break.as_ref().map_or("safe".to_owned(), |test| format!("may break: {test}"));
        line(&mut self.text, &format!("# {name}:{row} {}: {} ({safety})", finding.check, finding.message));
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push_str(&self.gaps);
        let verb = if self.write { "mended" } else { "can be mended" };
        let mut parts = vec![format!("{} {verb} safely", self.safe)];
        if self.may_break > 0 {
            let with = if self.write {
                "and may have broken something"
            } else {
                "by a change that may break something"
            };
            parts.push(format!("{} {verb} {with}", self.may_break));
        }
        if self.held_back > 0 {
            parts.push(format!("{} by a change that may break something (--unsafe)", self.held_back));
        }
        if self.refused > 0 {
            parts.push(format!("{} not mended for the reasons above", self.refused));
        }
        parts.push(format!("{} only by hand", self.by_hand));
        for (by, count) in &self.excepted {
            parts.push(format!("{count} let be by exception {by}"));
        }
        let total = self.excepted.values().sum::<usize>()
            + self.safe
            + self.may_break
            + self.held_back
            + self.refused
            + self.by_hand;
        let noun = if total == 1 { "finding" } else { "findings" };
        line(&mut self.text, &format!("{total} {noun}: {}", parts.join(", ")));
        if !self.write && self.safe + self.may_break > 0 {
            let more = if self.unsafe_too || self.may_break == 0 {
                ""
            } else {
                "; --write --unsafe makes all changes"
            };
            line(&mut self.text, &format!("nothing was changed; --write makes the safe changes{more}"));
        }
        self.text
    }
}

fn line(text: &mut String, words: &str) {
    // Writing to a string never fails.
    let _ = writeln!(text, "{words}");
}

/// An entry of a kustomization's `patches`.
fn kustomize(finding: &Finding, change: &Change) -> String {
    let Subject::Object(object) = &*finding.subject else { return String::new() };
    let (group, version) = object.api_version.rsplit_once('/').unwrap_or(("", &object.api_version));
    let target = json!({"group": group, "version": version, "kind": object.kind, "name": object.name});
    let number = finding.at.as_ref().map_or(0, |at| at.document as usize);
    let document = read(change.before.as_str().into(), &Limits::default()).nth(number).and_then(Result::ok);
    let there = |path: &[EditStep]| {
        let mut node = document.as_ref().map(Tree::root);
        path.iter()
            .take_while(|step| {
                node = node.and_then(|node| match step {
                    EditStep::Field(name) => node.get(name).filter(|node| !node.is_null()),
                    EditStep::Item(index) => node.item(*index),
                });
                node.is_some()
            })
            .count()
    };
    let (operation, path, value) = match &change.edit {
        Edit::Set { path, value } => ("add", path.clone(), Some(value.clone())),
        Edit::Append { path, value } if there(path) == path.len() => {
            ("add", [path.as_slice(), &[EditStep::Field("-".to_owned())]].concat(), Some(value.clone()))
        }
        Edit::Append { path, value } => ("add", path.clone(), Some(json!([value]))),
        Edit::Remove { path } => ("remove", path.clone(), None),
    };
    // RFC 6902 makes no parents: what is missing on the way is added with its content.
    let depth = if operation == "remove" { path.len() } else { path.len().min(there(&path) + 1) };
    let (path, nested) = path.split_at(depth);
    let value = value.map(|value| {
        nested.iter().rev().fold(value, |value, step| match step {
            EditStep::Field(name) => json!({ name.as_str(): value }),
            EditStep::Item(_) => value,
        })
    });
    let mut operation = json!({"op": operation, "path": pointer(path)});
    if let Some(value) = value {
        operation["value"] = value;
    }
    format!("patches:\n- target: {target}\n  patch: |-\n    - {operation}\n")
}

fn words(edit: &Edit) -> String {
    let text = |value: &Value| value.to_string();
    let dotted = |path: &[EditStep]| pointer(path).trim_start_matches('/').replace('/', ".");
    match edit {
        Edit::Set { path, value } => format!("set {} to {}", dotted(path), text(value)),
        Edit::Append { path, value } => format!("add {} to {}", text(value), dotted(path)),
        Edit::Remove { path } => format!("remove {}", dotted(path)),
    }
}
