//! Policies made ready to judge: expressions compiled, names resolved, parameters settled.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bulkhead_cel::{Env, Program};
use bulkhead_document::{Limits, Tree, read};
use bulkhead_model::Severity;
use serde_json::Value;

use crate::index::{KeyIndex, Mask};
use crate::patch::Mend;
use crate::path::{Path, Root, Segment};
use crate::policy::{Blame, Expression, KindPattern, Part, Policy, Unit};
use crate::read::PolicyError;

/// What a name in an expression means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Unit,
    Value,
    Key,
    Parent,
    Pod,
    Workload,
    Effective,
    ContainerType,
    Windows,
    Namespace,
    Request,
    Parameters,
    Minor,
    /// One of the policy's own, by its place.
    Variable(usize),
}

/// The names every policy has.
const NAMES: &[(&str, Name)] = &[
    ("self", Name::Unit),
    ("value", Name::Value),
    ("key", Name::Key),
    ("parent", Name::Parent),
    ("pod", Name::Pod),
    ("workload", Name::Workload),
    ("effective", Name::Effective),
    ("containerType", Name::ContainerType),
    ("windows", Name::Windows),
    ("namespaceObject", Name::Namespace),
    ("request", Name::Request),
    ("parameters", Name::Parameters),
    ("minor", Name::Minor),
];

/// A compiled expression with the meaning of each of its variables.
pub(crate) struct Planned {
    pub(crate) program: Program,
    pub(crate) names: Vec<Name>,
}

pub(crate) enum PlannedPart {
    Text(Box<str>),
    Value(Planned),
}

pub(crate) enum PlannedMessage {
    Constant(Arc<str>),
    Parts(Vec<PlannedPart>),
}

pub(crate) struct PlannedFind {
    pub(crate) blame: Blame,
    /// An `effective` path as it runs from the container, for where no security context decides.
    pub(crate) from_container: Vec<Segment>,
    pub(crate) when: Option<Planned>,
    pub(crate) message: PlannedMessage,
    pub(crate) patch: Option<Mend>,
}

/// What a finding of a policy says besides its place.
pub(crate) struct Head {
    pub(crate) id: Arc<str>,
    pub(crate) severity: Severity,
    pub(crate) fix: Arc<str>,
}

/// A policy ready to judge.
pub(crate) struct Rule {
    pub(crate) head: Head,
    pub(crate) unit: Unit,
    pub(crate) kinds: Vec<KindPattern>,
    pub(crate) when: Option<Planned>,
    pub(crate) variables: Vec<Planned>,
    pub(crate) find: Vec<PlannedFind>,
    pub(crate) parameters: Option<Tree>,
    /// The keys without which nothing can be found; `None` where absence can be found.
    pub(crate) needs: Option<Vec<Mask>>,
}

/// Compiles one policy. `overrides` are its configured parameters.
pub(crate) fn rule(
    policy: &Policy,
    severity: Severity,
    overrides: Option<&BTreeMap<String, Value>>,
    environment: &Env,
    index: &mut KeyIndex,
) -> Result<Rule, PolicyError> {
    let mut planner = Planner { policy, environment: environment.clone(), declared: Vec::new() };
    let mut variables = Vec::new();
    for (name, expression) in &policy.variables {
        if NAMES.iter().any(|(known, _)| **known == **name)
            || planner.declared.iter().any(|known| known == &**name)
        {
            return Err(error(policy, expression, 0..0, &format!("variables.{name}: this name is taken")));
        }
        variables.push(planner.expression(expression)?);
        planner.declared.push(name.to_string());
        planner.environment = planner.environment.with_variable(&**name);
    }
    let when = policy.when.as_ref().map(|when| planner.expression(when)).transpose()?;
    let find = policy.find.iter().map(|find| planner.find(find)).collect::<Result<Vec<_>, _>>()?;
    Ok(Rule {
        head: Head { id: policy.id.clone(), severity, fix: policy.fix.clone() },
        unit: policy.unit.clone(),
        kinds: policy.kinds.clone(),
        when,
        variables,
        needs: needs(&find, index),
        find,
        parameters: parameters(policy, overrides)?,
    })
}

/// The environment that policies are compiled in, before their own variables.
pub(crate) fn environment(minor: u32) -> Env {
    NAMES
        .iter()
        .fold(Env::kubernetes(minor), |environment, (name, _)| environment.with_variable(*name))
}

struct Planner<'a> {
    policy: &'a Policy,
    environment: Env,
    declared: Vec<String>,
}

impl Planner<'_> {
    fn expression(&self, expression: &Expression) -> Result<Planned, PolicyError> {
        let program = self
            .environment
            .compile(&expression.source)
            .map_err(|wrong| error(self.policy, expression, wrong.span, &wrong.message))?;
        let names = program.variables().iter().map(|name| self.name(name)).collect();
        Ok(Planned { program, names })
    }

    /// The compiler accepts declared names alone.
    fn name(&self, name: &str) -> Name {
        let own = self.declared.iter().position(|known| known == name).map(Name::Variable);
        let given = || NAMES.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning);
        own.or_else(given).unwrap_or(Name::Request)
    }

    fn find(&self, find: &crate::policy::Find) -> Result<PlannedFind, PolicyError> {
        let message = match find.message.as_slice() {
            [] => PlannedMessage::Constant("".into()),
            [Part::Text(text)] => PlannedMessage::Constant((**text).into()),
            parts => PlannedMessage::Parts(
                parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(text) => Ok(PlannedPart::Text(text.clone())),
                        Part::Value(value) => self.expression(value).map(PlannedPart::Value),
                    })
                    .collect::<Result<_, _>>()?,
            ),
        };
        let when = find.when.as_ref().map(|when| self.expression(when)).transpose()?;
        let (Blame::At(path) | Blame::Missing(path)) = &find.blame;
        let context = Path::parse("securityContext").map_or_else(|_| Vec::new(), |path| path.segments);
        let from_container = match path.root {
            Root::Effective => context.into_iter().chain(path.segments.iter().cloned()).collect(),
            _ => Vec::new(),
        };
        Ok(PlannedFind {
            blame: find.blame.clone(),
            from_container,
            when,
            message,
            patch: find.patch.clone(),
        })
    }
}

/// An expression's mistake, in the place of its file as far as the expression stands there unbroken.
pub(crate) fn error(
    policy: &Policy,
    expression: &Expression,
    span: Range<usize>,
    message: &str,
) -> PolicyError {
    let before = expression.source.get(..span.start).unwrap_or("");
    let lines = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or("").chars().count();
    let add = |base: u32, more: usize| base.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
    PolicyError {
        file: policy.file.clone(),
        line: add(expression.at.line, lines),
        column: if lines == 0 { add(expression.at.column, column) } else { add(1, column) },
        message: format!("{}: in {:?}: {message}", policy.id, expression.source),
    }
}

fn needs(find: &[PlannedFind], index: &mut KeyIndex) -> Option<Vec<Mask>> {
    find.iter()
        .map(|find| match &find.blame {
            Blame::At(path) if !path.segments.is_empty() => Some(index.mask(path.known_keys())),
            Blame::At(_) | Blame::Missing(_) => None,
        })
        .collect()
}

fn parameters(
    policy: &Policy,
    overrides: Option<&BTreeMap<String, Value>>,
) -> Result<Option<Tree>, PolicyError> {
    let wrong = |message: String| PolicyError {
        file: policy.file.clone(),
        line: policy.line,
        column: 1,
        message: format!("{}: {message}", policy.id),
    };
    if let Some(unknown) = overrides
        .into_iter()
        .flat_map(BTreeMap::keys)
        .find(|name| policy.parameters.iter().all(|known| *known.name != ***name))
    {
        let known: Vec<&str> = policy.parameters.iter().map(|parameter| &*parameter.name).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(wrong(format!("has no parameter {unknown:?}; it has {known}")));
    }
    if policy.parameters.is_empty() {
        return Ok(None);
    }
    let settled: serde_json::Map<String, Value> = policy
        .parameters
        .iter()
        .map(|parameter| {
            let configured = overrides.and_then(|overrides| overrides.get(&*parameter.name));
            (parameter.name.to_string(), configured.unwrap_or(&parameter.default).clone())
        })
        .collect();
    let text: Arc<str> = Value::Object(settled).to_string().into();
    match read(text, &Limits::default()).next() {
        Some(Ok(tree)) => Ok(Some(tree)),
        Some(Err(problem)) => Err(wrong(format!("parameters: {}", problem.problem))),
        None => Ok(None),
    }
}
