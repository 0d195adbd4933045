//! Random expressions of the Common Expression Language over a variable `object`.
//!
//! Most are of right types, some are not, and all kinds of run-time errors are among them: a missing
//! key, a division by zero, an overflow, a text that is no number.

mod damage;
mod expr;
mod generate;
mod libraries;
mod literals;
mod object;
mod rows;

pub use damage::damage;
pub use expr::{Expr, Type};
pub use generate::{Dialect, any};
pub use object::object;
