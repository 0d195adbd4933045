//! Policies in the forms that an API server itself runs, judged as it would judge them.
//!
//! Two front ends read a policy into one form, [`Rules`]: [`admission`] reads Kubernetes' own
//! `ValidatingAdmissionPolicy`, [`constraint`] Gatekeeper's `ConstraintTemplate`, whose Rego is run by [`rego`], with its
//! constraints. [`compile`] makes the rules ready for a version, [`decide`] follows the server's validator
//! over one request, and [`verdict`] turns its decisions into findings and gaps.
//!
//! A file is judged as the request that creates its object. What that request would say beyond the object
//! (who asks, whether it is a dry run, what the authorizer answers, a namespace nobody wrote down) is
//! *unknown*, and a gap where a decision hangs on it.
//!
//! Source: k8s.io/apiserver, `pkg/admission/plugin/policy`.

pub(crate) mod admission;
pub(crate) mod binding;
pub(crate) mod compile;
pub(crate) mod constraint;
mod constraint_match;
mod decide;
pub(crate) mod document;
mod evaluate;
pub(crate) mod in_force;
mod matching;
pub(crate) mod mutating;
mod parameters;
pub(crate) mod read;
pub(crate) mod rego;
pub(crate) mod request;
pub(crate) mod surroundings;
mod truth;
mod types;
pub(crate) mod verdict;
mod warnings;

use std::sync::Arc;

use bulkhead_document::Tree;

use crate::policy::Expression;

pub(crate) use binding::Actions;
pub(crate) use constraint_match::ConstraintMatch;
pub(crate) use matching::MatchResources;
pub(crate) use truth::Truth;
pub(crate) use verdict::{Verdict, decide_alone as decide, resolve};

/// Numbers of the API server (k8s.io/apiserver/pkg/apis/cel).
pub(crate) mod limits {
    /// What the validations of one binding and parameter may cost together, and their messages with them.
    pub(crate) const PER_BINDING: u64 = 10_000_000;
    /// What the match conditions may cost together: a quarter of it.
    pub(crate) const MATCH_CONDITIONS: u64 = PER_BINDING / 4;
    /// How many match conditions a policy may have.
    pub(crate) const MATCH_CONDITION_COUNT: usize = 64;
    /// How many audit annotations a policy may have.
    pub(crate) const AUDIT_ANNOTATION_COUNT: usize = 20;
    /// Bytes of a message that an expression made.
    pub(crate) const MESSAGE_BYTES: usize = 5 * 1024;
}

/// A native policy as read, whichever front end read it.
#[derive(Debug)]
pub(crate) struct Native {
    /// What bindings call it.
    pub(crate) name: Arc<str>,
    pub(crate) rules: Rules,
    /// Which requests it is for.
    pub(crate) reach: Reach,
}

/// Which requests a policy is for, and by what it is bound.
#[derive(Debug)]
pub(crate) enum Reach {
    /// A `ValidatingAdmissionPolicy`: its constraints; it is bound by objects of its own.
    Admission(MatchResources),
    /// A `ValidatingPolicy` of Kyverno's, which is its own binding.
    Own {
        matching: MatchResources,
        actions: Actions,
        /// The namespace that it is for, where it is for one.
        namespace: Option<Arc<str>>,
    },
    /// A `MutatingAdmissionPolicy`, which changes objects and judges none; it is bound by objects of its own.
    Mutating {
        matching: MatchResources,
        /// `reinvocationPolicy: IfNeeded`.
        again: bool,
    },
    /// Whoever asks decides that: a rule of Kyverno's.
    Elsewhere,
    /// A Gatekeeper constraint, which is its own binding and its own parameters.
    Constraint {
        /// `spec.match`.
        matching: ConstraintMatch,
        /// The constraint.
        object: Arc<Tree>,
        /// What `enforcementAction` comes to.
        actions: Actions,
    },
}

/// What is judged, in expressions.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// The kind of the parameters, where it has some.
    pub(crate) parameter_kind: Option<ParameterKind>,
    pub(crate) conditions: Vec<Condition>,
    /// By name, in order; each may use those before it.
    pub(crate) variables: Vec<(Box<str>, Expression)>,
    pub(crate) validations: Vec<Validation>,
    pub(crate) annotations: Vec<Annotation>,
    pub(crate) mutations: Vec<Mutation>,
    /// `failurePolicy: Ignore`: what fails lets the request pass.
    pub(crate) ignores_failures: bool,
    /// A template in Rego, which then is all there is.
    pub(crate) rego: Option<rego::Source>,
}

impl Rules {
    /// The same rules with other expressions.
    pub(crate) fn map(&self, change: impl Fn(&Expression) -> Expression) -> Self {
        let validation = |each: &Validation| Validation {
            expression: change(&each.expression),
            message: each.message.clone(),
            message_expression: each.message_expression.as_ref().map(&change),
        };
        Self {
            parameter_kind: self.parameter_kind.clone(),
            conditions: self
                .conditions
                .iter()
                .map(|each| Condition { expression: change(&each.expression) })
                .collect(),
            variables: self.variables.iter().map(|(name, each)| (name.clone(), change(each))).collect(),
            validations: self.validations.iter().map(validation).collect(),
            annotations: self
                .annotations
                .iter()
                .map(|each| Annotation { expression: change(&each.expression) })
                .collect(),
            mutations: Vec::new(),
            ignores_failures: self.ignores_failures,
            rego: None,
        }
    }
}

/// `spec.paramKind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParameterKind {
    pub(crate) api_version: Box<str>,
    pub(crate) kind: Box<str>,
}

impl ParameterKind {
    pub(crate) fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }
}

/// One of `spec.matchConditions`.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) expression: Expression,
}

/// One of `spec.validations`.
#[derive(Debug)]
pub(crate) struct Validation {
    pub(crate) expression: Expression,
    pub(crate) message: Option<Box<str>>,
    pub(crate) message_expression: Option<Expression>,
}

/// One of `spec.auditAnnotations`.
#[derive(Debug)]
pub(crate) struct Annotation {
    pub(crate) expression: Expression,
}

/// One of `spec.mutations`.
#[derive(Debug)]
pub(crate) struct Mutation {
    pub(crate) form: Form,
    pub(crate) expression: Expression,
}

/// How a mutation says what to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// With an object that is merged in as server-side apply does.
    ApplyConfiguration,
    /// With a list of operations.
    JsonPatch,
}
