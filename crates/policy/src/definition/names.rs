//! Names of fields as expressions spell them: what CEL cannot read is escaped.
//!
//! Source: k8s.io/apiserver, `pkg/cel/escaping.go`.

const RESERVED: &[&str] = &[
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The spelling of a field's name; nothing where expressions cannot read it.
pub(super) fn escaped(name: &str) -> Option<String> {
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "_.-/".contains(letter);
    if name.is_empty()
        || name.starts_with(|first: char| first.is_ascii_digit())
        || !name.chars().all(is_allowed)
    {
        return None;
    }
    // Two underscores are one escape, wherever they stand.
    let spelled = name.replace("__", "__underscores__");
    Some(spelled.replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__"))
}

#[test]
fn names_as_the_server_escapes_them() {
    for (name, wanted) in [
        ("replicas", Some("replicas")),
        ("namespace", Some("__namespace__")),
        ("a-b", Some("a__dash__b")),
        ("a.b/c", Some("a__dot__b__slash__c")),
        ("a__b", Some("a__underscores__b")),
        ("a_b", Some("a_b")),
        ("int", Some("int")),
        ("1a", None),
        ("a b", None),
    ] {
        assert_eq!(escaped(name).as_deref(), wanted, "{name}");
    }
}
