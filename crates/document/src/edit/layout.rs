//! Where in the text a change has to be made.

use std::ops::Range;

use serde_json::{Value, json};

use super::write::{entry, flow, text};
use super::{EditError, EditStep, Reached, reach};
use crate::tree::{Entry, Kind, Node, Tree};

/// One document and how it is written.
pub(super) struct Layout<'a> {
    tree: &'a Tree,
    source: &'a str,
    /// How far a block stands behind its key.
    step: usize,
    /// How far dashes stand behind their key.
    dash: usize,
    /// It is JSON: texts and names are in quotes.
    json: bool,
    /// What ends a line.
    line_end: &'static str,
}

impl<'a> Layout<'a> {
    pub(super) fn new(tree: &'a Tree) -> Self {
        let source = &**tree.source();
        let root = tree.root();
        let json = root
            .raw_entries()
            .first()
            .is_some_and(|entry| is_flow(root, source) && at(source, entry) == Some('"'));
        let line_end = if source.contains("\r\n") { "\r\n" } else { "\n" };
        let mut layout = Self { tree, source, step: 2, dash: 0, json, line_end };
        layout.measure();
        layout
    }

    /// Takes the steps of blocks from the first ones that there are.
    fn measure(&mut self) {
        let (mut step, mut dash) = (None, None);
        let mut open = vec![self.tree.root()];
        while let Some(node) = open.pop() {
            for entry in node.raw_entries() {
                let value = self.tree.node(entry.value);
                let own = self.column(entry.span.start);
                if self.line(value.span().start) > self.line(entry.span.start) {
                    let behind = self.column(value.span().start).saturating_sub(own);
                    if value.is_mapping() && behind > 0 {
                        step = step.or(Some(behind));
                    } else if value.is_sequence() {
                        dash = dash.or(Some(behind));
                    }
                }
            }
            if step.is_some() && dash.is_some() {
                break;
            }
            open.extend(node.entries().map(|(_, value)| value));
            open.extend(node.items());
        }
        self.step = step.unwrap_or(2);
        self.dash = dash.unwrap_or(0);
    }

    pub(super) fn set(&self, path: &[EditStep], value: &Value) -> Result<String, EditError> {
        let Reached { node, entry: of, rest } = reach(self.tree, path)?;
        let Some((first, more)) = rest.split_first() else {
            return Ok(self.replace(node, of, value));
        };
        let EditStep::Field(name) = first else { return Err(EditError::NoPlace) };
        let value = more.iter().rev().try_fold(value.clone(), |value, step| match step {
            EditStep::Field(name) => Ok(json!({ name.as_str(): value })),
            EditStep::Item(_) => Err(EditError::NoPlace),
        })?;
        match node.kind() {
            Kind::Mapping(_) => self.insert(node, name, &value),
            Kind::Null => {
                let of = of.ok_or(EditError::NoPlace)?;
                self.fill(node, of, name, &value)
            }
            _ => Err(EditError::NoPlace),
        }
    }

    pub(super) fn append(&self, path: &[EditStep], value: &Value) -> Result<String, EditError> {
        let Reached { node, rest, .. } = reach(self.tree, path)?;
        if !rest.is_empty() || node.is_null() {
            return self.set(path, &json!([value]));
        }
        if !node.is_sequence() {
            return Err(EditError::NoPlace);
        }
        let item = flow(value, self.json);
        let span = node.span();
        if is_flow(node, self.source) {
            let close = (span.end as usize).checked_sub(1).ok_or(EditError::Layout)?;
            let at = match node.items().next_back() {
                None => return Ok(self.splice(close..close, &item)),
                Some(last) => self.end(last),
            };
            return Ok(self.splice(at..at, &format!(", {item}")));
        }
        let last = node.items().next_back().ok_or(EditError::Layout)?;
        let indent = self.column(span.start);
        let at = self.line_end(self.end(last));
        Ok(self.splice(at..at, &self.on_a_line(at, &format!("{:indent$}- {item}\n", ""))))
    }

    pub(super) fn remove(&self, path: &[EditStep]) -> Result<String, EditError> {
        let (last, before) = path.split_last().ok_or(EditError::NoPlace)?;
        let holder = reach(self.tree, before)?;
        let found = reach(self.tree, path)?;
        if !found.rest.is_empty() || !holder.rest.is_empty() {
            return Err(EditError::NoPlace);
        }
        let (count, index) = match last {
            EditStep::Field(_) => {
                let entries = holder.node.raw_entries();
                let own = found.entry.ok_or(EditError::NoPlace)?;
                (entries.len(), entries.iter().position(|entry| entry.key == own.key))
            }
            EditStep::Item(index) => (holder.node.items().len(), Some(*index)),
        };
        if count == 1 && !before.is_empty() {
            return self.remove(before);
        }
        let index = index.ok_or(EditError::NoPlace)?;
        let start_of = |index: usize| match last {
            EditStep::Field(_) => holder.node.raw_entries().get(index).map(|entry| entry.span.start as usize),
            EditStep::Item(_) => holder.node.item(index).map(|item| item.span().start as usize),
        };
        let start = start_of(index).ok_or(EditError::NoPlace)?;
        let end = found.entry.map_or(0, |entry| entry.span.end as usize).max(self.end(found.node));
        if is_flow(holder.node, self.source) {
            let range = match (index.checked_sub(1), start_of(index + 1)) {
                (_, Some(next)) => start..next,
                (Some(before), None) => self.end_of(holder.node, before, last)..end,
                (None, None) => start..end,
            };
            return Ok(self.splice(range, ""));
        }
        let line = self.line_start(start);
        let is_first_on_line = self.source.get(line..start).is_some_and(|text| match last {
            EditStep::Field(_) => text.trim().is_empty(),
            EditStep::Item(_) => text.trim() == "-",
        });
        if is_first_on_line {
            return Ok(self.splice(line..self.line_end(end), ""));
        }
        // The first entry of an item stands behind the item's dash, which stays for the next.
        let next = start_of(index + 1).filter(|_| index == 0).ok_or(EditError::Layout)?;
        Ok(self.splice(start..next, ""))
    }

    /// The end of an entry or item of a holder.
    fn end_of(&self, holder: Node<'a>, index: usize, like: &EditStep) -> usize {
        let node = match like {
            EditStep::Field(_) => holder.raw_entries().get(index).map(|entry| self.tree.node(entry.value)),
            EditStep::Item(_) => holder.item(index),
        };
        node.map_or(0, |node| self.end(node))
    }

    /// Another value in the place of one that is there.
    fn replace(&self, node: Node<'a>, of: Option<Entry>, value: &Value) -> String {
        let new = flow(value, self.json);
        let span = node.span();
        match of {
            // From the colon on: a block of lines becomes a single value, nothing becomes something.
            Some(of) if node.is_null() || node.is_mapping() || node.is_sequence() => {
                let colon = self.colon(of);
                let end = self.end(node).max(colon);
                let tail =
                    if self.source.get(..end).is_some_and(|text| text.ends_with('\n')) { "\n" } else { "" };
                self.splice(colon..end, &format!(" {new}{tail}"))
            }
            _ => self.splice(span.start as usize..span.end as usize, &new),
        }
    }

    /// A new entry at the end of a mapping.
    fn insert(&self, mapping: Node<'a>, name: &str, value: &Value) -> Result<String, EditError> {
        let span = mapping.span();
        let Some(last) = mapping.raw_entries().last() else {
            // Only `{}` is a mapping without entries.
            let inside = span.start as usize + 1;
            let new = format!("{}: {}", text(name, self.json), flow(value, self.json));
            return Ok(self.splice(inside..inside, &new));
        };
        let end = (last.span.end as usize).max(self.end(self.tree.node(last.value)));
        if is_flow(mapping, self.source) {
            let new = format!("{}: {}", text(name, self.json), flow(value, self.json));
            let own_lines = self.line(last.span.start) > self.line(span.start);
            let between = if own_lines {
                format!(",\n{:width$}", "", width = self.column(last.span.start))
            } else {
                ", ".into()
            };
            return Ok(self.splice(end..end, &format!("{between}{new}")));
        }
        let first = mapping.raw_entries().first().ok_or(EditError::Layout)?;
        let indent = self.column(first.span.start);
        let at = self.line_end(end.max(self.colon(*last)));
        let new = entry(name, value, indent, self.step, self.dash);
        Ok(self.splice(at..at, &self.on_a_line(at, &new)))
    }

    /// An entry below a key that stands there without a value.
    fn fill(&self, null: Node<'a>, of: Entry, name: &str, value: &Value) -> Result<String, EditError> {
        let colon = self.colon(of);
        let nested = json!({ name: value });
        if null.span().end > null.span().start && null.span().start as usize >= colon {
            // `null` or `~` is written out.
            return Ok(
                self.splice(colon..null.span().end as usize, &format!(" {}", flow(&nested, self.json)))
            );
        }
        if self.json {
            return Err(EditError::Layout);
        }
        let at = self.line_end(colon);
        let new = entry(name, value, self.column(of.span.start) + self.step, self.step, self.dash);
        Ok(self.splice(at..at, &self.on_a_line(at, &new)))
    }

    /// Just behind the colon of an entry.
    fn colon(&self, of: Entry) -> usize {
        let end = of.span.end as usize;
        self.source.get(end..).and_then(|rest| rest.find(':')).map_or(end, |skip| end + skip + 1)
    }

    /// Where the text of a value ends, whatever is nested in it.
    fn end(&self, node: Node<'a>) -> usize {
        if is_flow(node, self.source) {
            return node.span().end as usize;
        }
        let last = match node.kind() {
            Kind::Mapping(_) => node
                .raw_entries()
                .last()
                .map(|entry| (self.colon(*entry)).max(self.end(self.tree.node(entry.value)))),
            Kind::Sequence(_) => node.items().next_back().map(|item| self.end(item)),
            _ => None,
        };
        last.unwrap_or(node.span().end as usize)
    }

    fn line(&self, offset: u32) -> u32 {
        self.tree.position(offset).line
    }

    /// Blanks before a place, were its line empty.
    fn column(&self, offset: u32) -> usize {
        (self.tree.position(offset).column as usize).saturating_sub(1)
    }

    fn line_start(&self, offset: usize) -> usize {
        self.source.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
    }

    /// Where the next line begins.
    fn line_end(&self, offset: usize) -> usize {
        if offset > 0 && self.source.get(..offset).is_some_and(|before| before.ends_with('\n')) {
            return offset;
        }
        let rest = self.source.get(offset..).unwrap_or("");
        rest.find('\n').map_or(self.source.len(), |skip| offset + skip + 1)
    }

    /// Lines to be put at a place: in a file whose last line does not end, that line is ended first.
    fn on_a_line(&self, at: usize, new: &str) -> String {
        let ends = self.source.get(..at).is_none_or(|before| before.is_empty() || before.ends_with('\n'));
        if ends { new.to_owned() } else { format!("\n{}", new.trim_end_matches('\n')) }
    }

    fn splice(&self, range: Range<usize>, new: &str) -> String {
        let before = self.source.get(..range.start).unwrap_or("");
        let after = self.source.get(range.end..).unwrap_or("");
        [before, &new.replace('\n', self.line_end), after].concat()
    }
}

fn is_flow(node: Node<'_>, source: &str) -> bool {
    (node.is_mapping() || node.is_sequence()) && node.span().of(source).starts_with(['{', '['])
}

fn at(source: &str, entry: &Entry) -> Option<char> {
    source.get(entry.span.start as usize..)?.chars().next()
}
