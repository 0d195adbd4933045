use std::sync::Arc;

use crate::{Documents, Kind, Limits, Tree, read};

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
        assert_eq!(
            readers.into_iter().flat_map(describe).collect::<Vec<_>>(),
            whole,
            "{bytes}"
        );
    }
}
