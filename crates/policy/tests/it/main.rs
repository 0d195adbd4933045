//! The policy crate from outside: its files, its form, its verdicts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod builtin;
mod definition;
mod form;
mod gatekeeper;
mod judge;
mod kyverno;
mod mutation;
mod native;
mod psa;
