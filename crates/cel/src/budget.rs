//! How much an evaluation may cost, in the units of the API server's library.
//!
//! Reading a variable or a field costs 1, most calls cost 1, text is charged by its length, a list that is
//! built costs 10 and a map 30. A budget is handed to each evaluation and can be used for several.

use crate::error::{ErrorKind, EvalError};

/// A cost limit, and what was used of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    limit: u64,
    used: u64,
}

impl Budget {
    /// What one expression of a policy may cost on the API server.
    pub const PER_CALL: u64 = 1_000_000;

    /// A budget with a limit of one's own.
    pub fn new(limit: u64) -> Self {
        Self { limit, used: 0 }
    }

    /// What may be used in all.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// What was used so far.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Charges what something costs.
    ///
    /// # Errors
    /// [`ErrorKind::CostExceeded`] when it is more than is left.
    #[inline]
    pub fn charge(&mut self, cost: u64) -> Result<(), EvalError> {
        self.used = self.used.saturating_add(cost);
        if self.used > self.limit { Err(exceeded()) } else { Ok(()) }
    }
}

impl Budget {
    /// Takes back what was charged too much.
    pub(crate) fn refund(&mut self, cost: u64) {
        self.used = self.used.saturating_sub(cost);
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Self::PER_CALL)
    }
}

#[cold]
fn exceeded() -> EvalError {
    EvalError::new(ErrorKind::CostExceeded)
}
