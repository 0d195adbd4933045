//! The checker: what type an expression has, told before anything runs.

pub(crate) mod signature;
pub(crate) mod types;
