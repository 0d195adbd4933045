//! The Namespace objects of a source, read before anything is judged by a policy that asks for them.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

use bulkhead_document::{Limits, Node, Tree, read, read_bytes};
use bulkhead_policy::Namespaces;
use bulkhead_source::{Sources, load};

use super::FILE_LIMIT;

/// Reads every file once and keeps its Namespaces. What cannot be read is told when it is read again; so
/// is a time that is over.
pub(crate) fn gather(
    sources: &Arc<Sources>,
    stdin: Option<&Arc<[u8]>>,
    threads: usize,
    deadline: Option<Instant>,
) -> Namespaces {
    let next = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = channel();
    for _ in 0..threads.max(1) {
        let gatherer = Gatherer { sources: sources.clone(), stdin: stdin.cloned(), next: next.clone() };
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
    found.sort_by_key(|(number, _)| *number);
    let mut namespaces = Namespaces::default();
    for (_, tree) in found {
        namespaces.add(tree);
    }
    namespaces
}

/// One thread's part. It is not joined: what hangs is left behind when the time is over.
struct Gatherer {
    sources: Arc<Sources>,
    stdin: Option<Arc<[u8]>>,
    next: Arc<AtomicUsize>,
}

impl Gatherer {
    fn gather(&self, deadline: Option<Instant>) -> Vec<(usize, Tree)> {
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
            let documents = read_bytes(&bytes, &Limits::default());
            if documents.source().contains("Namespace") {
                found.extend(
                    documents.flatten().flat_map(|tree| of_document(&tree)).map(|tree| (number, tree)),
                );
            }
        }
        found
    }
}

/// Each Namespace in a tree of its own, so that its file need not be kept.
fn of_document(tree: &Tree) -> Vec<Tree> {
    let root = tree.root();
    let items = root.get("items").into_iter().flat_map(Node::items);
    let is_namespace = |node: &Node<'_>| {
        let is = |field, wanted| node.get(field).and_then(Node::as_str) == Some(wanted);
        is("apiVersion", "v1") && is("kind", "Namespace")
    };
    let namespaces = std::iter::once(root).chain(items).filter(is_namespace);
    let own = |node: Node<'_>| {
        let text = serde_json::to_string(&node).ok()?;
        read(text.into(), &Limits::default()).next()?.ok()
    };
    namespaces.filter_map(own).collect()
}
