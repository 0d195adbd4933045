//! The policy crate from outside: its files, its form, its verdicts.

mod builtin;
mod form;
mod judge;
mod psa;
