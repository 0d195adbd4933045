//! Bytes as documents.

use bulkhead_document::{Kind, Limits, Node, Position, Tree, read_bytes};
use serde_json::Value;

fn limits() -> Limits {
    Limits {
        nodes: 50_000,
        alias_nodes: 50_000,
        documents: 1000,
        ..Limits::default()
    }
}

/// Reads any bytes. What comes out must point into its source.
pub(crate) fn yaml(data: &[u8]) {
    for document in read_bytes(data, &limits()) {
        match document {
            Ok(tree) => examine(&tree),
            Err(error) => {
                assert!(error.at >= Position { line: 1, column: 1 }, "{error:?}");
                assert!(error.extent.start <= error.extent.end, "{error:?}");
                assert!(!error.to_string().is_empty());
            }
        }
    }
}

fn examine(tree: &Tree) {
    let mut waiting = vec![tree.root()];
    // Aliases make a document's values many; each needs to be looked at but once.
    let mut left = 100_000;
    while let Some(node) = waiting.pop().filter(|_| left > 0) {
        left -= 1;
        let span = node.span();
        assert!(
            span.start <= span.end,
            "{span:?} of {node:?} ends before it begins"
        );
        let range = span.start as usize..span.end as usize;
        assert!(
            tree.source().get(range).is_some(),
            "{span:?} of {node:?} is no part of the source"
        );
        let (first, last) = (tree.position(span.start), tree.position(span.end));
        assert!(
            first <= last && first.line >= tree.first_line(),
            "{first:?} to {last:?}"
        );
        waiting.extend(node.items());
        for (key, value) in node.entries() {
            assert!(node.get(key).is_some(), "the key {key:?} is not found");
            waiting.push(value);
        }
    }
}

/// Reads JSON. What another reader takes, ours must take, with the same values.
pub(crate) fn json(data: &[u8]) {
    yaml(data);
    // Other values than these two are read as YAML.
    if !matches!(data.first(), Some(b'{' | b'[')) {
        return;
    }
    let Ok(expected) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let mut documents = read_bytes(data, &limits());
    let tree = match documents.next() {
        Some(Ok(tree)) => tree,
        other => panic!("JSON was not read: {other:?}"),
    };
    assert!(
        same(tree.root(), &expected),
        "{:?} is not {expected}",
        tree.root()
    );
    assert!(documents.next().is_none(), "JSON was read as two documents");
}

fn same(node: Node<'_>, expected: &Value) -> bool {
    match (node.kind(), expected) {
        (Kind::Null, Value::Null) => true,
        (Kind::Bool(one), Value::Bool(two)) => one == *two,
        (Kind::Text(one), Value::String(two)) => one == two,
        (Kind::Int(_) | Kind::UInt(_) | Kind::Float(_), Value::Number(number)) => {
            node.as_f64() == number.as_f64()
        }
        (Kind::Sequence(length), Value::Array(items)) => {
            length == items.len() && node.items().zip(items).all(|(node, item)| same(node, item))
        }
        (Kind::Mapping(length), Value::Object(fields)) => {
            length == fields.len()
                && fields
                    .iter()
                    .all(|(name, field)| node.get(name).is_some_and(|node| same(node, field)))
        }
        _ => false,
    }
}
