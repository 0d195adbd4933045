//! The examples on a check's page, run.

use bulkhead_document::{Limits, Node, read};
use bulkhead_kinds::{Kinds, SUPPORTED};

use crate::checks::Check;
use crate::{Facts, Judged, judge};

/// Runs a page's examples: how many there are, and a sentence for each that does not hold. Each is judged as a
/// whole, and as a part of one, where an absence is no finding.
pub fn check_examples(check: &Check) -> (usize, Vec<String>) {
    let mut failures = Vec::new();
    let (mut clean, mut faulty) = (0, 0);
    let Some(Ok(page)) = read(check.page.into(), &Limits::default()).next() else {
        return (0, vec![format!("{}: its page cannot be read", check.id)]);
    };
    for example in page.root().get("examples").into_iter().flat_map(Node::items) {
        let line = page.position(example.span().start).line;
        let Some(objects) = example.get("objects") else {
            failures.push(format!("{}, line {line}: an example has objects", check.id));
            continue;
        };
        let finds = example.get("finds").into_iter().flat_map(Node::items);
        let wanted: Vec<&str> = finds.filter_map(Node::as_str).collect();
        let whole = run(check, objects, true);
        let found: Vec<_> = whole.iter().flat_map(Judged::found).map(|found| found.field).collect();
        if found.iter().map(|field| &**field).ne(wanted.iter().copied()) {
            failures.push(format!("{}, line {line}: expected {wanted:?}, found {found:?}", check.id));
        }
        let part = run(check, objects, false);
        let undecided = if check.absence { wanted.len() } else { 0 };
        let told = part.iter().flat_map(Judged::undecided).map(|(_, _, count)| count).sum();
        let found = part.iter().flat_map(Judged::found).count();
        if (undecided, wanted.len() - undecided) != (told, found) {
            failures.push(format!("{}, line {line}: judges a part as if it were whole", check.id));
        }
        if wanted.is_empty() { clean += 1 } else { faulty += 1 }
    }
    if clean == 0 || faulty == 0 {
        failures.push(format!("{} needs a faulty and a clean example", check.id));
    }
    (clean + faulty, failures)
}

/// Judges objects by one check, each in a file of its own.
fn run(check: &Check, objects: Node<'_>, whole: bool) -> Option<Judged> {
    let kinds = Kinds::for_minor(*SUPPORTED.end())?;
    let mut facts = Facts::new(kinds, None);
    for (number, object) in objects.items().enumerate() {
        let mut part = Facts::new(kinds, None);
        let file = part.file(&format!("{number}.yaml"), number, whole);
        part.add(object, file, 0);
        facts.append(part);
    }
    Some(judge(facts, false, &|id| id == check.id))
}
