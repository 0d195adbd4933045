//! The front: a source in, documents out.

use std::sync::{Arc, OnceLock};

use crate::limits::{Failure, Limits, Problem, ReadError};
use crate::lines::LineIndex;
use crate::split::{Part, Parts};
use crate::tree::{Span, Tree};
use crate::{json, yaml};

/// Reads the documents of a YAML or JSON source. What holds no value (comments, nothing between two
/// markers) is no document.
pub fn read(source: Arc<str>, limits: &Limits) -> Documents {
    let source_end = source.len();
    Documents {
        source,
        lines: Arc::default(),
        limits: limits.clone(),
        end: source_end,
        part_at: 0,
        part_line: 1,
        first: 0,
        json: None,
        count: 0,
        done: false,
    }
}

/// The documents of one source, read one after the other.
#[derive(Debug)]
pub struct Documents {
    source: Arc<str>,
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
    done: bool,
}

impl Iterator for Documents {
    type Item = Result<Tree, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            if self.count == 0 && self.source.len() > self.limits.bytes.min(u32::MAX as usize - 1) {
                self.done = true;
                let (size, limit) = (self.source.len(), self.limits.bytes.min(u32::MAX as usize - 1));
                return Some(Err(self.error(
                    Problem::TooLarge { size, limit },
                    0,
                    Span::default(),
                )));
            }
            let found = if let Some(rest) = self.json.take() {
                self.next_json(rest, false)
            } else {
                let part = self.next_part()?;
                if starts_as_json(part.span.of(&self.source)).is_some() {
                    self.next_json(part.span, true)
                } else {
                    self.yaml(part.span)
                }
            };
            let Some(found) = found else { continue };
            self.count += 1;
            if self.count > self.limits.documents {
                self.done = true;
                let problem = Problem::TooManyDocuments {
                    limit: self.limits.documents,
                };
                let extent = match &found {
                    Ok(tree) => tree.extent(),
                    Err(error) => error.extent,
                };
                return Some(Err(self.error(problem, extent.start as usize, extent)));
            }
            return Some(found);
        }
        None
    }
}

impl Documents {
    /// Cuts what is still to be read between documents, into readers of at least `bytes` each that can
    /// be on different threads. They share the index of lines, and each has the limits for itself.
    pub fn cut(self, bytes: usize) -> Vec<Self> {
        let mut readers = Vec::new();
        let fresh = |start: usize, line: u32, end: usize, first: u32| Self {
            source: self.source.clone(),
            lines: self.lines.clone(),
            limits: self.limits.clone(),
            end,
            part_at: start,
            part_line: line,
            first,
            json: None,
            count: 0,
            done: false,
        };
        if self.json.is_some() || self.count > 0 || self.source.len() > self.limits.bytes {
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

    /// How many of the source's parts come before what this reads: a number for its first document.
    pub fn first(&self) -> u32 {
        self.first
    }

    fn next_part(&mut self) -> Option<Part> {
        let text = self.source.get(..self.end).unwrap_or("");
        let mut parts = Parts::from(text, self.part_at, self.part_line);
        let part = parts.next();
        (self.part_at, self.part_line) = parts.state();
        self.done |= part.is_none();
        part
    }

    fn yaml(&self, part: Span) -> Option<Result<Tree, ReadError>> {
        let tree = Tree::within(self.source.clone(), self.lines.clone(), part);
        match yaml::parse(tree, &self.limits) {
            Ok(tree) => tree.map(Ok),
            Err(failure) => Some(Err(self.fail(failure, part))),
        }
    }

    /// The next value of a run of JSON values. What is no JSON may still be YAML in flow style, if
    /// nothing came before it.
    fn next_json(&mut self, part: Span, first: bool) -> Option<Result<Tree, ReadError>> {
        let text = part.of(&self.source);
        let start = part.start as usize + starts_as_json(text)?;
        let tree = Tree::within(self.source.clone(), self.lines.clone(), part);
        match json::parse(tree, start, part.end as usize, &self.limits) {
            Ok(json::Parsed { mut tree, end }) => {
                let rest = Span {
                    start: u32::try_from(end).unwrap_or(u32::MAX),
                    end: part.end,
                };
                if rest
                    .of(&self.source)
                    .trim_matches([' ', '\t', '\r', '\n'])
                    .is_empty()
                {
                    return Some(Ok(tree));
                }
                tree.set_extent(Span {
                    start: part.start,
                    end: rest.start,
                });
                if starts_as_json(rest.of(&self.source)).is_some() {
                    self.json = Some(rest);
                    return Some(Ok(tree));
                }
                // Text follows the value: a YAML key such as `{{ x }}: 1`, a comment, or damage.
                match self.yaml(part) {
                    Some(Err(_)) if !first => Some(Err(self.fail(
                        Failure::syntax(end, "expected another JSON value or the end"),
                        part,
                    ))),
                    other => other,
                }
            }
            Err(failure) => {
                let other = if first { self.yaml(part) } else { None };
                match other {
                    Some(Err(error)) if error.offset as usize > failure.offset => Some(Err(error)),
                    Some(Err(_)) | None => {
                        let lost = self.resume(part, failure.offset);
                        Some(Err(self.fail(failure, lost)))
                    }
                    read => read,
                }
            }
        }
    }

    /// After damage, a line that begins like a JSON object is taken for the next value.
    fn resume(&mut self, part: Span, failed: usize) -> Span {
        let rest = Span {
            start: u32::try_from(failed).unwrap_or(u32::MAX),
            end: part.end,
        };
        let text = rest.of(&self.source);
        let next = memchr::memchr_iter(b'\n', text.as_bytes())
            .map(|at| at + 1)
            .find(|at| {
                let line = text.get(*at..).unwrap_or("");
                line.starts_with("{\"") || line.starts_with("{\n") || line.starts_with("{\r\n")
            });
        let Some(next) = next else { return part };
        let start = rest.start.saturating_add(u32::try_from(next).unwrap_or(u32::MAX));
        self.json = Some(Span { start, end: part.end });
        Span {
            start: part.start,
            end: start,
        }
    }

    fn fail(&self, failure: Failure, extent: Span) -> ReadError {
        self.error(failure.problem, failure.offset, extent)
    }

    fn error(&self, problem: Problem, offset: usize, extent: Span) -> ReadError {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let at = self
            .lines
            .get_or_init(|| LineIndex::new(&self.source))
            .position(&self.source, offset);
        ReadError {
            problem,
            at,
            offset,
            extent,
        }
    }
}

/// Where a part's JSON begins, if its first value begins as JSON does.
fn starts_as_json(part: &str) -> Option<usize> {
    let mut rest = part.trim_start_matches('\u{FEFF}');
    if let Some(after) = rest.strip_prefix("---") {
        rest = after;
    }
    rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
    rest.starts_with(['{', '[']).then(|| part.len() - rest.len())
}
