//! One object on the bench: each unit of it met by each policy that is for it.

use super::Judge;
use crate::blame::{Place, Scribe, write_steps};
use crate::index::Mask;
use crate::object::Facts;
use crate::patch::{Patch, Ways};
use crate::path::{self, Path, Root, Segment, Step};
use crate::plan::{PlannedFind, PlannedMessage, PlannedPart, Rule};
use crate::policy::{Blame, Unit as Kind};
use crate::scope::{Found, Object, Scope, Unit};
use crate::units::Pod;
use bulkhead_cel::Value;
use bulkhead_document::{EditStep, Node};
use bulkhead_model::{Analysis, Gap, GapKind, Place as GapPlace};
use std::sync::Arc;

/// One object on the bench.
pub(super) struct Bench<'a> {
    pub(super) judge: &'a Judge,
    pub(super) scribe: Scribe<'a>,
    pub(super) object: Object<'a>,
    pub(super) present: Mask,
    pub(super) facts: &'a Facts<'a>,
    pub(super) analysis: Analysis,
    /// The way to the object, and where to put changes that mend it, if they are wanted.
    pub(super) mend: Option<(Vec<EditStep>, &'a mut Vec<Patch>)>,
    /// Reused from path to path.
    pub(super) steps: Vec<Step>,
    /// Reused from message to message.
    pub(super) message: String,
}

/// A unit with the ways to it.
struct Placed<'a, 's> {
    unit: Unit<'a>,
    steps: &'s [Step],
    pod: &'s [Step],
    /// What the unit is called before its name in a message; nothing where the object says enough.
    noun: &'static str,
}

impl<'a> Bench<'a> {
    pub(super) fn object(&mut self) {
        let root = self.object.root;
        let unit = Unit { node: root, pod: None, effective: None, container_type: None, windows: false };
        for &place in self.judge.objects.get(&*self.facts.kind).map_or(&[][..], Vec::as_slice) {
            let Some(rule) = self.judge.rules.get(place) else {
                continue;
            };
            let named = |pattern: &crate::policy::KindPattern| {
                *pattern.kind == *self.facts.kind
                    && pattern.group.as_ref().is_none_or(|group| **group == *self.facts.group)
            };
            if !rule.kinds.iter().any(named) {
                continue;
            }
            match &rule.unit {
                Kind::Path(path) => {
                    let mut units = Vec::new();
                    path::matches(root, &path.segments, &mut Vec::new(), &mut |found| {
                        units.push((found.node, found.steps.to_vec()));
                    });
                    for (node, steps) in units {
                        self.rule(
                            rule,
                            &Placed { unit: Unit { node, ..unit }, steps: &steps, pod: &[], noun: "" },
                        );
                    }
                }
                _ => self.rule(rule, &Placed { unit, steps: &[], pod: &[], noun: "" }),
            }
        }
    }

    pub(super) fn pod(&mut self, pod: &'a Pod) {
        let node = self.scribe.tree.node(pod.root);
        let unit =
            Unit { node, pod: Some(node), effective: None, container_type: None, windows: pod.windows };
        self.rules(&self.judge.pods, &Placed { unit, steps: &pod.steps, pod: &pod.steps, noun: "" });
        for container in &pod.containers {
            let node = self.scribe.tree.node(container.node);
            let effective = Some(self.scribe.tree.node(container.effective));
            let unit = Unit { node, effective, container_type: Some(container.sort), ..unit };
            let noun = match container.sort {
                "init" => "init container",
                "ephemeral" => "ephemeral container",
                _ => "container",
            };
            let placed = Placed { unit, steps: &container.steps, pod: &pod.steps, noun };
            self.rules(&self.judge.containers, &placed);
        }
        for (node, steps) in &pod.volumes {
            let node = self.scribe.tree.node(*node);
            let placed = Placed { unit: Unit { node, ..unit }, steps, pod: &pod.steps, noun: "volume" };
            self.rules(&self.judge.volumes, &placed);
        }
    }

    fn rules(&mut self, chosen: &'a [usize], placed: &Placed<'a, '_>) {
        for rule in chosen.iter().filter_map(|place| self.judge.rules.get(*place)) {
            self.rule(rule, placed);
        }
    }

    fn rule(&mut self, rule: &'a Rule, placed: &Placed<'a, '_>) {
        if rule
            .needs
            .as_ref()
            .is_some_and(|needs| needs.iter().all(|needed| !needed.within(&self.present)))
        {
            return;
        }
        let scope = Scope::new(self.object, placed.unit, rule);
        if let Some(when) = &rule.when {
            let outcome = scope.eval(when, Found::default());
            if !self.holds(rule, outcome, placed.steps) {
                return;
            }
        }
        for find in &rule.find {
            self.find(rule, find, &scope, placed);
        }
    }

    fn find(&mut self, rule: &'a Rule, find: &'a PlannedFind, scope: &Scope<'a>, placed: &Placed<'a, '_>) {
        let (path, absent) = match &find.blame {
            Blame::At(path) => (path, false),
            Blame::Missing(path) => (path, true),
        };
        let mut steps = std::mem::take(&mut self.steps);
        steps.clear();
        let Some((start, segments)) = self.start(path, &find.from_container, placed, &mut steps) else {
            return;
        };
        if absent {
            path::absences(start, None, segments, &mut steps, &mut |absence| {
                let found = Found { value: None, key: absence.key, parent: Some(absence.parent) };
                let place = Place { steps: absence.steps, node: absence.parent, rest: absence.rest };
                self.found(rule, find, scope, found, &place, placed);
            });
        } else {
            path::matches(start, segments, &mut steps, &mut |at| {
                let found = Found { value: Some(at.node), key: at.key, parent: Some(at.parent) };
                let place = Place { steps: at.steps, node: at.node, rest: &[] };
                self.found(rule, find, scope, found, &place, placed);
            });
        }
        self.steps = steps;
    }

    /// The node where a path begins, and what is left of the path from there. Writes the way to it.
    fn start<'p>(
        &self,
        path: &'p Path,
        from_container: &'p [Segment],
        placed: &Placed<'a, '_>,
        steps: &mut Vec<Step>,
    ) -> Option<(Node<'a>, &'p [Segment])> {
        let node = match path.root {
            Root::Workload => self.object.root,
            Root::Pod => {
                steps.extend_from_slice(placed.pod);
                placed.unit.pod?
            }
            Root::Unit => {
                steps.extend_from_slice(placed.steps);
                placed.unit.node
            }
            Root::Effective => match deciding(path, placed, steps) {
                Some(context) => context,
                None => return Some((placed.unit.node, from_container)),
            },
        };
        Some((node, &path.segments))
    }

    fn found(
        &mut self,
        rule: &'a Rule,
        find: &'a PlannedFind,
        scope: &Scope<'a>,
        found: Found<'a>,
        place: &Place<'a, '_>,
        placed: &Placed<'a, '_>,
    ) {
        if let Some(when) = &find.when {
            let outcome = scope.eval(when, found);
            if !self.holds(rule, outcome, place.steps) {
                return;
            }
        }
        // What is blamed on the Pod is no single container's.
        let own = !placed.noun.is_empty() && place.steps.starts_with(placed.steps);
        let message = match &find.message {
            PlannedMessage::Constant(message) if !own => message.clone(),
            message => {
                let text = &mut self.message;
                text.clear();
                if own {
                    let name = placed.unit.node.get("name").and_then(Node::as_str).unwrap_or("without name");
                    text.extend([placed.noun, " ", name, " "]);
                }
                match message {
                    PlannedMessage::Constant(message) => text.push_str(message),
                    PlannedMessage::Parts(parts) => write_message(text, parts, scope, found),
                }
                Arc::from(text.as_str())
            }
        };
        let finding = self.scribe.finding(&rule.head, place, message);
        if let (Some((object, patches)), Some(mend)) = (&mut self.mend, &find.patch) {
            let (pod, unit) = (placed.pod, placed.steps);
            let ways = Ways { object, pod, unit, blamed: place.steps, rest: place.rest };
            patches.push(Patch {
                check: rule.head.id.clone(),
                field: finding.field.clone(),
                edit: mend.edit(self.scribe.tree, &ways),
                may_break: mend.may_break.clone(),
            });
        }
        self.analysis.findings.push(finding);
    }

    /// Whether a condition is true. One that is unknown, fails, or is no truth value is a gap, once per
    /// policy and object.
    fn holds(
        &mut self,
        rule: &Rule,
        outcome: Result<Value<'a>, bulkhead_cel::EvalError>,
        steps: &[Step],
    ) -> bool {
        let (kind, message) = match outcome {
            Ok(Value::Bool(holds)) => return holds,
            Ok(Value::Unknown(unknown)) => (
                GapKind::UNDECIDED_POLICY,
                format!("{} needs {unknown}, which this source does not tell", rule.head.id),
            ),
            Ok(other) => {
                let found = other.type_of().name();
                (GapKind::FAILED_POLICY, format!("{} expected a truth value, found {found}", rule.head.id))
            }
            Err(error) => (GapKind::FAILED_POLICY, format!("{} could not be decided: {error}", rule.head.id)),
        };
        let known = self
            .analysis
            .coverage
            .gaps
            .iter()
            .any(|gap| gap.kind == kind && gap.checks == [rule.head.id.clone()]);
        if !known {
            let scribe = &self.scribe;
            let node = scribe.walk(steps).unwrap_or(scribe.root);
            let position = scribe.tree.position(node.span().start);
            let mut field = String::new();
            write_steps(&mut field, scribe.tree, steps);
            self.analysis.coverage.gaps.push(Gap {
                kind,
                place: GapPlace {
                    file: Some(scribe.file.clone()),
                    document: scribe.document,
                    line: Some(position.line),
                    column: Some(position.column),
                    object: Some(scribe.subject.to_string().into()),
                    field: (!field.is_empty()).then(|| field.into()),
                },
                checks: vec![rule.head.id.clone()],
                message: message.into(),
            });
        }
        false
    }
}

/// The security context that decides on a field: the container's, the Pod's where it alone says something;
/// where neither does, the container's if it has one. Writes the way to it, or to the container.
fn deciding<'a>(path: &Path, placed: &Placed<'a, '_>, steps: &mut Vec<Step>) -> Option<Node<'a>> {
    const CONTEXT: &str = "securityContext";
    // Inheritance is by field, for windowsOptions by the field below.
    let depth = match path.segments.first() {
        Some(Segment::Field { name, .. }) if **name == *"windowsOptions" => 2,
        _ => 1,
    };
    let says = |context: &Node<'a>| {
        let fields = path.segments.iter().take(depth);
        fields
            .filter_map(|segment| match segment {
                Segment::Field { name, known } => Some((name, known)),
                Segment::Every => None,
            })
            .try_fold(*context, |node, (name, known)| path::child(node, name, *known).map(|(_, child)| child))
            .is_some()
    };
    let own = path::child(placed.unit.node, CONTEXT, None);
    if !own.is_some_and(|(_, context)| says(&context)) {
        let inherited = placed.unit.pod.and_then(|pod| {
            let (spec_key, spec) = path::child(pod, "spec", None)?;
            let (key, context) = path::child(spec, CONTEXT, None)?;
            says(&context).then_some((spec_key, key, context))
        });
        if let Some((spec_key, key, context)) = inherited {
            steps.extend_from_slice(placed.pod);
            steps.extend([Step::Field(spec_key), Step::Field(key)]);
            return Some(context);
        }
    }
    steps.extend_from_slice(placed.steps);
    let (key, context) = own?;
    steps.push(Step::Field(key));
    Some(context)
}

/// A value that cannot be computed spares the rest of the message.
fn write_message<'a>(text: &mut String, parts: &'a [PlannedPart], scope: &Scope<'a>, found: Found<'a>) {
    for part in parts {
        match part {
            PlannedPart::Text(part) => text.push_str(part),
            PlannedPart::Value(value) => match scope.eval(value, found) {
                Ok(value) => text.push_str(&value.to_text()),
                Err(_) => text.push('…'),
            },
        }
    }
}
