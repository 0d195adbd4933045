//! What policies ask for beside the objects they judge (Namespaces, bindings, parameters), read before
//! anything is judged.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

use bulkhead_document::{Limits, Node, Tree, read, read_bytes};
use bulkhead_kinds::Kinds;
use bulkhead_policy::{Namespaces, Surroundings, Wanted, exceptions_of};
use bulkhead_source::{Sources, load};

use super::FILE_LIMIT;

/// A document with exceptions, among the files to be judged.
pub(crate) struct FoundException {
    /// The file's number.
    pub(crate) number: usize,
    /// Which document of it.
    pub(crate) document: u32,
    pub(crate) tree: Tree,
}

/// Reads every file once and keeps what is wanted. What cannot be read is told when it is read again; so
/// is a time that is over.
pub(crate) fn gather(
    sources: &Arc<Sources>,
    stdin: Option<&Arc<[u8]>>,
    threads: usize,
    deadline: Option<Instant>,
    wanted: &Wanted,
    kinds: &Kinds,
) -> (Namespaces, Surroundings, Vec<FoundException>) {
    let wanted = Arc::new(wanted.clone());
    let next = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = channel();
    for _ in 0..threads.max(1) {
        let gatherer = Gatherer {
            sources: sources.clone(),
            stdin: stdin.cloned(),
            next: next.clone(),
            wanted: wanted.clone(),
        };
        let sender = sender.clone();
        thread::spawn(move || _ = sender.send(gatherer.gather(deadline)));
    }
    drop(sender);
    let mut found = Vec::new();
    loop {
        let some = match deadline {
            None => receiver.recv().ok(),
            Some(deadline) => receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok(),
        };
        match some {
            Some(some) => found.extend(some),
            None => break,
        }
    }
    found.sort_by_key(|(number, document, _)| (*number, *document));
    let (mut namespaces, mut surroundings) = (Namespaces::default(), Surroundings::default());
    let mut exceptions = Vec::new();
    for (number, document, tree) in found {
        let Some(file) = sources.file(number) else { continue };
        if !exceptions_of(&file.name, document, &tree).is_empty() {
            exceptions.push(FoundException { number, document, tree });
            continue;
        }
        if tree.root().get("kind").and_then(Node::as_str) == Some("Namespace") {
            namespaces.add(tree.clone());
        }
        surroundings.add(&file.name, tree, kinds);
    }
    (namespaces, surroundings, exceptions)
}

/// One thread's part. It is not joined: what hangs is left behind when the time is over.
struct Gatherer {
    sources: Arc<Sources>,
    stdin: Option<Arc<[u8]>>,
    next: Arc<AtomicUsize>,
    wanted: Arc<Wanted>,
}

impl Gatherer {
    fn gather(&self, deadline: Option<Instant>) -> Vec<(usize, u32, Tree)> {
        let mut found = Vec::new();
        while deadline.is_none_or(|deadline| Instant::now() < deadline) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = self.sources.file(number) else { break };
            let bytes = match &self.stdin {
                Some(bytes) if file.stdin => Cow::Borrowed(&**bytes),
                _ if file.rendered.is_some() => {
                    Cow::Borrowed(file.rendered.map_or(&[][..], |rendered| rendered.text.as_bytes()))
                }
                _ => Cow::Owned(load(&file.path, FILE_LIMIT).unwrap_or_default()),
            };
            // Most files hold nothing of it, and are not worth taking apart. Text of another encoding is.
            if !bytes.contains(&0) && !self.wanted.may_be_in(&String::from_utf8_lossy(&bytes)) {
                continue;
            }
            let documents = read_bytes(&bytes, &Limits::default());
            if self.wanted.may_be_in(documents.source()) {
                let numbered = documents.zip(0..).filter_map(|(tree, place)| Some((tree.ok()?, place)));
                let trees = numbered.flat_map(|(tree, place)| {
                    self.of_document(tree).into_iter().map(move |tree| (number, place, tree))
                });
                found.extend(trees);
            }
        }
        found
    }

    /// What is wanted of a document. An item of a list gets a tree of its own, so that a list of a whole
    /// cluster need not be kept.
    fn of_document(&self, tree: Tree) -> Vec<Tree> {
        // Exceptions in a list stay in it, for the places of their mistakes.
        if self.wanted.wants(tree.root()) || !exceptions_of("", 0, &tree).is_empty() {
            return vec![tree];
        }
        let items = tree.root().get("items").into_iter().flat_map(Node::items);
        let own = |node: Node<'_>| {
            let text = serde_json::to_string(&node).ok()?;
            read(text.into(), &Limits::default()).next()?.ok()
        };
        items.filter(|item| self.wanted.wants(*item)).filter_map(own).collect()
    }
}
