//! What tests share and no user ever sees: the oracle, which asks Kubernetes' own libraries, and
//! generators of random cases for it.
//!
//! Generators are seeded: the same seed gives the same cases on every machine, and a test prints the
//! seed it used, so that a failure can be had again.

pub mod cel;
pub mod differential;
pub mod kyverno;
pub mod listed;
pub mod objects;
pub mod oracle;
pub mod pods;
pub mod random;
pub mod yaml;

pub use oracle::{Oracle, OracleError};
pub use random::Random;
