//! JSON, beside another reader of it.

use bulkhead_document::{Kind, Limits, Node, read_bytes};
use serde_json::Value;

/// What another reader takes, ours must take, with the same values.
pub(crate) fn json_agrees(data: &[u8]) {
    // Other values than these two are read as YAML.
    if !matches!(data.first(), Some(b'{' | b'[')) {
        return;
    }
    let Ok(expected) = serde_json::from_slice::<Value>(data) else { return };
    let mut documents = read_bytes(data, &Limits::default());
    let tree = match documents.next() {
        Some(Ok(tree)) => tree,
        other => panic!("JSON was not read: {other:?}"),
    };
    assert!(same(tree.root(), &expected), "{:?} is not {expected}", tree.root());
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
                && fields.iter().all(|(name, field)| node.get(name).is_some_and(|node| same(node, field)))
        }
        _ => false,
    }
}
