//! Changes of texts, and that nothing else moves.

use serde_json::{Value, json};

use super::*;

fn path(text: &str) -> Vec<EditStep> {
    text.split('.')
        .map(|part| part.parse().map_or_else(|_| EditStep::Field(part.to_owned()), EditStep::Item))
        .collect()
}

fn set(at: &str, value: Value) -> Edit {
    Edit::Set { path: path(at), value }
}

fn append(at: &str, value: Value) -> Edit {
    Edit::Append { path: path(at), value }
}

fn remove(at: &str) -> Edit {
    Edit::Remove { path: path(at) }
}

/// The last document of a text, changed.
fn changed(text: &str, change: &Edit) -> Result<String, EditError> {
    let tree = read(text.into(), &Limits::default()).last().unwrap().unwrap();
    edit(&tree, change)
}

#[test]
fn texts_keep_their_layout() {
    let cases: &[(&str, Edit, &str)] = &[
        // Values that are there.
        ("a: 1 # one\nb: 2\n", set("a", json!(true)), "a: true # one\nb: 2\n"),
        ("a: \"x\"\n", set("a", json!("yes")), "a: \"yes\"\n"),
        ("a:\n  - x\n  - y\nb: 1\n", set("a", json!(["z"])), "a: [z]\nb: 1\n"),
        ("a:\nb: 1\n", set("a", json!(2)), "a: 2\nb: 1\n"),
        // New entries: at the end of their mapping, with its indentation.
        ("a:\n  b: 1 # one\nc: 2\n", set("a.d", json!(3)), "a:\n  b: 1 # one\n  d: 3\nc: 2\n"),
        ("a:\n    b: 1\nc: 2", set("e.f", json!("g")), "a:\n    b: 1\nc: 2\ne:\n    f: g"),
        (
            "a:\n- n: 1\n  x: |\n    text\n- n: 2\n",
            set("a.0.v.z", json!(1)),
            "a:\n- n: 1\n  x: |\n    text\n  v:\n    z: 1\n- n: 2\n",
        ),
        ("a: # nothing yet\nb: 1\n", set("a.c", json!(false)), "a: # nothing yet\n  c: false\nb: 1\n"),
        ("a: {}\n", set("a.b.c", json!(1)), "a: {b: {c: 1}}\n"),
        ("a: {b: 1}\n", set("a.c", json!([1])), "a: {b: 1, c: [1]}\n"),
        ("a: null\n", set("a.b", json!(1)), "a: {b: 1}\n"),
        ("x:\n- 1\na: 1\n", set("b", json!({"c": ["ALL"]})), "x:\n- 1\na: 1\nb:\n  c:\n  - ALL\n"),
        ("x:\n  - 1\na: 1\n", set("b", json!({"c": ["ALL"]})), "x:\n  - 1\na: 1\nb:\n  c:\n    - ALL\n"),
        ("{\"a\": {\"b\": 1}}", set("a.c", json!("x")), "{\"a\": {\"b\": 1, \"c\": \"x\"}}"),
        ("{\n  \"a\": 1\n}\n", set("b", json!(2)), "{\n  \"a\": 1,\n  \"b\": 2\n}\n"),
        // Items.
        ("a: [x]\n", append("a", json!("v")), "a: [x, v]\n"),
        ("a: []\n", append("a", json!("v")), "a: [v]\n"),
        ("a:\n  - x # why\nb: 1\n", append("a", json!("ALL")), "a:\n  - x # why\n  - ALL\nb: 1\n"),
        ("b: 1\n", append("a.c", json!("ALL")), "b: 1\na:\n  c:\n  - ALL\n"),
        // What goes.
        ("a: 1\nb: 2 # two\nc: 3\n", remove("b"), "a: 1\nc: 3\n"),
        ("a:\n  b: 1\nc: 3\n", remove("a.b"), "c: 3\n"),
        ("a:\n- x: 1\n  v: 2\n- z: 3\n", remove("a.0.x"), "a:\n- v: 2\n- z: 3\n"),
        ("a:\n- x\n- y # two\n- z\n", remove("a.1"), "a:\n- x\n- z\n"),
        ("a: [x, y, z]\n", remove("a.2"), "a: [x, y]\n"),
        ("a: [x, y, z]\n", remove("a.0"), "a: [y, z]\n"),
        ("a: {b: 1, c: 2}\n", remove("a.b"), "a: {c: 2}\n"),
        ("a: {b: 1, c: 2}\n", remove("a.c"), "a: {b: 1}\n"),
        // Other documents stay.
        ("# first\na: 1\n---\n# second\na: 1\n", set("a", json!(2)), "# first\na: 1\n---\n# second\na: 2\n"),
        ("a: 1\r\nb: 2\r\n", remove("a"), "b: 2\r\n"),
        ("a:\r\n  b: 2\r\n", set("a.c", json!(1)), "a:\r\n  b: 2\r\n  c: 1\r\n"),
    ];
    for (text, change, wanted) in cases {
        assert_eq!(changed(text, change).as_deref(), Ok(*wanted), "{text:?} {change:?}");
    }
}

#[test]
fn what_would_change_other_places_is_refused() {
    let shared = "x: &x {a: 1}\nw: *x\nz:\n  <<: *x\n  b: 2\n";
    assert_eq!(changed(shared, &set("w.a", json!(2))), Err(EditError::Shared));
    assert_eq!(changed(shared, &set("z.a", json!(2))), Err(EditError::Shared));
    assert_eq!(changed("a: 1\n", &set("a.b", json!(2))), Err(EditError::NoPlace));
    assert_eq!(changed("a: [1]\n", &set("a.3", json!(2))), Err(EditError::NoPlace));
    assert_eq!(changed("a: 1\n", &remove("b")), Err(EditError::NoPlace));
}
