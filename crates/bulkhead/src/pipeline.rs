//! Files through readers and judges on all cores, results in order.
//!
//! A worker takes the next file, reads it and judges its documents; a large file is cut between documents
//! into pieces that other workers take, too. Whoever started the run gets the results piece by piece in the
//! order of the files. What may be under way is bounded ([`queue`]), so that a tree larger than memory goes
//! through.
//!
//! Workers are not joined: when the time allowed is over, what hangs in a dead network mount is left
//! behind.

pub(crate) mod namespaces;
mod piece;
mod queue;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use bulkhead_kinds::Kinds;
use bulkhead_model::{Analysis, Gap, GapKind, Place};
use bulkhead_policy::{Judge, Namespaces};
use bulkhead_source::{ContentHash, SourceFile, Sources};

use piece::{Opened, Piece};
use queue::{At, Job, Queue};

/// The most that is read of one file. Together with the bound on what is under way it keeps a run of any
/// size within a gigabyte.
pub(crate) const FILE_LIMIT: u64 = 64 << 20;

/// What is judged, and by whom.
pub(crate) struct Work {
    pub(crate) sources: Sources,
    pub(crate) judges: Vec<Judge>,
    /// The kinds of each judge's version.
    pub(crate) kinds: Vec<&'static Kinds>,
    /// By scope, the number of a judge.
    pub(crate) of_scope: Vec<usize>,
    /// Standard input, where it is named.
    pub(crate) stdin: Option<Vec<u8>>,
    pub(crate) namespaces: Namespaces,
}

impl Work {
    fn judge(&self, file: &SourceFile<'_>) -> Option<(&Judge, &'static Kinds)> {
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

/// A piece on its way to whoever started the run.
struct Message {
    at: At,
    last: bool,
    /// What to give back to the queue.
    cost: u64,
    outcome: Outcome,
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
        while let Some(Message { at, last, cost, outcome }) = waiting.remove(&next) {
            emit(outcome).inspect_err(|_| queue.stop())?;
            next = at.after(last);
            queue.emitted(next, cost);
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
        while let Some(job) = self.queue.take(|file| self.size(file)) {
            let (at, last, cost) = (job.at(), job.is_last(), job.cost());
            // A mistake of ours costs one piece of one file, and is told.
            let message = catch_unwind(AssertUnwindSafe(|| self.job(job))).unwrap_or_else(|_| {
                let outcome = Outcome { file: at.file, analysis: self.broken(at.file), ..Outcome::default() };
                Some(Message { at, last, cost, outcome })
            });
            if let Some(message) = message
                && self.sender.send(message).is_err()
            {
                return;
            }
        }
    }

    /// A file that was cut gives no message yet; its pieces will.
    fn job(&self, job: Job<'_, Piece>) -> Option<Message> {
        let (at, last, cost) = (job.at(), job.is_last(), job.cost());
        let outcome = match job {
            Job::File(mut opening) => match piece::open(&self.work, at.file) {
                Opened::Whole(outcome) => outcome,
                Opened::Cut(pieces) => {
                    opening.cut(pieces);
                    return None;
                }
            },
            Job::Piece { piece, .. } => {
                let read = last.then_some(piece.read);
                Outcome { read, ..piece::judge(&self.work, piece, &|| self.queue.is_stopped()) }
            }
        };
        Some(Message { at, last, cost, outcome: Outcome { file: at.file, ..outcome } })
    }

    /// About how much a file will take, to bound what is under way.
    fn size(&self, file: usize) -> u64 {
        let Some(file) = self.work.sources.file(file) else {
            return 0;
        };
        match &self.work.stdin {
            Some(bytes) if file.stdin => bytes.len() as u64,
            _ => std::fs::metadata(&file.path).map_or(0, |metadata| metadata.len().min(FILE_LIMIT)),
        }
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
