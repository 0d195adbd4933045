//! What is to be done next, and how much may be under way.
//!
//! Results leave in the order of the files, so whatever is done early waits, with its findings, which can
//! be many times its text. Work is therefore begun only while little is under way; a piece of a large file
//! only when it is near to what leaves next. What leaves next is always allowed, so the queue cannot stand
//! still.
//!
//! Small files are given out by the handful, for a lock each would cost more than some of them. A worker
//! that meets a large one puts it back, with what it has not come to.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes under way, per thread.
const BUDGET: u64 = 2 << 20;
/// A file of at most so many bytes is small.
pub(super) const SMALL: u64 = 16 << 10;
/// How many files are given out at once.
const HANDFUL: usize = 16;
/// How far ahead of what leaves next a file's pieces are begun, per thread.
const WINDOW: usize = 4;

/// A place in the order of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct At {
    pub(super) file: usize,
    pub(super) piece: usize,
}

impl At {
    /// The beginning of a file.
    pub(super) fn file(file: usize) -> Self {
        Self { file, piece: 0 }
    }
}

/// Something for a worker to do.
pub(super) enum Job<'q, P> {
    /// Judge these files, if they are small.
    Files(Handful<'q, P>),
    /// Open a large file; judge it, or cut it into pieces.
    File(Opening<'q, P>),
    /// Judge a piece of a file.
    Piece(Given<P>),
}

/// A piece of a file, with what is to be told when it is done.
pub(super) struct Given<P> {
    pub(super) at: At,
    /// What leaves after it.
    pub(super) next: At,
    pub(super) cost: u64,
    pub(super) piece: P,
}

/// Files that are being judged.
pub(super) struct Handful<'q, P> {
    queue: &'q Queue<P>,
    pub(super) files: Range<usize>,
    pub(super) cost: u64,
}

impl<P> Handful<'_, P> {
    /// A file is large, with so many bytes: it and those after it are not done here.
    pub(super) fn put_back(&mut self, file: usize, bytes: u64) {
        let mut state = self.queue.lock();
        state.waiting.insert(At::file(file), Waiting::File(bytes));
        if file + 1 < self.files.end {
            state.returned.insert(file + 1, self.files.end);
        }
        if file == self.files.start {
            // No result will come to give it back.
            state.under_way = state.under_way.saturating_sub(self.cost);
        }
        self.files.end = file;
    }
}

impl<P> Drop for Handful<'_, P> {
    fn drop(&mut self) {
        self.queue.done();
    }
}

/// A large file that is being opened.
pub(super) struct Opening<'q, P> {
    queue: &'q Queue<P>,
    pub(super) file: usize,
    pub(super) cost: u64,
}

impl<P> Opening<'_, P> {
    /// The file has these pieces, which share its cost.
    pub(super) fn cut(self, pieces: Vec<P>) {
        let mut state = self.queue.lock();
        let (count, share) = (pieces.len(), self.cost / pieces.len().max(1) as u64);
        for (number, piece) in pieces.into_iter().enumerate() {
            let at = At { file: self.file, piece: number };
            let last = number + 1 == count;
            let cost = if last { self.cost - share * number as u64 } else { share };
            let next = if last { At::file(self.file + 1) } else { At { piece: number + 1, ..at } };
            state.waiting.insert(at, Waiting::Piece(Given { at, next, cost, piece }));
        }
    }
}

impl<P> Drop for Opening<'_, P> {
    fn drop(&mut self) {
        self.queue.done();
    }
}

enum Waiting<P> {
    Piece(Given<P>),
    /// A large file, with its bytes.
    File(u64),
}

pub(super) struct Queue<P> {
    state: Mutex<State<P>>,
    changed: Condvar,
    files: usize,
    budget: u64,
    window: usize,
    stopped: AtomicBool,
}

struct State<P> {
    /// The first file that was never given out.
    fresh: usize,
    /// Files that were given out and put back: from, to.
    returned: BTreeMap<usize, usize>,
    waiting: BTreeMap<At, Waiting<P>>,
    /// How many jobs are out that may still bring others.
    open: usize,
    /// The cost of what was begun and has not left.
    under_way: u64,
    /// What leaves next.
    next: At,
}

impl<P> Queue<P> {
    pub(super) fn new(files: usize, threads: usize) -> Self {
        let state = State {
            fresh: 0,
            returned: BTreeMap::new(),
            waiting: BTreeMap::new(),
            open: 0,
            under_way: 0,
            next: At::default(),
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            files,
            budget: BUDGET * threads.clamp(2, 16) as u64,
            window: WINDOW * threads.max(1),
            stopped: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next thing to do; waits for it, and gives nothing when all is done.
    pub(super) fn take(&self) -> Option<Job<'_, P>> {
        let mut state = self.lock();
        while !self.is_stopped() {
            if let Some(job) = self.take_waiting(&mut state).or_else(|| self.take_files(&mut state)) {
                return Some(job);
            }
            let left = state.fresh < self.files || !state.returned.is_empty() || !state.waiting.is_empty();
            if !left && state.open == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    fn take_waiting(&self, state: &mut State<P>) -> Option<Job<'_, P>> {
        let (&at, first) = state.waiting.first_key_value()?;
        let begun = if at.file == state.next.file { state.next.piece } else { 0 };
        match first {
            Waiting::Piece(_) if at.piece >= begun + self.window => return None,
            Waiting::File(bytes) if !self.allows(state, at, *bytes) => return None,
            _ => (),
        }
        match state.waiting.remove(&at)? {
            Waiting::Piece(given) => Some(Job::Piece(given)),
            Waiting::File(cost) => {
                state.open += 1;
                state.under_way += cost;
                Some(Job::File(Opening { queue: self, file: at.file, cost }))
            }
        }
    }

    fn take_files(&self, state: &mut State<P>) -> Option<Job<'_, P>> {
        let returned = state.returned.first_key_value().map(|(from, to)| *from..*to);
        let files = match &returned {
            Some(files) => files.clone(),
            None => state.fresh..(state.fresh + HANDFUL).min(self.files),
        };
        let cost = SMALL * files.len() as u64;
        if files.is_empty() || !self.allows(state, At::file(files.start), cost) {
            return None;
        }
        match returned {
            Some(files) => _ = state.returned.remove(&files.start),
            None => state.fresh = files.end,
        }
        state.open += 1;
        state.under_way += cost;
        Some(Job::Files(Handful { queue: self, files, cost }))
    }

    fn allows(&self, state: &State<P>, at: At, cost: u64) -> bool {
        at == state.next || state.under_way + cost <= self.budget
    }

    /// Something left; `next` comes after it.
    pub(super) fn left(&self, next: At, cost: u64) {
        let mut state = self.lock();
        state.next = next;
        state.under_way = state.under_way.saturating_sub(cost);
        drop(state);
        self.changed.notify_all();
    }

    /// A job that could have brought others is done.
    fn done(&self) {
        self.lock().open -= 1;
        self.changed.notify_all();
    }

    /// Nothing more is to be done.
    pub(super) fn stop(&self) {
        // Under the lock, so that nobody is between looking and falling asleep.
        let state = self.lock();
        self.stopped.store(true, Ordering::Relaxed);
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
