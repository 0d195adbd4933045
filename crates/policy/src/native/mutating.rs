//! `MutatingAdmissionPolicy`: what the policies of a cluster make of an object before it is judged.
//!
//! Policies run one after the other, each on what the ones before it made. Where one changed something, those
//! that say `reinvocationPolicy: IfNeeded` run a second time, as on a server. In which order a server takes
//! policies is not promised: here it is that of their names.
//!
//! Source: k8s.io/apiserver, `pkg/admission/plugin/policy/mutating/dispatcher.go` and
//! `pkg/admission/plugin/policy/generic/policy_dispatcher.go`.

mod convert;
mod difference;
mod merge;
mod patch;
pub(crate) mod preview;
pub(crate) mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bulkhead_cel::Value;
use bulkhead_document::{Edit, Limits, Node, Tree};
use bulkhead_kinds::{KindInfo, Kinds};
use serde_json::Value as Json;

use super::compile::{CompiledMutation, Prepared};
use super::decide::{Matching, conditions, names};
use super::evaluate::{Inputs, OutOfBudget, Pass};
use super::parameters::Parameters;
use super::request::{Request, Review};
use super::surroundings::Surroundings;
use super::truth::Truth;
use super::verdict::InForce;
use super::{Form, Reach, limits};
use crate::object::Facts;

/// What came of one object.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    /// What the policies change, one after the other, in the object as it was written; with the policy's id.
    pub(crate) edits: Vec<(Arc<str>, Edit)>,
    /// The object after all of them, with the server's defaults.
    pub(crate) object: Json,
    /// Why the server refuses the request, where it does: the policy's id, and its words.
    pub(crate) refused: Vec<(Arc<str>, String)>,
    /// What could not be decided: by the policy's id, what it hangs on.
    pub(crate) unknown: BTreeMap<Arc<str>, BTreeSet<String>>,
}

/// What is known around an object.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) kinds: &'static Kinds,
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) review: &'a Review,
}

impl<'a> World<'a> {
    fn request(&self, object: Node<'a>) -> Option<Request<'a>> {
        let Facts { info, group, kind, workload, .. } = self.facts;
        let custom = info.is_none().then(|| self.surroundings.custom(group, kind)).flatten();
        let namespace = workload.namespace.name().and_then(|name| self.surroundings.namespace(name));
        Request::new(object, self.facts, self.kinds, custom, namespace, self.review)
    }
}

/// One policy with a binding and a parameter object.
struct Invocation<'a> {
    policy: &'a InForce,
    parameters: Value<'a>,
    key: (usize, usize, usize),
}

/// The object in the making.
struct Making {
    /// As the server holds it.
    tree: Arc<Tree>,
    json: Json,
    /// As it was written, with what policies changed.
    written: Json,
    admitted: Admitted,
}

/// Why a mutation did not take place.
enum Failed {
    /// `failurePolicy` decides what comes of it.
    Policy(String),
    Unknown(BTreeSet<String>),
}

/// Runs all policies over an object. `written` is the object as it was written.
pub(crate) fn admit(policies: &[InForce], world: &World<'_>, tree: Tree, written: Json) -> Admitted {
    let json = to_json(&tree);
    let admitted = Admitted { object: json.clone(), ..Admitted::default() };
    let mut making = Making { tree: Arc::new(tree), json, written, admitted };
    let mut earlier: BTreeSet<(usize, usize, usize)> = BTreeSet::new();
    let mut again: BTreeSet<(usize, usize, usize)> = BTreeSet::new();
    for round in 0..2 {
        let is_second = round > 0;
        let tree = making.tree.clone();
        let Some(invocations) = invocations(policies, world, &tree, &mut making.admitted) else { break };
        let mut dirty = false;
        for invocation in invocations {
            let before = making.json.clone();
            if !making.invoke(&invocation, world, is_second.then_some(&again), &mut dirty) {
                break;
            }
            if making.json != before {
                again.append(&mut earlier);
            }
            if let Reach::Mutating { again: true, .. } = invocation.policy.policy.native.reach
                && (!is_second || again.contains(&invocation.key))
            {
                earlier.insert(invocation.key);
            }
        }
        again.append(&mut earlier);
        if !dirty || !making.admitted.refused.is_empty() {
            break;
        }
    }
    making.admitted.object = making.json;
    making.admitted
}

/// The policies that are for an object, with what they are bound to; `None` where no policy ever sees it.
fn invocations<'a>(
    policies: &'a [InForce],
    world: &World<'a>,
    tree: &'a Tree,
    admitted: &mut Admitted,
) -> Option<Vec<Invocation<'a>>> {
    let request = world.request(tree.root())?;
    if !request.is_served {
        return None;
    }
    let mut found = Vec::new();
    for (number, each) in policies.iter().enumerate() {
        let Reach::Mutating { matching, .. } = &each.policy.native.reach else { continue };
        let matched = matching.matches(&request);
        if matched.truth == Truth::No {
            continue;
        }
        let id = &each.policy.head.id;
        let mut unknown =
            |names: BTreeSet<String>| admitted.unknown.entry(id.clone()).or_default().extend(names);
        for (place, bound) in each.bounds.iter().enumerate() {
            let own = bound.matching.as_ref().map_or(Truth::Yes, |matching| matching.matches(&request).truth);
            match matched.truth.clone().and(|| own) {
                Truth::No => continue,
                Truth::Yes => {}
                Truth::Unknown(names) => {
                    unknown(names);
                    continue;
                }
            }
            if let Some(version) = &matched.converted {
                unknown([format!("the object as {version}")].into());
                continue;
            }
            let invocation =
                |parameters, part| Invocation { policy: each, parameters, key: (number, place, part) };
            match bound.parameters(&each.policy, &request, world.kinds, world.surroundings) {
                Parameters::None => found.push(invocation(Value::Null, 0)),
                Parameters::Unknown(name) => unknown([name].into()),
                Parameters::Objects(trees) => found.extend(
                    trees
                        .into_iter()
                        .enumerate()
                        .map(|(part, tree)| invocation(Value::from(tree.root()), part)),
                ),
                Parameters::Wrong(_) if each.policy.native.rules.ignores_failures => {}
                Parameters::Wrong(message) => {
                    let message = format!("failed to configure binding: {message}");
                    if !admitted.refused.iter().any(|(known, text)| known == id && *text == message) {
                        admitted.refused.push((id.clone(), message));
                    }
                }
            }
        }
    }
    Some(found)
}

impl Making {
    /// Runs one policy; says whether to go on.
    fn invoke(
        &mut self,
        invocation: &Invocation<'_>,
        world: &World<'_>,
        only: Option<&BTreeSet<(usize, usize, usize)>>,
        dirty: &mut bool,
    ) -> bool {
        let prepared = &invocation.policy.policy;
        let id = prepared.head.id.clone();
        let tree = self.tree.clone();
        match with_inputs(world, &tree, &invocation.parameters, |inputs| conditions(prepared, inputs)) {
            None | Some(Matching::No) => return true,
            Some(Matching::Yes(open)) if open.is_empty() => {}
            Some(Matching::Failed(message, open)) if open.is_empty() => {
                self.refuse(id, message);
                return true;
            }
            Some(Matching::Yes(open) | Matching::Failed(_, open)) => {
                self.admitted.unknown.entry(id).or_default().extend(open);
                return true;
            }
        }
        if only.is_some_and(|only| !only.contains(&invocation.key)) {
            return true;
        }
        for mutation in &prepared.mutations {
            let tree = self.tree.clone();
            let made = with_inputs(world, &tree, &invocation.parameters, |inputs| {
                mutate(prepared, mutation, inputs, &self.json, world.facts.info)
            });
            match made.unwrap_or(Ok(None)) {
                Ok(made) => {
                    *dirty = true;
                    let Some(made) = made else { continue };
                    match self.take(&id, &made, world) {
                        Ok(()) => {}
                        Err(message) => {
                            self.admitted.refused.push((id, message));
                            return false;
                        }
                    }
                }
                Err(Failed::Policy(_)) if prepared.native.rules.ignores_failures => {}
                Err(Failed::Policy(message)) => self.refuse(id.clone(), message),
                Err(Failed::Unknown(names)) => {
                    self.admitted.unknown.entry(id.clone()).or_default().extend(names);
                }
            }
        }
        true
    }

    fn refuse(&mut self, id: Arc<str>, message: String) {
        if !self.admitted.refused.iter().any(|(known, text)| *known == id && *text == message) {
            self.admitted.refused.push((id, message));
        }
    }

    /// Takes what a mutation made: with defaults, as the server does after each.
    fn take(&mut self, id: &Arc<str>, made: &Json, world: &World<'_>) -> Result<(), String> {
        for edit in difference::edits(&self.json, made, &self.written) {
            // One that has no place in what was written is told all the same; what comes after it is then found
            // in what was written without it.
            _ = bulkhead_document::apply(&mut self.written, &edit);
            self.admitted.edits.push((id.clone(), edit));
        }
        let mut tree = to_tree(made)?;
        let normalised = bulkhead_kinds::normalise(&mut tree, world.kinds);
        if world.facts.info.is_some()
            && let Some(problem) = normalised.problems.first()
        {
            return Err(format!("{}: {}", problem.path, problem.message));
        }
        tree.set_root(normalised.root);
        self.json = to_json(&tree);
        self.tree = Arc::new(tree);
        Ok(())
    }
}

fn to_json(tree: &Tree) -> Json {
    serde_json::to_value(tree.root()).unwrap_or_default()
}

fn to_tree(json: &Json) -> Result<Tree, String> {
    let text = json.to_string();
    match bulkhead_document::read(text.as_str().into(), &Limits::default()).next() {
        Some(Ok(tree)) => Ok(tree),
        Some(Err(error)) => Err(error.problem.to_string()),
        None => Err("there is no object left".to_owned()),
    }
}

/// What expressions are told of an object as it is now.
fn with_inputs<'a, T>(
    world: &World<'a>,
    tree: &'a Tree,
    parameters: &Value<'a>,
    run: impl FnOnce(&Inputs<'a>) -> T,
) -> Option<T> {
    let request = world.request(tree.root())?;
    let inputs = Inputs {
        object: request.object(),
        old_object: request.old_object(),
        request: request.value(),
        namespace: request.namespace_value(),
        parameters: parameters.clone(),
    };
    Some(run(&inputs))
}

/// What a mutation makes of an object; nothing where it leaves it as it was.
fn mutate(
    policy: &Prepared,
    mutation: &CompiledMutation,
    inputs: &Inputs<'_>,
    object: &Json,
    info: Option<KindInfo<'_>>,
) -> Result<Option<Json>, Failed> {
    let pass = Pass::new(policy, inputs, limits::PER_BINDING);
    let value = match pass.eval(&mutation.expression) {
        Err(OutOfBudget) => return Err(Failed::Policy(OutOfBudget::MESSAGE.to_owned())),
        Ok(Err(error)) => return Err(Failed::Policy(error)),
        Ok(Ok(Value::Unknown(unknown))) => return Err(Failed::Unknown(names(&unknown).collect())),
        Ok(Ok(value)) => value,
    };
    let mut unknown = BTreeSet::new();
    unknown_parts(&value, &mut unknown);
    if !unknown.is_empty() {
        return Err(Failed::Unknown(unknown));
    }
    match mutation.form {
        Form::JsonPatch => {
            let items = value.items().into_iter().flatten();
            let operations = items.map(|item| patch::Operation::of(&item)).collect::<Result<Vec<_>, _>>();
            let operations = operations.map_err(Failed::Policy)?;
            let mut made = object.clone();
            match patch::apply(&mut made, &operations) {
                Ok(patch::Patched::Untouched) => Ok(None),
                Ok(patch::Patched::Done) => Ok(Some(made)),
                Err(error) => Err(Failed::Policy(format!("JSON Patch: {error}"))),
            }
        }
        Form::ApplyConfiguration => {
            let Some(made) = value.as_object() else {
                let of = value.type_of().name();
                return Err(Failed::Policy(format!(
                    "unsupported return type from ApplyConfiguration expression: {of}"
                )));
            };
            made.check_names().map_err(|error| Failed::Policy(format!("type mismatch: {error}")))?;
            let mut configuration = convert::fields(made)
                .map_err(|what| Failed::Policy(format!("invalid return type: {what}")))?;
            let Some(of) = info.and_then(KindInfo::object_type) else {
                return Err(Failed::Unknown(["the schema of a custom resource".to_owned()].into()));
            };
            for field in ["apiVersion", "kind"] {
                if let (Some(fields), Some(value)) = (configuration.as_object_mut(), object.get(field)) {
                    fields.insert(field.to_owned(), value.clone());
                }
            }
            let merged = merge::merge(object, &configuration, of);
            merged.map(Some).map_err(|error| Failed::Policy(format!("error applying patch: {error}")))
        }
    }
}

/// What is not known within what an expression made.
fn unknown_parts(value: &Value<'_>, unknown: &mut BTreeSet<String>) {
    match value {
        Value::Unknown(found) => unknown.extend(names(found)),
        Value::List(items) => items.iter().for_each(|item| unknown_parts(item, unknown)),
        Value::Map(map) => map.iter().for_each(|(_, value)| unknown_parts(value, unknown)),
        Value::Object(object) => object.fields().for_each(|(_, value)| unknown_parts(value, unknown)),
        _ => {}
    }
}
