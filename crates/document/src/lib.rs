//! YAML and JSON read into an arena tree that remembers where each value stood.
//!
//! A [`Tree`] is one document: nodes in one vector, keys interned ([`Key`]), text borrowed from the
//! source where it can be. It never forgets a byte span and never panics on input. Derived nodes
//! (defaults, canonical values) can be added to a tree; they carry the span of what caused them.

// The bytes are foreign: nothing here may panic on them.
#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::string_slice, clippy::panic, clippy::expect_used)
)]

mod build;
mod decode;
mod edit;
mod encode;
mod fuzz;
mod json;
mod key;
mod limits;
mod lines;
mod number;
mod read;
mod split;
mod text;
mod tree;
mod yaml;

pub use decode::DecodeError;
pub use edit::{Edit, EditError, EditStep, apply, edit, pointer};
pub use fuzz::{fuzz_edit, fuzz_json, fuzz_yaml};
pub use key::Key;
pub use limits::{Limits, Problem, ReadError};
pub use lines::{LineIndex, Position};
pub use read::{Documents, read, read_bytes};
pub use split::{Part, split};
pub use tree::{Duplicate, Entry, Kind, Node, NodeId, Origin, Span, Tree};

#[cfg(test)]
mod tests;
