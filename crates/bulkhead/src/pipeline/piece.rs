//! One file opened, one piece of it judged.

use std::borrow::Cow;
use std::sync::Arc;

use bulkhead_document::{Documents, Kind, Limits, Node, ReadError, Tree, read_bytes};
use bulkhead_kinds::Kinds;
use bulkhead_model::{Analysis, Gap, GapKind, Place};
use bulkhead_objects::{Facts, FileId};
use bulkhead_policy::{Judge, Origin};
use bulkhead_source::{
    Class, Damage, LoadError, Rendered, SourceFile, classify, classify_damage, gap, hash, is_foreign,
    is_template, load, reasons,
};

use super::queue::SMALL;
use super::{FILE_LIMIT, Outcome, Read, Work};

/// A large file is cut into pieces of at least so many bytes.
const PIECE: usize = 128 << 10;

/// A part of a file, for one worker.
pub(super) struct Piece {
    file: usize,
    text: Arc<str>,
    documents: Documents,
    pub(super) read: Read,
}

/// What came of a file that was to be small.
#[expect(clippy::large_enum_variant, reason = "one at a time, and nearly always the large one")]
pub(super) enum Opened {
    /// It was judged, or is not to be.
    Whole(Outcome),
    /// It is large, with so many bytes.
    Large(u64),
}

/// Judges a file, unless it is large.
pub(super) fn judge_small(work: &Work, number: usize) -> Opened {
    let Some(file) = work.sources.file(number) else { return Opened::Whole(Outcome::default()) };
    if work.changed.as_ref().is_some_and(|changed| !changed.holds(&file)) {
        let mut outcome = Outcome::default();
        outcome.analysis.coverage.skip(reasons::UNCHANGED);
        return Opened::Whole(outcome);
    }
    let bytes = match bytes(work, &file, SMALL) {
        Err(LoadError::TooLarge { .. }) => return Opened::Large(size(work, &file)),
        other => other,
    };
    let outcome = match read(work, number, &file, bytes) {
        Ok(piece) => {
            let read = Some(piece.read);
            Outcome { read, ..judge(work, piece, &|| false) }
        }
        Err(outcome) => *outcome,
    };
    Opened::Whole(outcome)
}

/// Opens a large file as pieces; or tells why it has none.
pub(super) fn open(work: &Work, number: usize) -> Result<Vec<Piece>, Box<Outcome>> {
    let Some(file) = work.sources.file(number) else { return Err(Box::default()) };
    let bytes = bytes(work, &file, FILE_LIMIT);
    let Piece { text, documents, read, .. } = read(work, number, &file, bytes)?;
    let piece = |documents| Piece { file: number, text: text.clone(), documents, read };
    Ok(documents.cut(PIECE).into_iter().map(piece).collect())
}

/// Makes documents of bytes, unless the file is left out.
fn read(
    work: &Work,
    number: usize,
    file: &SourceFile<'_>,
    bytes: Result<Cow<'_, [u8]>, LoadError>,
) -> Result<Piece, Box<Outcome>> {
    let mut outcome = Box::<Outcome>::default();
    if file.stdin && work.stdin.is_none() {
        // What went wrong was told where it was read.
        return Err(outcome);
    }
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => {
            outcome.analysis.coverage.gaps.push(gap(&file.name, &error));
            return Err(outcome);
        }
    };
    let read = Read { hash: hash(&bytes), bytes: bytes.len() as u64 };
    let documents = read_bytes(&bytes, &limits());
    drop(bytes);
    let text = documents.source().clone();
    let skipped = if is_blank(&text) {
        Some(reasons::EMPTY)
    } else if is_foreign(file, &text) {
        Some(reasons::NOT_KUBERNETES)
    } else {
        (file.template && is_template(&text)).then_some(reasons::HELM_TEMPLATE)
    };
    let Some(reason) = skipped else { return Ok(Piece { file: number, text, documents, read }) };
    let coverage = &mut outcome.analysis.coverage;
    coverage.looked_at.documents += u64::from(reason != reasons::EMPTY);
    coverage.skip(reason);
    outcome.read = Some(read);
    Err(outcome)
}

fn limits() -> Limits {
    Limits { bytes: usize::try_from(FILE_LIMIT).unwrap_or(usize::MAX), ..Limits::default() }
}

fn bytes<'w>(work: &'w Work, file: &SourceFile<'w>, limit: u64) -> Result<Cow<'w, [u8]>, LoadError> {
    match in_memory(work, file) {
        Some(bytes) if bytes.len() as u64 > limit => Err(LoadError::TooLarge { limit }),
        Some(bytes) => Ok(Cow::Borrowed(bytes)),
        None => load(&file.path, limit).map(Cow::Owned),
    }
}

/// What was read or made before.
fn in_memory<'w>(work: &'w Work, file: &SourceFile<'w>) -> Option<&'w [u8]> {
    if file.stdin {
        return Some(work.stdin.as_deref().unwrap_or_default());
    }
    file.rendered.map(|rendered| rendered.text.as_bytes())
}

/// About how much a large file takes, to bound what is under way.
fn size<'w>(work: &'w Work, file: &SourceFile<'w>) -> u64 {
    match in_memory(work, file) {
        Some(bytes) => bytes.len() as u64,
        None => std::fs::metadata(&file.path).map_or(0, |metadata| metadata.len().min(FILE_LIMIT)),
    }
}

fn is_blank(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{FEFF}').lines().map(str::trim);
    lines.all(|line| line.is_empty() || line.starts_with('#') || line == "---" || line == "...")
}

/// Judges the documents of a piece, until `stopped`.
pub(super) fn judge(work: &Work, piece: Piece, stopped: &dyn Fn() -> bool) -> Outcome {
    let mut outcome = Outcome::default();
    let Piece { file: number, text, documents, .. } = piece;
    let Some(file) = work.sources.file(number) else {
        return outcome;
    };
    let Some((judge, kinds)) = work.judge(&file) else {
        return outcome;
    };
    let mut gathered = work.facts.then(|| {
        let mut facts = Box::new(Facts::new(kinds, judge.default_namespace()));
        let whole = work.complete.get(file.scope as usize).copied().unwrap_or(false);
        let id = facts.file(&file.name, number, whole);
        (facts, id)
    });
    let bench = Bench { work, file, text: &text, judge, kinds };
    let first = documents.first();
    for (document, number) in documents.zip(first..) {
        if stopped() {
            break;
        }
        outcome.analysis.coverage.looked_at.documents += 1;
        match document {
            Ok(tree) => bench.document(tree, number, &mut outcome, gathered.as_mut()),
            Err(error) => bench.damaged(&error, number, &mut outcome.analysis),
        }
    }
    outcome.facts = gathered.map(|(facts, _)| facts);
    if let Some(rendered) = bench.file.rendered {
        point_back(rendered, &mut outcome.analysis);
    }
    outcome
}

/// What was found in what a program made is told where it comes from.
fn point_back(rendered: &Rendered, analysis: &mut Analysis) {
    for finding in &mut analysis.findings {
        if let Some(at) = &mut finding.at {
            rendered.locate(at, &finding.field);
        }
    }
    for gap in &mut analysis.coverage.gaps {
        rendered.locate_gap(&mut gap.place);
    }
}

struct Bench<'w> {
    work: &'w Work,
    file: SourceFile<'w>,
    text: &'w Arc<str>,
    judge: &'w Judge,
    kinds: &'static Kinds,
}

impl Bench<'_> {
    #[expect(clippy::needless_pass_by_value, reason = "it is borrowed for this one document")]
    fn document(
        &self,
        tree: Tree,
        number: u32,
        outcome: &mut Outcome,
        gathered: Option<&mut (Box<Facts>, FileId)>,
    ) {
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
                if let Some((facts, file)) = gathered {
                    facts.add(tree.root(), *file, number);
                }
                let unknown = self.unknown(tree.root());
                let origin =
                    Origin { file: &self.file.name, document: number, namespaces: &self.work.namespaces };
                let looked = self.work.excepting.look(&tree, &self.file);
                let mut analysis = self.judge.judge(tree, origin);
                self.work.excepting.apply(&mut analysis, looked, self.judge, &self.file, number);
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
