//! A value within its tree.

use super::{Entry, Form, Kind, NodeId, Origin, Record, Span, Tree, whole};
use crate::key::Key;

/// A value within its tree; cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    tree: &'a Tree,
    id: NodeId,
}

impl<'a> Node<'a> {
    pub(super) fn new(tree: &'a Tree, id: NodeId) -> Self {
        Self { tree, id }
    }

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
        let Record { payload, form, .. } = *self.record();
        match form {
            Form::Null => Kind::Null,
            Form::Bool => Kind::Bool(payload[0] != 0),
            Form::Int => Kind::Int(whole(payload).cast_signed()),
            Form::UInt => Kind::UInt(whole(payload)),
            Form::Float => Kind::Float(f64::from_bits(whole(payload))),
            Form::Slice => Kind::Text(slice(&self.tree.source, payload)),
            Form::Own => Kind::Text(slice(&self.tree.text, payload)),
            Form::Sequence => Kind::Sequence(payload[1] as usize),
            Form::Mapping | Form::BigMapping => Kind::Mapping(payload[1] as usize),
        }
    }

    /// Its text, if it is text.
    pub fn as_str(self) -> Option<&'a str> {
        let Record { payload, form, .. } = *self.record();
        match form {
            Form::Slice => Some(slice(&self.tree.source, payload)),
            Form::Own => Some(slice(&self.tree.text, payload)),
            _ => None,
        }
    }

    /// Its truth value, if it is one.
    pub fn as_bool(self) -> Option<bool> {
        if let Kind::Bool(value) = self.kind() { Some(value) } else { None }
    }

    /// Its number, if it is a whole one that fits.
    pub fn as_i64(self) -> Option<i64> {
        if let Kind::Int(value) = self.kind() { Some(value) } else { None }
    }

    /// Its number, if it is one; whole numbers beyond 2⁵³ lose digits.
    #[expect(clippy::cast_precision_loss, reason = "said above")]
    pub fn as_f64(self) -> Option<f64> {
        match self.kind() {
            Kind::Int(value) => Some(value as f64),
            Kind::UInt(value) => Some(value as f64),
            Kind::Float(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(self) -> bool {
        self.record().form == Form::Null
    }

    /// Whether it is a mapping.
    pub fn is_mapping(self) -> bool {
        matches!(self.record().form, Form::Mapping | Form::BigMapping)
    }

    /// Whether it is a sequence.
    pub fn is_sequence(self) -> bool {
        self.record().form == Form::Sequence
    }

    /// The value under a key; `None` also where this is no mapping.
    pub fn get(self, name: &str) -> Option<Node<'a>> {
        self.get_key(self.tree.find_key(name)?)
    }

    /// The value under an interned key.
    pub fn get_key(self, key: Key) -> Option<Node<'a>> {
        self.entry(key).map(|entry| self.tree.node(entry.value))
    }

    /// The entry under an interned key: the value and the place of the key.
    pub fn entry(self, key: Key) -> Option<&'a Entry> {
        let record = self.record();
        let entries = self.raw_entries();
        if record.form != Form::BigMapping {
            return entries.iter().find(|entry| entry.key == key);
        }
        let big = self.tree.bigs.get(record.payload[0] as usize)?;
        let order = range(&self.tree.order, big.order, record.payload[1]);
        let place = order
            .binary_search_by_key(&Some(key), |index| entries.get(*index as usize).map(|entry| entry.key))
            .ok()?;
        entries.get(*order.get(place)? as usize)
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
        self.raw_entries()
            .iter()
            .map(move |entry| (self.tree.key_name(entry.key), self.tree.node(entry.value)))
    }

    /// Its entries as they are kept, with the place of each key.
    pub fn raw_entries(self) -> &'a [Entry] {
        let Record { payload, form, .. } = *self.record();
        match form {
            Form::Mapping => range(&self.tree.entries, payload[0], payload[1]),
            Form::BigMapping => {
                let big = self.tree.bigs.get(payload[0] as usize);
                big.map_or(&[], |big| range(&self.tree.entries, big.entries, payload[1]))
            }
            _ => &[],
        }
    }

    /// Its items as they are kept.
    pub fn item_ids(self) -> &'a [NodeId] {
        let Record { payload, form, .. } = *self.record();
        if form == Form::Sequence { range(&self.tree.items, payload[0], payload[1]) } else { &[] }
    }

    /// Whether two values are the same, wherever they stand; the order of keys does not matter.
    pub fn same_value(self, other: Node<'_>) -> bool {
        match (self.kind(), other.kind()) {
            (Kind::Sequence(length), Kind::Sequence(others)) => {
                length == others && self.items().zip(other.items()).all(|(one, two)| one.same_value(two))
            }
            (Kind::Mapping(length), Kind::Mapping(others)) => {
                length == others
                    && self.entries().all(|(key, one)| other.get(key).is_some_and(|two| one.same_value(two)))
            }
            (one, two) => one == two,
        }
    }

    fn record(self) -> &'a Record {
        static NULL: Record = Record {
            payload: [0; 2],
            span: Span { start: 0, end: 0 },
            form: Form::Null,
            origin: Origin::Source,
        };
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

fn slice(text: &str, [start, length]: [u32; 2]) -> &str {
    text.get(start as usize..start as usize + length as usize).unwrap_or("")
}

fn range<T>(all: &[T], start: u32, length: u32) -> &[T] {
    all.get(start as usize..start as usize + length as usize).unwrap_or(&[])
}
