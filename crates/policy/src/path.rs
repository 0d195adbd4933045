//! Paths of a policy: `ports[*].hostPort`, `metadata.annotations['a/b']`, `effective.runAsUser`.
//!
//! A path is matched against a node and yields every place it leads to, or, for absences, every place
//! where it breaks off. See docs/design/policy-form.md, "Paths".

use bulkhead_document::{Key, Kind, Node};

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Root {
    /// The unit that is judged.
    Unit,
    /// The container's security context after inheritance.
    Effective,
    /// The Pod template.
    Pod,
    /// The whole object.
    Workload,
}

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    /// The value under a key.
    Field { name: Box<str>, known: Option<Key> },
    /// Every item of a sequence, every value of a mapping.
    Every,
}

/// A path as a policy states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) root: Root,
    pub(crate) segments: Vec<Segment>,
}

/// One step from a node to one of its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    Field(Key),
    Index(u32),
}

/// A place that a path led to.
pub(crate) struct Match<'a, 's> {
    /// What stands there.
    pub(crate) node: Node<'a>,
    /// What holds it.
    pub(crate) parent: Node<'a>,
    /// The key of the innermost `[*]` that walked over a mapping.
    pub(crate) key: Option<&'a str>,
    /// The way from the start.
    pub(crate) steps: &'s [Step],
}

/// A place where a path broke off.
pub(crate) struct Absence<'a, 's> {
    /// The nearest parent that is there.
    pub(crate) parent: Node<'a>,
    /// The key of the innermost `[*]` that walked over a mapping.
    pub(crate) key: Option<&'a str>,
    /// The way to that parent.
    pub(crate) steps: &'s [Step],
    /// What is absent below it.
    pub(crate) rest: &'s [Segment],
}

/// Longer paths than any Kubernetes type has are mistakes.
const MOST_SEGMENTS: usize = 24;

impl Path {
    /// Reads a path; the error says what was expected and at which byte.
    pub(crate) fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut root = Root::Unit;
        let mut segments = Vec::new();
        if text == "." {
            return Ok(Self { root, segments });
        }
        let mut rest = text;
        let place = |rest: &str| text.len() - rest.len();
        loop {
            let end = rest.find(['.', '[', ']']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if name.is_empty() {
                return Err((place(rest), "expected the name of a field".to_owned()));
            }
            match name {
                "effective" if segments.is_empty() => root = Root::Effective,
                "pod" if segments.is_empty() => root = Root::Pod,
                "workload" if segments.is_empty() => root = Root::Workload,
                _ => segments.push(field(name)),
            }
            rest = after;
            while let Some(inside) = rest.strip_prefix('[') {
                let (segment, after) = subscript(inside).ok_or_else(|| {
                    (place(inside), "expected [*] or a key in quotes, such as ['a.b/c']".to_owned())
                })?;
                segments.push(segment);
                rest = after;
            }
            if segments.len() > MOST_SEGMENTS {
                return Err((place(rest), format!("a path has at most {MOST_SEGMENTS} parts")));
            }
            match rest.strip_prefix('.') {
                Some(after) => rest = after,
                None if rest.is_empty() => return Ok(Self { root, segments }),
                None => return Err((place(rest), "expected . or [ or the end of the path".to_owned())),
            }
        }
    }

    /// The keys that every match needs, as far as the schemas know them.
    pub(crate) fn known_keys(&self) -> impl Iterator<Item = Key> + '_ {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Field { known, .. } => *known,
            Segment::Every => None,
        })
    }
}

fn field(name: &str) -> Segment {
    Segment::Field { name: name.into(), known: Key::known(name) }
}

fn subscript(inside: &str) -> Option<(Segment, &str)> {
    if let Some(after) = inside.strip_prefix("*]") {
        return Some((Segment::Every, after));
    }
    let quote = inside.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let (name, after) = inside.get(1..)?.split_once(quote)?;
    Some((field(name), after.strip_prefix(']')?))
}

/// The value of a field; one that is null is not there.
pub(crate) fn child<'a>(node: Node<'a>, name: &str, known: Option<Key>) -> Option<(Key, Node<'a>)> {
    let key = known.or_else(|| node.tree().find_key(name))?;
    let child = node.get_key(key)?;
    (!child.is_null()).then_some((key, child))
}

/// Calls back for every place that the segments lead to from `start`.
pub(crate) fn matches<'a>(
    start: Node<'a>,
    segments: &[Segment],
    steps: &mut Vec<Step>,
    found: &mut dyn FnMut(&Match<'a, '_>),
) {
    descend(start, start, None, segments, steps, found);
}

/// Recursion is as deep as the path is long, and that is capped.
fn descend<'a>(
    node: Node<'a>,
    parent: Node<'a>,
    key: Option<&'a str>,
    segments: &[Segment],
    steps: &mut Vec<Step>,
    found: &mut dyn FnMut(&Match<'a, '_>),
) {
    let Some((segment, rest)) = segments.split_first() else {
        found(&Match { node, parent, key, steps });
        return;
    };
    match segment {
        Segment::Field { name, known } => {
            if let Some((step, next)) = child(node, name, *known) {
                steps.push(Step::Field(step));
                descend(next, node, key, rest, steps, found);
                steps.pop();
            }
        }
        Segment::Every => each(node, steps, &mut |next, name, steps| {
            descend(next, node, name.or(key), rest, steps, found);
        }),
    }
}

/// Calls back for every place where the segments break off below `start`.
pub(crate) fn absences<'a>(
    node: Node<'a>,
    key: Option<&'a str>,
    segments: &[Segment],
    steps: &mut Vec<Step>,
    found: &mut dyn FnMut(&Absence<'a, '_>),
) {
    let Some((segment, rest)) = segments.split_first() else {
        return;
    };
    match segment {
        Segment::Field { name, known } => match child(node, name, *known) {
            Some((step, next)) => {
                steps.push(Step::Field(step));
                absences(next, key, rest, steps, found);
                steps.pop();
            }
            None => found(&Absence { parent: node, key, steps, rest: segments }),
        },
        Segment::Every => each(node, steps, &mut |next, name, steps| {
            absences(next, name.or(key), rest, steps, found);
        }),
    }
}

/// Is shown a child, its key in a mapping, and the way to it.
type Visit<'v, 'a> = dyn FnMut(Node<'a>, Option<&'a str>, &mut Vec<Step>) + 'v;

/// Each child of a container, with its key in a mapping.
fn each<'a>(node: Node<'a>, steps: &mut Vec<Step>, visit: &mut Visit<'_, 'a>) {
    let tree = node.tree();
    for (item, index) in node.items().zip(0..) {
        steps.push(Step::Index(index));
        visit(item, None, steps);
        steps.pop();
    }
    for entry in node.raw_entries() {
        let value = tree.node(entry.value);
        if !matches!(value.kind(), Kind::Null) {
            steps.push(Step::Field(entry.key));
            visit(value, Some(tree.key_name(entry.key)), steps);
            steps.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form() {
        let path = Path::parse("spec.ports[*].hostPort").unwrap();
        assert_eq!(path.root, Root::Unit);
        assert_eq!(path.segments.len(), 4);
        assert_eq!(path.segments.get(2), Some(&Segment::Every));
        let path = Path::parse("pod.metadata.annotations['a.b/c']").unwrap();
        assert_eq!(path.root, Root::Pod);
        assert_eq!(path.segments.last(), Some(&field("a.b/c")));
        assert_eq!(Path::parse(".").unwrap().segments, []);
        assert_eq!(Path::parse("effective.runAsUser").unwrap().root, Root::Effective);
    }

    #[test]
    fn names_the_mistake() {
        for (text, place) in
            [("", 0), ("a..b", 2), ("a[b]", 2), ("a[0]", 2), ("a]", 1), ("a['b", 2), ("a[*]b", 4)]
        {
            let (found, message) = Path::parse(text).unwrap_err();
            assert_eq!(found, place, "{text}: {message}");
        }
    }
}
