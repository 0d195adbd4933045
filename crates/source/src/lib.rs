//! Where manifests come from: files, folders and standard input.
//!
//! [`walk()`] finds what is to be read, in a fixed order, and says what it left out; [`load`] reads
//! one file without ever hanging on it; [`classify`] tells Kubernetes objects from the rest. Nothing
//! here judges, and nothing is written.

mod classify;
mod digest;
mod fuzz;
mod kustomize;
mod load;
pub mod reasons;
mod render;
mod rules;
mod sources;
mod walk;

pub use classify::{Class, Damage, classify, classify_damage, is_foreign, is_template};
pub use digest::{ContentHash, InputDigest, hash};
pub use fuzz::fuzz_source;
pub use load::{LoadError, load, load_stream, load_text};
pub use render::{ChartSettings, Programs, RenderOptions, Rendered, leave_unrendered, render};
pub use rules::{PathRules, PatternError};
pub use sources::{NamedPath, STDIN, SourceFile, Sources};
pub use walk::{SETTINGS, Scope, TreeSettings, gap, walk};

#[cfg(test)]
mod tests;
