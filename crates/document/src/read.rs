//! The front: a source in, documents out.

use std::sync::{Arc, OnceLock};

use crate::limits::{Failure, Limits, Problem, ReadError};
use crate::lines::LineIndex;
use crate::split::Parts;
use crate::text::{self, Text};
use crate::tree::{Span, Tree};
use crate::{json, yaml};

/// Reads the documents of a YAML or JSON source. What holds no value (comments, nothing between two
/// markers) is no document. Documents are read as the iterator is asked for them.
///
/// A source that begins a document with `{` or `[` is JSON, and may hold several values one after the
/// other; where that fails, the text is still tried as YAML in flow style.
pub fn read(source: Arc<str>, limits: &Limits) -> Documents {
    Documents::new(Text { text: source, damage: Arc::default() }, limits)
}

/// Reads the documents of a source that may not be text: UTF-8, or UTF-16 with a byte order mark.
/// Bytes that are neither cost the document that they stand in. Offsets are those of the text, which
/// is [`Tree::source`].
pub fn read_bytes(bytes: &[u8], limits: &Limits) -> Documents {
    if bytes.len() > most_bytes(limits) {
        let mut documents = read(Arc::from(""), limits);
        documents.too_large = Some(bytes.len());
        return documents;
    }
    Documents::new(text::decode(bytes), limits)
}

/// The documents of one source, read one after the other.
#[derive(Debug)]
pub struct Documents {
    source: Arc<str>,
    /// Where the source had bytes that are no text.
    damage: Arc<[u32]>,
    lines: Arc<OnceLock<LineIndex>>,
    limits: Limits,
    /// Nothing is read from here on.
    end: usize,
    part_at: usize,
    part_line: u32,
    /// How many parts of the source come before.
    first: u32,
    /// What is left of a part that holds several JSON values.
    json: Option<Span>,
    count: usize,
    /// The bytes of a source that is not read at all.
    too_large: Option<usize>,
    done: bool,
}

type Found = Result<Tree, ReadError>;

impl Iterator for Documents {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        if let Some(size) = self.too_large.take() {
            self.done = true;
            let problem = Problem::TooLarge { size, limit: most_bytes(&self.limits) };
            return Some(Err(self.error(Failure::new(problem, 0), Span::default())));
        }
        while !self.done {
            let found = match self.json.take() {
                Some(rest) => self.next_json(rest),
                None => self.next_part(),
            };
            let Some(found) = found else { continue };
            self.count += 1;
            if self.count > self.limits.documents {
                self.done = true;
                let problem = Problem::TooManyDocuments { limit: self.limits.documents };
                let extent = found.as_ref().map_or_else(|error| error.extent, Tree::extent);
                return Some(Err(self.error(Failure::new(problem, extent.start as usize), extent)));
            }
            return Some(found);
        }
        None
    }
}

impl Documents {
    fn new(Text { text, damage }: Text, limits: &Limits) -> Self {
        let too_large = (text.len() > most_bytes(limits)).then_some(text.len());
        Self {
            end: text.len(),
            source: text,
            damage,
            lines: Arc::default(),
            limits: limits.clone(),
            part_at: 0,
            part_line: 1,
            first: 0,
            json: None,
            count: 0,
            too_large,
            done: false,
        }
    }

    /// Cuts what is still to be read between documents, into readers of at least `bytes` each that can
    /// be on different threads. They share the index of lines, and each has the limits for itself.
    pub fn cut(self, bytes: usize) -> Vec<Self> {
        let mut readers = Vec::new();
        let fresh = |start: usize, line: u32, end: usize, first: u32| Self {
            source: self.source.clone(),
            lines: self.lines.clone(),
            damage: self.damage.clone(),
            limits: self.limits.clone(),
            end,
            part_at: start,
            part_line: line,
            first,
            json: None,
            count: 0,
            too_large: None,
            done: false,
        };
        if self.json.is_some() || self.count > 0 || self.too_large.is_some() {
            return vec![self];
        }
        let text = self.source.get(..self.end).unwrap_or("");
        let mut parts = Parts::from(text, self.part_at, self.part_line);
        let (mut start, mut line, mut first, mut count) =
            (self.part_at, self.part_line, self.first, self.first);
        while parts.next().is_some() {
            count += 1;
            let (at, at_line) = parts.state();
            if at - start >= bytes && at < self.end {
                readers.push(fresh(start, line, at, first));
                (start, line, first) = (at, at_line, count);
            }
        }
        readers.push(fresh(start, line, self.end, first));
        readers
    }

    /// The text that is read; damaged bytes are replaced in it.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// How many of the source's parts come before what this reads: a number for its first document.
    pub fn first(&self) -> u32 {
        self.first
    }

    fn next_part(&mut self) -> Option<Found> {
        let text = self.source.get(..self.end).unwrap_or("");
        let mut parts = Parts::from(text, self.part_at, self.part_line);
        let part = parts.next();
        (self.part_at, self.part_line) = parts.state();
        self.done = part.is_none();
        let part = part?.span;
        let Some(start) = json_start(part.of(&self.source)) else {
            return self.yaml(part);
        };
        let start = part.start as usize + start;
        let tree = Tree::within(self.source.clone(), self.lines.clone(), part);
        let failure = match json::parse(tree, start, part.end as usize, &self.limits) {
            Ok(json::Parsed { tree, end }) => return Some(self.json_value(tree, end, part)),
            Err(failure) => failure,
        };
        match self.yaml(part) {
            Some(Ok(mut tree)) => {
                // What YAML would skip may be another JSON value.
                let rest = tree.ignored().filter(|rest| json_start(rest.of(&self.source)).is_some());
                if let Some(rest) = rest {
                    self.json = Some(rest);
                    tree.set_ignored(None);
                    tree.set_extent(Span { start: part.start, end: rest.start });
                }
                Some(Ok(tree))
            }
            Some(Err(error)) if error.offset as usize > failure.offset() => Some(Err(error)),
            _ => Some(Err(self.json_damage(failure, part))),
        }
    }

    fn yaml(&self, part: Span) -> Option<Found> {
        if let Some(failure) = self.damage_within(part) {
            return Some(Err(self.error(failure, part)));
        }
        let tree = Tree::within(self.source.clone(), self.lines.clone(), part);
        match yaml::parse(tree, &self.limits) {
            Ok(tree) => tree.map(Ok),
            Err(failure) => Some(Err(self.error(failure, part))),
        }
    }

    /// The next value of a run of JSON values.
    fn next_json(&mut self, rest: Span) -> Option<Found> {
        let text = rest.of(&self.source);
        let Some(start) = json_start(text) else {
            let start = rest.start as usize + skip_blank(text)?;
            let failure = Failure::syntax(start, "expected another JSON value or the end");
            return Some(Err(self.json_damage(failure, rest)));
        };
        let tree = Tree::within(self.source.clone(), self.lines.clone(), rest);
        Some(match json::parse(tree, rest.start as usize + start, rest.end as usize, &self.limits) {
            Ok(json::Parsed { tree, end }) => self.json_value(tree, end, rest),
            Err(failure) => Err(self.json_damage(failure, rest)),
        })
    }

    /// A value was read up to `end`; what is left waits for the next turn.
    fn json_value(&mut self, mut tree: Tree, end: usize, part: Span) -> Found {
        let rest = Span { start: u32::try_from(end).unwrap_or(u32::MAX), end: part.end };
        if skip_blank(rest.of(&self.source)).is_some() {
            self.json = Some(rest);
            tree.set_extent(Span { start: part.start, end: rest.start });
        }
        match self.damage_within(tree.extent()) {
            Some(failure) => Err(self.error(failure, tree.extent())),
            None => Ok(tree),
        }
    }

    /// After damage, a line that begins like a JSON object is taken for the next value.
    fn json_damage(&mut self, failure: Failure, part: Span) -> ReadError {
        let text = self.source.get(failure.offset()..part.end as usize).unwrap_or("");
        let next = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1).find(|at| {
            let line = text.get(*at..).unwrap_or("");
            ["{\"", "{\n", "{\r\n"].iter().any(|start| line.starts_with(start))
        });
        let mut lost = part;
        if let Some(next) = next {
            lost.end = u32::try_from(failure.offset() + next).unwrap_or(u32::MAX);
            self.json = Some(Span { start: lost.end, end: part.end });
        }
        let failure = self.damage_within(lost).unwrap_or(failure);
        self.error(failure, lost)
    }

    fn damage_within(&self, extent: Span) -> Option<Failure> {
        let first = self.damage.partition_point(|offset| *offset < extent.start);
        let offset = self.damage.get(first).filter(|offset| **offset < extent.end)?;
        Some(Failure::new(Problem::NotUtf8, *offset as usize))
    }

    fn error(&self, failure: Failure, extent: Span) -> ReadError {
        let offset = u32::try_from(failure.offset()).unwrap_or(u32::MAX);
        let at = self.lines.get_or_init(|| LineIndex::new(&self.source)).position(&self.source, offset);
        ReadError { problem: failure.into_problem(), at, offset, extent }
    }
}

/// Offsets have 32 bits, and one past the end must fit too.
fn most_bytes(limits: &Limits) -> usize {
    limits.bytes.min(u32::MAX as usize - 1)
}

/// Where a part's JSON begins, if its first value begins as JSON does.
fn json_start(part: &str) -> Option<usize> {
    let rest = part.strip_prefix('\u{FEFF}').unwrap_or(part);
    let rest = rest.strip_prefix("---").unwrap_or(rest);
    let start = part.len() - rest.len() + skip_blank(rest)?;
    matches!(part.as_bytes().get(start), Some(b'{' | b'[')).then_some(start)
}

/// Where the first text begins that is neither a blank nor a comment.
fn skip_blank(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b'#' => at += memchr::memchr2(b'\n', b'\r', bytes.get(at..)?)?,
            _ => return Some(at),
        }
    }
}
