//! Back from a syntax tree to text.
