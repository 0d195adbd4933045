//! Checks whose findings fall out of reading: keys that stand twice, fields nobody knows, APIs that are
//! gone. Their pages are policies with `for-each: document`.

use std::collections::{HashMap, HashSet};

use bulkhead_document::{Node, Span, Tree};
use bulkhead_kinds::{Problem, ProblemKind};
use bulkhead_model::{Analysis, Finding, Gap, GapKind, Location, Place as GapPlace, Severity};

use crate::blame::{Place, Scribe, walk};
use crate::judge::Origin;
use crate::object::Facts;
use crate::path::Step;
use crate::plan::Head;
use crate::policy::Policy;
use crate::units::Pod;

/// Those that were chosen.
#[derive(Default)]
pub(crate) struct ReaderChecks {
    duplicate_key: Option<Head>,
    unknown_field: Option<Head>,
    removed_api: Option<Head>,
    deprecated_service_account: Option<Head>,
    /// Those that somebody else runs, over several objects.
    pub(crate) others: Vec<Head>,
}

impl ReaderChecks {
    pub(crate) fn choose(&mut self, policy: &Policy, severity: Severity) {
        let place = match &*policy.id {
            "duplicate-key" => &mut self.duplicate_key,
            "unknown-field" => &mut self.unknown_field,
            "removed-api" => &mut self.removed_api,
            "deprecated-service-account" => &mut self.deprecated_service_account,
            _ => {
                self.others.push(Head { id: policy.id.clone(), severity, fix: policy.fix.clone() });
                return;
            }
        };
        *place = Some(Head { id: policy.id.clone(), severity, fix: policy.fix.clone() });
    }

    /// A key that one mapping of this object holds more than once.
    pub(crate) fn duplicate_keys(&self, scribe: &Scribe<'_>, analysis: &mut Analysis) {
        let Some(head) = &self.duplicate_key else { return };
        let whole = scribe.root.span();
        let within = |span: Span| whole.start <= span.start && span.end <= whole.end;
        let duplicates = scribe.tree.duplicate_keys().iter().filter(|duplicate| within(duplicate.again));
        let ways = ways_to_keys(scribe.root, &duplicates.clone().map(|duplicate| duplicate.again).collect());
        for duplicate in duplicates {
            let Some((steps, node)) = ways.get(&duplicate.again) else { continue };
            let first = scribe.tree.position(duplicate.first.start);
            let name = scribe.tree.key_name(duplicate.key);
            let message = format!("{name} stands here again; this one counts, line {} does not", first.line);
            let mut finding = scribe.finding(head, &Place { steps, node: *node, rest: &[] }, message.into());
            blame_key(scribe, &mut finding, duplicate.again);
            analysis.findings.push(finding);
        }
    }

    /// An API that the version judged for no longer serves.
    pub(crate) fn removed_api(&self, scribe: &Scribe<'_>, facts: &Facts<'_>, analysis: &mut Analysis) {
        let (Some(head), Some(info)) = (&self.removed_api, facts.info) else {
            return;
        };
        let (true, Some(removed)) = (info.is_removed(), info.lifecycle().removed) else {
            return;
        };
        let Some((steps, node)) = field(scribe.root, "apiVersion") else {
            return;
        };
        let advice = match info.lifecycle().replaced_by {
            Some((api_version, kind)) if kind == &*facts.kind => format!("; {api_version} replaces it"),
            Some((api_version, kind)) => format!("; {api_version} {kind} replaces it"),
            None => String::new(),
        };
        let message = format!("{} {} is not served since 1.{removed}{advice}", facts.api_version, facts.kind);
        analysis.findings.push(scribe.finding(
            head,
            &Place { steps: &steps, node, rest: &[] },
            message.into(),
        ));
    }

    /// A service account by the old name of its field, which no rule can tell from the copy that every Pod
    /// gets: the API server writes both names, and so does the normalised view. `written` is the document as
    /// it was before.
    pub(crate) fn deprecated_service_account(
        &self,
        scribe: &Scribe<'_>,
        written: Node<'_>,
        pod: &Pod,
        analysis: &mut Analysis,
    ) {
        let Some(head) = &self.deprecated_service_account else { return };
        let spec = walk(written, &pod.steps).and_then(|template| field(template, "spec"));
        let Some((to_spec, spec)) = spec else { return };
        let Some((to_old, old)) = field(spec, "serviceAccount") else { return };
        let new = spec.get("serviceAccountName").and_then(name);
        if name(old).is_none() || name(old) == new {
            return;
        }
        let message = match new {
            Some(new) => {
                format!("serviceAccount counts for nothing beside serviceAccountName, which is {new}")
            }
            None => "names its service account by the deprecated field serviceAccount".to_owned(),
        };
        let steps = [&*pod.steps, &*to_spec, &*to_old].concat();
        let place = Place { steps: &steps, node: scribe.tree.node(old.id()), rest: &[] };
        analysis.findings.push(scribe.finding(head, &place, message.into()));
    }

    /// What the API server would refuse or drop while it decodes.
    pub(crate) fn problems(
        &self,
        scribe: &Scribe<'_>,
        problems: &[Problem],
        facts: &Facts<'_>,
        analysis: &mut Analysis,
    ) {
        let unknown = problems.iter().filter(|problem| problem.kind == ProblemKind::UnknownField);
        let ways = ways_to_keys(scribe.root, &unknown.map(|problem| problem.span).collect());
        for problem in problems {
            if problem.kind == ProblemKind::UnknownField {
                let Some(head) = &self.unknown_field else { continue };
                let Some((steps, node)) = ways.get(&problem.span) else { continue };
                let place = Place { steps, node: *node, rest: &[] };
                let mut finding = scribe.finding(head, &place, problem.message.as_str().into());
                blame_key(scribe, &mut finding, problem.span);
                analysis.findings.push(finding);
            } else {
                let position = scribe.tree.position(problem.span.start);
                analysis.coverage.gaps.push(Gap {
                    kind: GapKind::UNDECODABLE_FIELD,
                    place: GapPlace {
                        file: Some(scribe.file.clone()),
                        document: scribe.document,
                        line: Some(position.line),
                        column: Some(position.column),
                        object: Some(facts.subject.to_string().into()),
                        field: Some(problem.path.as_str().into()),
                    },
                    checks: Vec::new(),
                    message: format!("{} {}", problem.path, problem.message).into(),
                });
            }
        }
    }
}

/// Text after a document's value, which Kubernetes drops without a word: `  a: 1` before `b: 2`.
pub(crate) fn ignored_text(tree: &Tree, origin: Origin<'_>) -> Option<Gap> {
    let position = tree.position(tree.ignored()?.start);
    let place = GapPlace {
        file: Some(origin.file.clone()),
        document: origin.document,
        line: Some(position.line),
        column: Some(position.column),
        object: None,
        field: None,
    };
    let message = "text after the document's value is dropped by Kubernetes; is its indentation right?";
    Some(Gap { kind: GapKind::IGNORED_TEXT, place, checks: Vec::new(), message: message.into() })
}

/// A key is to blame, not its value.
fn blame_key(scribe: &Scribe<'_>, finding: &mut Finding, key: Span) {
    let (start, end) = (scribe.tree.position(key.start), scribe.tree.position(key.end));
    finding.at = Some(Location {
        file: scribe.file.clone(),
        document: scribe.document,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    });
}

fn name(node: Node<'_>) -> Option<&str> {
    node.as_str().filter(|name| !name.is_empty())
}

fn field<'a>(root: Node<'a>, name: &str) -> Option<(Vec<Step>, Node<'a>)> {
    let key = root.tree().find_key(name)?;
    Some((vec![Step::Field(key)], root.get_key(key)?))
}

/// The ways to the entries whose keys stand at these spans: one walk for all of them, for a document may be
/// nothing but mistakes.
fn ways_to_keys<'a>(root: Node<'a>, keys: &HashSet<Span>) -> HashMap<Span, (Vec<Step>, Node<'a>)> {
    let mut ways = HashMap::new();
    if keys.is_empty() {
        return ways;
    }
    // Nodes with the number of the child to look at next; the steps lead to the last of them.
    let mut open = vec![(root, 0)];
    let mut steps: Vec<Step> = Vec::new();
    while let Some((node, next)) = open.last_mut() {
        let node = *node;
        let index = *next;
        *next += 1;
        let tree = node.tree();
        let child = match (node.raw_entries().get(index), node.item(index)) {
            (Some(entry), _) => {
                let value = tree.node(entry.value);
                if keys.contains(&entry.span) {
                    let mut way = steps.clone();
                    way.push(Step::Field(entry.key));
                    ways.entry(entry.span).or_insert((way, value));
                }
                Some((Step::Field(entry.key), value))
            }
            (None, Some(item)) => Some((Step::Index(u32::try_from(index).unwrap_or(u32::MAX)), item)),
            (None, None) => None,
        };
        match child {
            Some((step, child)) if child.is_mapping() || child.is_sequence() => {
                steps.push(step);
                open.push((child, 0));
            }
            Some(_) => (),
            None => {
                open.pop();
                steps.pop();
            }
        }
    }
    ways
}
