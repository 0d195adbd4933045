//! Expressions of one policy over one request: variables when they are first read, costs as the server
//! counts them.
//!
//! Source: k8s.io/apiserver, `pkg/admission/plugin/cel` (activation.go, composition.go).

use std::cell::{Cell, RefCell};

use bulkhead_cel::{Activation, Budget, ErrorKind, EvalError, Value};

use super::compile::{Compiled, Name, Prepared};

/// How deep variables may wait for each other. The server has no such limit, but a stack that grows.
const DEEPEST: u32 = 200;

/// What expressions are told.
pub(crate) struct Inputs<'a> {
    pub(super) object: Value<'a>,
    pub(super) old_object: Value<'a>,
    pub(super) request: Value<'a>,
    pub(super) namespace: Value<'a>,
    pub(super) parameters: Value<'a>,
}

/// The cost of a whole run is used up.
#[derive(Debug)]
pub(super) struct OutOfBudget;

impl OutOfBudget {
    /// What the server says.
    pub(super) const MESSAGE: &str =
        "validation failed due to running out of cost budget, no further validation rules will be run";
}

/// One pass over some expressions of a policy, which share variables and a budget.
pub(super) struct Pass<'r, 'a> {
    policy: &'r Prepared,
    inputs: &'r Inputs<'a>,
    /// The server hides the Namespace from match conditions.
    hides_namespace: bool,
    variables: RefCell<Vec<Option<Result<Value<'a>, EvalError>>>>,
    /// What variables cost since it was last asked.
    composed: Cell<u64>,
    depth: Cell<u32>,
    remaining: Cell<u64>,
}

impl<'r, 'a> Pass<'r, 'a> {
    pub(super) fn new(policy: &'r Prepared, inputs: &'r Inputs<'a>, budget: u64) -> Self {
        Self {
            policy,
            inputs,
            hides_namespace: false,
            variables: RefCell::new(vec![None; policy.variables.len()]),
            composed: Cell::new(0),
            depth: Cell::new(0),
            remaining: Cell::new(budget),
        }
    }

    pub(super) fn of_conditions(policy: &'r Prepared, inputs: &'r Inputs<'a>, budget: u64) -> Self {
        Self { hides_namespace: true, ..Self::new(policy, inputs, budget) }
    }

    /// What is left.
    pub(super) fn remaining(&self) -> u64 {
        self.remaining.get()
    }

    /// One expression's value, or its error in the server's words.
    pub(super) fn eval(&self, compiled: &'r Compiled) -> Result<Result<Value<'a>, String>, OutOfBudget> {
        let (result, cost) = self.run(compiled);
        let spent = self.composed.replace(0).saturating_add(cost);
        let left = self.remaining.get().checked_sub(spent).ok_or(OutOfBudget)?;
        self.remaining.set(left);
        Ok(result.map_err(|error| format!("expression '{}' resulted in error: {error}", compiled.source)))
    }

    fn run(&self, compiled: &'r Compiled) -> (Result<Value<'a>, EvalError>, u64) {
        let bound = Bound { pass: self, names: &compiled.names, reads: Cell::new(0) };
        let mut budget = Budget::default();
        let result = compiled.program.eval(&bound, &mut budget);
        // A variable is a field of `variables`, which costs another unit each time.
        (result, budget.used().saturating_add(bound.reads.get()))
    }

    fn variable(&self, place: usize) -> Result<Value<'a>, EvalError> {
        if let Some(Some(known)) = self.variables.borrow().get(place) {
            return known.clone();
        }
        let Some((name, compiled)) = self.policy.variables.get(place) else { return Ok(Value::Null) };
        if self.depth.get() >= DEEPEST {
            return Err(EvalError::new(ErrorKind::TooDeep));
        }
        self.depth.set(self.depth.get() + 1);
        let (result, cost) = self.run(compiled);
        self.depth.set(self.depth.get() - 1);
        self.composed.set(self.composed.get().saturating_add(cost));
        let value = result.map_err(|error| {
            EvalError::invalid(format!("composited variable {name:?} fails to evaluate: {error}"))
        });
        if let Some(known) = self.variables.borrow_mut().get_mut(place) {
            *known = Some(value.clone());
        }
        value
    }

    fn value(&self, name: Name) -> Result<Value<'a>, EvalError> {
        Ok(match name {
            Name::Object => self.inputs.object.clone(),
            Name::OldObject => self.inputs.old_object.clone(),
            Name::Namespace if self.hides_namespace => Value::Null,
            Name::Namespace => self.inputs.namespace.clone(),
            Name::Request => self.inputs.request.clone(),
            Name::Parameters => self.inputs.parameters.clone(),
            Name::Authorizer => Value::unknown("authorizer"),
            Name::RequestResource => Value::unknown("authorizer.requestResource"),
            Name::Variable(place) => self.variable(place)?,
        })
    }
}

/// One expression with the meaning of its variables.
struct Bound<'p, 'r, 'a> {
    pass: &'p Pass<'r, 'a>,
    names: &'p [Name],
    reads: Cell<u64>,
}

impl<'a> Activation<'a> for Bound<'_, '_, 'a> {
    /// Names are resolved to places when a policy is compiled.
    fn variable(&self, _name: &str) -> Option<Value<'a>> {
        None
    }

    fn variable_at(&self, slot: usize, _name: &str) -> Result<Option<Value<'a>>, EvalError> {
        let Some(name) = self.names.get(slot) else { return Ok(None) };
        if matches!(name, Name::Variable(_)) {
            self.reads.set(self.reads.get() + 1);
        }
        self.pass.value(*name).map(Some)
    }
}
