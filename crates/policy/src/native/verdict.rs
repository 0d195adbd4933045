//! From decisions to findings and gaps: one finding for each validation that an object fails, whatever
//! the number of bindings and parameters that refuse it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bulkhead_cel::{Qualifier, Value};
use bulkhead_document::{Key, Node};
use bulkhead_kinds::Kinds;
use bulkhead_model::{Analysis, Gap, GapKind, Namespace, Place as GapPlace};

use super::Reach;
use super::binding::{Actions, Binding, ParameterRef};
use super::compile::{Compiled, Prepared};
use super::decide::{About, Decision, Outcome, decide, doubt};
use super::evaluate::Inputs;
use super::matching::{MatchResources, Matched};
use super::parameters::{Parameters, collect};
use super::rego::{Answer, Program};
use super::request::Request;
use super::surroundings::Surroundings;
use super::truth::Truth;
use crate::blame::{Place, Scribe};
use crate::path::{Segment, Step};
use crate::plan::Head;

/// A policy with what puts it in force.
pub(crate) struct InForce {
    pub(crate) policy: Prepared,
    pub(super) bounds: Vec<Bound>,
    /// Whether bindings are looked for and none was found: it is judged as if bound to everything.
    pub(crate) is_unbound: bool,
    /// What lets objects pass: where it denies, the policy is not for them.
    pub(crate) exceptions: Vec<Prepared>,
}

/// One way in which a policy is in force.
pub(super) struct Bound {
    actions: Actions,
    pub(super) matching: Option<MatchResources>,
    parameters: Source,
}

/// Where parameters come from.
pub(super) enum Source {
    None,
    Named(ParameterRef),
    /// The constraint itself.
    Own,
    /// Only a binding would tell.
    Unknown,
}

impl InForce {
    /// A policy bound by its bindings among these.
    pub(crate) fn new(policy: Prepared, name: &str, bindings: &[Binding]) -> Self {
        let has_parameters = policy.native.rules.parameter_kind.is_some();
        let mut bounds: Vec<Bound> = match &policy.native.reach {
            Reach::Constraint { actions, .. } => {
                vec![Bound { actions: *actions, matching: None, parameters: Source::Own }]
            }
            Reach::Own { actions, .. } => {
                vec![Bound { actions: *actions, matching: None, parameters: Source::None }]
            }
            Reach::Admission(_) | Reach::Mutating { .. } | Reach::Elsewhere => {
                let own = bindings.iter().filter(|binding| *binding.policy == *name);
                own.map(|binding| Bound {
                    actions: binding.actions,
                    matching: binding.matching.clone(),
                    parameters: match &binding.parameters {
                        Some(reference) if has_parameters => Source::Named(reference.clone()),
                        _ => Source::None,
                    },
                })
                .collect()
            }
        };
        let is_unbound = bounds.is_empty();
        if is_unbound {
            let parameters = if has_parameters { Source::Unknown } else { Source::None };
            bounds.push(Bound { actions: Actions::DENY, matching: None, parameters });
        }
        Self { policy, bounds, is_unbound, exceptions: Vec::new() }
    }

    /// Whether labels of namespaces decide, or an expression reads one.
    pub(crate) fn reads_namespaces(&self) -> bool {
        let bound = |bound: &Bound| bound.matching.as_ref().is_some_and(MatchResources::reads_namespaces);
        self.policy.reads_namespaces() || self.bounds.iter().any(bound)
    }
}

/// What was decided about one thing, over all bindings and parameters.
#[derive(Default)]
struct Found {
    messages: Vec<String>,
    actions: Actions,
    unknown: BTreeSet<String>,
}

/// Judges one object by all native policies.
pub(crate) fn judge<'a>(
    policies: &'a [InForce],
    request: &Request<'a>,
    kinds: &Kinds,
    surroundings: &'a Surroundings,
    scribe: &Scribe<'a>,
    analysis: &mut Analysis,
) {
    // Made for the first policy that is for the object.
    let mut told: Option<[Value<'a>; 4]> = None;
    let mut reviewed = None;
    for each in policies {
        let matched = match &each.policy.native.reach {
            Reach::Admission(_) | Reach::Own { .. } if !request.is_served => continue,
            Reach::Mutating { .. } | Reach::Elsewhere => continue,
            Reach::Admission(matching) => matching.matches(request),
            Reach::Own { matching, namespace, .. } => {
                let Matched { truth, converted } = matching.matches(request);
                Matched { truth: truth.and(|| is_in(request, namespace.as_deref())), converted }
            }
            Reach::Constraint { matching, .. } => {
                Matched { truth: matching.matches(request), converted: None }
            }
        };
        if matched.truth == Truth::No {
            continue;
        }
        let told = told.get_or_insert_with(|| {
            [request.object(), request.old_object(), request.value(), request.namespace_value()]
        });
        let inputs = |parameters| {
            let [object, old_object, request, namespace] = told.clone();
            Inputs { object, old_object, request, namespace, parameters }
        };
        if let Some(rego) = &each.policy.rego {
            let review = reviewed.get_or_insert_with(|| request.review());
            each.judge_rego(rego, review, request, &matched.truth, scribe, analysis);
            continue;
        }
        let excepted = each
            .exceptions
            .iter()
            .fold(Truth::No, |truth, exception| truth.or(|| meets(exception, &inputs(Value::Null))));
        if excepted == Truth::Yes {
            continue;
        }
        let mut found: BTreeMap<About, Found> = BTreeMap::new();
        for bound in &each.bounds {
            let own = bound.matching.as_ref().map(|matching| matching.matches(request).truth);
            let truth = matched.truth.clone().and(|| own.unwrap_or(Truth::Yes));
            let truth = truth.and(|| excepted.clone().not());
            let open = match truth {
                Truth::No => continue,
                Truth::Yes => BTreeSet::new(),
                Truth::Unknown(names) => names,
            };
            let decisions = match &matched.converted {
                Some(version) => vec![Decision {
                    about: About::Policy,
                    outcome: Outcome::Unknown([format!("the object as {version}")].into()),
                }],
                None => bound.decide(each, request, kinds, surroundings, &inputs),
            };
            for Decision { about, outcome } in doubt(decisions, &open) {
                let found = found.entry(about).or_default();
                match outcome {
                    Outcome::Unknown(names) => found.unknown.extend(names),
                    Outcome::Denied(message) => {
                        found.actions = match about {
                            // Mistakes of a binding and of annotations are refused whatever it says.
                            About::Annotation(_) | About::Binding => Actions::DENY,
                            _ => found.actions.or(bound.actions),
                        };
                        if !found.messages.contains(&message) {
                            found.messages.push(message);
                        }
                    }
                }
            }
        }
        report(&each.policy, found, scribe, analysis);
    }
}

/// Whether a request is in the namespace that a policy is for.
fn is_in(request: &Request<'_>, namespace: Option<&str>) -> Truth {
    match (namespace, &request.namespace) {
        (None, _) => Truth::Yes,
        (Some(wanted), Namespace::Named(name)) => (*wanted == **name).into(),
        (Some(_), Namespace::Cluster) => Truth::No,
        (Some(_), Namespace::Unknown) => Truth::hangs_on(super::request::NAMESPACE),
    }
}

/// Whether the conditions of an exception are met, written as a policy that then denies.
fn meets(exception: &Prepared, inputs: &Inputs<'_>) -> Truth {
    let decisions = decide(exception, inputs);
    let mut unknown = BTreeSet::new();
    for decision in decisions {
        match (decision.about, decision.outcome) {
            (About::Validation(_), Outcome::Denied(_)) => return Truth::Yes,
            // A condition that fails is not met.
            (_, Outcome::Denied(_)) => (),
            (_, Outcome::Unknown(names)) => unknown.extend(names),
        }
    }
    if unknown.is_empty() { Truth::No } else { Truth::Unknown(unknown) }
}

impl InForce {
    /// Judges by a template in Rego.
    fn judge_rego(
        &self,
        rego: &Program,
        review: &serde_json::Value,
        request: &Request<'_>,
        matched: &Truth,
        scribe: &Scribe<'_>,
        analysis: &mut Analysis,
    ) {
        let Reach::Constraint { object, actions, .. } = &self.policy.native.reach else { return };
        let parameters = object.root().at(&["spec", "parameters"]);
        let unknown = match (rego.judge(review, parameters, request.user), matched) {
            (Answer::Violations(messages), _) if messages.is_empty() => return,
            (Answer::Violations(messages), Truth::Yes) => {
                let severity = self.policy.severity.unwrap_or_else(|| actions.severity());
                let head =
                    Head { severity, id: self.policy.head.id.clone(), fix: self.policy.head.fix.clone() };
                for message in messages {
                    // Which field is meant, Rego does not tell.
                    let place = Place { steps: &[], node: scribe.root, rest: &[] };
                    let by = format!("={message}");
                    analysis.findings.push(scribe.finding_told_apart(&head, &place, message.into(), &by));
                }
                return;
            }
            (Answer::Violations(_), Truth::Unknown(names)) => names.iter().cloned().collect(),
            (Answer::Violations(_), Truth::No) => return,
            (Answer::Unknown(what), _) => vec![what.to_owned()],
            (Answer::Failed(why), _) => {
                let mut failed = gap(&self.policy, &[], scribe);
                failed.kind = GapKind::FAILED_POLICY;
                failed.message = format!("{} could not be decided: {why}", self.policy.head.id).into();
                analysis.coverage.gaps.push(failed);
                return;
            }
        };
        analysis.coverage.gaps.push(gap(&self.policy, &unknown, scribe));
    }
}

impl Bound {
    /// What the policy is judged with.
    pub(super) fn parameters<'a>(
        &self,
        policy: &'a Prepared,
        request: &Request<'_>,
        kinds: &Kinds,
        surroundings: &'a Surroundings,
    ) -> Parameters<'a> {
        match (&self.parameters, &policy.native.rules.parameter_kind, &policy.native.reach) {
            (Source::Own, _, Reach::Constraint { object, .. }) => Parameters::Objects(vec![object]),
            (Source::Named(reference), Some(kind), _) => {
                collect(kind, reference, request, kinds, surroundings)
            }
            (Source::Unknown, ..) => Parameters::Unknown("params".to_owned()),
            _ => Parameters::None,
        }
    }

    fn decide<'a>(
        &self,
        each: &'a InForce,
        request: &Request<'a>,
        kinds: &Kinds,
        surroundings: &'a Surroundings,
        inputs: &dyn Fn(Value<'a>) -> Inputs<'a>,
    ) -> Vec<Decision> {
        let rules = &each.policy.native.rules;
        match self.parameters(&each.policy, request, kinds, surroundings) {
            Parameters::None => decide(&each.policy, &inputs(Value::Null)),
            Parameters::Unknown(name) => decide(&each.policy, &inputs(Value::unknown(&name))),
            Parameters::Objects(objects) => objects
                .into_iter()
                .flat_map(|tree| decide(&each.policy, &inputs(Value::from(tree.root()))))
                .collect(),
            Parameters::Wrong(_) if rules.ignores_failures => Vec::new(),
            Parameters::Wrong(message) => vec![Decision {
                about: About::Binding,
                outcome: Outcome::Denied(format!("failed to configure binding: {message}")),
            }],
        }
    }
}

/// What a policy's expressions alone say of an object.
pub(crate) enum Verdict {
    Admitted,
    Unknown(Vec<String>),
    /// Why not, and the field that the first expression that refuses reads.
    Denied(String, Vec<Qualifier>),
}

/// Judges a request by a policy's expressions, whatever it is bound to.
pub(crate) fn decide_alone<'a>(policy: &Prepared, request: &Request<'a>, parameters: Value<'a>) -> Verdict {
    let inputs = Inputs {
        object: request.object(),
        old_object: request.old_object(),
        request: request.value(),
        namespace: request.namespace_value(),
        parameters,
    };
    let (mut messages, mut unknown, mut way) = (Vec::new(), BTreeSet::new(), None);
    for Decision { about, outcome } in decide(policy, &inputs) {
        match outcome {
            Outcome::Unknown(names) => unknown.extend(names),
            Outcome::Denied(message) => {
                if let About::Validation(place) = about {
                    let compiled = policy.validations.get(place).map(|each| &each.expression);
                    way = way.or(compiled.map(|compiled| blamed(policy, compiled)));
                }
                if !messages.contains(&message) {
                    messages.push(message);
                }
            }
        }
    }
    match (messages.is_empty(), unknown.is_empty()) {
        (true, true) => Verdict::Admitted,
        (true, false) => Verdict::Unknown(unknown.into_iter().collect()),
        _ => Verdict::Denied(messages.join("; "), way.unwrap_or_default()),
    }
}

fn report(policy: &Prepared, found: BTreeMap<About, Found>, scribe: &Scribe<'_>, analysis: &mut Analysis) {
    let mut unknown = BTreeSet::new();
    for (about, found) in found {
        if found.messages.is_empty() {
            unknown.extend(found.unknown);
            continue;
        }
        let head = Head {
            id: policy.head.id.clone(),
            severity: policy.severity.unwrap_or_else(|| found.actions.severity()),
            fix: policy.head.fix.clone(),
        };
        let (compiled, by) = match about {
            // What is wrong with the policy as a whole is not what its validation finds.
            About::Policy => (None, "*".to_owned()),
            About::Binding => (None, "&".to_owned()),
            About::Validation(place) => {
                let compiled = policy.validations.get(place).map(|each| &each.expression);
                (compiled, told_apart(policy, place))
            }
            About::Annotation(place) => {
                let compiled = policy.annotations.get(place);
                (compiled, compiled.map_or_else(String::new, |each| format!("!{}", each.source.trim())))
            }
        };
        let path = compiled.map_or_else(Vec::new, |compiled| blamed(policy, compiled));
        let (steps, node, rest) = resolve(scribe.root, &path);
        let place = Place { steps: &steps, node, rest: &rest };
        let message: Arc<str> = found.messages.join("; ").into();
        analysis.findings.push(scribe.finding_told_apart(&head, &place, message, &by));
    }
    if !unknown.is_empty() {
        let names: Vec<_> = unknown.into_iter().collect();
        analysis.coverage.gaps.push(gap(policy, &names, scribe));
    }
}

/// What tells the findings of one validation from those of others: its expression, and its number among
/// those that have the same. The only validation needs nothing.
fn told_apart(policy: &Prepared, place: usize) -> String {
    let source =
        |place: usize| policy.validations.get(place).map_or("", |each| each.expression.source.trim());
    if policy.validations.len() < 2 {
        return String::new();
    }
    match (0..place).filter(|before| source(*before) == source(place)).count() {
        0 => format!("?{}", source(place)),
        again => format!("?{}#{again}", source(place)),
    }
}

fn gap(policy: &Prepared, names: &[String], scribe: &Scribe<'_>) -> Gap {
    let position = scribe.tree.position(scribe.root.span().start);
    let id = &policy.head.id;
    Gap {
        kind: GapKind::UNDECIDED_POLICY,
        place: GapPlace {
            file: Some(scribe.file.clone()),
            document: scribe.document,
            line: Some(position.line),
            column: Some(position.column),
            object: Some(scribe.subject.to_string().into()),
            field: None,
        },
        checks: vec![id.clone()],
        message: format!("{id} needs {}, which this source does not tell", names.join(", ")).into(),
    }
}

/// The path in the object that an expression reads: the longest where each is the beginning of the next,
/// else what they have in common.
fn blamed(policy: &Prepared, compiled: &Compiled) -> Vec<Qualifier> {
    let mut paths = Vec::new();
    read_paths(policy, compiled, 0, &mut paths);
    paths.sort_by_key(Vec::len);
    let Some(longest) = paths.last() else { return Vec::new() };
    let common =
        |path: &Vec<Qualifier>| path.iter().zip(longest).take_while(|(left, right)| left == right).count();
    if paths.iter().all(|path| common(path) == path.len()) {
        return longest.clone();
    }
    let shared = paths.iter().map(common).min().unwrap_or(0);
    longest.iter().take(shared).cloned().collect()
}

/// What an expression reads of the object, also through the policy's variables.
fn read_paths(policy: &Prepared, compiled: &Compiled, depth: usize, paths: &mut Vec<Vec<Qualifier>>) {
    // A variable may use those before it alone, so this ends; but wide it may be.
    if depth > 16 || paths.len() > 256 {
        return;
    }
    for path in compiled.program.paths() {
        if *path.variable == *"object" {
            paths.push(path.qualifiers.clone());
        } else if let Some(name) = path.variable.strip_prefix("variables.") {
            let Some((_, variable)) = policy.variables.iter().find(|(known, _)| **known == *name) else {
                continue;
            };
            let mut own = Vec::new();
            read_paths(policy, variable, depth + 1, &mut own);
            // A variable that stands for the object as a whole is read as the object is.
            if !own.is_empty() && own.iter().all(Vec::is_empty) {
                paths.push(path.qualifiers.clone());
            } else {
                paths.append(&mut own);
            }
        }
    }
}

/// As much of a path as is there, and the rest.
pub(crate) fn resolve<'a>(root: Node<'a>, path: &[Qualifier]) -> (Vec<Step>, Node<'a>, Vec<Segment>) {
    let (mut steps, mut node) = (Vec::new(), root);
    let mut left = path.iter();
    let mut rest = Vec::new();
    while let Some(qualifier) = left.next() {
        let next = match qualifier {
            Qualifier::Field(name) => {
                let key = node.tree().find_key(name);
                key.and_then(|key| Some((Step::Field(key), node.get_key(key)?)))
            }
            Qualifier::Index(index) => u32::try_from(*index)
                .ok()
                .and_then(|index| Some((Step::Index(index), node.item(index as usize)?))),
        };
        let Some((step, child)) = next else {
            let absent = std::iter::once(qualifier).chain(left.by_ref());
            rest = absent
                .map_while(|qualifier| match qualifier {
                    Qualifier::Field(name) => {
                        Some(Segment::Field { name: name.clone(), known: Key::known(name) })
                    }
                    Qualifier::Index(_) => None,
                })
                .collect();
            break;
        };
        steps.push(step);
        node = child;
    }
    (steps, node, rest)
}
