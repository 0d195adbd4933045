//! One file opened, one piece of it judged.

use std::borrow::Cow;
use std::sync::Arc;

use bulkhead_document::{Documents, Kind, Limits, Node, ReadError, Tree, read_bytes};
use bulkhead_kinds::Kinds;
use bulkhead_model::{Analysis, Gap, GapKind, Place};
use bulkhead_policy::{Judge, Origin};
use bulkhead_source::{
    Class, Damage, LoadError, SourceFile, classify, classify_damage, gap, hash, is_foreign, is_template,
    load, reasons,
};

use super::{FILE_LIMIT, Outcome, Read, Work};

/// A file with more than twice this is cut into pieces of at least this, in bytes.
const PIECE: usize = 128 << 10;

/// A part of a file, for one worker.
pub(super) struct Piece {
    file: usize,
    text: Arc<str>,
    documents: Documents,
    pub(super) read: Read,
}

pub(super) enum Opened {
    /// Judged, or not to be judged.
    Whole(Outcome),
    /// Too large for one worker.
    Cut(Vec<Piece>),
}

/// Opens a file, and judges it if it is small.
pub(super) fn open(work: &Work, number: usize) -> Opened {
    let Some(file) = work.sources.file(number) else {
        return Opened::Whole(Outcome::default());
    };
    let mut outcome = Outcome::default();
    let bytes = match bytes(work, &file) {
        Ok(bytes) => bytes,
        Err(error) => {
            outcome.analysis.coverage.gaps.push(gap(&file.name, &error));
            return Opened::Whole(outcome);
        }
    };
    let read_as = Read { hash: hash(&bytes), bytes: bytes.len() as u64 };
    let documents = read_bytes(&bytes, &limits());
    drop(bytes);
    let text = documents.source().clone();
    let skipped = if is_blank(&text) {
        Some(reasons::EMPTY)
    } else if is_foreign(&text) {
        Some(reasons::NOT_KUBERNETES)
    } else {
        (file.template && is_template(&text)).then_some(reasons::HELM_TEMPLATE)
    };
    if let Some(reason) = skipped {
        outcome.analysis.coverage.skip(reason);
        outcome.read = Some(read_as);
        return Opened::Whole(outcome);
    }
    if text.len() <= 2 * PIECE {
        let piece = Piece { file: number, text, documents, read: read_as };
        return Opened::Whole(Outcome { read: Some(read_as), ..judge(work, piece, &|| false) });
    }
    let pieces = documents.cut(PIECE).into_iter();
    Opened::Cut(
        pieces
            .map(|documents| Piece { file: number, text: text.clone(), documents, read: read_as })
            .collect(),
    )
}

fn limits() -> Limits {
    Limits { bytes: usize::try_from(FILE_LIMIT).unwrap_or(usize::MAX), ..Limits::default() }
}

fn bytes<'w>(work: &'w Work, file: &SourceFile<'_>) -> Result<Cow<'w, [u8]>, LoadError> {
    match &work.stdin {
        Some(bytes) if file.stdin => Ok(Cow::Borrowed(bytes)),
        _ => load(&file.path, FILE_LIMIT).map(Cow::Owned),
    }
}

fn is_blank(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{FEFF}').lines().map(str::trim);
    lines.all(|line| line.is_empty() || line.starts_with('#') || line == "---" || line == "...")
}

/// Judges the documents of a piece, until `stopped`.
pub(super) fn judge(work: &Work, piece: Piece, stopped: &dyn Fn() -> bool) -> Outcome {
    let mut outcome = Outcome::default();
    let Piece { file, text, documents, .. } = piece;
    let Some(file) = work.sources.file(file) else {
        return outcome;
    };
    let Some((judge, kinds)) = work.judge(&file) else {
        return outcome;
    };
    let bench = Bench { work, file, text: &text, judge, kinds };
    let first = documents.first();
    for (document, number) in documents.zip(first..) {
        if stopped() {
            break;
        }
        outcome.analysis.coverage.looked_at.documents += 1;
        match document {
            Ok(tree) => bench.document(tree, number, &mut outcome),
            Err(error) => bench.damaged(&error, number, &mut outcome.analysis),
        }
    }
    outcome
}

struct Bench<'w> {
    work: &'w Work,
    file: SourceFile<'w>,
    text: &'w Arc<str>,
    judge: &'w Judge,
    kinds: &'static Kinds,
}

impl Bench<'_> {
    fn document(&self, tree: Tree, number: u32, outcome: &mut Outcome) {
        let coverage = &mut outcome.analysis.coverage;
        match classify(&self.file, tree.root(), |kind| self.kinds.all().any(|info| info.kind() == kind)) {
            Class::Skipped(reason) => coverage.skip(reason),
            Class::Invalid(problem) => {
                let message = format!("the document {problem}");
                coverage.gaps.push(self.gap(
                    GapKind::INVALID_OBJECT,
                    number,
                    tree.first_line(),
                    None,
                    message,
                ));
            }
            Class::Object => {
                let unknown = self.unknown(tree.root());
                let origin =
                    Origin { file: &self.file.name, document: number, namespaces: &self.work.namespaces };
                let analysis = self.judge.judge(tree, origin);
                let refused =
                    |gap: &&Gap| gap.kind == GapKind::UNKNOWN_KIND || gap.kind == GapKind::INVALID_OBJECT;
                let refused = analysis.coverage.gaps.iter().filter(refused).count() as u64;
                let workloads = if unknown == 1 { analysis.coverage.looked_at.workloads } else { 0 };
                outcome.custom += unknown.saturating_sub(refused).saturating_sub(workloads);
                outcome.analysis.extend(analysis);
            }
        }
    }

    /// How many objects of a document are of kinds that this version of Kubernetes lacks.
    fn unknown(&self, root: Node<'_>) -> u64 {
        let is_unknown = |object: Node<'_>| {
            let text = |field| object.get(field).and_then(Node::as_str).unwrap_or_default();
            self.kinds.find(text("apiVersion"), text("kind")).is_none()
        };
        match root.get("items").filter(|items| matches!(items.kind(), Kind::Sequence(_))) {
            Some(items)
                if root.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List")) =>
            {
                items.items().filter(|item| is_unknown(*item)).count() as u64
            }
            _ => u64::from(is_unknown(root)),
        }
    }

    fn damaged(&self, error: &ReadError, number: u32, analysis: &mut Analysis) {
        let named = |input: &u32| {
            self.work
                .sources
                .inputs
                .get(*input as usize)
                .is_some_and(|input| input.name == self.file.name)
        };
        let by_hand = self.file.inputs.iter().any(named);
        match classify_damage(&self.file, error.extent.of(self.text), error, by_hand) {
            Damage::Skipped(reason) => analysis.coverage.skip(reason),
            Damage::Gap(kind) => {
                let message = format!("the document was not judged: {}", error.problem);
                let (line, column) = (error.at.line, Some(error.at.column));
                analysis.coverage.gaps.push(self.gap(kind, number, line, column, message));
            }
        }
    }

    fn gap(&self, kind: GapKind, document: u32, line: u32, column: Option<u32>, message: String) -> Gap {
        let file = Some(self.file.name.clone());
        let place = Place { file, document, line: Some(line), column, ..Place::default() };
        Gap { kind, place, checks: Vec::new(), message: message.into() }
    }
}
