//! The server's validator: from a policy and a request to decisions.
//!
//! Source: k8s.io/apiserver, `validator.Validate` in `pkg/admission/plugin/policy/validating` and
//! `matcher.Match` in `webhook/matchconditions`. What cannot be known is carried along: it becomes a
//! decision of its own where it decides.

use std::collections::BTreeSet;

use bulkhead_cel::{Budget, Unknown, Value};

use super::compile::Prepared;
use super::evaluate::{Inputs, OutOfBudget, Pass};
use super::limits;

/// What a decision is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    /// The policy as a whole: its match conditions, or its budget.
    Policy,
    /// What binds it.
    Binding,
    /// One of its validations.
    Validation(usize),
    /// One of its audit annotations.
    Annotation(usize),
}

/// A violation, or a doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) about: About,
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Refused, or warned of, with this message.
    Denied(String),
    /// Hangs on these.
    Unknown(BTreeSet<String>),
}

/// Judges. What is admitted leaves no decision.
pub(crate) fn decide(policy: &Prepared, inputs: &Inputs<'_>) -> Vec<Decision> {
    let open = match conditions(policy, inputs) {
        Matching::No => return Vec::new(),
        Matching::Yes(open) => open,
        Matching::Failed(message, open) => {
            return doubt(vec![denied(About::Policy, message)], &open);
        }
    };
    let mut decisions = match validations(policy, inputs) {
        Ok(decisions) => decisions,
        Err(OutOfBudget) => {
            failure(policy, About::Policy, OutOfBudget::MESSAGE.to_owned()).into_iter().collect()
        }
    };
    match annotations(policy, inputs) {
        Ok(more) => decisions.extend(more),
        Err(OutOfBudget) => {
            decisions = failure(policy, About::Policy, OutOfBudget::MESSAGE.to_owned()).into_iter().collect();
        }
    }
    doubt(decisions, &open)
}

pub(super) enum Matching {
    No,
    /// Met, if what is named here is as it must be.
    Yes(BTreeSet<String>),
    Failed(String, BTreeSet<String>),
}

/// Whether the match conditions are met.
pub(super) fn conditions(policy: &Prepared, inputs: &Inputs<'_>) -> Matching {
    let pass = Pass::of_conditions(policy, inputs, limits::MATCH_CONDITIONS);
    let ignores = policy.native.rules.ignores_failures;
    let mut open = BTreeSet::new();
    let mut errors: Vec<String> = Vec::new();
    let mut met = true;
    for condition in &policy.conditions {
        match pass.eval(condition) {
            Err(OutOfBudget) if ignores => return Matching::No,
            Err(OutOfBudget) => return Matching::Failed(OutOfBudget::MESSAGE.to_owned(), open),
            Ok(Err(error)) => errors.push(error),
            Ok(Ok(Value::Unknown(unknown))) => open.extend(names(&unknown)),
            // All are evaluated, as the budget is for all of them; one that is false decides.
            Ok(Ok(value)) => met &= value.as_bool() != Some(false),
        }
    }
    match errors.as_slice() {
        _ if !met => Matching::No,
        [] => Matching::Yes(open),
        _ if ignores => Matching::No,
        [error] => Matching::Failed(error.clone(), open),
        _ => {
            let mut known = BTreeSet::new();
            errors.retain(|error| known.insert(error.clone()));
            let joined = errors.join(", ");
            Matching::Failed(if errors.len() == 1 { joined } else { format!("[{joined}]") }, open)
        }
    }
}

fn validations(policy: &Prepared, inputs: &Inputs<'_>) -> Result<Vec<Decision>, OutOfBudget> {
    let pass = Pass::new(policy, inputs, limits::PER_BINDING);
    let mut results = Vec::with_capacity(policy.validations.len());
    for validation in &policy.validations {
        results.push(pass.eval(&validation.expression)?);
    }
    let is_admitted =
        |result: &Result<Value<'_>, String>| matches!(result, Ok(value) if value.as_bool() == Some(true));
    let messages = policy.validations.iter().filter(|each| each.message.is_some()).count();
    // Messages are made whether they are needed or not; that can matter only by their cost.
    let most = (messages.saturating_add(policy.variables.len()) as u64).saturating_mul(Budget::PER_CALL);
    if results.iter().all(is_admitted) && most <= pass.remaining() {
        return Ok(Vec::new());
    }
    let made = self::messages(policy, inputs, pass.remaining());
    let mut decisions = Vec::new();
    for (place, result) in results.into_iter().enumerate() {
        let about = About::Validation(place);
        match (result, &made) {
            (Ok(Value::Unknown(unknown)), _) => {
                decisions.push(Decision { about, outcome: Outcome::Unknown(names(&unknown).collect()) });
            }
            (Err(error), _) => decisions.extend(failure(policy, about, error)),
            (Ok(_), Err(OutOfBudget)) => {
                let message = format!("failed messageExpression: {}", OutOfBudget::MESSAGE);
                decisions.extend(failure(policy, about, message));
            }
            (Ok(value), Ok(_)) if value.as_bool() == Some(true) => (),
            (Ok(_), Ok(made)) => {
                let made = made.get(place).cloned().flatten();
                decisions.push(denied(about, message(policy, place, made)));
            }
        }
    }
    Ok(decisions)
}

/// What message expressions come to, as far as a server would use it.
fn messages(policy: &Prepared, inputs: &Inputs<'_>, budget: u64) -> Result<Vec<Option<String>>, OutOfBudget> {
    let pass = Pass::new(policy, inputs, budget);
    let each = policy.validations.iter().map(|validation| {
        let Some(expression) = &validation.message else { return Ok(None) };
        let value = pass.eval(expression)?;
        let text = value.as_ref().ok().and_then(Value::as_str).map(str::trim).unwrap_or_default();
        let usable = !text.is_empty() && text.len() <= limits::MESSAGE_BYTES && !text.contains('\n');
        Ok(usable.then(|| text.to_owned()))
    });
    each.collect()
}

fn message(policy: &Prepared, place: usize, made: Option<String>) -> String {
    let written = || {
        let message = policy.native.rules.validations.get(place)?.message.as_deref()?.trim();
        (!message.is_empty()).then(|| message.to_owned())
    };
    let source = || policy.validations.get(place).map_or("", |each| each.expression.source.trim());
    made.or_else(written).unwrap_or_else(|| format!("failed expression: {}", source()))
}

/// An annotation that fails refuses the request, whatever the bindings' actions are.
fn annotations(policy: &Prepared, inputs: &Inputs<'_>) -> Result<Vec<Decision>, OutOfBudget> {
    let pass = Pass::new(policy, inputs, limits::PER_BINDING);
    let mut decisions = Vec::new();
    for (place, annotation) in policy.annotations.iter().enumerate() {
        let about = About::Annotation(place);
        match pass.eval(annotation)? {
            Err(error) => decisions.extend(failure(policy, about, error)),
            // What an annotation says is nobody's verdict, but whether it can be made is.
            Ok(Value::Unknown(_)) => (),
            Ok(value) if value.as_str().is_some() || matches!(value, Value::Null) => (),
            Ok(value) => decisions.push(denied(
                about,
                format!(
                    "valueExpression '{}' resulted in unsupported return type: {}. Return type must be either \
                     string or null.",
                    annotation.source,
                    value.type_of().name()
                ),
            )),
        }
    }
    Ok(decisions)
}

fn denied(about: About, message: String) -> Decision {
    Decision { about, outcome: Outcome::Denied(message) }
}

/// What failed refuses the request, unless `failurePolicy` lets it pass.
fn failure(policy: &Prepared, about: About, message: String) -> Option<Decision> {
    (!policy.native.rules.ignores_failures).then(|| denied(about, message))
}

/// Decisions that hold only if something is as it must be.
pub(super) fn doubt(decisions: Vec<Decision>, open: &BTreeSet<String>) -> Vec<Decision> {
    if open.is_empty() {
        return decisions;
    }
    let doubtful = |Decision { about, outcome }: Decision| {
        let mut names = open.clone();
        if let Outcome::Unknown(more) = outcome {
            names.extend(more);
        }
        Decision { about, outcome: Outcome::Unknown(names) }
    };
    decisions.into_iter().map(doubtful).collect()
}

pub(super) fn names(unknown: &Unknown) -> impl Iterator<Item = String> {
    unknown.attributes().iter().map(ToString::to_string)
}
