//! Where a field of a changed object stands in the file that the object comes from.
//!
//! A kustomization writes objects anew, so lines mean nothing. The way to the field is walked in both
//! objects at once: names of fields lead to fields, and an item of a list to the item with the same name.
//! Where the original has no such field, a patch or a generator brought it, and the nearest thing above it
//! that the original does have is told.

use bulkhead_document::{Node, Tree};

/// First and last line and column, from 1.
pub(super) type Extent = (u32, u32, u32, u32);

/// The place of a field of `made` among the documents that it may come from.
pub(super) fn place(originals: &[Tree], made: &Tree, field: &str) -> Option<Extent> {
    let text =
        |node: Node<'_>, path: &[&str]| node.at(path).and_then(Node::as_str).unwrap_or_default().to_owned();
    let (kind, name) = (text(made.root(), &["kind"]), text(made.root(), &["metadata", "name"]));
    let roots = originals.iter().flat_map(|tree| {
        let root = tree.root();
        let items = root.get("items").into_iter().flat_map(Node::items);
        std::iter::once(root).chain(items)
    });
    // Prefixes and suffixes are put around names.
    let best = roots.filter(|root| text(*root, &["kind"]) == kind).max_by_key(|root| {
        let original = text(*root, &["metadata", "name"]);
        if original == name {
            usize::MAX
        } else if name.contains(&original) {
            original.len()
        } else {
            0
        }
    })?;
    Some(extent(walk(best, made.root(), field)))
}

fn walk<'a>(mut original: Node<'a>, mut made: Node<'_>, field: &str) -> Node<'a> {
    for step in steps(field) {
        let next = match step {
            Step::Field(name) => original.get(&name).zip(made.get(&name)),
            Step::Item(index) => made.item(index).and_then(|item| Some((partner(original, item)?, item))),
        };
        let Some(next) = next else { break };
        (original, made) = next;
    }
    original
}

/// The item of the original list that an item comes from.
fn partner<'a>(list: Node<'a>, item: Node<'_>) -> Option<Node<'a>> {
    const KEYS: [&str; 6] = ["name", "containerPort", "port", "mountPath", "key", "ip"];
    let key = KEYS.iter().find_map(|key| Some((*key, item.get(key)?)));
    list.items().find(|candidate| match key {
        Some((name, value)) => candidate.get(name).is_some_and(|other| other.same_value(value)),
        None => candidate.same_value(item),
    })
}

fn extent(node: Node<'_>) -> Extent {
    let tree = node.tree();
    let (start, end) = (tree.position(node.span().start), tree.position(node.span().end));
    // A block is told by its first line.
    if end.line > start.line {
        return (start.line, start.column, start.line, start.column + 1);
    }
    (start.line, start.column, end.line, end.column.max(start.column + 1))
}

enum Step {
    Field(String),
    Item(usize),
}

/// `spec.containers[0].annotations['a.b/c']` step by step.
fn steps(field: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = field;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix("['") {
            let (name, after) = inner.split_once("']").unwrap_or((inner, ""));
            steps.push(Step::Field(name.to_owned()));
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']').unwrap_or((inner, ""));
            let Ok(index) = index.parse() else { break };
            steps.push(Step::Item(index));
            rest = after;
        } else {
            let plain = rest.trim_start_matches('.');
            let end = plain.find(['.', '[']).unwrap_or(plain.len());
            let (name, after) = plain.split_at(end);
            if !name.is_empty() {
                steps.push(Step::Field(name.to_owned()));
            }
            rest = after;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulkhead_document::{Limits, read};

    #[test]
    fn fields_are_found_by_name() {
        let original = "\
kind: Service
metadata: {name: web}
---
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: side
        image: b:1
      - name: web
        image: a:1
";
        let made = "kind: Deployment\nmetadata: {name: prod-web, annotations: {a.b/c: x}}\nspec: {replicas: 2, \
                    template: {spec: {containers: [{name: web, image: 'a:2'}]}}}";
        let originals: Vec<Tree> = read(original.into(), &Limits::default()).flatten().collect();
        let made = read(made.into(), &Limits::default()).next().unwrap().unwrap();
        let line = |field| place(&originals, &made, field).unwrap();
        assert_eq!(line("spec.template.spec.containers[0].image"), (14, 16, 14, 19));
        assert_eq!(line("spec.replicas").0, 8, "a field that a patch brought is told by what is above it");
        assert_eq!(line("metadata.annotations['a.b/c']").0, 6);
    }
}
