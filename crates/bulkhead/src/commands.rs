//! The commands, one file each: its arguments, and a `run` that reads like its help.

pub(crate) mod cel;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod fix;
pub(crate) mod manual;
pub(crate) mod policy;
pub(crate) mod scan;
