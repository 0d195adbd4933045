//! Files of all sizes through many threads: everything leaves once and in order, whatever the timing.

use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::*;

/// Some small, some large, a few far over what may be under way.
fn size(file: usize) -> u64 {
    match file % 13 {
        0 => BUDGET * 20,
        1 | 2 => BUDGET / 3,
        _ => 100,
    }
}

/// Of the large files every seventh is cut, into as many pieces as its number.
fn pieces(file: usize) -> usize {
    if size(file) > SMALL && file.is_multiple_of(7) { file.max(1) } else { 1 }
}

/// What was done, where it begins and what leaves after it.
type Done = (At, At, u64);

fn work(queue: &Queue<usize>, done: &Sender<Done>) {
    while let Some(job) = queue.take() {
        let told = match job {
            Job::Files(mut handful) => {
                let large = handful.files.clone().find(|file| size(*file) > SMALL);
                if let Some(file) = large {
                    handful.put_back(file, size(file));
                }
                let Range { start, end } = handful.files;
                if start == end {
                    continue;
                }
                done.send((At::file(start), At::file(end), handful.cost))
            }
            Job::File(opening) if pieces(opening.file) > 1 => {
                let pieces = (0..pieces(opening.file)).collect();
                opening.cut(pieces);
                continue;
            }
            Job::File(opening) => {
                done.send((At::file(opening.file), At::file(opening.file + 1), opening.cost))
            }
            Job::Piece(Given { at, next, cost, piece }) => {
                assert_eq!(at.piece, piece);
                done.send((at, next, cost))
            }
        };
        if told.is_err() {
            return;
        }
    }
}

#[test]
fn everything_leaves_in_order() {
    const FILES: usize = 1000;
    for threads in [1, 2, 7] {
        let queue = Queue::new(FILES, threads);
        let (sender, receiver) = channel();
        thread::scope(|scope| {
            for _ in 0..threads {
                let (queue, sender) = (&queue, sender.clone());
                scope.spawn(move || work(queue, &sender));
            }
            drop(sender);
            let (mut waiting, mut next) = (BTreeMap::new(), At::default());
            for (at, after, cost) in receiver {
                assert!(waiting.insert(at, (after, cost)).is_none(), "{at:?} came twice");
                while let Some((after, cost)) = waiting.remove(&next) {
                    next = after;
                    queue.left(next, cost);
                }
            }
            assert_eq!(next, At::file(FILES));
            assert!(waiting.is_empty());
        });
        assert_eq!(queue.lock().under_way, 0, "{threads} threads");
    }
}

#[test]
fn a_stopped_queue_lets_everybody_go() {
    let queue = Queue::<()>::new(10, 2);
    let held = queue.take();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| queue.take().is_none());
        queue.stop();
        assert!(waiting.join().unwrap());
    });
    drop(held);
}
