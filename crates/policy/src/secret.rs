//! What no report may print: values of environment variables and of Secrets, and copies of them.

use bulkhead_document::{Kind, Node, Span};

/// The parts of a document that are covered in excerpts, sorted.
#[derive(Debug, Default)]
pub(crate) struct Covers(Vec<Span>);

/// `kubectl apply` keeps a copy of the whole object here, data included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl Covers {
    /// Of one object, as it was written. Values of `env`, wherever a list of that name stands; the data of a
    /// Secret or `ConfigMap`; a copy of the object in its annotations.
    pub(crate) fn of(object: Node<'_>) -> Self {
        let mut covers = Self::default();
        let mut open = vec![object];
        while let Some(node) = open.pop() {
            open.extend(node.items());
            open.extend(node.entries().map(|(_, value)| value));
            for variable in node.get("env").into_iter().flat_map(Node::items) {
                covers.add(variable.get("value"));
            }
        }
        // A ConfigMap is no place for a credential, and so the first place to find one in.
        if matches!(object.get("kind").and_then(Node::as_str), Some("Secret" | "ConfigMap")) {
            for field in ["data", "stringData"] {
                covers.add(object.get(field));
            }
        }
        covers.add(object.at(&["metadata", "annotations", LAST_APPLIED]));
        covers.0.sort_unstable();
        covers
    }

    /// A scalar is covered, and all scalars of a mapping or a list; keys stay readable.
    fn add(&mut self, node: Option<Node<'_>>) {
        let mut open: Vec<Node<'_>> = node.into_iter().collect();
        while let Some(node) = open.pop() {
            match node.kind() {
                Kind::Sequence(_) | Kind::Mapping(_) => {
                    open.extend(node.items());
                    open.extend(node.entries().map(|(_, value)| value));
                }
                Kind::Null => (),
                _ => self.0.push(node.span()),
            }
        }
    }

    pub(crate) fn covers(&self, offset: u32) -> bool {
        self.0.iter().any(|span| (span.start..span.end).contains(&offset))
    }
}
