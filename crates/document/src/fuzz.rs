//! What holds for any bytes at all; the fuzz targets and a test call it.

#![cfg_attr(not(test), expect(clippy::panic, reason = "a property that does not hold is what is looked for"))]

use std::fmt::Write;

use crate::{Edit, EditStep, Kind, Limits, Node, Span, Tree, edit, read, read_bytes, split};

/// Reads anything as YAML (or whatever it is) and checks what must hold.
///
/// # Panics
/// When it does not hold.
pub fn fuzz_yaml(data: &[u8]) {
    check(data);
}

/// Reads anything as a run of JSON values and checks what must hold.
///
/// # Panics
/// When it does not hold.
pub fn fuzz_json(data: &[u8]) {
    // A key keeps the reader from giving up before the interesting part.
    let mut text = b"{\"a\":".to_vec();
    text.extend_from_slice(data);
    check(&text);
    if matches!(data.first(), Some(b'{' | b'[')) {
        check(data);
    }
}

fn limits() -> Limits {
    Limits { alias_nodes: 2_000, depth: 64, ..Limits::default() }
}

fn check(data: &[u8]) {
    for document in read_bytes(data, &limits()) {
        match document {
            Ok(tree) => check_tree(&tree),
            Err(error) => {
                assert!(error.at.line > 0 && error.at.column > 0, "{error:?}");
                assert!(error.extent.start <= error.extent.end, "{error:?}");
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let mut end = 0;
        for part in split(text) {
            assert!(end <= part.span.start && part.span.start < part.span.end, "{part:?}");
            check_span(part.span, text);
            end = part.span.end;
        }
    }
}

fn check_tree(tree: &Tree) {
    check_span(tree.extent(), tree.source());
    check_node(tree.root());
    let mut json = String::new();
    write(tree.root(), &mut json);
    // A single value is JSON only as a collection; brackets make one of any.
    let again = read(format!("[{json}]").into(), &Limits { depth: 66, ..Limits::default() })
        .next()
        .unwrap_or_else(|| panic!("nothing read from {json}"))
        .unwrap_or_else(|error| panic!("{error} in {json}"));
    let again = again.root().item(0).unwrap_or_else(|| panic!("no value in {json}"));
    assert!(again.same_value(tree.root()), "{again:?} is not {:?}", tree.root());
}

fn check_node(node: Node<'_>) {
    let source: &str = node.tree().source();
    check_span(node.span(), source);
    match node.kind() {
        Kind::Text(text) => {
            let span = node.span().of(source);
            let plain = !span.starts_with(['"', '\'', '|', '>']) && !span.contains(['\n', '\r', '\u{85}']);
            let tagged = source.contains("binary") || span.is_empty();
            let breaks = span.contains(['\u{2028}', '\u{2029}']);
            assert!(!plain || tagged || breaks || span == text, "{span:?} is not {text:?}");
        }
        Kind::Float(value) => assert!(value.is_finite(), "{value}"),
        Kind::Sequence(length) => {
            assert_eq!(node.items().len(), length, "items of a sequence");
            node.items().for_each(check_node);
        }
        Kind::Mapping(length) => {
            assert_eq!(node.entries().len(), length, "entries of a mapping");
            for entry in node.raw_entries() {
                check_span(entry.span, source);
                let found = node.entry(entry.key).map(|found| found.value);
                assert_eq!(found, Some(entry.value), "a key leads to its value");
            }
            node.entries().for_each(|(_, value)| check_node(value));
        }
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::UInt(_) => (),
    }
}

fn check_span(span: Span, source: &str) {
    assert!(span.start <= span.end, "{span:?}");
    assert!(source.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {source:?}");
}

fn write(node: Node<'_>, json: &mut String) {
    match node.kind() {
        Kind::Null => json.push_str("null"),
        Kind::Bool(value) => json.push_str(if value { "true" } else { "false" }),
        Kind::Int(value) => json.push_str(&value.to_string()),
        Kind::UInt(value) => json.push_str(&value.to_string()),
        Kind::Float(value) => {
            let _ = write!(json, "{value:e}");
        }
        Kind::Text(text) => write_text(text, json),
        Kind::Sequence(_) => {
            json.push('[');
            for (index, item) in node.items().enumerate() {
                json.push_str(if index > 0 { "," } else { "" });
                write(item, json);
            }
            json.push(']');
        }
        Kind::Mapping(_) => {
            json.push('{');
            for (index, (key, value)) in node.entries().enumerate() {
                json.push_str(if index > 0 { "," } else { "" });
                write_text(key, json);
                json.push(':');
                write(value, json);
            }
            json.push('}');
        }
    }
}

fn write_text(text: &str, json: &mut String) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\0'..='\u{1F}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

/// A change of a document is made as it was asked for, or refused; it never panics and never loses a
/// document.
///
/// The data is the way to a value (keys and indexes, each ended by a slash), a zero byte, and a text.
///
/// # Panics
/// When it does not hold.
pub fn fuzz_edit(data: &[u8]) {
    let split = data.iter().position(|byte| *byte == 0).unwrap_or(0);
    let (way, text) = data.split_at_checked(split).unwrap_or((&[], data));
    let way = String::from_utf8_lossy(way);
    let path: Vec<EditStep> = way
        .split_terminator('/')
        .map(|part| part.parse().map_or_else(|_| EditStep::Field(part.to_owned()), EditStep::Item))
        .collect();
    let text = String::from_utf8_lossy(text.strip_prefix(&[0]).unwrap_or(text)).into_owned();
    for tree in read(text.into(), &limits()).flatten() {
        let value = serde_json::json!({"new": ["x", 1]});
        let edits = [
            Edit::Set { path: path.clone(), value: value.clone() },
            Edit::Append { path: path.clone(), value },
            Edit::Remove { path: path.clone() },
        ];
        for change in &edits {
            // That the new text says what was asked for is checked by the change itself.
            if let Ok(new) = edit(&tree, change) {
                let count = |text: &str| read(text.into(), &Limits::default()).count();
                assert_eq!(count(&new), count(tree.source()), "{change:?}");
            }
        }
    }
}
