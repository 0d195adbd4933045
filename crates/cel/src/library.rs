//! The functions and macros that expressions can use: one file per library.
//!
//! To add a library, write its file and list it in [`ALL`].

mod addresses;
mod authorizers;
mod bindings;
mod collections;
mod comprehensions;
mod conversions;
mod cost;
mod encoders;
mod formats;
mod lists;
mod math;
mod optionals;
mod patches;
mod pattern;
mod quantities;
mod regex;
mod semvers;
mod sets;
mod standard;
mod strings;
mod times;
mod urls;

use std::ops::RangeInclusive;

use ::regex::Regex;

use crate::budget::Budget;
use crate::error::EvalError;
use crate::eval::Operand;
use crate::extension::Extension;
use crate::syntax::Macro;
use crate::value::{Text, Type, Value};

pub(crate) use collections::{SORT_BY, self_comparison, sorted};
pub(crate) use cost::{match_cost, size_cost, traversal};
pub(crate) use patches::LIBRARY as PATCHES;
pub(crate) use pattern::compile as compile_pattern;
pub(crate) use strings::{Dialect as FormatVerbs, format_verbs};

/// Every library, in the order in which functions of one name are tried.
pub(crate) static ALL: &[&Library] = &[
    &standard::LIBRARY,
    &conversions::LIBRARY,
    &times::LIBRARY,
    &optionals::LIBRARY,
    &comprehensions::LIBRARY,
    &bindings::LIBRARY,
    &strings::LIBRARY,
    &math::LIBRARY,
    &encoders::LIBRARY,
    &sets::LIBRARY,
    &lists::LIBRARY,
    &collections::LIBRARY,
    &regex::LIBRARY,
    &urls::LIBRARY,
    &quantities::LIBRARY,
    &semvers::LIBRARY,
    &formats::LIBRARY,
    &authorizers::LIBRARY,
    &addresses::IP,
    &addresses::CIDR,
    &addresses::NETWORK,
];

/// A set of functions and macros that come together.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) name: &'static str,
    /// From which Kubernetes minor version on the API server has which version of it, oldest first; empty
    /// for what Kubernetes never has.
    pub(crate) kubernetes: &'static [(u32, u32)],
    /// Whether it is no part of the language's own extensions.
    pub(crate) kubernetes_only: bool,
    pub(crate) functions: &'static [Function],
    /// The types whose names an expression may use.
    pub(crate) types: &'static [Type],
    /// Macros, each with the library's version that brought it.
    pub(crate) macros: &'static [(u32, Macro)],
}

/// One function, or one method when it is called on a value.
#[derive(Debug)]
pub(crate) struct Function {
    /// Its name with its namespace: `math.greatest`.
    pub(crate) name: &'static str,
    pub(crate) member: bool,
    /// How many arguments it takes; a method's receiver is one of them.
    pub(crate) arity: RangeInclusive<usize>,
    /// The library's version that brought it.
    pub(crate) since: u32,
    /// The library's version that took it away or replaced it.
    pub(crate) until: u32,
    /// Whether a call with constants is a constant: it is a type conversion.
    pub(crate) converts: bool,
    /// Whether its result is text or bytes, whatever the arguments are.
    pub(crate) gives_text: bool,
    /// What the checker knows of it, a signature an overload: `(list(A), A) -> bool`, and for methods
    /// `string.(string) -> bool`. A capital letter alone is a type parameter.
    pub(crate) overloads: &'static [&'static str],
    pub(crate) run: Run,
    pub(crate) cost: Cost,
}

/// Computes a result from arguments of which none is unknown.
pub(crate) type Run = for<'a> fn(&mut Host<'_>, &Args<'_, 'a>) -> Result<Value<'a>, Failure>;

/// What a call cost, from its arguments and its result.
pub(crate) type Cost = for<'a> fn(&Args<'_, 'a>, &Value<'a>) -> u64;

/// Why a function gave no value.
pub(crate) enum Failure {
    /// It does not take arguments of these types.
    Types,
    /// It failed.
    Error(EvalError),
}

impl From<EvalError> for Failure {
    fn from(error: EvalError) -> Self {
        Self::Error(error)
    }
}

impl Function {
    /// A function.
    pub(crate) const fn global(name: &'static str, arguments: usize, run: Run) -> Self {
        Self {
            name,
            member: false,
            arity: arguments..=arguments,
            since: 0,
            until: u32::MAX,
            converts: false,
            gives_text: false,
            overloads: &[],
            run,
            cost: cost::one,
        }
    }

    /// A method; its receiver is not counted.
    pub(crate) const fn method(name: &'static str, arguments: usize, run: Run) -> Self {
        let arity = arguments.saturating_add(1)..=arguments.saturating_add(1);
        Self {
            name,
            member: true,
            arity,
            since: 0,
            until: u32::MAX,
            converts: false,
            gives_text: false,
            overloads: &[],
            run,
            cost: cost::one,
        }
    }

    /// The same with up to so many arguments more.
    pub(crate) const fn optionally(mut self, more: usize) -> Self {
        let (least, most) = (*self.arity.start(), *self.arity.end());
        self.arity = least..=most.saturating_add(more);
        self
    }

    /// The same, there from a version of its library on.
    pub(crate) const fn since(mut self, version: u32) -> Self {
        self.since = version;
        self
    }

    /// The same, there up to the version before one.
    pub(crate) const fn until(mut self, version: u32) -> Self {
        self.until = version;
        self
    }

    /// The same with a cost of its own.
    pub(crate) const fn costs(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }

    /// The same, with text or bytes for a result.
    pub(crate) const fn text(mut self) -> Self {
        self.gives_text = true;
        self
    }

    /// The same with signatures for the checker.
    pub(crate) const fn overloads(mut self, overloads: &'static [&'static str]) -> Self {
        self.overloads = overloads;
        self
    }

    /// The same as a type conversion.
    pub(crate) const fn converting(mut self) -> Self {
        self.converts = true;
        self
    }
}

/// The arguments of a call, the receiver first.
pub(crate) struct Args<'x, 'a> {
    pub(crate) values: &'x [Operand<'x, 'a>],
    /// Whether an argument (a receiver is none) is of a type that only turns out now, so that the server
    /// does not know which overload it counts the cost of.
    pub(crate) untold: bool,
    /// The same of the receiver, or of the items of the list that it is.
    pub(crate) unclear: bool,
}

impl<'a> Args<'_, 'a> {
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// An argument; planning has seen to it that there are as many as the function takes.
    pub(crate) fn value(&self, place: usize) -> &Value<'a> {
        self.values.get(place).map_or(&Value::Null, |operand| operand)
    }

    pub(crate) fn text(&self, place: usize) -> Result<&Text<'a>, Failure> {
        if let Value::String(text) = self.value(place) { Ok(text) } else { Err(Failure::Types) }
    }

    pub(crate) fn extension(&self, place: usize) -> Result<&Extension, Failure> {
        self.value(place).as_extension().ok_or(Failure::Types)
    }

    pub(crate) fn int(&self, place: usize) -> Result<i64, Failure> {
        if let Value::Int(number) = self.value(place) { Ok(*number) } else { Err(Failure::Types) }
    }
}

/// What a function may use beside its arguments.
pub(crate) struct Host<'x> {
    budget: &'x mut Budget,
    /// Bytes of values built so far.
    built: usize,
    /// How many values within lists and maps may still be compared.
    pub(crate) work: u64,
    /// The pattern used last that is no literal: a loop uses the same one again and again.
    pattern: Option<(String, Regex)>,
}

impl<'x> Host<'x> {
    /// One evaluation may build so many bytes of values. The costs of the API server do not bound them: it
    /// joins lists at no cost, without copying.
    const MOST: usize = 64 << 20;

    /// One evaluation may compare so many values within lists and maps.
    const MOST_WORK: u64 = 10_000_000;

    pub(crate) fn new(budget: &'x mut Budget) -> Self {
        Self { budget, built: 0, work: Self::MOST_WORK, pattern: None }
    }

    #[inline]
    pub(crate) fn charge(&mut self, cost: u64) -> Result<(), EvalError> {
        self.budget.charge(cost)
    }

    /// Takes back what was charged too much.
    pub(crate) fn refund(&mut self, cost: u64) {
        self.budget.refund(cost);
    }

    /// What was charged so far.
    pub(crate) fn used(&self) -> u64 {
        self.budget.used()
    }

    /// Accounts for values about to be built.
    pub(crate) fn grow(&mut self, values: usize) -> Result<(), EvalError> {
        self.grow_text(values.saturating_mul(size_of::<Value<'_>>()))
    }

    /// Accounts for text about to be built.
    pub(crate) fn grow_text(&mut self, bytes: usize) -> Result<(), EvalError> {
        self.built = self.built.saturating_add(bytes);
        if self.built > Self::MOST {
            return Err(EvalError::new(crate::error::ErrorKind::CostExceeded));
        }
        Ok(())
    }

    /// A pattern that is computed by the expression.
    pub(crate) fn pattern(&mut self, text: &str) -> Result<&Regex, EvalError> {
        let known = self.pattern.take().filter(|(known, _)| known == text);
        let compiled = if let Some(known) = known {
            known
        } else {
            // Compiling is far more work than the cost of a match says.
            self.grow_text(text.len().saturating_mul(64).saturating_add(64 << 10))?;
            (text.to_owned(), pattern::compile(text)?)
        };
        Ok(&self.pattern.insert(compiled).1)
    }
}
