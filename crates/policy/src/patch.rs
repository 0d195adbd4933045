//! Changes that mend what was found: what a policy says, and what that is in one document.

use std::sync::Arc;

use bulkhead_document::{Edit, EditStep, Tree};
use serde_json::Value;

use crate::path::{Path, Root, Segment, Step};

/// What a policy says of the change.
#[derive(Debug, Clone)]
pub(crate) struct Mend {
    pub(crate) verb: Verb,
    /// Which field; the one to blame where there is none.
    pub(crate) path: Option<Path>,
    /// What is meant below the field to blame.
    pub(crate) below: Vec<Segment>,
    pub(crate) value: Value,
    /// What to test afterwards.
    pub(crate) may_break: Option<Arc<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Set,
    Append,
    Remove,
}

/// A change of a document that mends one finding.
#[derive(Debug, Clone)]
pub struct Patch {
    /// The check of the finding.
    pub check: Arc<str>,
    /// The field of the finding.
    pub field: Arc<str>,
    /// What to change, from the document's root.
    pub edit: Edit,
    /// Why it may break what works, and what to test; a patch without is safe.
    pub may_break: Option<Arc<str>>,
}

/// The ways to where a patch may begin.
pub(crate) struct Ways<'s> {
    /// To the object, from the document's root.
    pub(crate) object: &'s [EditStep],
    pub(crate) pod: &'s [Step],
    pub(crate) unit: &'s [Step],
    /// To the field to blame, and what is absent below it.
    pub(crate) blamed: &'s [Step],
    pub(crate) rest: &'s [Segment],
}

impl Mend {
    /// The change in a document.
    pub(crate) fn edit(&self, tree: &Tree, ways: &Ways<'_>) -> Edit {
        let (start, segments) = match &self.path {
            None => (ways.blamed, ways.rest),
            Some(path) => {
                let start = match path.root {
                    Root::Workload => &[],
                    Root::Pod => ways.pod,
                    Root::Unit | Root::Effective => ways.unit,
                };
                (start, path.segments.as_slice())
            }
        };
        let mut path = ways.object.to_vec();
        path.extend(start.iter().map(|step| match step {
            Step::Field(key) => EditStep::Field(tree.key_name(*key).to_owned()),
            Step::Index(index) => EditStep::Item(*index as usize),
        }));
        if self.path.as_ref().is_some_and(|path| path.root == Root::Effective) {
            path.push(EditStep::Field("securityContext".to_owned()));
        }
        path.extend(segments.iter().chain(&self.below).filter_map(|segment| match segment {
            Segment::Field { name, .. } => Some(EditStep::Field(name.to_string())),
            Segment::Every => None,
        }));
        let value = self.value.clone();
        match self.verb {
            Verb::Set => Edit::Set { path, value },
            Verb::Append => Edit::Append { path, value },
            Verb::Remove => Edit::Remove { path },
        }
    }
}
