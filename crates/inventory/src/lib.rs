//! The objects of one source as one indexed whole.
//!
//! A [`Builder`] takes objects one by one and keeps a light record of each: names and labels as
//! numbers of interned words, owners, where it stands, some 150 bytes in all, so that a tree of two
//! gigabytes of manifests fits in a few hundred megabytes. Whole documents stay only where the caller
//! wants them to. [`Builder::finish`] makes the [`Inventory`], which is asked by kind, namespace, name,
//! owner and label selector.
//!
//! An inventory knows which of its files belong to a whole ([`File::whole`]): only there does an
//! absence mean anything.
//!
//! [`workload_of`] names the object that a person changes to change a Pod, from one document alone.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice, clippy::panic))]

mod builder;
mod index;
mod inventory;
mod object;
mod selector;
mod words;
mod workload;

pub use builder::{Builder, InventoryError};
pub use inventory::Inventory;
pub use object::{File, FileId, Kept, Labels, Object, ObjectId, Origin, Owner};
pub use selector::{Requirement, Selector, SelectorError};
pub use words::{Renumbering, Word};
pub use workload::workload_of;

#[cfg(test)]
mod tests;
