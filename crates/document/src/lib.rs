//! YAML and JSON read into an arena tree that remembers where each value stood.
//!
//! A [`Tree`] is one document: nodes in one vector, keys interned ([`Key`]), text borrowed from the
//! source where it can be. It never forgets a byte span and never panics on input. Derived nodes
//! (defaults, canonical values) can be added to a tree; they carry the span of what caused them.

mod key;
mod tree;

pub use key::Key;
pub use tree::{Entry, Kind, Node, NodeId, Origin, Span, Tree};
