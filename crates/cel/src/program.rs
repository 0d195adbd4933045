//! Programs: expressions that are ready to run.

use crate::activation::Activation;
use crate::budget::Budget;
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
}

impl Program {
    pub(crate) fn new(planned: Planned, result: Option<StaticType>) -> Self {
        Self { planned, result }
    }

    /// The type of its value, as far as the checker knows it; `None` where nothing was checked.
    pub fn result_type(&self) -> Option<&StaticType> {
        self.result.as_ref()
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
