//! One problem of a file that several charts or kustomizations are made from is told once.
//!
//! A base is judged as each of its overlays makes it, and most of what is wrong in it is wrong in all of
//! them. Files come in order, so those made from one file follow each other.

use std::collections::HashSet;
use std::sync::Arc;

use bulkhead_model::Fingerprint;
use bulkhead_source::Sources;

use crate::pipeline::Outcome;

/// What was told of the file that was judged last.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    file: Option<Arc<str>>,
    told: HashSet<(Fingerprint, u32, u32)>,
}

impl Repeats {
    /// Takes out findings that were told before, of the same object at the same place.
    pub(super) fn leave_out(&mut self, sources: &Sources, outcome: &mut Outcome) {
        let Some(file) = sources.file(outcome.file).filter(|file| file.rendered.is_some()) else {
            return;
        };
        if self.file.as_ref() != Some(&file.name) {
            self.told.clear();
            self.file = Some(file.name.clone());
        }
        outcome.analysis.findings.retain(|finding| {
            let (line, column) = finding.at.as_ref().map_or((0, 0), |at| (at.line, at.column));
            self.told.insert((finding.fingerprint, line, column))
        });
    }
}
