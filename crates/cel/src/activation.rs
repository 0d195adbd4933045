//! Where an evaluation finds its variables.

use crate::error::EvalError;
use crate::value::Value;

/// The variables of one evaluation. A variable is asked for each time it is read and never before, so a
/// caller can compute it lazily.
pub trait Activation<'a> {
    /// The value of a variable by its full name; `None` where nothing is bound to it.
    fn variable(&self, name: &str) -> Option<Value<'a>>;

    /// The value of a variable by its place in [`Program::variables`](crate::Program::variables). Worth
    /// writing where a name is too slow, or where computing a variable can fail: the error is then the
    /// variable's value.
    ///
    /// # Errors
    /// Computing the variable failed.
    fn variable_at(&self, slot: usize, name: &str) -> Result<Option<Value<'a>>, EvalError> {
        let _ = slot;
        Ok(self.variable(name))
    }
}

/// No variables at all.
impl<'a> Activation<'a> for () {
    fn variable(&self, _name: &str) -> Option<Value<'a>> {
        None
    }
}

/// A few variables by name; of two with the same name the first counts.
impl<'a> Activation<'a> for [(&str, Value<'a>)] {
    fn variable(&self, name: &str) -> Option<Value<'a>> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }
}

impl<'a, const N: usize> Activation<'a> for [(&str, Value<'a>); N] {
    fn variable(&self, name: &str) -> Option<Value<'a>> {
        self.as_slice().variable(name)
    }
}

impl<'a> Activation<'a> for Vec<(String, Value<'a>)> {
    fn variable(&self, name: &str) -> Option<Value<'a>> {
        self.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }
}
