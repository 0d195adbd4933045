//! What the benches measure on: generated trees of objects.

pub mod tree;
