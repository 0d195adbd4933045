//! Files through readers and judges on all cores, results in order.
//!
//! A worker takes the next file, reads it and judges its documents; a large file is cut between documents
//! into pieces that other workers take, too. Whoever started the run gets the results piece by piece in the
//! order of the files. What may be under way is bounded ([`queue`]), so that a tree larger than memory goes
//! through.
//!
//! Workers are not joined: when the time allowed is over, what hangs in a dead network mount is left
//! behind.

mod piece;
mod queue;
pub(crate) mod surroundings;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use bulkhead_kinds::Kinds;
use bulkhead_model::{Analysis, Gap, GapKind, Place};
use bulkhead_objects::Facts;
use bulkhead_policy::{Judge, Namespaces};
use bulkhead_source::{ContentHash, SourceFile, Sources};

use crate::changed::Changed;
use crate::exceptions::Excepting;
use piece::{Opened, Piece};
use queue::{At, Given, Handful, Job, Opening, Queue};

/// The most that is read of one file. Together with the bound on what is under way it keeps a run of any
/// size within a gigabyte.
pub(crate) const FILE_LIMIT: u64 = 64 << 20;

/// What is judged, and by whom.
pub(crate) struct Work {
    pub(crate) sources: Arc<Sources>,
    pub(crate) judges: Vec<Judge>,
    /// The kinds of each judge's version.
    pub(crate) kinds: Vec<&'static Kinds>,
    /// By scope, the number of a judge.
    pub(crate) of_scope: Vec<usize>,
    /// By scope, whether its folder is said to be whole.
    pub(crate) complete: Vec<bool>,
    /// Whether a check over several objects was chosen, so that facts are kept.
    pub(crate) facts: bool,
    /// Standard input, where it is named.
    pub(crate) stdin: Option<Arc<[u8]>>,
    pub(crate) namespaces: Namespaces,
    pub(crate) excepting: Excepting,
    /// The files to be judged, where not all are.
    pub(crate) changed: Option<Changed>,
}

impl Work {
    pub(crate) fn judge(&self, file: &SourceFile<'_>) -> Option<(&Judge, &'static Kinds)> {
        let number = *self.of_scope.get(file.scope as usize)?;
        Some((self.judges.get(number)?, self.kinds.get(number)?))
    }
}

/// What came of a piece of a file.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The file's number.
    pub(crate) file: usize,
    pub(crate) analysis: Analysis,
    /// Objects of kinds that nothing is known of.
    pub(crate) custom: u64,
    /// What checks over several objects compare.
    pub(crate) facts: Option<Box<Facts>>,
    /// Given with the file's last piece, if it could be read.
    pub(crate) read: Option<Read>,
}

/// What a report says of a file that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    pub(crate) hash: ContentHash,
    pub(crate) bytes: u64,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Every file was read.
    Whole,
    /// The time was over when so many files were through.
    OutOfTime(usize),
}

/// Outcomes on their way to whoever started the run.
struct Message {
    at: At,
    /// What leaves after it.
    next: At,
    /// What to give back to the queue.
    cost: u64,
    outcomes: Vec<Outcome>,
}

/// Judges everything. `emit` gets the outcomes in order; its error ends the run.
pub(crate) fn run<E>(
    work: &Arc<Work>,
    threads: usize,
    deadline: Option<Instant>,
    mut emit: impl FnMut(Outcome) -> Result<(), E>,
) -> Result<Ended, E> {
    let files = work.sources.len();
    let queue = Arc::new(Queue::<Piece>::new(files, threads));
    let (sender, receiver) = channel();
    for _ in 0..threads.max(1) {
        let worker = Worker { work: work.clone(), queue: queue.clone(), sender: sender.clone() };
        // Reading recurses as deep as documents may be; that fits with room to spare.
        if let Err(error) = thread::Builder::new().stack_size(16 << 20).spawn(move || worker.serve()) {
            tracing::warn!(%error, "a worker could not be started");
        }
    }
    drop(sender);
    let mut waiting = BTreeMap::new();
    let mut next = At::default();
    while next.file < files {
        let message = match deadline {
            None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())),
        };
        let Ok(message) = message else {
            queue.stop();
            return Ok(Ended::OutOfTime(next.file));
        };
        waiting.insert(message.at, message);
        while let Some(message) = waiting.remove(&next) {
            for outcome in message.outcomes {
                emit(outcome).inspect_err(|_| queue.stop())?;
            }
            next = message.next;
            queue.left(next, message.cost);
        }
    }
    Ok(Ended::Whole)
}

struct Worker {
    work: Arc<Work>,
    queue: Arc<Queue<Piece>>,
    sender: Sender<Message>,
}

impl Worker {
    fn serve(&self) {
        while let Some(job) = self.queue.take() {
            let message = match job {
                Job::Files(handful) => self.files(handful),
                Job::File(opening) => self.file(opening),
                Job::Piece(given) => Some(self.piece(given)),
            };
            if let Some(message) = message
                && self.sender.send(message).is_err()
            {
                return;
            }
        }
    }

    fn files(&self, mut handful: Handful<'_, Piece>) -> Option<Message> {
        let mut outcomes = Vec::new();
        for file in handful.files.clone() {
            match self.guard(file, || piece::judge_small(&self.work, file)) {
                Opened::Whole(outcome) => outcomes.push(Outcome { file, ..outcome }),
                Opened::Large(bytes) => {
                    handful.put_back(file, bytes);
                    break;
                }
            }
        }
        let (at, next) = (At::file(handful.files.start), At::file(handful.files.end));
        (!outcomes.is_empty()).then_some(Message { at, next, cost: handful.cost, outcomes })
    }

    /// A file that is cut gives no outcome yet; its pieces will.
    fn file(&self, opening: Opening<'_, Piece>) -> Option<Message> {
        let (file, cost) = (opening.file, opening.cost);
        let mut pieces = Vec::new();
        let outcome = self.guard(file, || match piece::open(&self.work, file) {
            Ok(found) => {
                pieces = found;
                Opened::Whole(Outcome::default())
            }
            Err(outcome) => Opened::Whole(*outcome),
        });
        if !pieces.is_empty() {
            opening.cut(pieces);
            return None;
        }
        let Opened::Whole(outcome) = outcome else { return None };
        let outcomes = vec![Outcome { file, ..outcome }];
        Some(Message { at: At::file(file), next: At::file(file + 1), cost, outcomes })
    }

    fn piece(&self, Given { at, next, cost, piece }: Given<Piece>) -> Message {
        let read = (next.file > at.file).then_some(piece.read);
        let judge = || Opened::Whole(piece::judge(&self.work, piece, &|| self.queue.is_stopped()));
        let mut outcomes = Vec::new();
        if let Opened::Whole(outcome) = self.guard(at.file, judge) {
            outcomes.push(Outcome { file: at.file, read, ..outcome });
        }
        Message { at, next, cost, outcomes }
    }

    /// A mistake of ours costs one piece of one file, and is told.
    fn guard(&self, file: usize, judge: impl FnOnce() -> Opened) -> Opened {
        catch_unwind(AssertUnwindSafe(judge)).unwrap_or_else(|_| {
            Opened::Whole(Outcome { file, analysis: self.broken(file), ..Outcome::default() })
        })
    }

    fn broken(&self, file: usize) -> Analysis {
        let mut analysis = Analysis::default();
        let name = self.work.sources.file(file).map(|file| file.name);
        let place = Place { file: name, ..Place::default() };
        let message = "a mistake in Bulkhead ended the judging of this file; please report it".into();
        analysis
            .coverage
            .gaps
            .push(Gap { kind: GapKind::FAILED_POLICY, place, checks: Vec::new(), message });
        analysis
    }
}
