//! Policies: what they are, which are built in, and how an object is judged by them.
//!
//! The form of a policy is settled in docs/design/policy-form.md. [`Pack`] holds policies, [`Judge`] is a
//! choice of them made ready for one Kubernetes version; [`Judge::judge`] takes a document's tree and
//! returns findings and coverage. Nothing here opens a file or asks for the time.

mod blame;
mod builtin;
mod definition;
mod example;
mod except;
mod export;
mod form;
mod index;
mod judge;
mod kyverno;
mod native;
mod object;
mod pack;
mod patch;
mod path;
mod plan;
mod policy;
mod read;
mod reader_checks;
mod schema;
mod scope;
mod secret;
mod select;
mod standard;
mod units;

pub use example::{Example, ExampleFailure, check_examples, examples};
pub use except::{
    Around, Bench as ExceptionBench, Counting, Declared, EXPIRED, Exceptions, Mark, Marks, Names, REFUSED,
    Trust, UNUSED, Where, exception_schema, matches_glob, of_tree as exceptions_of, peers, read_exceptions,
};
pub use export::{
    Export, ExportError, ExportOptions, Exported, Kept, NamespaceLabel, Reason, Refused, export, write_yaml,
};
pub use form::schema;
pub use judge::{Judge, Namespaces, Origin};
pub use kyverno::{ask as ask_kyverno, fuzz as fuzz_kyverno};
pub use native::mutating::preview::{Preview, Previewer};
pub use native::rego::fuzz_rego;
pub use native::request::{Operation, Review};
pub use native::surroundings::{Surroundings, Wanted};
pub use pack::Pack;
pub use patch::Patch;
pub use policy::{Level, Parameter, Policy, Set};
pub use read::PolicyError;
pub use select::{Selection, SelectionError, Settings};
pub use standard::{Control, STANDARDS, Standard, Standing};
