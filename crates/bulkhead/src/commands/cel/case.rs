//! A case: an expression with its variables, and what became of it.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bulkhead_cel::{Budget, CompileError, Env, Estimate, KindTypes, Value};
use bulkhead_document::{Limits, Tree};
use bulkhead_kinds::Kinds;
use serde_json::Value as Json;

use super::{named_type, values};

/// What cases are tried on.
pub(super) struct Bench {
    pub(super) minor: u32,
    pub(super) stored: bool,
    /// Whether expressions are computed and not only checked.
    pub(super) computes: bool,
}

pub(super) struct Case {
    pub(super) expr: String,
    pub(super) variables: Vec<Variable>,
    pub(super) types: Vec<(String, String)>,
}

/// A variable with its value.
#[derive(Clone)]
pub(super) struct Variable {
    name: String,
    tree: Arc<Tree>,
}

/// What became of a case.
pub(super) struct Answer {
    pub(super) kind: Option<String>,
    pub(super) cost: Option<u64>,
    /// What it may cost, told before it runs.
    pub(super) estimate: Option<Estimate>,
    pub(super) outcome: Outcome,
}

pub(super) enum Outcome {
    /// It is sound; nothing was computed.
    Sound,
    /// The value hangs on variables without one.
    Unknown(String),
    /// A value, as text and as JSON.
    Value(String, Json),
    /// It is no expression that the server takes.
    Refused(CompileError),
    /// It gave no value; where, as far as that is known.
    Failed(String, Option<CompileError>),
}

impl Answer {
    pub(super) fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Refused(_) | Outcome::Failed(..))
    }
}

impl Variable {
    /// A variable from JSON, or from a file.
    pub(super) fn read(name: &str, value: &str) -> Result<Self> {
        if serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok() {
            return Self::parse(name, value);
        }
        let text = std::fs::read_to_string(value).with_context(|| {
            format!("the variable {name} is neither JSON nor a file: cannot read {value}")
        })?;
        Self::parse(name, &text).with_context(|| format!("in {value}"))
    }

    fn parse(name: &str, text: &str) -> Result<Self> {
        let mut documents = bulkhead_document::read(text.into(), &Limits::default());
        let tree = match documents.next() {
            Some(tree) => tree.with_context(|| format!("cannot read the variable {name}"))?,
            None => bail!("cannot read the variable {name}: there is nothing to read"),
        };
        // What is left may be empty documents; a second object would be passed over in silence.
        if documents.any(|tree| tree.is_ok_and(|tree| !tree.root().is_null())) {
            bail!("cannot read the variable {name}: expected one document, found more");
        }
        Ok(Self { name: name.to_owned(), tree: Arc::new(tree) })
    }
}

impl Case {
    /// A case from a line of JSON, with what all cases share.
    pub(super) fn from_line(line: &[u8], shared: &[Variable], types: &[(String, String)]) -> Result<Self> {
        let json: Json = serde_json::from_slice(line).context("expected a JSON object")?;
        let expr = json["expr"].as_str().context("expected the field expr, a text")?.to_owned();
        let mut case = Self { expr, variables: shared.to_vec(), types: types.to_vec() };
        let entries = |field: &str| match &json[field] {
            Json::Null => Ok(Vec::new()),
            Json::Object(entries) => {
                Ok(entries.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
            }
            _ => bail!("expected the field {field} to be an object"),
        };
        for (name, value) in entries("vars")? {
            case.variables.retain(|known| known.name != name);
            case.variables.push(Variable::parse(&name, &value.to_string())?);
        }
        for (name, of) in entries("types")? {
            let of = of.as_str().with_context(|| format!("expected the type of {name} to be a text"))?;
            case.types.retain(|(known, _)| *known != name);
            case.types.push((name, of.to_owned()));
        }
        Ok(case)
    }
}

impl Bench {
    pub(super) fn answer(&self, case: &Case) -> Result<Answer> {
        let environment = self.environment(case)?;
        let program = match environment.compile(&case.expr) {
            Ok(program) => program,
            Err(error) => {
                let outcome = Outcome::Refused(error);
                return Ok(Answer { kind: None, cost: None, estimate: None, outcome });
            }
        };
        let kind = program.result_type().map(ToString::to_string);
        if !self.computes {
            let estimate = environment.estimate(&case.expr, &()).ok().flatten();
            return Ok(Answer { kind, cost: None, estimate, outcome: Outcome::Sound });
        }
        let mut bound: Vec<(String, Value<'_>)> = case
            .variables
            .iter()
            .map(|variable| (variable.name.clone(), Value::from(variable.tree.root())))
            .collect();
        for (name, _) in &case.types {
            if !bound.iter().any(|(known, _)| known == name) {
                bound.push((name.clone(), Value::unknown(name)));
            }
        }
        let mut budget = Budget::default();
        let outcome = match program.eval(&bound, &mut budget) {
            Ok(value) if value.as_unknown().is_some() => Outcome::Unknown(value.to_string()),
            Ok(value) => Outcome::Value(value.to_string(), values::to_json(&value)),
            Err(error) => Outcome::Failed(error.to_string(), error.located(&case.expr)),
        };
        Ok(Answer { kind, cost: Some(budget.used()), estimate: None, outcome })
    }

    fn environment(&self, case: &Case) -> Result<Env> {
        let mut env =
            if self.stored { Env::kubernetes_stored(self.minor) } else { Env::kubernetes(self.minor) };
        for variable in &case.variables {
            env = env.with_variable(&*variable.name);
        }
        for (name, of) in &case.types {
            env = self.declared(env, name, of)?;
        }
        Ok(env)
    }

    /// The environment with a variable of a type, which may be a kind: `object(apps/v1, Deployment)`.
    fn declared(&self, env: Env, name: &str, of: &str) -> Result<Env> {
        let kind = of.strip_prefix("object(").and_then(|rest| rest.strip_suffix(')'));
        let Some((version, kind)) = kind.and_then(|inner| inner.split_once(',')) else {
            return Ok(env.with_typed_variable(name, named_type(of)?));
        };
        let (version, kind) = (version.trim(), kind.trim());
        let kinds = Kinds::for_minor(self.minor).context("this version of Kubernetes is not supported")?;
        let types = KindTypes::new(kinds, version, kind)
            .with_context(|| format!("Kubernetes 1.{} has no kind {kind} of {version}", self.minor))?;
        Ok(env.with_typed_variable(name, types.root()).with_objects(Arc::new(types)))
    }
}
