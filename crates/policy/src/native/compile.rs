//! Native policies made ready to judge: expressions compiled as a server of the target version compiles
//! them when a policy is created.
//!
//! A server types `object` and `params` as `dyn` there; that an object of a matched kind has no such field
//! is only a warning in the policy's status ([`super::warnings`]).

use std::sync::Arc;

use bulkhead_cel::{Env, StaticType};
use bulkhead_model::Severity;

use super::rego::Program;
use super::types::{self, Gives, RequestTypes};
use super::{Form, Native, Reach};
use crate::plan::{self, Head};
use crate::policy::{Expression, Policy};
use crate::read::PolicyError;

/// What a variable of an expression is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Object,
    OldObject,
    Request,
    Namespace,
    Parameters,
    Authorizer,
    /// `authorizer.requestResource`
    RequestResource,
    /// One of the policy's own, by its place.
    Variable(usize),
}

/// A compiled expression.
pub(crate) struct Compiled {
    pub(super) source: Box<str>,
    pub(super) program: bulkhead_cel::Program,
    pub(super) names: Vec<Name>,
}

pub(super) struct CompiledMutation {
    pub(super) form: Form,
    pub(super) expression: Compiled,
}

pub(super) struct CompiledValidation {
    pub(super) expression: Compiled,
    pub(super) message: Option<Compiled>,
}

/// A native policy ready to judge.
pub(crate) struct Prepared {
    pub(crate) head: Head,
    /// Where the policy or configuration sets it; else it follows from what is done with a violation.
    pub(crate) severity: Option<Severity>,
    pub(crate) native: Arc<Native>,
    pub(super) conditions: Vec<Compiled>,
    pub(super) variables: Vec<(Box<str>, Compiled)>,
    pub(super) validations: Vec<CompiledValidation>,
    pub(super) annotations: Vec<Compiled>,
    pub(super) mutations: Vec<CompiledMutation>,
    /// A template in Rego, in the place of all these.
    pub(super) rego: Option<Program>,
}

impl Prepared {
    /// Whether the Namespace of an object is asked for.
    pub(crate) fn reads_namespaces(&self) -> bool {
        let selects = match &self.native.reach {
            Reach::Admission(matching) | Reach::Own { matching, .. } | Reach::Mutating { matching, .. } => {
                matching.reads_namespaces()
            }
            Reach::Constraint { matching, .. } => matching.reads_namespaces(),
            Reach::Elsewhere => false,
        };
        let variables = self.variables.iter().map(|(_, compiled)| compiled);
        let validations =
            self.validations.iter().flat_map(|each| each.message.iter().chain([&each.expression]));
        let mutations = self.mutations.iter().map(|mutation| &mutation.expression);
        let mut all = variables.chain(validations).chain(&self.annotations).chain(mutations);
        selects || all.any(|compiled| compiled.names.contains(&Name::Namespace))
    }
}

/// The variables that expressions may use besides the policy's own.
const NAMES: [(&str, Name); 7] = [
    ("object", Name::Object),
    ("oldObject", Name::OldObject),
    ("request", Name::Request),
    ("namespaceObject", Name::Namespace),
    ("params", Name::Parameters),
    ("authorizer", Name::Authorizer),
    ("authorizer.requestResource", Name::RequestResource),
];

/// Compiles a policy for a version.
pub(crate) fn prepare(
    policy: &Policy,
    native: &Arc<Native>,
    severity: Option<Severity>,
    minor: u32,
) -> Result<Prepared, PolicyError> {
    let rules = &native.rules;
    let has_parameters = rules.parameter_kind.is_some() || matches!(native.reach, Reach::Constraint { .. });
    let typed = |env: Env, name: &str, of: Name| match of {
        Name::Request => env.with_typed_variable(name, StaticType::object(types::REQUEST)),
        Name::Namespace => env.with_typed_variable(name, StaticType::object(types::NAMESPACE)),
        Name::Authorizer => env.with_typed_variable(name, StaticType::authorizer()),
        Name::RequestResource => env.with_typed_variable(name, StaticType::resource_check()),
        _ => env.with_variable(name),
    };
    let env = |authorizer: bool| {
        let given = NAMES.iter().filter(|(_, name)| match name {
            Name::Parameters => has_parameters,
            Name::Authorizer | Name::RequestResource => authorizer,
            _ => true,
        });
        let empty = Env::kubernetes(minor).with_objects(Arc::new(RequestTypes));
        given.fold(empty, |env, (name, of)| typed(env, name, *of))
    };
    let mut compiler = Compiler {
        policy,
        whole: env(true),
        message: env(false),
        patch: env(true).with_patches(),
        variables: Vec::new(),
    };
    // They are compiled without the policy's variables.
    let conditions = rules.conditions.iter().map(|each| compiler.whole(&each.expression, Gives::Truth));
    let conditions = conditions.collect::<Result<_, _>>()?;
    let mut variables = Vec::new();
    for (name, expression) in &rules.variables {
        let variable = compiler.whole(expression, Gives::Anything)?;
        compiler.declare(name, &variable.program.result_type().map_or(StaticType::Dyn, types::of_variable));
        variables.push((name.clone(), variable));
    }
    let validation = |each: &super::Validation| {
        let message = each.message_expression.as_ref().map(|message| compiler.message(message));
        Ok(CompiledValidation {
            expression: compiler.whole(&each.expression, Gives::Truth)?,
            message: message.transpose()?,
        })
    };
    let validations = rules.validations.iter().map(validation).collect::<Result<_, _>>()?;
    let annotations =
        rules.annotations.iter().map(|each| compiler.whole(&each.expression, Gives::TextOrNull));
    let annotations = annotations.collect::<Result<_, _>>()?;
    let mutation = |each: &super::Mutation| {
        let gives = match each.form {
            Form::ApplyConfiguration => Gives::Object,
            Form::JsonPatch => Gives::Operations,
        };
        let expression = compiler.compile(&compiler.patch, &each.expression, gives)?;
        Ok(CompiledMutation { form: each.form, expression })
    };
    let mutations = rules.mutations.iter().map(mutation).collect::<Result<_, _>>()?;
    Ok(Prepared {
        head: Head { id: policy.id.clone(), severity: policy.severity, fix: policy.fix.clone() },
        severity,
        native: native.clone(),
        conditions,
        variables,
        validations,
        annotations,
        mutations,
        rego: rules.rego.as_ref().map(Program::new),
    })
}

struct Compiler<'p> {
    policy: &'p Policy,
    whole: Env,
    /// Messages are made without the authorizer.
    message: Env,
    /// What mutations are made with.
    patch: Env,
    variables: Vec<Box<str>>,
}

impl Compiler<'_> {
    fn declare(&mut self, name: &str, of: &StaticType) {
        for env in [&mut self.whole, &mut self.message, &mut self.patch] {
            *env = env.clone().with_typed_variable(format!("variables.{name}"), of.clone());
        }
        self.variables.push(name.into());
    }

    fn whole(&self, expression: &Expression, gives: Gives) -> Result<Compiled, PolicyError> {
        self.compile(&self.whole, expression, gives)
    }

    fn message(&self, expression: &Expression) -> Result<Compiled, PolicyError> {
        self.compile(&self.message, expression, Gives::Text)
    }

    fn compile(&self, env: &Env, expression: &Expression, gives: Gives) -> Result<Compiled, PolicyError> {
        let program = env.compile(&expression.source).map_err(|wrong| {
            let message = self.unknown_variable(&expression.source, wrong.span.start);
            plan::error(self.policy, expression, wrong.span, &message.unwrap_or(wrong.message))
        })?;
        if let Some(message) = program.result_type().and_then(|found| gives.refuses(found)) {
            return Err(plan::error(self.policy, expression, 0..0, &message));
        }
        let names = program.variables().iter().map(|name| self.name(name)).collect();
        Ok(Compiled { source: expression.source.clone(), program, names })
    }

    /// What is wrong where a variable of the policy's own is read that is not there, or not there yet.
    fn unknown_variable(&self, source: &str, at: usize) -> Option<String> {
        let name = source.get(at..)?.strip_prefix("variables")?.strip_prefix('.')?;
        let end = name.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(name.len());
        let name = name.get(..end).filter(|name| self.variables.iter().all(|known| **known != **name))?;
        let rules = self.policy.native.as_ref().map(|native| &native.rules)?;
        Some(if rules.variables.iter().any(|(known, _)| **known == *name) {
            format!("variables has no {name} here: a variable may use those before it, match conditions none")
        } else {
            format!("variables has no {name}")
        })
    }

    /// The compiler accepts declared names alone.
    fn name(&self, name: &str) -> Name {
        let own = name.strip_prefix("variables.");
        let own = own.and_then(|own| self.variables.iter().position(|known| **known == *own));
        let given =
            || NAMES.iter().find(|(known, _)| *known == name).map_or(Name::Request, |(_, name)| *name);
        own.map_or_else(given, Name::Variable)
    }
}
