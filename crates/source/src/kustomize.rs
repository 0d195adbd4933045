//! What a kustomization says of the files beside it.
//!
//! Files that `patches`, `patchesStrategicMerge` and `patchesJson6902` name hold parts of objects:
//! judged as whole objects they would lack nearly everything. What `resources` names is read as it is.

use std::path::{Component, Path, PathBuf};

use bulkhead_document::{Limits, Node, read};

/// The names that `kustomize` looks for.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization is written by hand; what is larger is none.
const LIMIT: usize = 1 << 20;

/// The files that a kustomization's text names as patches, relative to its folder.
///
/// A damaged one names nothing; it is read again with all other files, and is a gap there.
pub(crate) fn patches(text: &str) -> Vec<String> {
    let limits = Limits { bytes: LIMIT, documents: 1, ..Limits::default() };
    let Some(Ok(tree)) = read(text.into(), &limits).next() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for field in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
        for item in tree.root().get(field).into_iter().flat_map(Node::items) {
            // A text of several lines is the patch itself.
            let name = item.as_str().or_else(|| item.get("path").and_then(Node::as_str));
            found.extend(name.filter(|name| !name.contains('\n')).map(str::to_owned));
        }
    }
    found
}

/// A path relative to a folder, with `..` taken back by name: what a kustomization refers to need not
/// exist.
pub(crate) fn resolve(folder: &Path, relative: &str) -> PathBuf {
    let mut path = folder.to_owned();
    for part in Path::new(relative).components() {
        match part {
            Component::ParentDir => _ = path.pop(),
            Component::CurDir => (),
            other => path.push(other),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_in_every_spelling() {
        let text = "resources: [a.yaml]\npatches:\n- path: b.yaml\n  target: {kind: Pod}\n- patch: |-\n    - op: add\n\
            patchesStrategicMerge:\n- c.yaml\n- |-\n  apiVersion: v1\n  kind: Pod\npatchesJson6902:\n- path: ../d.json\n";
        assert_eq!(patches(text), ["b.yaml", "c.yaml", "../d.json"]);
        assert_eq!(patches("patches: {a: ["), Vec::<String>::new());
        assert_eq!(resolve(Path::new("/r/over"), "../d.json"), Path::new("/r/d.json"));
    }
}
