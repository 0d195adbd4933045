//! Policies of Kyverno, judged as its engine judges them.
//!
//! [`policy`] reads a `ClusterPolicy` or `Policy`, with rules for the controllers of Pods made by [`autogen`];
//! [`engine`] goes through the rules for one object: [`matching`], [`conditions`], then [`evaluate`] with patterns
//! ([`overlay`], [`leaf`]), denials and loops. Variables ([`variables`]) are queries ([`jmespath`]) over the
//! [`context`]. Whatever a file does not tell is *unknown*, and a gap where a verdict hangs on it.
//!
//! Source: Kyverno 1.17, <https://github.com/kyverno/kyverno>. `testbed/kyverno` asks its engine for the same
//! verdicts, and a test compares.

mod anchor;
mod at;
mod autogen;
mod cel;
mod conditions;
mod context;
pub(crate) mod engine;
pub(crate) mod evaluate;
pub(crate) mod exception;
pub(crate) mod in_force;
mod jmespath;
mod leaf;
pub(crate) mod matching;
mod operators;
pub(crate) mod overlay;
mod pod_security;
pub(crate) mod policy;
mod questions;
pub(crate) mod rule;
pub(crate) mod validating;
pub(crate) mod value;
mod variables;
mod wildcard;

pub use questions::{ask, fuzz};
