//! Changing one value of a document without touching the rest of its text.
//!
//! Comments, quotes, order and layout stay: only the bytes of the value, of its entry, or of a new entry are
//! written. Text is a delicate thing, so every change is checked: the new text is read again and must
//! hold exactly what was asked for, in this document and in all others of the stream; otherwise there is no
//! change but a reason.

mod layout;
mod write;

use serde_json::Value;

use crate::limits::Limits;
use crate::read::read;
use crate::tree::{Entry, Kind, Node, Tree};
use layout::Layout;

/// One step of the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditStep {
    /// The value under a key.
    Field(String),
    /// An item of a list, from 0.
    Item(usize),
}

/// A change of one value.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// There is this value; mappings on the way to it are made where they are missing.
    Set {
        /// The way from the document's root.
        path: Vec<EditStep>,
        /// What stands there afterwards.
        value: Value,
    },
    /// A list holds this item, too; the list is made where it is missing.
    Append {
        /// The way to the list.
        path: Vec<EditStep>,
        /// The item.
        value: Value,
    },
    /// There is no such value; a mapping or list that holds nothing else goes with it.
    Remove {
        /// The way from the document's root.
        path: Vec<EditStep>,
    },
}

/// A way as a JSON pointer (RFC 6901).
pub fn pointer(path: &[EditStep]) -> String {
    let part = |step: &EditStep| match step {
        EditStep::Field(name) => name.replace('~', "~0").replace('/', "~1"),
        EditStep::Item(index) => index.to_string(),
    };
    path.iter().flat_map(|step| ["/".to_owned(), part(step)]).collect()
}

/// Why a change cannot be made in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The way leads through something that is neither mapping nor list, or past the end of a list.
    #[error("there is no place for it in this document")]
    NoPlace,
    /// The value belongs to an anchor or a merge key, so that changing it would change other places.
    #[error("the value is shared with other places by an anchor")]
    Shared,
    /// The text would not say what was asked for.
    #[error("the layout of this document is one that cannot be changed safely")]
    Layout,
}

/// The whole source with one value of one document changed.
///
/// # Errors
/// See [`EditError`]; the source is then to be left as it is.
pub fn edit(tree: &Tree, edit: &Edit) -> Result<String, EditError> {
    let source = tree.source();
    let mut wanted = plain(tree.root());
    apply(&mut wanted, edit)?;
    let layout = Layout::new(tree);
    let text = match edit {
        Edit::Set { path, value } => layout.set(path, value)?,
        Edit::Append { path, value } => layout.append(path, value)?,
        Edit::Remove { path } => layout.remove(path)?,
    };
    let number = documents(source)
        .position(|(start, _)| start == tree.extent().start)
        .ok_or(EditError::Layout)?;
    let after: Vec<Value> = documents(&text).map(|(_, value)| value).collect();
    let mut before: Vec<Value> = documents(source).map(|(_, value)| value).collect();
    *before.get_mut(number).ok_or(EditError::Layout)? = wanted;
    if before == after {
        return Ok(text);
    }
    // What an anchor names has changed in all its places.
    let has_anchors = tree.extent().of(source).contains('&');
    Err(if has_anchors { EditError::Shared } else { EditError::Layout })
}

/// Where each document begins, and its value; a damaged one has none.
fn documents(source: &str) -> impl Iterator<Item = (u32, Value)> {
    read(source.into(), &Limits::default()).map(|tree| match tree {
        Ok(tree) => (tree.extent().start, plain(tree.root())),
        Err(error) => (error.extent.start, Value::from(error.problem.to_string())),
    })
}

fn plain(node: Node<'_>) -> Value {
    serde_json::to_value(node).unwrap_or_default()
}

/// Makes the change in a value: what the new text must say.
///
/// # Errors
/// There is no place for it.
pub fn apply(value: &mut Value, edit: &Edit) -> Result<(), EditError> {
    match edit {
        Edit::Set { path, value: new } => {
            *place(value, path)? = new.clone();
            Ok(())
        }
        Edit::Append { path, value: new } => {
            let list = place(value, path)?;
            match list {
                Value::Null => *list = Value::Array(vec![new.clone()]),
                Value::Array(items) => items.push(new.clone()),
                _ => return Err(EditError::NoPlace),
            }
            Ok(())
        }
        Edit::Remove { path } => take(value, path),
    }
}

/// The value at the end of a path, made where it is missing.
fn place<'v>(value: &'v mut Value, path: &[EditStep]) -> Result<&'v mut Value, EditError> {
    path.iter().try_fold(value, |value, step| match step {
        EditStep::Field(name) => {
            if value.is_null() {
                *value = Value::Object(serde_json::Map::new());
            }
            let fields = value.as_object_mut().ok_or(EditError::NoPlace)?;
            Ok(fields.entry(name.clone()).or_insert(Value::Null))
        }
        EditStep::Item(index) => value.get_mut(*index).ok_or(EditError::NoPlace),
    })
}

fn take(value: &mut Value, path: &[EditStep]) -> Result<(), EditError> {
    let (last, before) = path.split_last().ok_or(EditError::NoPlace)?;
    let mut holder = &mut *value;
    for step in before {
        holder = match step {
            EditStep::Field(name) => holder.get_mut(name),
            EditStep::Item(index) => holder.get_mut(*index),
        }
        .ok_or(EditError::NoPlace)?;
    }
    let is_empty = match (holder, last) {
        (Value::Object(fields), EditStep::Field(name)) => {
            fields.remove(name).ok_or(EditError::NoPlace)?;
            fields.is_empty()
        }
        (Value::Array(items), EditStep::Item(index)) if *index < items.len() => {
            items.remove(*index);
            items.is_empty()
        }
        _ => return Err(EditError::NoPlace),
    };
    if is_empty && !before.is_empty() { take(value, before) } else { Ok(()) }
}

/// The node at the end of a path, as far as it is there, and the steps that are left.
fn reach<'a, 'p>(tree: &'a Tree, path: &'p [EditStep]) -> Result<Reached<'a, 'p>, EditError> {
    let mut node = tree.root();
    let mut entry = None;
    for (at, step) in path.iter().enumerate() {
        let rest = path.get(at..).unwrap_or_default();
        let (next, of) = match step {
            EditStep::Field(name) => {
                let found = tree.find_key(name).and_then(|key| node.entry(key));
                let Some(found) = found else { return Ok(Reached { node, entry, rest }) };
                (tree.node(found.value), Some(*found))
            }
            EditStep::Item(index) => (node.item(*index).ok_or(EditError::NoPlace)?, None),
        };
        // What an alias or a merge key brings stands elsewhere.
        let (outer, inner) = (node.span(), next.span());
        let key_within = of.is_none_or(|entry| {
            within(entry.span.start, outer) && (next.is_null() || inner.start >= entry.span.end)
        });
        if !key_within || !matches!(next.kind(), Kind::Null) && !within(inner.start, outer) {
            return Err(EditError::Shared);
        }
        let text = inner.of(tree.source());
        if text.starts_with(['*', '&']) {
            return Err(EditError::Shared);
        }
        (node, entry) = (next, of);
    }
    Ok(Reached { node, entry, rest: &[] })
}

fn within(offset: u32, span: crate::tree::Span) -> bool {
    (span.start..=span.end).contains(&offset)
}

struct Reached<'a, 'p> {
    node: Node<'a>,
    /// The entry that holds the node, where a mapping does.
    entry: Option<Entry>,
    rest: &'p [EditStep],
}

#[cfg(test)]
mod tests;
