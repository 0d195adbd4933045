//! A place in an object: its path, its path without indexes, where it stands.

use bulkhead_document::{Node, Position};
use bulkhead_inventory::Word;

/// A place that may be blamed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    /// The way from the object's root, in both spellings: see [`Spot::field_and_path`].
    pub(crate) way: Word,
    pub(crate) start: Position,
    /// Columns in its line.
    pub(crate) width: u32,
}

/// Stands between the two spellings of a way; no key of a Kubernetes object that is a field holds it.
const BETWEEN: char = '\n';

impl Spot {
    /// The path as in YAML, and the same with names instead of indexes, for the fingerprint; of the text of
    /// [`Spot::way`].
    pub(crate) fn field_and_path(way: &str) -> (&str, &str) {
        way.split_once(BETWEEN).unwrap_or((way, way))
    }
}

/// A node with the way to it.
#[derive(Clone)]
pub(crate) struct Way<'a> {
    pub(crate) node: Node<'a>,
    field: String,
    path: String,
}

impl<'a> Way<'a> {
    pub(crate) fn root(node: Node<'a>) -> Self {
        Self { node, field: String::new(), path: String::new() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        let node = self.node.get(name)?;
        let join =
            |before: &str| if before.is_empty() { name.to_owned() } else { format!("{before}.{name}") };
        Some(Self { node, field: join(&self.field), path: join(&self.path) })
    }

    pub(crate) fn at(&self, names: &[&str]) -> Option<Self> {
        names.iter().try_fold(self.clone(), |way, name| way.get(name))
    }

    /// The items of a list; in the path each is called by its `key`, or else by what it holds.
    pub(crate) fn items(&self, key: &str) -> impl Iterator<Item = Self> + use<'a> {
        let (field, path, key) = (self.field.clone(), self.path.clone(), key.to_owned());
        self.node.items().enumerate().map(move |(number, node)| {
            let named = node.get(&key).and_then(Node::as_str);
            let path = match named.or_else(|| node.as_str()) {
                Some(name) => format!("{path}[{key}={name}]"),
                None => format!("{path}[]"),
            };
            Self { node, field: format!("{field}[{number}]"), path }
        })
    }

    pub(crate) fn text(&self) -> Option<&'a str> {
        self.node.as_str().filter(|text| !text.is_empty())
    }

    /// The place; `word` gives the numbers of texts.
    pub(crate) fn spot(&self, word: &mut dyn FnMut(&str) -> Word) -> Spot {
        let (tree, span) = (self.node.tree(), self.node.span());
        let start = tree.position(span.start);
        // Of what is longer than a line its beginning is enough.
        let width = match tree.position(span.end) {
            end if end.line == start.line => end.column.saturating_sub(start.column),
            _ => 1,
        };
        let way = if self.field == self.path {
            word(&self.field)
        } else {
            word(&format!("{}{BETWEEN}{}", self.field, self.path))
        };
        Spot { way, start, width }
    }
}
