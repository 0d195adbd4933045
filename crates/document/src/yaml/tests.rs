//! Values as sigs.k8s.io/yaml 1.6.0 gives them: each row was checked against it.

use std::fmt::Write;

use crate::{Duplicate, Limits, Problem, ReadError, Tree, read};

fn first(text: &str) -> Result<Tree, ReadError> {
    read(text.into(), &Limits::default())
        .next()
        .unwrap_or_else(|| panic!("no document in {text:?}"))
}

fn value(text: &str) -> serde_json::Value {
    let tree = first(text).unwrap_or_else(|error| panic!("{error} in {text:?}"));
    serde_json::to_value(tree.root()).unwrap()
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

/// A plain scalar and its value.
const PLAIN: &[(&str, &str)] = &[
    // Truth.
    ("y", "true"),
    ("Y", "true"),
    ("yes", "true"),
    ("Yes", "true"),
    ("YES", "true"),
    ("on", "true"),
    ("On", "true"),
    ("ON", "true"),
    ("true", "true"),
    ("True", "true"),
    ("TRUE", "true"),
    ("n", "false"),
    ("N", "false"),
    ("no", "false"),
    ("No", "false"),
    ("NO", "false"),
    ("off", "false"),
    ("Off", "false"),
    ("OFF", "false"),
    ("false", "false"),
    ("False", "false"),
    ("FALSE", "false"),
    ("yES", r#""yES""#),
    ("tRue", r#""tRue""#),
    // Nothing.
    ("", "null"),
    ("~", "null"),
    ("null", "null"),
    ("Null", "null"),
    ("NULL", "null"),
    ("nULL", r#""nULL""#),
    // Whole numbers.
    ("0", "0"),
    ("-0", "0"),
    ("+5", "5"),
    ("017", "15"),
    ("0o17", "15"),
    ("0O17", "15"),
    ("08", "8"),
    ("09.5", "9.5"),
    ("0o8", r#""0o8""#),
    ("0b11", "3"),
    ("-0b11", "-3"),
    ("0b-1", "-1"),
    ("0b12", r#""0b12""#),
    ("0x1F", "31"),
    ("0X1f", "31"),
    ("+0x10", "16"),
    ("0x", r#""0x""#),
    ("1_000", "1000"),
    ("1__0", "10"),
    ("1_", "1"),
    ("0x_1", "1"),
    ("_1", r#""_1""#),
    ("9223372036854775807", "9223372036854775807"),
    ("9223372036854775808", "9223372036854775808"),
    ("18446744073709551615", "18446744073709551615"),
    ("18446744073709551616", "1.8446744073709552e19"),
    ("-9223372036854775808", "-9223372036854775808"),
    ("-9223372036854775809", "-9.223372036854776e18"),
    ("+9223372036854775808", "9223372036854776000"),
    // Other numbers.
    ("1.0", "1"),
    ("1.", "1"),
    ("1e3", "1000"),
    ("1E3", "1000"),
    ("1.e3", "1000"),
    (".5", "0.5"),
    ("+.5", "0.5"),
    (".9_9e1_0", "9900000000"),
    ("._9", r#""._9""#),
    (".9__9", r#"".9__9""#),
    (".9_", r#"".9_""#),
    ("1.5", "1.5"),
    ("1_000.5", "1000.5"),
    ("-0.0", "0"),
    ("1e18", "1000000000000000000"),
    ("1e21", "1e21"),
    ("1e-400", "0"),
    ("1e400", r#""1e400""#),
    ("0.1", "0.1"),
    ("5e-324", "5e-324"),
    ("1e", r#""1e""#),
    (".", r#"".""#),
    ("0x1p3", r#""0x1p3""#),
    ("inf", r#""inf""#),
    ("NaN", r#""NaN""#),
    // Text.
    ("1:30", r#""1:30""#),
    ("190:20:30", r#""190:20:30""#),
    ("2001-01-01", r#""2001-01-01""#),
    ("2001-12-14 21:59:43.10 -5", r#""2001-12-14 21:59:43.10 -5""#),
    ("1.2.3", r#""1.2.3""#),
    ("10.0.0.1/8", r#""10.0.0.1/8""#),
    ("100m", r#""100m""#),
    ("1Gi", r#""1Gi""#),
    ("<<", r#""<<""#),
    ("=", r#""=""#),
    ("-", r#""-""#),
    ("a b", r#""a b""#),
    ("a:b", r#""a:b""#),
    ("a#b", r#""a#b""#),
    ("a # c", r#""a""#),
    ("-a", r#""-a""#),
    ("?a", r#""?a""#),
    (":a", r#"":a""#),
    ("http://x?y=1", r#""http://x?y=1""#),
    ("日本", r#""日本""#),
];

#[test]
fn plain_scalars() {
    for (text, wanted) in PLAIN {
        let within_brackets = !text.contains(['?', '#']) && *text != ":a";
        if *text != "-" {
            assert_eq!(value(&format!("a: {text}")), json(&format!("{{\"a\":{wanted}}}")), "{text}");
            assert_eq!(value(&format!("- {text}\n- 1\n")), json(&format!("[{wanted},1]")), "{text}");
        }
        if within_brackets && !text.is_empty() {
            assert_eq!(
                value(&format!("x: [{text}, a]")),
                json(&format!("{{\"x\":[{wanted},\"a\"]}}")),
                "{text}"
            );
        }
    }
}

/// A key and its name.
const KEYS: &[(&str, &str)] = &[
    ("a", "a"),
    ("1", "1"),
    ("017", "15"),
    ("0x1F", "31"),
    ("1.5", "1.5"),
    ("1e3", "1000"),
    ("1e6", "1e+06"),
    ("1234567.5", "1.2345675e+06"),
    ("0.0001", "0.0001"),
    ("0.00001", "1e-05"),
    ("1e300", ".inf"),
    (".nan", ".nan"),
    ("-.inf", "-.inf"),
    ("y", "true"),
    ("on", "true"),
    ("no", "false"),
    ("'no'", "no"),
    ("\"1.50\"", "1.50"),
    ("!!str 1.50", "1.50"),
    ("!!int '7'", "7"),
    ("!!binary YQ==", "a"),
    ("1:30", "1:30"),
    ("a b", "a b"),
    ("'<<'", "<<"),
    ("!!str <<", "<<"),
];

#[test]
fn keys_are_text() {
    for (text, wanted) in KEYS {
        let wanted = json(&format!("{{\"{wanted}\":1}}"));
        assert_eq!(value(&format!("{text}: 1")), wanted, "{text}");
        assert_eq!(value(&format!("? {text}\n: 1")), wanted, "{text}");
    }
}

/// Text and what its document is worth.
const DOCUMENTS: &[(&str, &str)] = &[
    // Quotes.
    ("'it''s'", r#""it's""#),
    (r#""a\tb\n\u00e9\x41\U0001F600\e\0\_""#, r#""a\tb\néA😀\u001b\u0000 ""#),
    ("\"a  \n  b\"", r#""a b""#),
    ("\"a\n\n\n  b\"", r#""a\n\nb""#),
    ("\"a\\\n   b\"", r#""ab""#),
    ("\"a \\\n   b\"", r#""a b""#),
    ("\"a\\ \n b\"", r#""a  b""#),
    ("'a\n  b'", r#""a b""#),
    ("a: 'x\ny'", r#"{"a":"x y"}"#),
    ("'a\tb'", r#""a\tb""#),
    // Lines of a plain scalar.
    ("a: b\n  c\n  d", r#"{"a":"b c d"}"#),
    ("a: b\n\n  c", r#"{"a":"b\nc"}"#),
    ("a:\n  b\n   c # d\n", r#"{"a":"b c"}"#),
    ("a: b\n  - c", r#"{"a":"b - c"}"#),
    // Block scalars.
    ("a: |\n  x\n   y\n\n  z\n", r#"{"a":"x\n y\n\nz\n"}"#),
    ("a: |\n  x", r#"{"a":"x"}"#),
    ("a: |-\n  x\n\n", r#"{"a":"x"}"#),
    ("a: |+\n  x\n\n", r#"{"a":"x\n\n"}"#),
    ("a: |\n", r#"{"a":""}"#),
    ("a: |2\n   x\n  y\n", r#"{"a":" x\ny\n"}"#),
    ("a: |1-\n   x\n", r#"{"a":"  x"}"#),
    ("a: |-1 # c\n   x\n", r#"{"a":"  x"}"#),
    ("a: |\n  x # no comment\n# comment\nb: 1", r#"{"a":"x # no comment\n","b":1}"#),
    ("a: >\n  x\n  y\n\n  z\n", r#"{"a":"x y\nz\n"}"#),
    ("a: >\n  x\n   y\n  z\n", r#"{"a":"x\n y\nz\n"}"#),
    ("a: >-\n  x\n\n\n  y", r#"{"a":"x\n\ny"}"#),
    ("- |\n x\n- >\n y\n", r#"["x\n","y\n"]"#),
    ("a: |\r\n  x\r\n  y\r\n", r#"{"a":"x\ny\n"}"#),
    // Collections.
    ("a:\n- 1\n- 2\nb:\n  - 3", r#"{"a":[1,2],"b":[3]}"#),
    ("- a: 1\n  b: 2\n- - c\n  - d\n-\n- e:\n", r#"[{"a":1,"b":2},["c","d"],null,{"e":null}]"#),
    ("a: {b: [1, 2,], c: , 'd': e, \"f\":g, h}", r#"{"a":{"b":[1,2],"c":null,"d":"e","f":"g","h":null}}"#),
    ("a: [\n  b,\n  c\n]\nd: {\n}\n", r#"{"a":["b","c"],"d":{}}"#),
    ("[a: b, c]", r#"[{"a":"b"},"c"]"#),
    ("{a:1}", r#"{"a:1":null}"#),
    ("{a: -, b: [-]}", r#"{"a":"-","b":["-"]}"#),
    ("? a\n? b\n: c\n", r#"{"a":null,"b":"c"}"#),
    ("a : b", r#"{"a":"b"}"#),
    ("a:\tb\n", r#"{"a":"b"}"#),
    ("a: # comment\n  b: 1\n", r#"{"a":{"b":1}}"#),
    ("\"a\":b", r#""a""#),
    // Tags.
    ("[!!str 5, !!int '5', !!float 5, !!float 017, !!bool 'yes', !!null '']", r#"["5",5,5,15,true,null]"#),
    ("[!foo 5, ! 5, !!str , !!map x, !!timestamp 2001-1-1]", r#"["5","5","","x","2001-1-1"]"#),
    ("a: !!binary aGVsbG8=\nb: !!binary |\n  aGVs\n  bG8=\n", r#"{"a":"hello","b":"hello"}"#),
    ("!!map {a: !!seq [b], c: !!set {d}}", r#"{"a":["b"],"c":{"d":null}}"#),
    ("!<tag:yaml.org,2002:str> 5", r#""5""#),
    ("!!s%74r 5", r#""5""#),
    ("%TAG !e! tag:yaml.org,2002:\n---\n!e!str 5", r#""5""#),
    ("%YAML 1.1\n---\na: 1", r#"{"a":1}"#),
    // Anchors, aliases, merge keys.
    ("a: &x [1, 2]\nb: *x\nc: &y z\n*y : 3", r#"{"a":[1,2],"b":[1,2],"c":"z","z":3}"#),
    ("&k a: 1\nb: *k", r#"{"a":1,"b":"a"}"#),
    ("a: &x 1\nb: &x 2\nc: *x", r#"{"a":1,"b":2,"c":2}"#),
    ("a: &x\nb: *x", r#"{"a":null,"b":null}"#),
    ("a: &x 1e6\n*x : b", r#"{"a":1000000,"1e+06":"b"}"#),
    ("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n", r#"{"a":{"b":1,"c":2},"d":{"b":1,"c":3}}"#),
    // Keys are set as they come: what stands before a merge key gives way to it.
    ("a: &x {b: 1}\nd:\n  b: 2\n  <<: *x\n", r#"{"a":{"b":1},"d":{"b":1}}"#),
    (
        "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}\n",
        r#"{"a":{"b":1},"c":{"b":2,"d":3},"e":{"d":3,"b":1}}"#,
    ),
    ("a: {<<: {b: 1}, c: 2}", r#"{"a":{"b":1,"c":2}}"#),
    // Duplicates: the last wins.
    ("a: 1\nb: 2\na: 3\n", r#"{"b":2,"a":3}"#),
    ("1: a\n'1': b", r#"{"1":"b"}"#),
    ("yes: a\non: b", r#"{"true":"b"}"#),
];

#[test]
fn documents() {
    for (text, wanted) in DOCUMENTS {
        assert_eq!(value(text), json(wanted), "{text:?}");
    }
}

/// Text, the line and column that are blamed, and a part of the message.
const REFUSED: &[(&str, (u32, u32), &str)] = &[
    ("a: .inf", (1, 4), "infinity"),
    ("a: [1, .nan]", (1, 8), "infinity"),
    ("~: 1", (1, 1), "null cannot be a key"),
    ("a:\n  18446744073709551615: 1", (2, 3), "cannot be a key"),
    ("? [a]\n: b", (1, 3), "cannot be a key"),
    ("a: 1\n? {b: c}\n", (2, 3), "cannot be a key"),
    ("a: *b", (1, 4), "unknown anchor 'b'"),
    ("a: &x [*x]", (1, 8), "contains itself"),
    ("a: &x [1]\n*x : 2", (2, 1), "cannot be a key"),
    ("a: &x [1]\n<<: *x", (2, 5), "merge key"),
    ("<<: 5", (1, 5), "merge key"),
    ("a: !!int x", (1, 10), "no !!int"),
    ("a: !!float 18446744073709551615", (1, 12), "no !!float"),
    ("a: !!timestamp 2001-02-30", (1, 16), "no !!timestamp"),
    ("a: !!binary '*'", (1, 13), "base64"),
    ("a: !e!x b", (1, 4), "no %TAG"),
    ("a: !%c3 b", (1, 4), "not UTF-8"),
    ("%YAML 1.2\n---\na: 1", (1, 1), "YAML 1.1"),
    ("%FOO\n---\na: 1", (1, 1), "directive"),
    ("a: 'b", (1, 4), "does not end"),
    ("a: \"b\\q\"", (1, 6), "unknown escape"),
    ("a: \"\\ud800\"", (1, 5), "no Unicode character"),
    ("a: \"\\x4\"", (1, 5), "hexadecimal"),
    ("a:\n\t- b", (2, 1), "a tab cannot indent"),
    ("a: b\n\tc: d", (2, 1), "a tab cannot indent"),
    ("a: b: c", (1, 5), "not allowed here"),
    ("a: - b", (1, 4), "a sequence cannot begin here"),
    ("a: 1\nb\nc: 2", (2, 1), "expected ':'"),
    ("a: [1, 2", (1, 9), "expected ',' or ']'"),
    ("a: {b: 1", (1, 9), "expected ',' or '}'"),
    ("a: @b", (1, 4), "cannot begin a plain scalar"),
    ("a: `b`", (1, 4), "cannot begin a plain scalar"),
    ("a: %b", (1, 4), "cannot begin a plain scalar"),
    ("a: *.js", (1, 4), "alias"),
    ("a: [http://x?y=1]", (1, 13), "expected ',' or ']'"),
    ("a: |0\n", (1, 5), "cannot be 0"),
    ("a: | x\n", (1, 6), "end of the line"),
    ("- a\nb: c", (2, 1), "expected '-'"),
    ("a:\n  - b\n c: d", (3, 2), "expected a key"),
    ("a: \u{7}", (1, 4), "U+0007"),
    ("é: \u{80}", (1, 4), "U+0080"),
];

#[test]
fn refused() {
    for (text, (line, column), message) in REFUSED {
        let error = first(text).expect_err(text);
        assert!(error.to_string().contains(message), "{text:?}: {error}");
        assert_eq!((error.at.line, error.at.column), (*line, *column), "{text:?}: {error}");
    }
}

#[test]
fn spans_are_bytes() {
    let text =
        "# é\nä: [ü, 'x é', \"y\\n\"] # ö\nblock: |\n  é\n\n\nlist:\n- ö: 1\n  b:\n- {c: 日本}\nd: *a\n";
    let text = &text.replace("*a", "\u{1F600}");
    let tree = first(text).unwrap();
    let root = tree.root();
    let of = |path: &[&str]| root.at(path).unwrap().span().of(text);
    assert_eq!(of(&["ä"]), "[ü, 'x é', \"y\\n\"]");
    let items: Vec<&str> = root.get("ä").unwrap().items().map(|item| item.span().of(text)).collect();
    assert_eq!(items, ["ü", "'x é'", "\"y\\n\""]);
    assert_eq!(of(&["block"]), "|\n  é");
    assert_eq!(of(&["list"]), "- ö: 1\n  b:\n- {c: 日本}");
    assert_eq!(root.get("list").unwrap().item(0).unwrap().span().of(text), "ö: 1\n  b:");
    assert_eq!(root.get("list").unwrap().item(1).unwrap().get("c").unwrap().span().of(text), "日本");
    assert_eq!(of(&["d"]), "\u{1F600}");
    let keys: Vec<&str> = root.raw_entries().iter().map(|entry| entry.span.of(text)).collect();
    assert_eq!(keys, ["ä", "block", "list", "d"]);
    let at = root.at(&["list"]).unwrap().item(1).unwrap().get("c").unwrap().span().start;
    assert_eq!((tree.position(at).line, tree.position(at).column), (10, 7));
}

#[test]
fn duplicates_are_told() {
    let tree = first("a: 1\nb: {c: 1, c: 2, c: 3}\na: 2\nd: &x {e: 1}\nf: {<<: *x, e: 2, <<: *x}\n").unwrap();
    let told: Vec<_> = tree
        .duplicate_keys()
        .iter()
        .map(|Duplicate { key, first, again }| {
            let line = |span: crate::Span| tree.position(span.start);
            (tree.key_name(*key), (line(*first).line, line(*first).column), line(*again).column)
        })
        .collect();
    assert_eq!(told, [("c", (2, 5), 11), ("c", (2, 11), 17), ("a", (1, 1), 1)]);
}

#[test]
fn big_mappings_find_their_keys() {
    let mut text = String::new();
    for number in 0..5_000 {
        writeln!(text, "key-{}: {number}", number * 7 % 5_000).unwrap();
    }
    text.push_str("key-77: last\n");
    let tree = first(&text).unwrap();
    assert_eq!(tree.root().entries().len(), 5_000);
    assert_eq!(tree.root().get("key-77").unwrap().as_str(), Some("last"));
    assert_eq!(tree.root().get("key-7").unwrap().as_i64(), Some(1));
    assert_eq!(tree.root().get("key-5000").map(crate::Node::kind), None);
    assert_eq!(tree.duplicate_keys().len(), 1);
}

#[test]
fn text_after_the_value_is_told() {
    let text = "  a: 1\nb: 2\n";
    let tree = first(text).unwrap();
    assert_eq!(serde_json::to_value(tree.root()).unwrap(), json(r#"{"a":1}"#));
    assert_eq!(tree.ignored().unwrap().of(text), "b: 2\n");
    assert_eq!(first("a: 1\n# comment\n").unwrap().ignored(), None);
}

#[test]
fn limits_have_their_number_in_the_error() {
    let nested =
        |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let limits = Limits { depth: 100, ..Limits::default() };
    let problem = |text: &str, limits: &Limits| read(text.into(), limits).next().unwrap().err();
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        if open != "? " {
            assert_eq!(problem(&nested(open, close, 100), &limits), None, "{open}");
        }
        let error = problem(&nested(open, close, 10_000), &limits).unwrap();
        let expected = if open == "? " {
            Problem::Value("a sequence or mapping cannot be a key".into())
        } else {
            Problem::TooDeep { limit: 100 }
        };
        assert_eq!(error.problem, expected, "{open}");
    }
    let mut block = String::new();
    for depth in 0..10_000 {
        writeln!(block, "{:depth$}a:", "").unwrap();
    }
    let error = problem(&block, &limits).unwrap();
    assert_eq!(error.to_string(), "line 101: collections are nested deeper than the limit of 100");

    let mut laughs = String::from("a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for (name, of) in ('b'..='i').zip('a'..) {
        let items = vec![format!("*{of}"); 9].join(", ");
        writeln!(laughs, "{name}: &{name} [{items}]").unwrap();
    }
    let error = problem(&laughs, &Limits::default()).unwrap();
    assert_eq!(error.to_string(), "line 6: aliases stand for more values than the limit of 400000");
    let merges = laughs.replace('[', "{k: [").replace(']', "]}");
    let error = problem(&merges, &Limits::default()).unwrap();
    assert_eq!(error.problem, Problem::TooManyAliasNodes { limit: 400_000 });

    let deep_alias = "a: &a [[[1]]]\nb: [[*a]]\n";
    assert_eq!(problem(deep_alias, &Limits { depth: 6, ..Limits::default() }), None);
    let error = problem(deep_alias, &Limits { depth: 5, ..Limits::default() }).unwrap();
    assert_eq!(error.problem, Problem::TooDeep { limit: 5 });

    let few = Limits { nodes: 10, ..Limits::default() };
    let error = problem("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]", &few).unwrap();
    assert_eq!(error.problem, Problem::TooManyNodes { limit: 10 });
}

#[test]
fn a_line_of_many_megabytes() {
    let long = "x".repeat(2 << 20);
    for text in
        [format!("a: {long}\nb: 1"), format!("a: \"{long}\"\nb: 1"), format!("a: |\n  {long}\nb: 1\n")]
    {
        let tree = first(&text).unwrap();
        assert_eq!(tree.root().get("a").unwrap().as_str().unwrap().trim_end().len(), long.len());
        assert_eq!(tree.root().get("b").unwrap().as_i64(), Some(1));
    }
    // A key may be 1,024 characters long where its `:` must be waited for.
    assert!(first(&format!("{}: 1", "é".repeat(1024))).is_ok());
    assert!(first(&format!("a: 1\n{}: 1", "k".repeat(1026))).is_err());
}
