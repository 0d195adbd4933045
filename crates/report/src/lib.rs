//! Renders findings, coverage and the verdict for people and for tools.
//!
//! Nothing here decides anything: what a finding is worth and whether the gate held comes in. A
//! format is one file in `render/` and one line in [`Format`]'s list. What each one writes is told in
//! `docs/formats.md`.

mod escape;
mod format;
mod options;
mod render;
mod tally;
mod words;

pub use format::{Format, UnknownFormat, renderer};
pub use options::{CheckInfo, Options};
pub use render::{End, Renderer};
