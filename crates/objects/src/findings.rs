//! What checks find, on its way to a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_inventory::{Inventory, Object, ObjectId, Word};
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

/// What came of all checks. Of a large source it is much, so that each finding is made when it is asked for.
#[derive(Debug)]
pub struct Judged {
    inventory: Inventory,
    files: Vec<usize>,
    findings: Findings,
}

impl Judged {
    /// `files` are the caller's numbers, by the inventory's.
    pub(crate) fn new(inventory: Inventory, files: Vec<usize>, mut findings: Findings) -> Self {
        let order = |file: usize| files.get(file).copied().unwrap_or(file);
        let place = |blame: &Blame| (order(blame.file), blame.document, blame.at);
        findings.found.sort_by(|left, right| {
            (place(left), left.check.id, &left.message).cmp(&(place(right), right.check.id, &right.message))
        });
        // Two ways to the same fault are one finding.
        findings.found.dedup_by(|left, right| {
            (place(left), left.check.id, left.object, left.way())
                == (place(right), right.check.id, right.object, right.way())
        });
        Self { inventory, files, findings }
    }

    /// In the order of files, documents and lines.
    pub fn found(&self) -> impl Iterator<Item = Found> {
        self.findings.found.iter().filter_map(|blame| self.tell(blame))
    }

    /// How often something is not there, in sources of which nobody said that they are whole: by the
    /// caller's number of the file, and the check.
    pub fn undecided(&self) -> impl Iterator<Item = (usize, &'static str, usize)> {
        let known = |((file, check), count): (&(usize, &'static str), &usize)| {
            self.files.get(*file).map(|file| (*file, *check, *count))
        };
        self.findings.undecided.iter().filter_map(known)
    }

    fn tell(&self, blame: &Blame) -> Option<Found> {
        let object = self.inventory.object(blame.object)?;
        let way = blame.way().map_or("", |way| self.inventory.text(way));
        let (field, path) = Spot::field_and_path(way);
        let workload = self.inventory.workload(object);
        let (line, column) = blame.at;
        let width = blame.spot.map_or(1, |spot| spot.width);
        let at = Location {
            file: object.file()?.path.clone(),
            document: blame.document,
            line,
            column,
            end_line: line,
            end_column: column.saturating_add(width),
        };
        let fingerprint = Fingerprint::of(Identity { check: blame.check.id, workload: &workload, path });
        Some(Found {
            check: blame.check.id,
            file: *self.files.get(blame.file)?,
            subject: Subject::Object(object.reference()),
            workload: object.pod_labels().is_some().then_some(workload),
            field: field.into(),
            at,
            message: (&*blame.message).into(),
            fingerprint,
        })
    }
}

/// What is wrong with an object, in few bytes.
#[derive(Debug)]
struct Blame {
    check: &'static Check,
    object: ObjectId,
    /// The inventory's number of its file.
    file: usize,
    document: u32,
    /// Line and column.
    at: (u32, u32),
    /// Nothing for the whole object.
    spot: Option<Spot>,
    message: Box<str>,
}

impl Blame {
    fn way(&self) -> Option<Word> {
        self.spot.map(|spot| spot.way)
    }
}

/// Takes what checks find.
#[derive(Debug)]
pub(crate) struct Findings {
    lost: bool,
    check: Option<&'static Check>,
    found: Vec<Blame>,
    /// By the inventory's number of the file.
    undecided: BTreeMap<(usize, &'static str), usize>,
}

impl Findings {
    pub(crate) fn new(lost: bool) -> Self {
        Self { lost, check: None, found: Vec::new(), undecided: BTreeMap::new() }
    }

    pub(crate) fn of(&mut self, check: &'static Check) {
        self.check = Some(check);
    }

    /// Something is wrong with an object: at a spot, or as a whole.
    pub(crate) fn add(&mut self, object: Object<'_>, spot: Option<&Spot>, message: String) {
        let Some(check) = self.check else { return };
        let origin = object.origin();
        let file = origin.file.number();
        if check.absence && (self.lost || !object.is_from_whole()) {
            *self.undecided.entry((file, check.id)).or_default() += 1;
            return;
        }
        self.found.push(Blame {
            check,
            object: object.id(),
            file,
            document: origin.document,
            at: spot.map_or((origin.line, origin.column), |spot| (spot.start.line, spot.start.column)),
            spot: spot.copied(),
            message: message.into(),
        });
    }
}
