//! What is to be done next, and how much may be under way.
//!
//! Results leave in the order of the files, so whatever is done early waits, with its findings, which can
//! be many times its text. A file is therefore begun only while little is under way, or nothing; and a piece
//! of a file only when it is near to what leaves next. What leaves next is always allowed, so the queue
//! cannot stand still.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes under way, per thread.
const BUDGET: u64 = 2 << 20;
/// A file with nothing in it is some work, too.
const LEAST_COST: u64 = 1 << 10;
/// How far ahead of what leaves next a file's pieces are begun, per thread.
const WINDOW: usize = 4;

/// A place in the order of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct At {
    pub(super) file: usize,
    pub(super) piece: usize,
}

impl At {
    pub(super) fn after(self, last: bool) -> Self {
        if last { Self { file: self.file + 1, piece: 0 } } else { Self { piece: self.piece + 1, ..self } }
    }
}

/// Something for a worker to do.
pub(super) enum Job<'q, P> {
    /// Open a file; judge it, or cut it into pieces.
    File(Opening<'q, P>),
    /// Judge a piece of a file.
    Piece { at: At, last: bool, cost: u64, piece: P },
}

impl<P> Job<'_, P> {
    pub(super) fn at(&self) -> At {
        match self {
            Self::File(opening) => At { file: opening.file, piece: 0 },
            Self::Piece { at, .. } => *at,
        }
    }

    pub(super) fn is_last(&self) -> bool {
        matches!(self, Self::File(_) | Self::Piece { last: true, .. })
    }

    pub(super) fn cost(&self) -> u64 {
        match self {
            Self::File(opening) => opening.cost,
            Self::Piece { cost, .. } => *cost,
        }
    }
}

/// A file that is being opened. Dropped, it says that the file has no pieces, or no more.
pub(super) struct Opening<'q, P> {
    queue: &'q Queue<P>,
    file: usize,
    cost: u64,
}

impl<P> Opening<'_, P> {
    /// The file has these pieces, which share its cost.
    pub(super) fn cut(&mut self, pieces: Vec<P>) {
        let mut state = self.queue.lock();
        let (count, share) = (pieces.len(), self.cost / pieces.len().max(1) as u64);
        for (number, piece) in pieces.into_iter().enumerate() {
            let last = number + 1 == count;
            let cost = if last { self.cost - share * number as u64 } else { share };
            state.pieces.insert(At { file: self.file, piece: number }, Waiting { piece, last, cost });
        }
    }
}

impl<P> Drop for Opening<'_, P> {
    fn drop(&mut self) {
        self.queue.lock().opening -= 1;
        self.queue.changed.notify_all();
    }
}

struct Waiting<P> {
    piece: P,
    last: bool,
    cost: u64,
}

pub(super) struct Queue<P> {
    state: Mutex<State<P>>,
    changed: Condvar,
    files: usize,
    budget: u64,
    window: usize,
}

struct State<P> {
    /// The next file to begin, and its cost once that is known.
    file: usize,
    cost: Option<u64>,
    pieces: BTreeMap<At, Waiting<P>>,
    /// Files that are being opened and may still bring pieces.
    opening: usize,
    /// The cost of what was begun and has not left.
    under_way: u64,
    /// What leaves next.
    next: At,
    stopped: bool,
}

impl<P> Queue<P> {
    pub(super) fn new(files: usize, threads: usize) -> Self {
        let state = State {
            file: 0,
            cost: None,
            pieces: BTreeMap::new(),
            opening: 0,
            under_way: 0,
            next: At::default(),
            stopped: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            files,
            budget: BUDGET * threads.clamp(2, 16) as u64,
            window: WINDOW * threads,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next thing to do; waits for it, and gives nothing when all is done. `size` tells how many bytes
    /// a file has.
    pub(super) fn take(&self, size: impl Fn(usize) -> u64) -> Option<Job<'_, P>> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(at) = state.near_piece(self.window)
                && let Some(Waiting { piece, last, cost }) = state.pieces.remove(&at)
            {
                return Some(Job::Piece { at, last, cost, piece });
            }
            if state.file < self.files {
                let file = state.file;
                let cost = *state.cost.get_or_insert_with(|| size(file).max(LEAST_COST));
                if state.under_way == 0 || state.under_way + cost <= self.budget {
                    state.file += 1;
                    state.cost = None;
                    state.opening += 1;
                    state.under_way += cost;
                    return Some(Job::File(Opening { queue: self, file, cost }));
                }
            } else if state.pieces.is_empty() && state.opening == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Something left; `next` comes after it.
    pub(super) fn emitted(&self, next: At, cost: u64) {
        let mut state = self.lock();
        state.next = next;
        state.under_way = state.under_way.saturating_sub(cost);
        drop(state);
        self.changed.notify_all();
    }

    /// Nothing more is to be done.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }
}

impl<P> State<P> {
    /// The first piece, if it is near enough to what leaves next.
    fn near_piece(&self, window: usize) -> Option<At> {
        let at = *self.pieces.keys().next()?;
        let begun = if at.file == self.next.file { self.next.piece } else { 0 };
        (at.piece < begun + window.max(1)).then_some(at)
    }
}
