use std::sync::Arc;

use crate::{Kind, Limits, Tree, read};

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
    let shown: Vec<String> = found
        .iter()
        .map(|tree| format!("{:?}", tree.as_ref().unwrap().root()))
        .collect();
    assert_eq!(
        shown,
        [
            r#"{"apiVersion": "v1", "kind": ["a", 1, true]}"#,
            r#"{"a": {"b": 1}}"#,
            r#"{"a": null}"#
        ]
    );
    assert_eq!(found[0].as_ref().unwrap().first_line(), 3);
    assert_eq!(
        found[1].as_ref().unwrap().root().at(&["a", "b"]).unwrap().kind(),
        Kind::Int(1)
    );
}

#[test]
fn damage_costs_one_document() {
    let found = trees("a: 1\n---\nb: [1,\n---\nc: 3\n");
    assert!(found[0].is_ok() && found[2].is_ok());
    assert!(
        found[1].as_ref().unwrap_err().starts_with("line "),
        "{:?}",
        found[1]
    );
}
