//! The arena: nodes, entries and text of one document.

mod node;

use std::sync::{Arc, OnceLock};

use crate::key::{Key, Overflow};
use crate::lines::{LineIndex, Position};

pub use node::Node;

/// Where a value stands in its source: byte offsets from the start of the file, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The text of the span; empty where the span does not fit the source.
    pub fn of(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// A node's place in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It stands in the source.
    Source,
    /// The API server would have added it; the span is that of what caused it.
    Default,
    /// It stands in the source in another spelling (a quantity, a number as text).
    Canonical,
}

/// What a node is, with its value where it is a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind<'a> {
    /// `null`, `~` or nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number that fits 64 bits with sign.
    Int(i64),
    /// A whole number above `i64::MAX`.
    UInt(u64),
    /// Any other number; never NaN or infinite.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// A sequence of so many items.
    Sequence(usize),
    /// A mapping of so many entries.
    Mapping(usize),
}

/// How to read the two halves of a record's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Null,
    Bool,
    Int,
    UInt,
    Float,
    /// Start and length in the source.
    Slice,
    /// Start and length in the tree's own text: escapes resolved, lines folded.
    Own,
    /// Start and length in the items.
    Sequence,
    /// Start and length in the entries.
    Mapping,
    /// Place among the big mappings, and length.
    BigMapping,
}

/// 20 bytes a node: a payload of two halves keeps the alignment at four.
#[derive(Debug, Clone, Copy)]
struct Record {
    payload: [u32; 2],
    span: Span,
    form: Form,
    origin: Origin,
}

/// A mapping with more entries than a search from the front should pass.
#[derive(Debug, Clone, Copy)]
struct Big {
    entries: u32,
    /// Start in the order by key.
    order: u32,
}

/// Up to here a mapping is searched from the front.
pub(crate) const SMALL: usize = 16;

/// A key of a mapping with its value.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The interned key.
    pub key: Key,
    /// The value.
    pub value: NodeId,
    /// Where the key stands.
    pub span: Span,
}

/// A key that a mapping has more than once. The last one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// The interned key.
    pub key: Key,
    /// Where the key stood before.
    pub first: Span,
    /// Where it stands again.
    pub again: Span,
}

/// One document.
#[derive(Clone)]
pub struct Tree {
    source: Arc<str>,
    lines: Arc<OnceLock<LineIndex>>,
    extent: Span,
    nodes: Vec<Record>,
    items: Vec<NodeId>,
    entries: Vec<Entry>,
    bigs: Vec<Big>,
    order: Vec<u32>,
    text: String,
    overflow: Overflow,
    duplicates: Vec<Duplicate>,
    ignored: Option<Span>,
    root: NodeId,
}

impl Tree {
    /// An empty tree over a source; its root is null until [`Tree::set_root`].
    pub fn new(source: Arc<str>) -> Self {
        let extent = Span { start: 0, end: offset(source.len()) };
        Self::within(source, Arc::default(), extent)
    }

    /// An empty tree over a part of a source, sharing the index of lines with the other parts.
    pub(crate) fn within(source: Arc<str>, lines: Arc<OnceLock<LineIndex>>, extent: Span) -> Self {
        let null =
            Record { payload: [0; 2], span: Span::default(), form: Form::Null, origin: Origin::Source };
        let mut nodes = Vec::with_capacity((extent.end.saturating_sub(extent.start) as usize / 24).min(4096));
        nodes.push(null);
        Self {
            source,
            lines,
            extent,
            nodes,
            items: Vec::new(),
            entries: Vec::new(),
            bigs: Vec::new(),
            order: Vec::new(),
            text: String::new(),
            overflow: Overflow::default(),
            duplicates: Vec::new(),
            ignored: None,
            root: NodeId(0),
        }
    }

    /// The file that the spans point into.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// The part of the file that is this document, comments and markers included.
    pub fn extent(&self) -> Span {
        self.extent
    }

    /// The line of the document's first value, from 1.
    pub fn first_line(&self) -> u32 {
        self.position(self.root().span().start).line
    }

    /// Line and column of a byte offset.
    pub fn position(&self, offset: u32) -> Position {
        self.lines().position(&self.source, offset)
    }

    /// Where the file's lines begin; made when first asked for, once for all documents of a file.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.source))
    }

    /// Keys that a mapping of the document has more than once, in the order of the file.
    pub fn duplicate_keys(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// Text that follows the document's value and is no part of it. Kubernetes' reader skips it in
    /// silence.
    pub fn ignored(&self) -> Option<Span> {
        self.ignored
    }

    /// The document's outermost value.
    pub fn root(&self) -> Node<'_> {
        self.node(self.root)
    }

    /// Makes a node the outermost one.
    pub fn set_root(&mut self, root: NodeId) {
        self.root = root;
    }

    /// A node by its place.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node::new(self, id)
    }

    /// How many nodes the tree holds. Aliased values are held once.
    pub fn node_count(&self) -> usize {
        self.nodes.len().saturating_sub(1)
    }

    /// Adds a scalar; text that is not a slice of the source is copied. Containers are added by
    /// [`Tree::add_sequence`] and [`Tree::add_mapping`].
    pub fn add_scalar(&mut self, value: Kind<'_>, span: Span, origin: Origin) -> NodeId {
        let (form, payload) = match value {
            Kind::Null | Kind::Sequence(_) | Kind::Mapping(_) => (Form::Null, [0; 2]),
            Kind::Bool(value) => (Form::Bool, [u32::from(value), 0]),
            Kind::Int(value) => (Form::Int, halves(value.cast_unsigned())),
            Kind::UInt(value) => (Form::UInt, halves(value)),
            Kind::Float(value) => (Form::Float, halves(value.to_bits())),
            Kind::Text(value) => {
                let start = offset(self.text.len());
                self.text.push_str(value);
                (Form::Own, [start, offset(value.len())])
            }
        };
        self.push(form, payload, span, origin)
    }

    /// Adds text that stands in the source as it is.
    pub fn add_slice(&mut self, text: Span, span: Span) -> NodeId {
        let length = text.end.saturating_sub(text.start);
        self.push(Form::Slice, [text.start, length], span, Origin::Source)
    }

    /// Adds a sequence of nodes that were added before.
    pub fn add_sequence(&mut self, items: &[NodeId], span: Span, origin: Origin) -> NodeId {
        let start = offset(self.items.len());
        self.items.extend_from_slice(items);
        self.push(Form::Sequence, [start, offset(items.len())], span, origin)
    }

    /// Adds a mapping of nodes that were added before. Its keys must differ.
    pub fn add_mapping(&mut self, entries: &[Entry], span: Span, origin: Origin) -> NodeId {
        let start = offset(self.entries.len());
        self.entries.extend_from_slice(entries);
        if entries.len() <= SMALL {
            return self.push(Form::Mapping, [start, offset(entries.len())], span, origin);
        }
        let order = offset(self.order.len());
        self.order.extend(0..offset(entries.len()));
        if let Some(order) = self.order.get_mut(order as usize..) {
            order.sort_unstable_by_key(|index| entries.get(*index as usize).map(|entry| entry.key));
        }
        let big = offset(self.bigs.len());
        self.bigs.push(Big { entries: start, order });
        self.push(Form::BigMapping, [big, offset(entries.len())], span, origin)
    }

    /// The number of a key in this document, made when it is new.
    pub fn intern(&mut self, name: &str) -> Key {
        self.overflow.intern(name)
    }

    /// The number of a key, if the schemas or this document have it.
    pub fn find_key(&self, name: &str) -> Option<Key> {
        self.overflow.find(name)
    }

    /// The keys of all its mappings but the first `skip` entries, with repetition, in the order they were
    /// added.
    pub fn keys(&self, skip: usize) -> impl Iterator<Item = Key> + '_ {
        self.entries.get(skip..).unwrap_or(&[]).iter().map(|entry| entry.key)
    }

    /// How many entries its mappings hold.
    pub fn entry_count(&self) -> usize {
        self.entries.len()
    }

    /// How a key is spelled.
    pub fn key_name(&self, key: Key) -> &str {
        self.overflow.name(key)
    }

    pub(crate) fn set_extent(&mut self, extent: Span) {
        self.extent = extent;
    }

    pub(crate) fn set_ignored(&mut self, ignored: Option<Span>) {
        self.ignored = ignored;
    }

    pub(crate) fn add_duplicate(&mut self, duplicate: Duplicate) {
        self.duplicates.push(duplicate);
    }

    fn push(&mut self, form: Form, payload: [u32; 2], span: Span, origin: Origin) -> NodeId {
        let id = NodeId(offset(self.nodes.len()));
        self.nodes.push(Record { payload, span, form, origin });
        id
    }
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.root().fmt(f)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
fn halves(value: u64) -> [u32; 2] {
    [value as u32, (value >> 32) as u32]
}

fn whole(halves: [u32; 2]) -> u64 {
    u64::from(halves[0]) | u64::from(halves[1]) << 32
}

/// Readers refuse files of 4 GiB and more, so a length always fits.
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
