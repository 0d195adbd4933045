//! The arena: nodes, entries and text of one document.

use std::collections::HashMap;
use std::sync::Arc;

use crate::key::Key;

/// Where a value stands in its source: byte offsets from the start of the file, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
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

#[derive(Debug, Clone, Copy)]
enum Data {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    /// A slice of the source.
    Slice { start: u32, len: u32 },
    /// A slice of the tree's own text: escapes resolved, lines folded.
    Own { start: u32, len: u32 },
    Sequence { start: u32, len: u32 },
    Mapping { start: u32, len: u32 },
}

#[derive(Debug, Clone, Copy)]
struct Record {
    data: Data,
    span: Span,
    origin: Origin,
}

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

/// One document.
#[derive(Debug, Clone)]
pub struct Tree {
    source: Arc<str>,
    nodes: Vec<Record>,
    items: Vec<NodeId>,
    entries: Vec<Entry>,
    text: String,
    overflow: Vec<Box<str>>,
    overflow_numbers: HashMap<Box<str>, u32>,
    root: NodeId,
}

impl Tree {
    /// An empty tree over a source; its root is null until [`Tree::set_root`].
    pub fn new(source: Arc<str>) -> Self {
        let null = Record { data: Data::Null, span: Span::default(), origin: Origin::Source };
        Self {
            source,
            nodes: vec![null],
            items: Vec::new(),
            entries: Vec::new(),
            text: String::new(),
            overflow: Vec::new(),
            overflow_numbers: HashMap::new(),
            root: NodeId(0),
        }
    }

    /// The file that the spans point into.
    pub fn source(&self) -> &Arc<str> {
        &self.source
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
        Node { tree: self, id }
    }

    /// Adds a scalar; text that is not a slice of the source is copied. Containers are added by
    /// [`Tree::add_sequence`] and [`Tree::add_mapping`].
    pub fn add_scalar(&mut self, value: Kind<'_>, span: Span, origin: Origin) -> NodeId {
        let data = match value {
            Kind::Null | Kind::Sequence(_) | Kind::Mapping(_) => Data::Null,
            Kind::Bool(value) => Data::Bool(value),
            Kind::Int(value) => Data::Int(value),
            Kind::UInt(value) => Data::UInt(value),
            Kind::Float(value) => Data::Float(value),
            Kind::Text(value) => {
                let start = offset(self.text.len());
                self.text.push_str(value);
                Data::Own { start, len: offset(value.len()) }
            }
        };
        self.push(data, span, origin)
    }

    /// Adds text that stands in the source as it is.
    pub fn add_slice(&mut self, text: Span, span: Span) -> NodeId {
        self.push(Data::Slice { start: text.start, len: text.end.saturating_sub(text.start) }, span, Origin::Source)
    }

    /// Adds a sequence of nodes that were added before.
    pub fn add_sequence(&mut self, items: &[NodeId], span: Span, origin: Origin) -> NodeId {
        let start = offset(self.items.len());
        self.items.extend_from_slice(items);
        self.push(Data::Sequence { start, len: offset(items.len()) }, span, origin)
    }

    /// Adds a mapping of nodes that were added before.
    pub fn add_mapping(&mut self, entries: &[Entry], span: Span, origin: Origin) -> NodeId {
        let start = offset(self.entries.len());
        self.entries.extend_from_slice(entries);
        self.push(Data::Mapping { start, len: offset(entries.len()) }, span, origin)
    }

    /// The number of a key in this document, made when it is new.
    pub fn intern(&mut self, name: &str) -> Key {
        if let Some(key) = Key::known(name) {
            return key;
        }
        if let Some(&number) = self.overflow_numbers.get(name) {
            return Key(number);
        }
        let number = Key::OVERFLOW + offset(self.overflow.len());
        self.overflow.push(name.into());
        self.overflow_numbers.insert(name.into(), number);
        Key(number)
    }

    /// The number of a key, if the schemas or this document have it.
    pub fn find_key(&self, name: &str) -> Option<Key> {
        Key::known(name).or_else(|| self.overflow_numbers.get(name).copied().map(Key))
    }

    /// How a key is spelled.
    pub fn key_name(&self, key: Key) -> &str {
        match key.0.checked_sub(Key::OVERFLOW) {
            Some(number) => self.overflow.get(number as usize).map_or("", |name| name),
            None => key.known_name().unwrap_or(""),
        }
    }

    fn push(&mut self, data: Data, span: Span, origin: Origin) -> NodeId {
        let id = NodeId(offset(self.nodes.len()));
        self.nodes.push(Record { data, span, origin });
        id
    }
}

/// A value within its tree; cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    tree: &'a Tree,
    id: NodeId,
}

impl<'a> Node<'a> {
    /// The tree it belongs to.
    pub fn tree(self) -> &'a Tree {
        self.tree
    }

    /// Its place in the tree.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// Where it stands; for a default, where its cause stands.
    pub fn span(self) -> Span {
        self.record().span
    }

    /// Whether it was written, or follows from what was.
    pub fn origin(self) -> Origin {
        self.record().origin
    }

    /// What it is.
    pub fn kind(self) -> Kind<'a> {
        match self.record().data {
            Data::Null => Kind::Null,
            Data::Bool(value) => Kind::Bool(value),
            Data::Int(value) => Kind::Int(value),
            Data::UInt(value) => Kind::UInt(value),
            Data::Float(value) => Kind::Float(value),
            Data::Slice { start, len } => Kind::Text(slice(&self.tree.source, start, len)),
            Data::Own { start, len } => Kind::Text(slice(&self.tree.text, start, len)),
            Data::Sequence { len, .. } => Kind::Sequence(len as usize),
            Data::Mapping { len, .. } => Kind::Mapping(len as usize),
        }
    }

    /// Its text, if it is text.
    pub fn as_str(self) -> Option<&'a str> {
        if let Kind::Text(value) = self.kind() { Some(value) } else { None }
    }

    /// Its truth value, if it is one.
    pub fn as_bool(self) -> Option<bool> {
        if let Kind::Bool(value) = self.kind() { Some(value) } else { None }
    }

    /// Its number, if it is a whole one that fits.
    pub fn as_i64(self) -> Option<i64> {
        if let Kind::Int(value) = self.kind() { Some(value) } else { None }
    }

    /// Whether it is null.
    pub fn is_null(self) -> bool {
        matches!(self.kind(), Kind::Null)
    }

    /// The value under a key; `None` also where this is no mapping.
    pub fn get(self, name: &str) -> Option<Node<'a>> {
        self.get_key(self.tree.find_key(name)?)
    }

    /// The value under an interned key.
    pub fn get_key(self, key: Key) -> Option<Node<'a>> {
        self.raw_entries().iter().find(|entry| entry.key == key).map(|entry| self.tree.node(entry.value))
    }

    /// The value at a path of plain keys, such as `["metadata", "name"]`.
    pub fn at(self, path: &[&str]) -> Option<Node<'a>> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// Its items in order; none where this is no sequence.
    pub fn items(self) -> impl ExactSizeIterator<Item = Node<'a>> + DoubleEndedIterator + 'a {
        self.item_ids().iter().map(move |id| self.tree.node(*id))
    }

    /// The item at an index.
    pub fn item(self, index: usize) -> Option<Node<'a>> {
        self.item_ids().get(index).map(|id| self.tree.node(*id))
    }

    /// Its entries in the order of the document; none where this is no mapping.
    pub fn entries(self) -> impl ExactSizeIterator<Item = (&'a str, Node<'a>)> + 'a {
        self.raw_entries().iter().map(move |entry| (self.tree.key_name(entry.key), self.tree.node(entry.value)))
    }

    /// Its entries as they are kept, with the place of each key.
    pub fn raw_entries(self) -> &'a [Entry] {
        match self.record().data {
            Data::Mapping { start, len } => range(&self.tree.entries, start, len),
            _ => &[],
        }
    }

    /// Its items as they are kept.
    pub fn item_ids(self) -> &'a [NodeId] {
        match self.record().data {
            Data::Sequence { start, len } => range(&self.tree.items, start, len),
            _ => &[],
        }
    }

    fn record(self) -> &'a Record {
        static NULL: Record =
            Record { data: Data::Null, span: Span { start: 0, end: 0 }, origin: Origin::Source };
        self.tree.nodes.get(self.id.0 as usize).unwrap_or(&NULL)
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind() {
            Kind::Null => f.write_str("null"),
            Kind::Bool(value) => write!(f, "{value}"),
            Kind::Int(value) => write!(f, "{value}"),
            Kind::UInt(value) => write!(f, "{value}"),
            Kind::Float(value) => write!(f, "{value:?}"),
            Kind::Text(value) => write!(f, "{value:?}"),
            Kind::Sequence(_) => f.debug_list().entries(self.items()).finish(),
            Kind::Mapping(_) => f.debug_map().entries(self.entries()).finish(),
        }
    }
}

fn slice(text: &str, start: u32, len: u32) -> &str {
    text.get(start as usize..start as usize + len as usize).unwrap_or("")
}

fn range<T>(all: &[T], start: u32, len: u32) -> &[T] {
    all.get(start as usize..start as usize + len as usize).unwrap_or(&[])
}

/// Readers refuse files of 4 GiB and more, so a length always fits.
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
