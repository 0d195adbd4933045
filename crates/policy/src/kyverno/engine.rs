//! One object judged by the rules of one policy, as Kyverno's engine goes through them.
//!
//! Source: Kyverno 1.17, `pkg/engine/engine.go` and `validation.go`.

use super::conditions::{self, Met};
use super::context::Context;
use super::evaluate::{self, Outcome};
use super::exception::Exception;
use super::jmespath::Problem;
use super::matching::Subject;
use super::policy::Policy;
use super::rule::{Check, Rule};
use super::value::Value;
use crate::native::Truth;

/// What judges in the place of patterns: Pod Security and CEL.
pub(crate) trait Others {
    /// Judges by a rule; nothing where it has nothing to say.
    fn judge(&self, rule: &Rule, exceptions: &[&Exception]) -> Option<Outcome>;
}

/// What a rule said.
pub(crate) struct Said<'p> {
    pub(crate) rule: &'p Rule,
    pub(crate) outcome: Outcome,
}

/// What is judged.
pub(crate) struct Case<'a> {
    pub(crate) subject: Subject<'a>,
    /// As patterns see it.
    pub(crate) object: &'a Value,
    /// What `request` is in variables.
    pub(crate) request: &'a Value,
}

impl Case<'_> {
    fn context<'p>(&self) -> Context<'p> {
        Context::new(self.subject.kind, self.request.clone(), self.object.clone())
    }
}

/// Judges an object by the rules of a policy.
pub(crate) fn judge<'p>(
    policy: &'p Policy,
    exceptions: &'p [Exception],
    case: &Case<'_>,
    others: &dyn Others,
) -> Vec<Said<'p>> {
    let mut said = Vec::new();
    let here = match (&policy.namespace, case.subject.namespace) {
        (None, _) => Truth::Yes,
        (Some(wanted), Some(namespace)) => (**wanted == *namespace).into(),
        (Some(_), None) => Truth::hangs_on("object.metadata.namespace"),
    };
    if here == Truth::No {
        return said;
    }
    for rule in policy.rules(case.subject.kind) {
        let matched = here
            .clone()
            .and(|| rule.matching.matches(&case.subject))
            .and(|| rule.exclude.excludes(&case.subject).not());
        if matched == Truth::No {
            continue;
        }
        let Some(outcome) = by_rule(policy, rule, exceptions, case, others) else { continue };
        let is_applied = matches!(outcome, Outcome::Pass | Outcome::Fail(_));
        let outcome = match (matched, outcome) {
            // What does not matter is not told.
            (Truth::Unknown(_), outcome @ (Outcome::Pass | Outcome::Skip)) => outcome,
            (Truth::Unknown(names), _) => Outcome::Unknown(names.into_iter().collect::<Vec<_>>().join(", ")),
            (_, outcome) => outcome,
        };
        said.push(Said { rule, outcome });
        if policy.applies_one && is_applied {
            break;
        }
    }
    said
}

fn by_rule<'p>(
    policy: &'p Policy,
    rule: &'p Rule,
    exceptions: &'p [Exception],
    case: &Case<'_>,
    others: &dyn Others,
) -> Option<Outcome> {
    if let Check::Other(_) = rule.check {
        return None;
    }
    let mut context = case.context();
    context.declare(&rule.context);
    if let Some(preconditions) = &rule.preconditions {
        match conditions::met(preconditions, &mut context) {
            Err(problem) => return Some(problem.into()),
            Ok(Met::No) => return Some(Outcome::Skip),
            Ok(Met::Yes { .. }) => (),
        }
    }
    let mut open = None;
    let mut matching: Vec<&Exception> = Vec::new();
    for exception in exceptions.iter().filter(|exception| exception.is_about(&policy.key, &rule.name)) {
        match exception.applies(&case.subject, &mut context) {
            Ok(Truth::Yes) => matching.push(exception),
            Ok(Truth::No) => (),
            Ok(Truth::Unknown(names)) => {
                open = Some(Outcome::Unknown(names.into_iter().collect::<Vec<_>>().join(", ")));
            }
            Err(problem @ (Problem::Unknown(_) | Problem::Unsupported(_))) => open = Some(problem.into()),
            // One that fails undoes them all.
            Err(_) => {
                matching.clear();
                open = None;
                break;
            }
        }
    }
    let outcome = match &rule.check {
        Check::Other(_) => return None,
        Check::Validate(_) if !matching.is_empty() => return Some(Outcome::Skip),
        Check::Validate(body) => evaluate::judge(rule, body, case.object, context)?,
        Check::PodSecurity(_) | Check::Cel(_) => others.judge(rule, &matching)?,
    };
    match (open, outcome) {
        (Some(open), Outcome::Fail(_)) => Some(open),
        (_, outcome) => Some(outcome),
    }
}
