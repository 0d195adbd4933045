//! What checks find, on its way to a report.

use std::sync::Arc;

use bulkhead_inventory::{Inventory, Object};
use bulkhead_model::{Fingerprint, Identity, Location, Subject, Workload};

use crate::checks::Check;
use crate::facts::Spot;

/// What was found, but for what configuration settles.
#[derive(Debug)]
pub struct Found {
    /// The check's id.
    pub check: &'static str,
    /// The caller's number of the file.
    pub file: usize,
    /// The object.
    pub subject: Subject,
    /// The workload a person would change, where there is one.
    pub workload: Option<Workload>,
    /// The field to blame; empty for the whole object.
    pub field: Arc<str>,
    /// Where that stands.
    pub at: Location,
    /// What is wrong.
    pub message: Arc<str>,
    /// What it is called in every phase.
    pub fingerprint: Fingerprint,
}

/// What came of all checks.
#[derive(Debug, Default)]
pub struct Judged {
    /// In the order of files, documents and lines.
    pub found: Vec<Found>,
    /// What is not there, in sources of which nobody said that they are whole: the caller's number of the
    /// file, and the check.
    pub undecided: Vec<(usize, &'static str)>,
}

/// Takes what checks find.
pub(crate) struct Findings<'a> {
    inventory: &'a Inventory,
    files: &'a [usize],
    lost: bool,
    check: Option<&'static Check>,
    judged: Judged,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(inventory: &'a Inventory, files: &'a [usize], lost: bool) -> Self {
        Self { inventory, files, lost, check: None, judged: Judged::default() }
    }

    pub(crate) fn of(&mut self, check: &'static Check) {
        self.check = Some(check);
    }

    /// Something is wrong with an object: at a spot, or as a whole.
    pub(crate) fn add(&mut self, object: Object<'_>, spot: Option<&Spot>, message: String) {
        let Some(check) = self.check else { return };
        let origin = object.origin();
        let (file, name) = match (self.files.get(origin.file.number()), object.file()) {
            (Some(file), Some(known)) => (*file, known.path.clone()),
            _ => return,
        };
        if check.absence && (self.lost || !object.is_from_whole()) {
            self.judged.undecided.push((file, check.id));
            return;
        }
        let text = |word| self.inventory.text(word);
        let (field, path) = spot.map_or(("", ""), |spot| (text(spot.field), text(spot.path)));
        let workload = self.inventory.workload(object);
        let (line, column) =
            spot.map_or((origin.line, origin.column), |spot| (spot.start.line, spot.start.column));
        let (end_line, end_column) = spot.map_or((line, column + 1), |spot| (spot.end.line, spot.end.column));
        let at = Location { file: name, document: origin.document, line, column, end_line, end_column };
        let fingerprint = Fingerprint::of(Identity { check: check.id, workload: &workload, path });
        self.judged.found.push(Found {
            check: check.id,
            file,
            subject: Subject::Object(object.reference()),
            workload: object.pod_labels().is_some().then_some(workload),
            field: field.into(),
            at,
            message: message.into(),
            fingerprint,
        });
    }

    pub(crate) fn finish(mut self) -> Judged {
        self.judged.found.sort_by(|left, right| {
            let key =
                |found: &Found| (found.file, found.at.document, found.at.line, found.at.column, found.check);
            key(left).cmp(&key(right)).then_with(|| left.message.cmp(&right.message))
        });
        // Two ways to the same fault are one finding.
        self.judged.found.dedup_by(|left, right| {
            left.fingerprint == right.fingerprint && left.file == right.file && left.at == right.at
        });
        self.judged
    }
}
