use super::split;

/// A stream, and its parts with the line of each.
const STREAMS: &[(&str, &[(u32, &str)])] = &[
    ("", &[]),
    ("\n# comment\n  # more\n\n", &[]),
    ("a: 1", &[(1, "a: 1")]),
    ("---\na: 1\n", &[(1, "---\na: 1\n")]),
    ("a: 1\n---\nb: 2\n---\n", &[(1, "a: 1\n"), (2, "---\nb: 2\n"), (4, "---\n")]),
    ("# c\n---\na: 1\n# d\n---\nb: 2", &[(1, "# c\n---\na: 1\n# d\n"), (5, "---\nb: 2")]),
    ("a: 1\n...\n# c\n...\nb: 2\n", &[(1, "a: 1\n"), (5, "b: 2\n")]),
    ("a: 1\n--- # c\nb: 2\n---\tc\n", &[(1, "a: 1\n"), (2, "--- # c\nb: 2\n"), (4, "---\tc\n")]),
    ("a: 1\n---b\n----\n--- \n", &[(1, "a: 1\n---b\n----\n"), (4, "--- \n")]),
    ("%YAML 1.1\n# c\n---\na: 1\n", &[(1, "%YAML 1.1\n# c\n---\na: 1\n")]),
    ("a: 1\n...\n%YAML 1.1\n---\nb: 2\n", &[(1, "a: 1\n"), (3, "%YAML 1.1\n---\nb: 2\n")]),
    // Markers end a document wherever they stand.
    ("a: 'b\n---\nc: |\n  x\n---\n", &[(1, "a: 'b\n"), (2, "---\nc: |\n  x\n"), (5, "---\n")]),
    ("a: [\n...\nb: 1", &[(1, "a: [\n"), (3, "b: 1")]),
    ("a: |\n  ---\n", &[(1, "a: |\n  ---\n")]),
    // Line breaks of other systems, and a byte order mark.
    ("a: 1\r\n---\r\nb: 2\r\n", &[(1, "a: 1\r\n"), (2, "---\r\nb: 2\r\n")]),
    ("a: 1\r---\rb: 2", &[(1, "a: 1\r"), (2, "---\rb: 2")]),
    ("\u{FEFF}---\na: 1\n---\n", &[(1, "\u{FEFF}---\na: 1\n"), (3, "---\n")]),
    ("\u{FEFF}# c\n", &[]),
];

#[test]
fn streams() {
    for (text, wanted) in STREAMS {
        let parts: Vec<_> = split(text).iter().map(|part| (part.line, part.span.of(text))).collect();
        assert_eq!(parts, *wanted, "{text:?}");
    }
}
