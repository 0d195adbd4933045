//! What can go wrong: when an expression is compiled, and when it runs.
//!
//! The texts are those of the API server's library, because users search for them.

use std::fmt;
use std::ops::Range;

/// Why an expression was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct CompileError {
    /// What is wrong, in a sentence.
    pub message: String,
    /// Where, in bytes of the expression.
    pub span: Range<usize>,
    /// The line that the API server would name, from 1.
    pub line: usize,
    /// The character of that line that it would name, from 1: an operator, or the bracket of a call.
    pub column: usize,
}

impl CompileError {
    pub(crate) fn new(source: &str, message: impl Into<String>, span: Range<usize>, at: usize) -> Self {
        let before = source.get(..at).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |place| place.saturating_add(1));
        let line = before.bytes().filter(|byte| *byte == b'\n').count().saturating_add(1);
        let column = before.get(line_start..).unwrap_or("").chars().count().saturating_add(1);
        Self { message: message.into(), span, line, column }
    }

    /// The line in question with a caret under the place, as compilers show it.
    pub fn excerpt(&self, source: &str) -> String {
        let line = source.lines().nth(self.line.saturating_sub(1)).unwrap_or("");
        // A line of a megabyte is no excerpt: what stands around the place is.
        let skipped = self.column.saturating_sub(60);
        let shown: String = line.chars().skip(skipped).take(120).collect();
        let place = self.column.saturating_sub(skipped).saturating_sub(1);
        format!(" | {shown}\n | {}^", ".".repeat(place))
    }
}

/// Why an expression gave no value.
#[derive(Clone, PartialEq)]
pub struct EvalError(Box<Inner>);

#[derive(Debug, Clone, PartialEq)]
struct Inner {
    kind: ErrorKind,
    span: Option<Range<u32>>,
}

/// What went wrong at run time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// A map has no such key, or the value is no map.
    #[error("no such key: {0}")]
    NoSuchKey(String),
    /// Nothing is bound to a variable.
    #[error("no such attribute(s): {0}")]
    NoSuchAttribute(String),
    /// A list is shorter.
    #[error("index out of bounds: {0}")]
    IndexOutOfBounds(String),
    /// A whole number was divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A remainder by zero was asked for.
    #[error("modulus by zero")]
    ModulusByZero,
    /// A number or a time does not fit.
    #[error("{0} overflow")]
    Overflow(&'static str),
    /// A function or operator does not take values of these types; a function is named.
    #[error("no such overload{}", Named(.0))]
    NoSuchOverload(Option<String>),
    /// No library has the function.
    #[error("unbound function: {0}")]
    UnboundFunction(String),
    /// A value is not one the function can work with.
    #[error("{0}")]
    Invalid(String),
    /// The evaluation cost more than it may.
    #[error("operation cancelled: actual cost limit exceeded")]
    CostExceeded,
    /// The evaluation nests deeper than it may.
    #[error("evaluation is nested too deeply")]
    TooDeep,
}

/// The function of a message, where there is one.
struct Named<'n>(&'n Option<String>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |name| write!(f, ": {name}"))
    }
}

impl EvalError {
    /// An error of a kind, without a place.
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, span: None }))
    }

    /// A value that cannot be worked with.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid(message.into()))
    }

    pub(crate) fn no_such_key(key: &str) -> Self {
        Self::new(ErrorKind::NoSuchKey(key.to_owned()))
    }

    /// A function does not take its arguments.
    pub(crate) fn no_such_overload(function: impl Into<String>) -> Self {
        Self::new(ErrorKind::NoSuchOverload(Some(function.into())))
    }

    /// An operator does not take its operands.
    pub(crate) fn no_such_operator() -> Self {
        Self::new(ErrorKind::NoSuchOverload(None))
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Where in the expression, in bytes, as far as it is known.
    pub fn span(&self) -> Option<Range<usize>> {
        let span = self.0.span.as_ref()?;
        Some(span.start as usize..span.end as usize)
    }

    /// The error with its place in the text of its expression, as far as it is known.
    pub fn located(&self, source: &str) -> Option<CompileError> {
        let span = self.span()?;
        let start = span.start;
        Some(CompileError::new(source, self.to_string(), span, start))
    }

    /// Whether the budget ran out: no operator absorbs that.
    pub fn is_cost_exceeded(&self) -> bool {
        self.0.kind == ErrorKind::CostExceeded
    }

    /// Whether evaluation must stop, whatever the operators around it say.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.0.kind, ErrorKind::CostExceeded | ErrorKind::TooDeep)
    }

    /// The error with a place, unless it has one that is nearer to its cause.
    #[must_use]
    pub(crate) fn at(mut self, span: &Range<u32>) -> Self {
        self.0.span.get_or_insert_with(|| span.clone());
        self
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)
    }
}

impl fmt::Debug for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for EvalError {}

impl From<ErrorKind> for EvalError {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}
