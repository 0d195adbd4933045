//! What a document says of its own findings, and what must be known of its objects to tell whether an
//! exception covers them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bulkhead_document::{Node, Position, Tree};
use bulkhead_model::{Excepted, Finding, Note, Place, Said, Subject, Until};
use jiff::civil::Date;

use super::glob;
use super::names::Names;
use super::peers;

/// Mappings and lists that an object may be deep before its containers are looked for no further.
const DEPTH: usize = 12;

/// What a mark is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// The object that it stands in.
    Object,
    /// The block below a comment; settled to lines.
    Block,
    /// These lines of the file, both included.
    Lines(u32, u32),
    /// All files below the mark's own, or those of these patterns.
    Files(Vec<String>),
}

/// What an annotation, a comment or a line of an ignore file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Whose words they are: a tool as `aliases` of policies name it, or `bulkhead`.
    pub tool: &'static str,
    /// What it is called: an annotation's key, a file and line.
    pub by: Arc<str>,
    /// What the tool calls its checks; all checks where there are none.
    pub checks: Vec<String>,
    /// The container that it is for.
    pub container: Option<String>,
    /// Who answers for it.
    pub owner: Option<Arc<str>>,
    /// Why.
    pub reason: Option<Arc<str>>,
    /// How long it holds.
    pub until: Option<Until>,
    /// What it is for.
    pub at: Where,
    /// Where it stands.
    pub position: Position,
    /// Why it does not count.
    pub problem: Option<String>,
    /// Ids of ours, once they are known.
    ids: Vec<Arc<str>>,
}

impl Mark {
    /// A mark of a tool, for some of its checks.
    pub fn new(tool: &'static str, by: impl Into<Arc<str>>, checks: Vec<String>) -> Self {
        Self {
            tool,
            by: by.into(),
            checks,
            container: None,
            owner: None,
            reason: None,
            until: None,
            at: Where::Object,
            position: Position { line: 1, column: 1 },
            problem: None,
            ids: Vec::new(),
        }
    }

    /// With a reason, unless it is empty.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        self.reason = Some(reason.trim()).filter(|reason| !reason.is_empty()).map(Arc::from);
        self
    }

    /// At a place.
    #[must_use]
    pub fn at(mut self, at: Where, position: Position) -> Self {
        self.at = at;
        self.position = position;
        self
    }

    pub(super) fn is_own(&self) -> bool {
        self.tool == peers::own::NAME
    }

    /// Finds our ids; what no check of ours is called is returned.
    pub fn resolve(&mut self, names: &Names) -> Vec<String> {
        let mut unknown = Vec::new();
        for name in &self.checks {
            let ids = names.of_tool(self.tool, name);
            if ids.is_empty() {
                unknown.push(name.clone());
            }
            self.ids.extend(ids);
        }
        if self.is_own()
            && let Some(name) = unknown.first()
        {
            self.problem.get_or_insert_with(|| names.unknown(name));
        }
        unknown
    }

    /// The finding's check, container and line are what it names.
    pub(super) fn covers(&self, finding: &Finding, matter: Option<&Matter>) -> bool {
        let by_check = self.checks.is_empty() || self.ids.contains(&finding.check);
        let by_container = || match &self.container {
            None => true,
            Some(name) => {
                let container = matter.and_then(|matter| matter.container_of(&finding.field));
                container.is_some_and(|container| *container.name == **name)
            }
        };
        let by_place = || match self.at {
            Where::Lines(first, last) => {
                finding.at.as_ref().is_some_and(|at| (first..=last).contains(&at.line))
            }
            Where::Block => false,
            Where::Object | Where::Files(_) => true,
        };
        by_check && by_container() && by_place()
    }

    /// Whether it is whole and holds on a day.
    pub(super) fn counts(&self, today: Date) -> bool {
        self.problem.is_none() && self.until.is_none_or(|until| until.holds_on(today))
    }

    /// Whether a mark of an ignore file is for the file of a finding, which lies in `folder`, so far below
    /// the ignore file's own.
    pub(super) fn is_for_file(&self, finding: &Finding, below: Option<&Path>) -> bool {
        let Where::Files(patterns) = &self.at else { return true };
        if patterns.is_empty() {
            return true;
        }
        let (Some(at), Some(below)) = (&finding.at, below) else { return false };
        let name = at.file.rsplit('/').next().unwrap_or(&at.file);
        let path = below.join(name);
        let path = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        patterns.iter().any(|pattern| glob::matches_path(pattern, &path))
    }

    pub(super) fn excepted(&self) -> Excepted {
        Excepted {
            by: self.by.clone(),
            owner: self.owner.clone(),
            reason: self.reason.clone().unwrap_or_else(|| "no reason given".into()),
            until: self.until,
            link: None,
            said: Said::Tree,
        }
    }
}

/// A container by the way to it.
#[derive(Debug)]
pub(crate) struct Container {
    path: String,
    pub(crate) name: Box<str>,
    pub(crate) image: Box<str>,
}

/// What is known of one object.
#[derive(Debug, Default)]
pub(crate) struct Matter {
    first: u32,
    last: u32,
    pub(crate) kind: Box<str>,
    pub(crate) namespace: Option<Box<str>>,
    pub(crate) api_version: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) labels: BTreeMap<Box<str>, Box<str>>,
    pub(crate) containers: Vec<Container>,
    pub(crate) marks: Vec<Mark>,
}

impl Matter {
    /// The container that a field belongs to.
    pub(crate) fn container_of(&self, field: &str) -> Option<&Container> {
        let is_within = |container: &&Container| {
            let rest = field.strip_prefix(container.path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.containers.iter().find(is_within)
    }
}

/// What a document says of itself, object by object.
#[derive(Debug, Default)]
pub struct Marks {
    pub(super) objects: Vec<Matter>,
}

impl Marks {
    /// The object that a finding is of.
    pub(super) fn matter_of(&self, finding: &Finding) -> Option<&Matter> {
        if let [only] = &*self.objects {
            return Some(only);
        }
        let by_line = finding.at.as_ref().and_then(|at| {
            let after = self.objects.partition_point(|matter| matter.first <= at.line);
            self.objects.get(after.checked_sub(1)?)
        });
        let is_same = |matter: &&Matter| {
            matches!(&*finding.subject, Subject::Object(object)
                if *object.name == *matter.name && *object.kind == *matter.kind)
        };
        by_line.filter(is_same).or_else(|| self.objects.iter().find(is_same))
    }

    /// A note for each name of another tool's that no check of ours has.
    pub(super) fn resolve(&mut self, names: &Names, file: &Arc<str>) -> Vec<Note> {
        let mut notes = Vec::new();
        for mark in self.objects.iter_mut().flat_map(|matter| &mut matter.marks) {
            let unknown = mark.resolve(names);
            if !mark.is_own() {
                notes.extend(unknown.iter().map(|name| unknown_name(mark, name, file)));
            }
        }
        notes
    }
}

/// A name of another tool's that means nothing here is no mistake: it is said.
pub(super) fn unknown_name(mark: &Mark, name: &str, file: &Arc<str>) -> Note {
    let place = Place {
        file: Some(file.clone()),
        line: Some(mark.position.line),
        column: Some(mark.position.column),
        ..Place::default()
    };
    let message = format!("{name} of {} is excepted here, and is none of our checks", mark.tool);
    Note { kind: "unknown-exception".into(), place, message: message.into() }
}

/// Looks at the objects of a document; their annotations and comments where those are wanted.
pub(super) fn look(tree: &Tree, marks: bool, of_peers: bool) -> Marks {
    let root = tree.root();
    let items = root.get("items").filter(|items| {
        let is_list = root.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
        is_list && items.is_sequence()
    });
    let mut objects: Vec<Matter> = match items {
        Some(items) => items.items().map(|item| matter(item, marks, of_peers)).collect(),
        None => vec![matter(root, marks, of_peers)],
    };
    if marks {
        comments(tree, of_peers, &mut objects);
    }
    Marks { objects }
}

fn matter(object: Node<'_>, marks: bool, of_peers: bool) -> Matter {
    let text = |node: Option<Node<'_>>| Box::from(node.and_then(Node::as_str).unwrap_or_default());
    let (span, tree) = (object.span(), object.tree());
    let mut matter = Matter {
        first: tree.position(span.start).line,
        last: tree.position(span.end).line,
        kind: text(object.get("kind")),
        api_version: text(object.get("apiVersion")),
        name: text(object.at(&["metadata", "name"])),
        namespace: object.at(&["metadata", "namespace"]).and_then(Node::as_str).map(Box::from),
        ..Matter::default()
    };
    descend(object, &mut String::new(), 0, marks, of_peers, &mut matter);
    matter
}

/// Goes the ways that lead to Pod templates, whatever kind of object it is.
fn descend(
    node: Node<'_>,
    path: &mut String,
    depth: usize,
    marks: bool,
    of_peers: bool,
    matter: &mut Matter,
) {
    if depth > DEPTH {
        return;
    }
    for (name, child) in node.entries() {
        let length = path.len();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        match name {
            "metadata" => metadata(child, marks, of_peers, matter),
            "containers" | "initContainers" | "ephemeralContainers" => {
                for (item, number) in child.items().zip(0..) {
                    let text =
                        |field: &str| item.get(field).and_then(Node::as_str).unwrap_or_default().into();
                    let path = format!("{path}[{number}]");
                    matter.containers.push(Container { path, name: text("name"), image: text("image") });
                }
            }
            _ if child.is_mapping() => descend(child, path, depth + 1, marks, of_peers, matter),
            _ => (),
        }
        path.truncate(length);
    }
}

fn metadata(metadata: Node<'_>, marks: bool, of_peers: bool, matter: &mut Matter) {
    for (name, value) in metadata.get("labels").iter().flat_map(|labels| labels.entries()) {
        let value = value.as_str().unwrap_or_default();
        matter.labels.entry(name.into()).or_insert_with(|| value.into());
    }
    let Some(annotations) = metadata.get("annotations").filter(|_| marks) else { return };
    for peer in peers::ALL.iter().filter(|peer| of_peers || peer.name == peers::own::NAME) {
        let start = matter.marks.len();
        for (key, value) in annotations.entries() {
            // `true` without quotes is refused by the API server, and is meant all the same.
            let value_text = match value.as_str() {
                Some(text) => text,
                None => value.span().of(value.tree().source()),
            };
            let position = value.tree().position(value.span().start);
            let said = (peer.annotation)(key, value_text);
            matter.marks.extend(said.into_iter().map(|mark| Mark { position, ..mark }));
        }
        let get = |key: &str| annotations.get(key).and_then(Node::as_str);
        (peer.settle)(matter.marks.get_mut(start..).unwrap_or_default(), &get);
    }
}

/// Comments, each with the block below it.
fn comments(tree: &Tree, of_peers: bool, objects: &mut [Matter]) {
    let extent = tree.extent();
    let text = extent.of(tree.source());
    let first = tree.position(extent.start).line;
    let lines: Vec<&str> = text.lines().collect();
    for (place, line) in lines.iter().enumerate() {
        let Some((before, comment)) = line.split_once('#') else { continue };
        let number = first.saturating_add(u32::try_from(place).unwrap_or(u32::MAX));
        let column = u32::try_from(before.chars().count()).unwrap_or(0).saturating_add(1);
        for peer in peers::ALL.iter().filter(|peer| of_peers || peer.name == peers::own::NAME) {
            for mut mark in (peer.comment)(comment.trim()) {
                mark.position = Position { line: number, column };
                if mark.at == Where::Block {
                    let (from, to) = block(&lines, place);
                    let line =
                        |offset: usize| first.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
                    mark.at = if from == 0 { Where::Object } else { Where::Lines(line(from), line(to)) };
                }
                take(objects, mark, number);
            }
        }
    }
}

/// Gives a comment's mark to the object that it stands in or before.
fn take(objects: &mut [Matter], mark: Mark, line: u32) {
    let after = objects.partition_point(|matter| matter.last < line);
    let place = after.min(objects.len().saturating_sub(1));
    if let Some(matter) = objects.get_mut(place) {
        matter.marks.push(mark);
    }
}

/// The lines that a comment is for: its own where something stands before it; else the next one that says
/// something, with all that is indented below it. `(0, _)` is the whole object.
fn block(lines: &[&str], comment: usize) -> (usize, usize) {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let says = |line: &&str| {
        let line = line.trim();
        !(line.is_empty() || line.starts_with('#') || line.starts_with("---"))
    };
    let get = |place: usize| lines.get(place).copied().unwrap_or_default();
    let own = get(comment).split_once('#').is_some_and(|(before, _)| !before.trim().is_empty());
    let start = if own {
        comment
    } else {
        let next = lines.iter().enumerate().skip(comment + 1).find(|(_, line)| says(line));
        let Some((next, _)) = next else { return (comment, comment) };
        next
    };
    if !own && !lines.iter().take(start).any(says) {
        return (0, 0);
    }
    let depth = indentation(get(start));
    let mut end = start;
    for (place, line) in lines.iter().enumerate().skip(start + 1) {
        if says(line) {
            if indentation(line) <= depth {
                break;
            }
            end = place;
        }
    }
    (start, end)
}

/// All that a peer without something to settle does.
pub(super) fn settled<'a>(_: &mut [Mark], _: &dyn Fn(&str) -> Option<&'a str>) {}

/// A peer that says nothing so.
pub(super) fn nothing(_: &str) -> Vec<Mark> {
    Vec::new()
}
