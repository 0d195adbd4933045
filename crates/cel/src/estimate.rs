//! What an expression may cost, told before it runs: the least and the most.
//!
//! The API server refuses rules of custom resources' definitions by it, so the numbers are its own, down to what
//! looks odd. A call's cost is a matter of the *sizes* of what it works on. Those of literals are known, those of
//! fields come from a schema ([`Sizes`]), the others are unknown: anything from none to all.
//!
//! An expression is first lowered ([`lower`]) to what the server's library sees, with macros as loops; [`walk`] goes
//! through that, and [`calls`] knows what each function costs.
//!
//! Source: cel-go, `checker/cost.go`; k8s.io/apiserver, `pkg/cel/library/cost.go`.

mod calls;
mod lower;
mod walk;

use std::fmt;

use crate::check::Checked;
use crate::env::Env;
use crate::syntax::{Ast, ExprId};

/// The least and the most of something: of a cost, or of a size in characters, bytes, items or entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// The least.
    pub least: u64,
    /// The most; `u64::MAX` where there is no bound.
    pub most: u64,
}

/// How large fields may be.
pub trait Sizes {
    /// The most characters, bytes, items or entries of what a path leads to, starting with the variable; in a list
    /// `@items`, in a map `@keys` and `@values`. `None` where nothing is known.
    fn most(&self, path: &[Box<str>]) -> Option<u64>;
}

/// Nothing is known of any field.
impl Sizes for () {
    fn most(&self, _: &[Box<str>]) -> Option<u64> {
        None
    }
}

/// Estimates a checked expression; `None` where it is too deep or uses what only the language's own tests have.
pub(crate) fn estimate(
    ast: &Ast,
    root: ExprId,
    env: &Env,
    checked: &Checked,
    sizes: &dyn Sizes,
) -> Option<Estimate> {
    let lowered = lower::lower(ast, root, env, checked)?;
    Some(walk::cost(&lowered, sizes))
}

impl Estimate {
    /// Anything at all.
    pub const UNKNOWN: Self = Self { least: 0, most: u64::MAX };

    const NONE: Self = Self { least: 0, most: 0 };

    const fn exactly(number: u64) -> Self {
        Self { least: number, most: number }
    }

    fn plus(self, other: Self) -> Self {
        Self { least: self.least.saturating_add(other.least), most: self.most.saturating_add(other.most) }
    }

    fn times(self, other: Self) -> Self {
        Self { least: self.least.saturating_mul(other.least), most: self.most.saturating_mul(other.most) }
    }

    /// Each end multiplied, and rounded up.
    fn scaled(self, factor: f64) -> Self {
        Self { least: scaled(self.least, factor), most: scaled(self.most, factor) }
    }

    /// What holds both.
    fn or(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            most if most == self.least => write!(f, "{most}"),
            u64::MAX => write!(f, "{} or more, without a bound", self.least),
            most => write!(f, "{} to {most}", self.least),
        }
    }
}

/// What reading a character or an item costs.
const TRAVERSAL: f64 = 0.1;

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as the server computes it: in doubles, rounded up, and the largest number beyond"
)]
fn scaled(number: u64, factor: f64) -> u64 {
    let product = number as f64;
    if product > 0.0 && factor > 0.0 && product > u64::MAX as f64 / factor {
        return u64::MAX;
    }
    let product = (product * factor).ceil();
    if product >= 18_446_744_073_709_551_616.0 { u64::MAX } else { product as u64 }
}
