//! `validate.cel` of a rule: expressions as a `ValidatingAdmissionPolicy` has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_cel::{Qualifier, Value as Cel};
use bulkhead_document::Node;

use super::autogen;
use super::evaluate::{Outcome, Violation};
use super::overlay::Part;
use super::policy::Policy;
use crate::native::compile::{self, Prepared};
use crate::native::document::Document;
use crate::native::request::Request;
use crate::native::{Native, Reach, Rules, Verdict, admission, decide};
use crate::policy::{Expression, Policy as Declared};
use crate::read::PolicyError;

/// Where the Pod of a kind is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Itself,
    Template,
    CronJob,
}

/// Reads the expressions of a rule.
pub(super) fn read(document: &Document<'_>, rule: Node<'_>) -> Result<Option<Rules>, PolicyError> {
    let Some(cel) = rule.at(&["validate", "cel"]) else { return Ok(None) };
    Ok(Some(Rules {
        conditions: admission::conditions_of(document, rule, "celPreconditions")?,
        variables: admission::variables(document, cel)?,
        validations: admission::validations_of(document, cel, "expressions")?,
        annotations: admission::annotations(document, cel)?,
        mutations: Vec::new(),
        ..Rules::default()
    }))
}

/// The compiled expressions of a policy's rules.
#[derive(Default)]
pub(super) struct Expressions(BTreeMap<(usize, Way), Prepared>);

impl Expressions {
    pub(super) fn of(declared: &Declared, policy: &Policy, minor: u32) -> Result<Self, PolicyError> {
        let mut found = BTreeMap::new();
        for (place, rules) in policy.expressions() {
            for way in [Way::Itself, Way::Template, Way::CronJob] {
                let native = Arc::new(Native {
                    name: policy.key.clone(),
                    rules: rules.map(|each| renamed(each, way)),
                    reach: Reach::Elsewhere,
                });
                found.insert((place, way), compile::prepare(declared, &native, None, minor)?);
            }
        }
        Ok(Self(found))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Judges by a rule's expressions.
    pub(super) fn judge(&self, place: usize, is_made: bool, request: &Request<'_>) -> Option<Outcome> {
        let way = match (is_made, request.kind) {
            (false, _) => Way::Itself,
            (true, "CronJob") => Way::CronJob,
            (true, _) => Way::Template,
        };
        let prepared = self.0.get(&(place, way))?;
        match decide(prepared, request, Cel::Null) {
            Verdict::Admitted => Some(Outcome::Pass),
            Verdict::Unknown(names) => Some(Outcome::Unknown(names.join(", "))),
            Verdict::Denied(message, way) => Some(Outcome::Fail(Violation {
                message: Some(message),
                place: way.iter().map(part).collect(),
                ..Violation::default()
            })),
        }
    }
}

fn part(qualifier: &Qualifier) -> Part {
    match qualifier {
        Qualifier::Field(name) => Part::Field((**name).into()),
        Qualifier::Index(index) => Part::Index(usize::try_from(*index).unwrap_or(usize::MAX)),
    }
}

fn renamed(expression: &Expression, way: Way) -> Expression {
    let source = match way {
        Way::Itself => return expression.clone(),
        Way::Template => autogen::renamed(&expression.source, "spec.template", true),
        Way::CronJob => autogen::renamed(&expression.source, "spec.jobTemplate.spec.template", true),
    };
    Expression { source: source.into(), at: expression.at }
}
