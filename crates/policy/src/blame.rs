//! From a place in an object to a finding: field path, fingerprint, location, excerpt.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::Arc;

use bulkhead_document::{Key, Kind, Node, Span, Tree};
use bulkhead_model::{Excerpt, Finding, Location, Subject, Workload, WorkloadFingerprints};

use crate::path::{Segment, Step};
use crate::plan::Head;
use crate::schema::Schema;
use crate::secret::Covers;
use crate::units::Pod;

/// The longest excerpt of a source line, in characters.
const LONGEST_LINE: usize = 400;
/// List items without a key are told apart by their value, up to this many bytes of it.
const LONGEST_VALUE: usize = 512;

/// One object while its findings are written.
pub(crate) struct Scribe<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) root: Node<'a>,
    pub(crate) file: &'a Arc<str>,
    pub(crate) document: u32,
    pub(crate) subject: Arc<Subject>,
    pub(crate) workload: &'a Arc<Workload>,
    pub(crate) fingerprints: WorkloadFingerprints<'a>,
    /// Whether the workload runs Pods: otherwise it is the object itself, and is not named twice.
    pub(crate) runs_pods: bool,
    /// The Pod whose units are judged.
    pub(crate) pod: Option<&'a Pod>,
    /// What the schema says of the object.
    pub(crate) schema: Schema<'a>,
    /// What to cover in excerpts; excerpts are made only where this is.
    pub(crate) covers: Option<Covers>,
    /// Reused from finding to finding.
    pub(crate) text: Cell<String>,
}

/// Which place to blame.
pub(crate) struct Place<'a, 's> {
    /// The way from the object's root to the nearest thing that is there.
    pub(crate) steps: &'s [Step],
    /// What is there.
    pub(crate) node: Node<'a>,
    /// What is absent below it.
    pub(crate) rest: &'s [Segment],
}

impl<'a> Scribe<'a> {
    /// A finding at a place.
    pub(crate) fn finding(&self, head: &Head, place: &Place<'a, '_>, message: Arc<str>) -> Finding {
        self.finding_told_apart(head, place, message, "")
    }

    /// A finding at a place where the same check may find something else too: `by` tells them apart.
    pub(crate) fn finding_told_apart(
        &self,
        head: &Head,
        place: &Place<'a, '_>,
        message: Arc<str>,
        by: &str,
    ) -> Finding {
        let mut text = self.text.take();
        text.clear();
        write_steps(&mut text, self.tree, place.steps);
        write_rest(&mut text, place.rest);
        let field = Arc::from(&*text);
        text.clear();
        self.write_identity(&mut text, place);
        text.push_str(by);
        let fingerprint = self.fingerprints.name(&head.id, &text);
        self.text.set(text);
        let span = self.span(place);
        Finding {
            check: head.id.clone(),
            severity: head.severity,
            subject: self.subject.clone(),
            workload: self.runs_pods.then(|| self.workload.clone()),
            field,
            at: Some(self.location(span)),
            message,
            fix: head.fix.clone(),
            fingerprint,
            excepted: None,
            claimed: None,
            known: false,
            excerpt: self.covers.as_ref().map(|covers| Box::new(excerpt(self.tree, span, covers))),
        }
    }

    /// A scalar is blamed itself; of anything larger its key, or where it begins.
    fn span(&self, place: &Place<'a, '_>) -> Span {
        let whole = matches!(place.node.kind(), Kind::Mapping(_) | Kind::Sequence(_));
        if !whole {
            return place.node.span();
        }
        let key = place.steps.split_last().and_then(|(last, before)| {
            let Step::Field(key) = *last else { return None };
            let parent = self.walk(before)?;
            parent.raw_entries().iter().find(|entry| entry.key == key).map(|entry| entry.span)
        });
        key.filter(|span| span.end > span.start).unwrap_or_else(|| place.node.span())
    }

    fn location(&self, span: Span) -> Location {
        let text = self.tree.source().get(span.start as usize..span.end as usize).unwrap_or("");
        let start = self.tree.position(span.start);
        let end = self.tree.position(span.start.saturating_add(count(text.trim_end().len())));
        Location {
            file: self.file.clone(),
            document: self.document,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// See [`bulkhead_model::Identity::path`]. What stands outside the Pod template of a workload begins
    /// with `workload.`, so that a Deployment's own labels are not its Pods'.
    fn write_identity(&self, path: &mut String, place: &Place<'a, '_>) {
        let mut node = Some(self.root);
        let mut cursor = self.schema.cursor();
        let mut steps = Cow::Borrowed(place.steps);
        match self.pod.and_then(|pod| Some((pod, pod.to_view(place.steps)?))) {
            Some((pod, view)) => {
                node = Some(self.tree.node(pod.root));
                cursor = self.schema.template_cursor(pod.steps.is_empty());
                steps = view;
            }
            None if self.runs_pods => path.push_str("workload."),
            None => (),
        }
        for step in &*steps {
            node = node.and_then(|parent| walk(parent, std::slice::from_ref(step)));
            let keys = cursor.step(*step);
            match step {
                Step::Field(key) => write_field(path, self.tree.key_name(*key)),
                Step::Index(_) => write_item(path, node, keys),
            }
        }
        write_rest(path, place.rest);
    }
}

impl<'a> Scribe<'a> {
    /// What a way leads to: below the Pod template, in the Pod's own view.
    pub(crate) fn walk(&self, steps: &[Step]) -> Option<Node<'a>> {
        match self.pod.and_then(|pod| Some((pod, pod.to_view(steps)?))) {
            Some((pod, view)) => walk(self.tree.node(pod.root), &view),
            None => walk(self.root, steps),
        }
    }
}

/// The child that steps lead to.
pub(crate) fn walk<'a>(start: Node<'a>, steps: &[Step]) -> Option<Node<'a>> {
    steps.iter().try_fold(start, |node, step| match step {
        Step::Field(key) => node.get_key(*key),
        Step::Index(index) => node.item(*index as usize),
    })
}

/// Steps as a field path: `spec.containers[0].image`.
pub(crate) fn write_steps(path: &mut String, tree: &Tree, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Field(key) => write_field(path, tree.key_name(*key)),
            Step::Index(index) => write_index(path, *index),
        }
    }
}

/// Without the formatter: paths are written for every finding.
fn write_index(path: &mut String, index: u32) {
    path.push('[');
    match u8::try_from(index) {
        Ok(digit @ 0..=9) => path.push(char::from(b'0' + digit)),
        _ => path.push_str(&index.to_string()),
    }
    path.push(']');
}

fn write_rest(path: &mut String, rest: &[Segment]) {
    for segment in rest {
        match segment {
            Segment::Field { name, .. } => write_field(path, name),
            Segment::Every => path.push_str("[*]"),
        }
    }
}

/// The bytes of names that stand in a path as they are. A table, because paths are written for every
/// finding.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    loop {
        plain[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
        match byte.checked_add(1) {
            Some(next) => byte = next,
            None => break plain,
        }
    }
};

fn write_field(path: &mut String, name: &str) {
    if !name.is_empty() && name.bytes().all(|byte| PLAIN[usize::from(byte)]) {
        if !path.is_empty() && !path.ends_with('.') {
            path.push('.');
        }
        path.push_str(name);
    } else {
        _ = write!(path, "['{name}']");
    }
}

/// `[name=web]`; without keys, the value itself.
fn write_item(path: &mut String, item: Option<Node<'_>>, keys: &[Key]) {
    let Some(item) = item else { return };
    path.push('[');
    if keys.iter().all(|key| item.get_key(*key).is_none()) {
        let value = item.as_str().map_or_else(|| format!("{item:?}").into(), Cow::Borrowed);
        path.push('=');
        path.extend(value.chars().take(LONGEST_VALUE));
    } else {
        for (place, key) in keys.iter().enumerate() {
            if place > 0 {
                path.push(',');
            }
            path.push_str(item.tree().key_name(*key));
            path.push('=');
            match item.get_key(*key).map(|value| value.as_str().ok_or(value)) {
                Some(Ok(text)) => path.push_str(text),
                Some(Err(value)) => _ = write!(path, "{value:?}"),
                None => (),
            }
        }
    }
    path.push(']');
}

/// The first line of a span, what is secret in it covered.
fn excerpt(tree: &Tree, span: Span, covers: &Covers) -> Excerpt {
    let source = tree.source();
    let position = tree.position(span.start);
    let line = tree.lines().line(source, position.line).unwrap_or("");
    let line_start = tree.lines().start(position.line).unwrap_or(0) as usize;
    let before = line.get(..(span.start as usize).saturating_sub(line_start)).unwrap_or(line);
    let column = (position.column as usize).saturating_sub(1);
    // Of an endless line, what surrounds the place; nor is it walked from its beginning.
    let (mut skip, mut from) = (0, 0);
    if column + 40 >= LONGEST_LINE {
        let shown = LONGEST_LINE / 4;
        skip = column.saturating_sub(shown);
        from = before.char_indices().rev().take(shown).last().map_or(before.len(), |(offset, _)| offset);
    }
    let mut text = String::with_capacity(line.len().min(LONGEST_LINE));
    let mut length = 0;
    for (offset, character) in line.get(from..).unwrap_or("").char_indices().take(LONGEST_LINE) {
        let at = count(line_start + from + offset);
        text.push(if covers.covers(at) { '•' } else { character });
        length += usize::from((span.start..span.end).contains(&at));
    }
    if skip > 0 {
        text.insert(0, '…');
    }
    let start = column - skip + usize::from(skip > 0);
    Excerpt { text: text.trim_end().into(), start: count(start), length: count(length.max(1)) }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
