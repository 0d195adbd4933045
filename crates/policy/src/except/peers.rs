//! What other tools write beside what they are not to find, one file each; ours is one of them.
//!
//! Their words mean what they mean there. To add a tool, write its file and a line in [`ALL`].

mod checkov;
mod kube_linter;
mod kube_score;
pub mod own;
mod polaris;
mod trivy;

use std::sync::LazyLock;

use bulkhead_document::{Limits, Node, Position, Tree, read};
use jiff::civil::Date;
use memchr::memmem::Finder;

use super::marks::Mark;

/// How a tool is told to leave something out.
pub struct Peer {
    /// As `aliases` of policies call it.
    pub name: &'static str,
    /// One of these is in every document that says something in its words.
    pub words: &'static [&'static str],
    /// What an annotation says, by key and value.
    pub annotation: fn(&str, &str) -> Vec<Mark>,
    /// Completes the marks of one object by its other annotations.
    pub settle: Settle,
    /// What a comment says, without its `#`.
    pub comment: fn(&str) -> Vec<Mark>,
    /// Its ignore files, looked for from a named path up to the root of its tree.
    pub files: &'static [IgnoreFile],
}

/// Completes marks by annotations, looked up by key.
pub type Settle = for<'a> fn(&mut [Mark], &dyn Fn(&str) -> Option<&'a str>);

/// A file that says what a tool is to leave out.
pub struct IgnoreFile {
    /// What it is called.
    pub names: &'static [&'static str],
    /// Reads it.
    pub read: fn(&str, &str) -> Ignored,
}

/// What an ignore file says.
#[derive(Debug, Default)]
pub struct Ignored {
    /// What is to be left out.
    pub marks: Vec<Mark>,
    /// What could not be understood, and where.
    pub problems: Vec<(Position, String)>,
}

/// Every tool, ours first.
pub static ALL: &[Peer] = &[
    own::OWN,
    kube_linter::KUBE_LINTER,
    polaris::POLARIS,
    checkov::CHECKOV,
    kube_score::KUBE_SCORE,
    trivy::TRIVY,
];

/// Whether a document may say something to be left out: most do not, and are not looked at closer.
pub(super) fn may_be_in(document: &str) -> bool {
    static FINDERS: LazyLock<Vec<Finder<'static>>> =
        LazyLock::new(|| ALL.iter().flat_map(|peer| peer.words).map(|word| Finder::new(*word)).collect());
    FINDERS.iter().any(|finder| finder.find(document.as_bytes()).is_some())
}

/// Names with commas between them.
fn names(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// `true`, as tools in Go read it.
fn is_true(value: &str) -> bool {
    matches!(value.trim(), "1" | "t" | "T" | "true" | "TRUE" | "True")
}

/// A day, or the day of a moment.
pub(super) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    text.get(..10).and_then(|day| day.parse().ok()).filter(|_| {
        let rest = text.get(10..).unwrap_or_default();
        rest.is_empty() || rest.starts_with(['T', 't', ' '])
    })
}

/// The documents of a YAML or JSON file; what is damaged is a problem.
fn trees(text: &str, ignored: &mut Ignored) -> Vec<Tree> {
    let mut trees = Vec::new();
    for tree in read(text.into(), &Limits::default()) {
        match tree {
            Ok(tree) => trees.push(tree),
            Err(error) => ignored.problems.push((error.at, error.problem.to_string())),
        }
    }
    trees
}

/// Where a value begins.
fn at(node: Node<'_>) -> Position {
    node.tree().position(node.span().start)
}

/// Texts of a list.
fn texts(node: Option<Node<'_>>) -> impl Iterator<Item = (&str, Position)> {
    node.into_iter().flat_map(Node::items).filter_map(|item| Some((item.as_str()?, at(item))))
}

/// Any bytes as a document with marks and as every ignore file.
pub fn fuzz_ignore_files(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for peer in ALL {
        for line in text.lines() {
            _ = (peer.comment)(line);
            if let Some((key, value)) = line.split_once(':') {
                _ = (peer.annotation)(key, value.trim());
            }
        }
        for file in peer.files {
            let Ignored { marks, .. } = (file.read)("ignored", &text);
            assert!(marks.len() <= 1 + text.len(), "{}: more marks than bytes", peer.name);
        }
    }
    for tree in read(text.as_ref().into(), &Limits::default()).flatten() {
        _ = super::marks::look(&tree, true, true);
        _ = super::form::declared("ignored", 0, &tree, tree.root());
    }
}
