//! What Kubernetes says of its kinds, per minor version, and the view of an object that rules see.
//!
//! The facts are lines of text under `data/`, generated from Kubernetes' own code (`testbed/kinds`):
//! types and fields by reflection over its Go types, list keys and enums from its `OpenAPI`
//! definitions, defaults by running its defaulting functions, roles from its bootstrap policy.
//! [`Kinds::for_minor`] reads those of one version, once, in about a millisecond.
//!
//! [`normalise`] lays the *normalised view* beside a document in the same tree: values as the API
//! server decodes them, canonical quantities, the version's defaults, each with the span of what
//! caused it.
//!
//! ```
//! use bulkhead_document::Limits;
//! use bulkhead_kinds::{Kinds, Minor, normalise};
//!
//! let source = "apiVersion: v1\nkind: Service\nspec: {ports: [{port: 80}]}\n";
//! let mut tree = bulkhead_document::read(source.into(), &Limits::default()).next().unwrap()?;
//! let kinds = Kinds::for_minor(Minor::NEWEST.0).unwrap();
//! let view = normalise(&mut tree, kinds);
//! let spec = tree.node(view.root).get("spec").unwrap();
//! assert_eq!(spec.get("type").unwrap().as_str(), Some("ClusterIP"));
//! # Ok::<(), bulkhead_document::ReadError>(())
//! ```

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice, clippy::panic))]

mod base64;
mod data;
mod defaults;
mod image;
mod kind;
mod list;
mod normalise;
mod quantity;
mod roles;
mod schema;
mod template;
mod time;
mod version;

pub use kind::{KindInfo, Lifecycle};
pub use list::items_of_list;
pub use normalise::{
    Normalised, Placed, PodView, Problem, ProblemKind, Step, fuzz_normalise, normalise, normalise_with, spell,
};
pub use quantity::Quantity;
pub use roles::{Bootstrap, BootstrapBinding, BootstrapRole, BootstrapRule, BootstrapSubject};
pub use schema::{Field, FieldType, Kinds, ListKey, Scalar, ShapeOf, Type};
pub use template::{Mapping, Mappings, NotAPath, PathStep, PodForm, PodTemplate, parse_path};
pub use version::{Minor, NotAMinor, SUPPORTED};
