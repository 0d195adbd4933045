//! JSON by the letter of RFC 8259, and what is made of each value.

use crate::{Kind, Limits, Problem, Tree, read};

fn documents(text: &str) -> Vec<Result<Tree, String>> {
    read(text.into(), &Limits::default())
        .map(|found| found.map_err(|error| error.to_string()))
        .collect()
}

fn value(text: &str) -> Tree {
    documents(text).remove(0).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

/// A value and what it is read as.
const VALUES: &[(&str, Kind<'_>)] = &[
    ("null", Kind::Null),
    ("true", Kind::Bool(true)),
    ("false", Kind::Bool(false)),
    ("0", Kind::Int(0)),
    ("-0", Kind::Int(0)),
    ("-0.0", Kind::Int(0)),
    ("1.0", Kind::Int(1)),
    ("1e3", Kind::Int(1000)),
    ("1.5E+2", Kind::Int(150)),
    ("1.5", Kind::Float(1.5)),
    ("-12.5e-1", Kind::Float(-1.25)),
    ("123456789012345678", Kind::Int(123_456_789_012_345_678)),
    ("9223372036854775807", Kind::Int(i64::MAX)),
    ("-9223372036854775808", Kind::Int(i64::MIN)),
    ("9223372036854775808", Kind::UInt(1 << 63)),
    ("18446744073709551616", Kind::Float(18_446_744_073_709_551_616.0)),
    ("1e21", Kind::Float(1e21)),
    ("1e-400", Kind::Int(0)),
    (r#""""#, Kind::Text("")),
    (r#""a long string, over eight bytes""#, Kind::Text("a long string, over eight bytes")),
    (r#""é日本😀é日本😀""#, Kind::Text("é日本😀é日本😀")),
    (r#""a\"\\\/\b\f\n\r\tz""#, Kind::Text("a\"\\/\u{8}\u{C}\n\r\tz")),
    (r#""1234567\u0041""#, Kind::Text("1234567A")),
    (r#""\u00e9\ud83d\ude00!""#, Kind::Text("é😀!")),
    (r#""\ud83d""#, Kind::Text("\u{FFFD}")),
    (r#""\ud83d\u0041""#, Kind::Text("\u{FFFD}A")),
    (r#""\ude00\ud83d""#, Kind::Text("\u{FFFD}\u{FFFD}")),
    ("\"\u{7f}\u{85}\u{2028}\"", Kind::Text("\u{7f}\u{85}\u{2028}")),
    ("[]", Kind::Sequence(0)),
    ("[ ]", Kind::Sequence(0)),
    ("{\t}", Kind::Mapping(0)),
    ("[1,[2],{}]", Kind::Sequence(3)),
    ("{\"a\" : 1 , \"b\":{\"c\":[]}}", Kind::Mapping(2)),
];

#[test]
fn values() {
    for (text, wanted) in VALUES {
        let tree = value(&format!("[{text}]"));
        assert_eq!(tree.root().item(0).unwrap().kind(), *wanted, "{text}");
        let tree = value(&format!("\n {{ \"key\" :\r\n {text} }} "));
        let node = tree.root().get("key").unwrap();
        assert_eq!(node.kind(), *wanted, "{text}");
        assert_eq!(node.span().of(tree.source()), *text);
    }
}

/// What is neither JSON nor YAML, with the line and a part of the message.
const REFUSED: &[(&str, u32, &str)] = &[
    ("{\"a\":\n\"b", 2, "does not end"),
    ("[1,\n2", 2, "does not end"),
    ("[\"1\" 2]\n{", 1, "expected"),
    ("{\"a\" 1, \"b\": }", 1, "expected"),
    ("{\"a\":\n\"\\q\"}", 2, "unknown escape"),
    ("[\"\\u12g4\"]", 1, "hexadecimal"),
    ("{\"a\": [}", 1, "expected"),
    ("]", 1, "expected"),
    ("{\"\u{1}\": 1}", 1, "control character"),
];

#[test]
fn refused() {
    for (text, line, message) in REFUSED {
        let error = documents(text).remove(0).expect_err(text);
        assert!(error.contains(message) && error.starts_with(&format!("line {line}:")), "{text:?}: {error}");
    }
}

#[test]
fn yaml_in_flow_style_is_no_damage() {
    for text in
        ["{a: 1}", "[a, 'b', 0x10]", "{\"a\": 1,}", "[1, 2] # c", "{\"a\": \"\\x41\"}", "{\"a\":\t01}"]
    {
        let found = documents(text);
        assert!(found.len() == 1 && found[0].is_ok(), "{text}: {found:?}");
    }
}

#[test]
fn last_duplicate_wins_and_is_told() {
    let tree = value("{\"a\": 1, \"b\": 2, \"\\u0061\": 3}");
    assert_eq!(tree.root().get("a").unwrap().as_i64(), Some(3));
    let [duplicate] = tree.duplicate_keys() else { panic!("{:?}", tree.duplicate_keys()) };
    assert_eq!(duplicate.first.of(tree.source()), "\"a\"");
    assert_eq!(duplicate.again.of(tree.source()), "\"\\u0061\"");
}

#[test]
fn a_run_of_values() {
    let text = "{\"a\": 1}\n{\"a\": 2} {\"a\":3}[4]\n# comment\n{\"a\": 5}\n";
    let found: Vec<String> = documents(text)
        .into_iter()
        .map(|tree| {
            let tree = tree.unwrap();
            format!("{} {} {:?}", tree.first_line(), tree.extent().of(text).len(), tree.root())
        })
        .collect();
    assert_eq!(found, ["1 8 {\"a\": 1}", "2 9 {\"a\": 2}", "2 8 {\"a\": 3}", "2 3 [4]", "4 20 {\"a\": 5}"]);
}

#[test]
fn damage_in_a_run_costs_one_value() {
    let text = "{\"a\": 1}\n{\"a\": \n{\"a\": 3}\n{\"a\": 4,}\n{\"a\": 5}\n}\n{\"a\": 6}\nrest\n";
    let found: Vec<String> = documents(text)
        .into_iter()
        .map(|tree| tree.map_or_else(|error| error, |tree| format!("{:?}", tree.root())))
        .collect();
    let expected = [
        "{\"a\": 1}",
        "line 4: expected ',' or '}' after a value",
        "{\"a\": 5}",
        "line 6: expected another JSON value or the end",
        "{\"a\": 6}",
        "line 8: expected another JSON value or the end",
    ];
    assert_eq!(found, expected);
    let found = documents("{}\n{\"a\": 1e999}");
    assert_eq!(found[1].as_ref().unwrap_err(), "line 2: the number is beyond 64-bit floating point");
    // The first value may be YAML, and what follows is still read.
    let found = documents("{\"a\": 1,}\n{\"a\": 2}\n");
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|tree| tree.as_ref().unwrap().ignored().is_none()));
}

#[test]
fn limits() {
    let limits = Limits { depth: 100, nodes: 1_000, ..Limits::default() };
    let problem =
        |text: String| read(text.into(), &limits).next().unwrap().map(|_| ()).map_err(|error| error.problem);
    let nested = |depth: usize| format!("{}1{}", "[{\"a\":".repeat(depth / 2), "}]".repeat(depth / 2));
    assert_eq!(problem(nested(100)), Ok(()));
    assert_eq!(problem(nested(10_000)), Err(Problem::TooDeep { limit: 100 }));
    assert_eq!(problem("[".repeat(10_000)), Err(Problem::TooDeep { limit: 100 }));
    assert_eq!(problem(format!("[{}1]", "1,".repeat(1_000))), Err(Problem::TooManyNodes { limit: 1_000 }));
}
