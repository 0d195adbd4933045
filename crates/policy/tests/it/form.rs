//! The form of a policy file: its schema, and what is said of mistakes.

use bulkhead_policy::{Pack, exception_schema, schema};

/// Run with `BULKHEAD_BLESS=1` to write the file anew.
#[test]
fn the_schemas_in_docs_are_these() {
    for (name, schema) in [("policy", schema()), ("exception", exception_schema())] {
        let path = format!("{}/../../docs/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("BULKHEAD_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text);
    }
}

const GOOD: &str = "\
id: a-check
title: T
severity: low
why: W
fix: F
for-each: container
find:
  - at: image
    when: value == 'x'
    message: uses {value}
";

fn error(text: &str) -> String {
    Pack::default().read_checked("p.yaml", text).unwrap_err().to_string()
}

#[test]
fn a_good_file_is_read_in_both_forms() {
    let mut pack = Pack::default();
    pack.read_checked("p.yaml", GOOD).unwrap();
    let body: String = GOOD.split_inclusive('\n').skip(1).flat_map(|line| ["  ", line]).collect();
    let object = format!(
        "apiVersion: bulkhead.dev/v1alpha1\nkind: Policy\nmetadata:\n  name: b-check\nspec:\n{body}---\n{}",
        GOOD.replace("a-check", "c-check")
    );
    pack.read_checked("q.yaml", &object).unwrap();
    let ids: Vec<String> = pack.policies().map(|policy| policy.id.to_string()).collect();
    assert_eq!(ids, ["a-check", "b-check", "c-check"]);
}

/// The edit, and how the answer begins or what it holds.
#[test]
fn mistakes_have_a_place_and_say_what_was_expected() {
    for (from, to, place, says) in [
        (
            "severity: low",
            "severity: awful",
            "p.yaml:3:11:",
            "expected critical, high, medium, low, info, found \"awful\"",
        ),
        ("fix: F\n", "", "p.yaml:1:1:", "fix: is missing"),
        ("title: T", "titel: T", "p.yaml:2:1:", "titel: no such field; expected title"),
        ("id: a-check", "id: A_Check", "p.yaml:1:5:", "small letters"),
        ("at: image", "at: image[0]", "p.yaml:8:15:", "expected [*]"),
        ("at: image", "at: image\n    missing: image", "p.yaml:8:5:", "either at or missing"),
        ("value == 'x'", "value == ", "p.yaml:9:", "a-check: in"),
        ("value == 'x'", "valeu == 'x'", "p.yaml:9:11:", "valeu"),
        ("value == 'x'", "value.nope('x')", "p.yaml:9:", "nope"),
        ("{value}", "{value", "p.yaml:10:14:", "has no }"),
        ("for-each: container", "for-each: object", "p.yaml:1:1:", "kinds: is missing"),
        (
            "for-each: container",
            "for-each: container\nkinds: [Pod]",
            "p.yaml:7:8:",
            "for-each object or a path",
        ),
        ("for-each: container", "for-each: container\nkubernetes: 1.30", "p.yaml:7:13:", "expected text"),
        ("for-each: container", "for-each: container\nkubernetes: '>=1.30 <1.20'", "p.yaml:7:13:", "range"),
        ("find:", "variables: {pod: 'self'}\nfind:", "p.yaml:7:", "this name is taken"),
        ("id: a-check", "id: a-check\nid: b-check", "p.yaml:2:1:", "a second time"),
        ("find:\n", "find: [\n", "p.yaml:", ""),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let error = error(&GOOD.replacen(from, to, 1));
        assert!(error.starts_with(place) && error.contains(says), "{to:?}: {error}");
    }
    assert!(error("").starts_with("p.yaml:1:1: expected a policy"));
    assert!(error(&format!("{GOOD}---\n{GOOD}")).contains("is taken by p.yaml:1"));
}
