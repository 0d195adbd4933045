//! One object judged by the validation of a rule.
//!
//! Source: Kyverno 1.17, `pkg/engine/handlers/validation/validate_resource.go`.

use std::sync::Arc;

use bulkhead_model::Finding;

use super::conditions::{self, Met};
use super::context::Context;
use super::jmespath::Problem;
use super::overlay::{self, Misfit, Part, Sort};
use super::rule::{Body, Condition, Conditions, Loop, Rule};
use super::value::Value;
use super::variables::{field_named, substitute};

/// What a rule says of an object.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Pass,
    Skip,
    Fail(Violation),
    /// It hangs on something that a file does not tell.
    Unknown(String),
    /// It could not be judged: an error in Kyverno too, or something that is not done here.
    Failed(String),
}

/// A violation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Violation {
    /// In Kyverno's words.
    pub(crate) spoken: String,
    /// The rule's own message, where it has one.
    pub(crate) message: Option<String>,
    pub(crate) place: Vec<Part>,
    /// Whether Kyverno calls it an error.
    pub(crate) is_error: bool,
    /// What our own policies found, where it was they that judged.
    pub(crate) found: Vec<Finding>,
}

impl From<Problem> for Outcome {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Unknown(name) => Self::Unknown((*name).to_owned()),
            problem => Self::Failed(problem.to_string()),
        }
    }
}

/// What a loop is at.
#[derive(Clone)]
struct Element {
    value: Value,
    place: Option<Vec<Part>>,
}

/// Judges; nothing where the rule has nothing to say.
pub(crate) fn judge<'p>(
    rule: &'p Rule,
    body: &'p Body,
    object: &Value,
    context: Context<'p>,
) -> Option<Outcome> {
    let mut run = Run { rule, object, context, scoped: None, element: None, nesting: 0 };
    run.body(body)
}

struct Run<'r, 'p> {
    rule: &'p Rule,
    object: &'r Value,
    context: Context<'p>,
    /// What patterns are laid over, where that is not the object.
    scoped: Option<Element>,
    element: Option<Element>,
    nesting: usize,
}

impl<'p> Run<'_, 'p> {
    fn body(&mut self, body: &'p Body) -> Option<Outcome> {
        if let Some(deny) = &body.deny {
            return Some(self.deny(deny));
        }
        if let Some(pattern) = &body.pattern {
            return Some(self.pattern(pattern));
        }
        if let Some(any) = &body.any_pattern {
            return Some(self.any_pattern(any));
        }
        self.loops(&body.loops)
    }

    fn name(&self) -> &'p str {
        &self.rule.name
    }

    /// The rule's message with its variables, where it has one.
    fn message(&mut self) -> Option<Result<String, Problem>> {
        let message = self.rule.message.clone()?;
        Some(substitute(&mut self.context, &Value::Text(message)).map(|value| match value {
            Value::Text(text) => (*text).to_owned(),
            other => other.printed(),
        }))
    }

    fn deny(&mut self, conditions: &'p Conditions) -> Outcome {
        let (message, by) = match conditions::met(conditions, &mut self.context) {
            Err(problem) => return problem.into(),
            Ok(Met::No) => return Outcome::Pass,
            Ok(Met::Yes { message, by }) => (message, by),
        };
        let own = self.rule.message.as_deref().unwrap_or("");
        let place = by.map(|condition| self.blamed(condition)).unwrap_or_default();
        let parts: Vec<&str> = [own, &message].into_iter().filter(|part| !part.is_empty()).collect();
        let (spoken, told) = if parts.is_empty() {
            (format!("validation error: rule {} failed", self.name()), None)
        } else {
            let whole = parts.join("; ");
            let spoken = match substitute(&mut self.context, &Value::text(&whole)) {
                Ok(Value::Text(text)) => (*text).to_owned(),
                Ok(_) => "the produced message didn't resolve to a string, check your policy definition."
                    .to_owned(),
                Err(_) => message,
            };
            (spoken.clone(), Some(spoken))
        };
        let message = told.filter(|told| !told.is_empty());
        Outcome::Fail(Violation { spoken, message, place, ..Violation::default() })
    }

    /// The field that a condition reads, where it names one.
    fn blamed(&self, condition: &Condition) -> Vec<Part> {
        let base = self.element.as_ref().and_then(|element| element.place.clone());
        let named = condition.key.as_text().and_then(|key| {
            if let Some(fields) = field_named(key) {
                return Some(fields.into_iter().map(Part::Field).collect());
            }
            let inner = key.strip_prefix("{{")?.trim_start().strip_prefix("element.")?;
            let fields = field_named(&format!("{{{{ request.object.{inner}"))?;
            let mut place = base.clone()?;
            place.extend(fields.into_iter().map(Part::Field));
            Some(place)
        });
        named.or(base).unwrap_or_default()
    }

    /// What patterns are laid over.
    fn subject(&self) -> (Value, Vec<Part>) {
        match &self.scoped {
            Some(element) => (element.value.clone(), element.place.clone().unwrap_or_default()),
            None => (self.object.clone(), Vec::new()),
        }
    }

    fn pattern(&mut self, pattern: &Value) -> Outcome {
        let pattern = match substitute(&mut self.context, pattern) {
            Ok(pattern) => pattern,
            Err(problem) => return problem.into(),
        };
        let (subject, base) = self.subject();
        let Err(misfit) = overlay::lay(&subject, &pattern) else { return Outcome::Pass };
        match misfit.sort {
            Sort::Skip => Outcome::Skip,
            Sort::Unknown => Outcome::Unknown(misfit.message),
            Sort::Fail | Sort::Error => self.violation(&misfit, base),
        }
    }

    fn violation(&mut self, misfit: &Misfit, base: Vec<Part>) -> Outcome {
        let name = self.name();
        let told = match misfit.path.as_str() {
            "" => format!("rule {name} execution error: {}", misfit.message),
            path => format!("rule {name} failed at path {path}"),
        };
        let (spoken, message) = match self.message() {
            None => (format!("validation error: {told}"), None),
            Some(Err(_)) => {
                let error = &misfit.message;
                let spoken = format!(
                    "validation error: variables substitution error in rule {name} execution error: {error}"
                );
                (spoken, None)
            }
            Some(Ok(message)) => {
                let dot = if message.ends_with('.') { "" } else { "." };
                (format!("validation error: {message}{dot} {told}"), Some(message))
            }
        };
        let mut place = base;
        place.extend(misfit.place.iter().cloned());
        Outcome::Fail(Violation {
            spoken,
            message,
            place,
            is_error: misfit.sort == Sort::Error,
            found: Vec::new(),
        })
    }

    fn any_pattern(&mut self, patterns: &Value) -> Outcome {
        let patterns = match substitute(&mut self.context, patterns) {
            Ok(patterns) => patterns.with_floats(),
            Err(problem) => return problem.into(),
        };
        let (subject, base) = self.subject();
        let (mut failed, mut skipped, mut open) = (Vec::new(), false, None);
        let mut places: Vec<Vec<Part>> = Vec::new();
        for (place, pattern) in patterns.as_list().into_iter().flat_map(|items| items.iter()).enumerate() {
            let Err(misfit) = overlay::lay(&subject, pattern) else { return Outcome::Pass };
            match misfit.sort {
                Sort::Skip => skipped = true,
                Sort::Unknown => open = Some(misfit.message),
                Sort::Fail | Sort::Error => {
                    let name = self.name();
                    failed.push(match misfit.path.as_str() {
                        "" => format!("rule {name}[{place}] failed: {}", misfit.message),
                        path => format!("rule {name}[{place}] failed at path {path}"),
                    });
                    places.push(misfit.place);
                }
            }
        }
        if let Some(open) = open {
            return Outcome::Unknown(open);
        }
        if failed.is_empty() {
            return if skipped { Outcome::Skip } else { Outcome::Pass };
        }
        let told = failed.join(" ");
        let name = self.name();
        let (spoken, message) = match self.message() {
            None => (format!("validation error: {told}"), None),
            Some(Err(_)) => {
                let text = "variables substitution error in rule";
                (format!("validation error: {text} {name} execution error: {told}"), None)
            }
            Some(Ok(message)) => {
                let dot = if message.ends_with('.') { "" } else { "." };
                (format!("validation error: {message}{dot} {told}"), Some(message))
            }
        };
        let mut place = base;
        place.extend(shared(&places));
        Outcome::Fail(Violation { spoken, message, place, ..Violation::default() })
    }

    fn loops(&mut self, loops: &'p [Loop]) -> Option<Outcome> {
        let mut applied = 0;
        for each in loops {
            let items = match self.context.query(&each.list) {
                Ok(Value::List(items)) => items.to_vec(),
                Ok(other) => vec![other],
                Err(problem @ (Problem::Unknown(_) | Problem::Unsupported(_))) => {
                    return Some(problem.into());
                }
                // An optional field that is not there, or a list that cannot be made: Kyverno goes on.
                Err(_) => continue,
            };
            match self.elements(each, &items) {
                Ok(count) => applied += count,
                Err(outcome) => return Some(outcome),
            }
        }
        (applied > 0).then_some(Outcome::Pass)
    }

    /// How many elements a loop judged, or what is wrong with the first that is not as it must be.
    fn elements(&mut self, each: &'p Loop, items: &[Value]) -> Result<usize, Outcome> {
        let (mut applied, mut open) = (0, None);
        for (index, item) in items.iter().enumerate() {
            if *item == Value::Null {
                continue;
            }
            let mut context = self.context.clone();
            context.set_element(item, index, self.nesting);
            context.declare(&each.context);
            let is_map = matches!(item, Value::Map(_));
            if each.scope == Some(true) && !is_map {
                let message = "cannot use elementScope=true foreach rules for elements that are not maps";
                return Err(Outcome::Failed(message.to_owned()));
            }
            let element = Element { value: item.clone(), place: place_of(self.object, item) };
            let mut below = Run {
                rule: self.rule,
                object: self.object,
                context,
                scoped: if each.scope.unwrap_or(is_map) {
                    Some(element.clone())
                } else {
                    self.scoped.clone()
                },
                element: Some(element),
                nesting: self.nesting + 1,
            };
            match below.element(each) {
                None | Some(Outcome::Skip) => (),
                Some(Outcome::Pass) => applied += 1,
                Some(Outcome::Unknown(name)) => open = Some(Outcome::Unknown(name)),
                // Kyverno goes on behind an error, unless the element is the last.
                Some(Outcome::Fail(violation)) if violation.is_error && index + 1 < items.len() => (),
                Some(Outcome::Failed(_)) if index + 1 < items.len() => (),
                Some(Outcome::Failed(message)) => {
                    return Err(Outcome::Failed(format!("validation failure: {message}")));
                }
                Some(Outcome::Fail(violation)) => {
                    let spoken = format!("validation failure: {}", violation.spoken);
                    return Err(Outcome::Fail(Violation { spoken, ..violation }));
                }
            }
        }
        open.map_or(Ok(applied), Err)
    }

    fn element(&mut self, each: &'p Loop) -> Option<Outcome> {
        if let Some(preconditions) = &each.preconditions {
            match conditions::met(preconditions, &mut self.context) {
                Err(problem) => return Some(problem.into()),
                Ok(Met::No) => return Some(Outcome::Skip),
                Ok(Met::Yes { .. }) => (),
            }
        }
        self.body(&each.body)
    }
}

/// What places have in common.
fn shared(places: &[Vec<Part>]) -> Vec<Part> {
    let Some((first, rest)) = places.split_first() else { return Vec::new() };
    let common =
        |other: &Vec<Part>| first.iter().zip(other).take_while(|(left, right)| left == right).count();
    let length = rest.iter().map(common).min().unwrap_or(first.len());
    first.iter().take(length).cloned().collect()
}

/// The first place in an object where a value stands.
fn place_of(object: &Value, wanted: &Value) -> Option<Vec<Part>> {
    fn find(value: &Value, wanted: &Value, place: &mut Vec<Part>) -> bool {
        if value.with_floats() == *wanted && !place.is_empty() {
            return true;
        }
        let mut below = |part: Part, value: &Value| {
            place.push(part);
            let found = find(value, wanted, place);
            if !found {
                place.pop();
            }
            found
        };
        match value {
            Value::Map(entries) => {
                entries.iter().any(|(key, value)| below(Part::Field(Arc::clone(key)), value))
            }
            Value::List(items) => {
                items.iter().enumerate().any(|(index, item)| below(Part::Index(index), item))
            }
            _ => false,
        }
    }
    // What is no map or list is too common to be found by its value.
    if !matches!(wanted, Value::Map(_)) {
        return None;
    }
    let mut place = Vec::new();
    find(object, &wanted.with_floats(), &mut place).then_some(place)
}
