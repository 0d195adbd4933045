//! Rules run over a resource, and what is broken told of a definition.

use std::sync::Arc;

use bulkhead_cel::{Budget, ErrorKind, Program, Value};
use bulkhead_document::{Key, Kind, Node, NodeId};
use bulkhead_model::{Analysis, Gap, GapKind, Place as GapPlace};

use super::schema::{self, Definition, Rule, Schema};
use super::value;
use crate::blame::{Place, Scribe, write_steps};
use crate::native::limits;
use crate::path::{Segment, Step};
use crate::plan::Head;

/// What is broken in a definition.
pub(super) fn definition(head: &Head, minor: u32, scribe: &Scribe<'_>, analysis: &mut Analysis) {
    if !schema::may_have_rules(scribe.tree) {
        return;
    }
    // The view that is judged has the nodes of the document, so that mistakes have their places.
    let mut tree = scribe.tree.clone();
    tree.set_root(scribe.root.id());
    for definition in schema::read(&Arc::new(tree), minor) {
        for (number, mistake) in definition.mistakes.iter().enumerate() {
            let Some(steps) = way_to(scribe.root, mistake.node) else { continue };
            let node = scribe.tree.node(mistake.node);
            let place = Place { steps: &steps, node, rest: &[] };
            // One place may have several.
            let before = definition.mistakes.iter().take(number).filter(|other| other.node == mistake.node);
            let by = match before.count() {
                0 => String::new(),
                count => format!("?{count}"),
            };
            let message = mistake.message.as_str().into();
            analysis.findings.push(scribe.finding_told_apart(head, &place, message, &by));
        }
    }
}

/// The steps from a node to one below it.
fn way_to(root: Node<'_>, wanted: NodeId) -> Option<Vec<Step>> {
    let mut open = vec![(root, Vec::new())];
    while let Some((node, steps)) = open.pop() {
        if node.id() == wanted {
            return Some(steps);
        }
        let with = |step| {
            let mut steps: Vec<Step> = steps.clone();
            steps.push(step);
            steps
        };
        for (index, item) in (0..).zip(node.items()) {
            open.push((item, with(Step::Index(index))));
        }
        for entry in node.raw_entries() {
            open.push((node.tree().node(entry.value), with(Step::Field(entry.key))));
        }
    }
    None
}

/// Judges a resource by its definition.
pub(super) fn resource(head: &Head, definition: &Definition, scribe: &Scribe<'_>, analysis: &mut Analysis) {
    let mut bench =
        Bench { head, definition, scribe, analysis, remaining: limits::PER_BINDING, steps: Vec::new() };
    _ = bench.value(&definition.schema, scribe.root, &mut Vec::new());
}

/// Nothing more is run.
struct Ended;

struct Bench<'b, 'a> {
    head: &'b Head,
    definition: &'a Definition,
    scribe: &'b Scribe<'a>,
    analysis: &'b mut Analysis,
    remaining: u64,
    /// The way to what is judged, as far as it is in the resource.
    steps: Vec<Step>,
}

impl<'a> Bench<'_, 'a> {
    /// Judges a value and what is in it. `absent`: names below the steps, where a default is judged.
    fn value(&mut self, schema: &Schema, node: Node<'a>, absent: &mut Vec<Box<str>>) -> Result<(), Ended> {
        if !schema.is_ruled || node.is_null() {
            return Ok(());
        }
        if let Err(misfit) = value::check(node, schema) {
            self.gap(node, misfit.expected);
            return Ok(());
        }
        self.rules(schema, node, absent)?;
        for (name, property) in &schema.properties {
            let Some(child) = value::child(node, name, property, &self.definition.tree) else { continue };
            let key = node.tree().find_key(name);
            let own = key.filter(|key| node.get_key(*key).is_some_and(|own| own.id() == child.id()));
            // What is below a default stands nowhere in the resource.
            let is_written = absent.is_empty() && std::ptr::eq(node.tree(), self.scribe.tree);
            if let Some(key) = own.filter(|_| is_written) {
                self.steps.push(Step::Field(key));
                self.value(property, child, absent)?;
                self.steps.pop();
            } else {
                absent.push(name.clone());
                self.value(property, child, absent)?;
                absent.pop();
            }
        }
        if let (Some(values), Kind::Mapping(_)) = (&schema.values, node.kind()) {
            for entry in node.raw_entries() {
                self.steps.push(Step::Field(entry.key));
                self.value(values, node.tree().node(entry.value), absent)?;
                self.steps.pop();
            }
        }
        if let (Some(items), Kind::Sequence(_)) = (&schema.items, node.kind()) {
            for (index, item) in (0..).zip(node.items()) {
                self.steps.push(Step::Index(index));
                self.value(items, item, absent)?;
                self.steps.pop();
            }
        }
        Ok(())
    }

    fn rules(&mut self, schema: &Schema, node: Node<'a>, absent: &[Box<str>]) -> Result<(), Ended> {
        if schema.rules.is_empty() {
            return Ok(());
        }
        let is_root = self.steps.is_empty() && absent.is_empty();
        let seen = value::value(node, schema, &self.definition.tree, is_root);
        for (place, rule) in schema.rules.iter().enumerate() {
            if rule.uses_old_self && !rule.optional_old_self {
                self.analysis.coverage.skip("rule-over-a-change");
                continue;
            }
            let result = self.eval(&rule.program, &seen)?;
            let message = match result {
                Ok(Value::Bool(true)) => continue,
                Ok(Value::Bool(false)) => self.message(rule, &seen)?,
                Ok(other) => {
                    format!("the rule gives {}, not a truth value: {}", other.type_of().name(), named(rule))
                }
                Err(error) if matches!(error.kind(), ErrorKind::NoSuchOverload(_)) => format!(
                    "'{error}': call arguments did not match a supported operator, function or macro signature \
                     for rule: {}",
                    named(rule)
                ),
                Err(error) if error.is_cost_exceeded() => {
                    let message = format!(
                        "'{error}': no further validation rules will be run due to call cost exceeds limit for \
                         rule: {}",
                        named(rule)
                    );
                    self.found(node, &[], absent, &rule_mark(schema, place), message);
                    return Err(Ended);
                }
                Err(error) => format!("{error} evaluating rule: {}", named(rule)),
            };
            self.found(node, &rule.field_path, absent, &rule_mark(schema, place), message);
        }
        Ok(())
    }

    fn eval(
        &mut self,
        program: &Program,
        seen: &Value<'a>,
    ) -> Result<Result<Value<'a>, bulkhead_cel::EvalError>, Ended> {
        let mut budget = Budget::default();
        let bound = [("self", seen.clone()), ("oldSelf", Value::Optional(None))];
        let result = program.eval(&bound, &mut budget);
        let Some(left) = self.remaining.checked_sub(budget.used()) else {
            let message = "validation failed due to running out of cost budget, no further validation rules \
                           will be run";
            self.found(self.scribe.root, &[], &[], "", message.to_owned());
            return Err(Ended);
        };
        self.remaining = left;
        Ok(result)
    }

    fn message(&mut self, rule: &Rule, seen: &Value<'a>) -> Result<String, Ended> {
        if let Some(expression) = &rule.message_expression
            && let Ok(made) = self.eval(expression, seen)?
        {
            let text = made.as_str().map(str::trim).unwrap_or_default();
            if !text.is_empty() && text.len() <= limits::MESSAGE_BYTES && !text.contains('\n') {
                return Ok(text.to_owned());
            }
        }
        Ok(rule
            .message
            .as_deref()
            .map_or_else(|| format!("failed rule: {}", rule.source.trim()), str::to_owned))
    }

    fn found(&mut self, node: Node<'a>, path: &[Box<str>], absent: &[Box<str>], by: &str, message: String) {
        let mut steps = self.steps.clone();
        let mut rest: Vec<Box<str>> = absent.to_vec();
        let mut at =
            if absent.is_empty() { node } else { self.scribe.walk(&steps).unwrap_or(self.scribe.root) };
        for name in path {
            let next = at.tree().find_key(name).filter(|_| rest.is_empty());
            match next.and_then(|key| Some((key, at.get_key(key)?))) {
                Some((key, child)) => {
                    steps.push(Step::Field(key));
                    at = child;
                }
                None => rest.push(name.clone()),
            }
        }
        let rest: Vec<Segment> =
            rest.into_iter().map(|name| Segment::Field { known: Key::known(&name), name }).collect();
        let place = Place { steps: &steps, node: at, rest: &rest };
        let finding = self.scribe.finding_told_apart(self.head, &place, message.into(), by);
        self.analysis.findings.push(finding);
    }

    fn gap(&mut self, node: Node<'a>, expected: &str) {
        let mut field = String::new();
        write_steps(&mut field, self.scribe.tree, &self.steps);
        let position = node.tree().position(node.span().start);
        self.analysis.coverage.gaps.push(Gap {
            kind: GapKind::UNDECODABLE_FIELD,
            place: GapPlace {
                file: Some(self.scribe.file.clone()),
                document: self.scribe.document,
                line: Some(position.line),
                column: Some(position.column),
                object: Some(self.scribe.subject.to_string().into()),
                field: Some(field.as_str().into()),
            },
            checks: vec![self.head.id.clone()],
            message: format!("{field} is {node:?}, the definition expects {expected}").into(),
        });
    }
}

/// How a rule is named in errors.
fn named(rule: &Rule) -> &str {
    rule.message.as_deref().unwrap_or_else(|| rule.source.trim())
}

/// What tells the findings of one rule from those of others at the same place.
fn rule_mark(schema: &Schema, place: usize) -> String {
    match schema.rules.get(place) {
        Some(rule) if schema.rules.len() > 1 => format!("?{}", rule.source.trim()),
        _ => String::new(),
    }
}
