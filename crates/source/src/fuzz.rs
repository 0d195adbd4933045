//! What holds for any bytes at all; a fuzz target and a test call it.

use bulkhead_document::{Limits, read_bytes};

use crate::rules::{PathLayers, PathRules};
use crate::sources::SourceFile;
use crate::{Class, classify, classify_damage, is_foreign, kustomize};

/// Takes anything for a file of a tree: it is told what each document is, what a kustomization names,
/// and what path rules of its lines leave out.
pub fn fuzz_source(data: &[u8]) {
    let file = SourceFile {
        path: "x/kustomization.yaml".into(),
        name: "x/kustomization.yaml".into(),
        scope: 0,
        inputs: &[],
        stdin: false,
        chart: data.len().is_multiple_of(2),
        template: false,
        rendered: None,
    };
    let limits = Limits { alias_nodes: 2_000, depth: 64, ..Limits::default() };
    let documents = read_bytes(data, &limits);
    let text = documents.source().clone();
    _ = is_foreign(&file, &text);
    for document in documents {
        match document {
            Ok(tree) => {
                if let Class::Skipped(reason) = classify(&file, tree.root(), |kind| kind == "Pod") {
                    assert!(crate::reasons::ALL.iter().any(|(known, _)| *known == reason), "{reason}");
                }
            }
            Err(error) => _ = classify_damage(&file, error.extent.of(&text), &error, false),
        }
    }
    let folder = std::path::Path::new("/r/x");
    for patch in kustomize::patches(&text) {
        assert!(kustomize::resolve(folder, &patch).is_absolute(), "{patch:?}");
    }
    let patterns = || text.lines().take(20).map(str::to_owned).collect();
    if let Ok(rules) = PathRules::new(patterns(), patterns()) {
        let mut layers = PathLayers::default();
        layers.add(folder, &rules);
        _ = layers.excludes(&folder.join("a/b.yaml"), false);
    }
}

#[test]
fn it_holds_for_a_few() {
    let rows: [&[u8]; 5] = [
        b"",
        b"patches: [{path: ../../../../../a}]\npatchesStrategicMerge: [/etc/passwd]",
        b"apiVersion: v1\nkind: Pod\n---\n{{ x\n---\n\xff",
        b"**/[a-z]/**\n!x\n\\\n#",
        b"- kind: [",
    ];
    for row in rows {
        fuzz_source(row);
    }
}
