use std::sync::Arc;

use crate::{Documents, Kind, Limits, Problem, Tree, fuzz_json, fuzz_yaml, read, read_bytes};

fn trees(text: &str) -> Vec<Result<Tree, String>> {
    read(Arc::from(text), &Limits::default())
        .map(|found| found.map_err(|error| error.to_string()))
        .collect()
}

#[test]
fn reads_documents_of_both_languages() {
    let found = trees(
        "# only a comment\n---\napiVersion: v1\nkind: [a, 1, yes]\n---\n{\"a\": {\"b\": 1.0}}\n{\"a\": null}\n",
    );
    let shown: Vec<String> =
        found.iter().map(|tree| format!("{:?}", tree.as_ref().unwrap().root())).collect();
    assert_eq!(
        shown,
        [r#"{"apiVersion": "v1", "kind": ["a", 1, true]}"#, r#"{"a": {"b": 1}}"#, r#"{"a": null}"#]
    );
    assert_eq!(found[0].as_ref().unwrap().first_line(), 3);
    assert_eq!(found[1].as_ref().unwrap().root().at(&["a", "b"]).unwrap().kind(), Kind::Int(1));
}

/// A stream with damage, and what is read of each document.
const DAMAGED: &[(&[u8], &[&str])] = &[
    (b"a: 1\n---\nb: [1,\n---\nc: 3\n", &["{\"a\": 1}", "line 4: expected a value", "{\"c\": 3}"]),
    (
        b"a: 'b\n---\nb: 2\n...\n\tc: 3\n---\nd: 4\n",
        &[
            "line 1: the quoted scalar does not end",
            "{\"b\": 2}",
            "line 5: a tab cannot indent",
            "{\"d\": 4}",
        ],
    ),
    (
        b"a: 1\n---\nb: \xFF\n---\nc: 3\n",
        &["{\"a\": 1}", "line 3: the bytes are not UTF-8 text", "{\"c\": 3}"],
    ),
    (b"a: \0\n---\nb: 2\n", &["line 1: control character U+0000 is not allowed", "{\"b\": 2}"]),
    (
        b"{\"a\": 1}\n{\"b\": \"\xC3\"}\n{\"c\": 3}\n",
        &["{\"a\": 1}", "line 2: the bytes are not UTF-8 text", "{\"c\": 3}"],
    ),
    (b"a: \xC3", &["line 1: the bytes are not UTF-8 text"]),
    (b"\xFF\xFEa\0:\0 \0\xE9\0", &["{\"a\": \"\u{e9}\"}"]),
    (b"\xFE\xFF\0a\0:\0 \xD8\x3D\xDE\0", &["{\"a\": \"\u{1F600}\"}"]),
    (b"\xFE\xFF\0a\0:\0\n\xD8\x3D\0\n\0-\0-\0-\0\n\0b", &["line 2: the bytes are not UTF-8 text", "\"b\""]),
    (b"\xEF\xBB\xBFa: 1\r\nb: 2\r\n", &["{\"a\": 1, \"b\": 2}"]),
    (b"", &[]),
    (b"\n---\n# nothing\n---\n...\n", &[]),
    (b"---\n~\n---\n\n", &["null"]),
];

#[test]
fn damage_costs_one_document() {
    for (bytes, wanted) in DAMAGED {
        let found: Vec<String> = read_bytes(bytes, &Limits::default())
            .map(|found| found.map_or_else(|error| error.to_string(), |tree| format!("{:?}", tree.root())))
            .collect();
        assert_eq!(found, *wanted, "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_document_knows_its_part_of_the_file() {
    let text = "# x\na: 1\n---\n\nb: [\n---\nc: 3\n";
    let found: Vec<_> = read(text.into(), &Limits::default()).collect();
    let extents: Vec<&str> = found
        .iter()
        .map(|found| found.as_ref().map_or_else(|error| error.extent, Tree::extent).of(text))
        .collect();
    assert_eq!(extents, ["# x\na: 1\n", "---\n\nb: [\n", "---\nc: 3\n"]);
    let trees: Vec<&Tree> = found.iter().filter_map(|found| found.as_ref().ok()).collect();
    assert_eq!((trees[0].first_line(), trees[1].first_line()), (2, 7));
    assert_eq!(trees[1].lines().line(text, 7), Some("c: 3"));
}

#[test]
fn limits_of_a_source() {
    let limits = Limits { bytes: 10, documents: 2, ..Limits::default() };
    let problems = |text: &str| -> Vec<Option<Problem>> {
        read(text.into(), &limits).map(|found| found.err().map(|error| error.problem)).collect()
    };
    assert_eq!(problems("0123456789"), [None]);
    let too_large = Problem::TooLarge { size: 11, limit: 10 };
    assert_eq!(problems("01234567890"), [Some(too_large.clone())]);
    let error = read_bytes(b"01234567890", &limits).next().unwrap().unwrap_err();
    assert_eq!(error.problem, too_large);
    assert_eq!(error.to_string(), "line 1: 11 bytes are more than the limit of 10");
    let too_many = Problem::TooManyDocuments { limit: 2 };
    assert_eq!(problems("[][][][]"), [None, None, Some(too_many)]);
}

/// Walks that recurse fit the stack of a thread at the greatest depth.
#[test]
fn the_deepest_document_can_be_walked() {
    let depth = Limits::default().depth;
    for (open, close) in [("[", "]"), ("{\"a\": ", "}"), ("- ", ""), ("[x: ", "]")] {
        let pairs = if open == "[x: " { depth / 2 } else { depth };
        let text = format!("{}1{}", open.repeat(pairs), close.repeat(pairs));
        let tree = trees(&text).remove(0).unwrap();
        let value: serde_json::Value = tree.root().decode().unwrap();
        let json = serde_json::to_string(&tree.root()).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        assert!(trees(&json)[0].as_ref().unwrap().root().same_value(tree.root()));
        assert_eq!(format!("{tree:?}").len(), json.len() + json.matches(':').count());
    }
}

/// The targets' own properties, over every row of the other tests' kind that is short enough to keep.
#[test]
fn properties_hold() {
    let seeds = [
        "a: [b, {c: 'd'}]\n--- |\n e\n",
        "{\"a\": [1.5, \"\\u00e9\"]}",
        "? a\n: &x *x",
        "\u{FEFF}- é\n\r- !!binary YQ==",
    ];
    for seed in seeds {
        for cut in 0..=seed.len() {
            for byte in [b' ', b'\n', b'"', b'\'', b':', b'-', b'[', b'}', b'#', b'|', 0xC2, 0xFF] {
                let mut bytes = seed.as_bytes().to_vec();
                bytes.insert(cut, byte);
                fuzz_yaml(&bytes);
                fuzz_json(&bytes);
            }
        }
    }
}

#[test]
fn a_cut_source_reads_like_a_whole_one() {
    let text = "\u{FEFF}%YAML 1.2\n---\na: 1\n---\nb: [\n---\n{\"c\": 1}\n{\"d\": 2}\n...\n# nothing\n---\n\n---\ne: |\n  x\n";
    let describe = |documents: Documents| -> Vec<String> {
        documents
            .map(|document| match document {
                Ok(tree) => format!("{} {:?}", tree.first_line(), tree.root()),
                Err(error) => error.to_string(),
            })
            .collect()
    };
    let whole = describe(read(text.into(), &Limits::default()));
    assert_eq!(whole.len(), 5);
    for bytes in [1, 8, 20, 1000] {
        let readers = read(text.into(), &Limits::default()).cut(bytes);
        assert!(bytes > 1 || readers.len() > 3);
        assert!(readers.is_sorted_by_key(Documents::first));
        assert_eq!(readers.into_iter().flat_map(describe).collect::<Vec<_>>(), whole, "{bytes}");
    }
}
