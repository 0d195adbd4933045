//! Programs: expressions that are ready to run.

use crate::activation::Activation;
use crate::budget::Budget;
use crate::check::Checked;
use crate::check::types::StaticType;
use crate::error::EvalError;
use crate::eval;
use crate::plan::Planned;
use crate::value::{AttributePath, Value};

/// An expression that is ready to run, any number of times and on any number of threads at once.
#[derive(Debug)]
pub struct Program {
    planned: Planned,
    result: Option<StaticType>,
    /// Whether a part of it has a type that only turns out when it runs.
    dynamic: bool,
}

impl Program {
    pub(crate) fn new(planned: Planned, checked: Option<Checked>) -> Self {
        let dynamic = checked.as_ref().is_none_or(Checked::is_dynamic);
        Self { planned, result: checked.map(|checked| checked.result), dynamic }
    }

    /// The type of its value, as far as the checker knows it; `None` where nothing was checked.
    pub fn result_type(&self) -> Option<&StaticType> {
        self.result.as_ref()
    }

    /// Whether a part of it has a type that only turns out when it runs (or is null), so that it may then be
    /// of a wrong one. What is not dynamic never fails because a function does not take its arguments.
    pub fn is_dynamic(&self) -> bool {
        self.dynamic
    }

    /// The variables that it really uses, by their full names, in the order of their slots.
    pub fn variables(&self) -> &[String] {
        &self.planned.variables
    }

    /// The attributes that it reads, as far as they are spelled out: of `self.ports[i].hostPort` it is
    /// `self.ports`. Every variable that is used starts at least one of them.
    pub fn paths(&self) -> &[AttributePath] {
        &self.planned.paths
    }

    /// Computes its value. What hangs on an unknown variable is an unknown value, which is no error.
    ///
    /// # Errors
    /// What CEL says is an error (a missing key, a division by zero), or the budget ran out.
    pub fn eval<'a>(
        &self,
        activation: &dyn Activation<'a>,
        budget: &mut Budget,
    ) -> Result<Value<'a>, EvalError> {
        eval::run(&self.planned.root, activation, budget)
    }
}
