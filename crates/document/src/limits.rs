//! What a document may cost, and the ways to refuse one.

use std::borrow::Cow;

use crate::lines::Position;
use crate::tree::Span;

/// What reading may cost. Each limit that is hit is an error with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a source; never 4 GiB or more, for offsets have 32 bits.
    pub bytes: usize,
    /// Collections within collections, those that an alias brings included.
    pub depth: usize,
    /// Nodes of one document, each aliased value counted once.
    pub nodes: usize,
    /// Nodes that the aliases and merge keys of one document stand for.
    pub alias_nodes: usize,
    /// Documents of a source.
    pub documents: usize,
}

impl Default for Limits {
    /// Generous for what people write: a cluster dumped into one file fits, while a stack of the
    /// usual size can walk the depth.
    fn default() -> Self {
        Self { bytes: 512 << 20, depth: 256, nodes: 10_000_000, alias_nodes: 400_000, documents: 1_000_000 }
    }
}

/// Why one document could not be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("line {}: {problem}", .at.line)]
pub struct ReadError {
    /// What is wrong.
    pub problem: Problem,
    /// Where reading stopped.
    pub at: Position,
    /// The same place as a byte offset from the start of the file.
    pub offset: u32,
    /// The part of the file that is lost with this document.
    pub extent: Span,
}

/// What is wrong with a document.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// It breaks the grammar.
    #[error("{0}")]
    Syntax(Cow<'static, str>),
    /// A value or key that JSON, and so the API server, cannot hold.
    #[error("{0}")]
    Value(String),
    /// The bytes are not text.
    #[error("the bytes are not UTF-8 text")]
    NotUtf8,
    /// A character that YAML does not allow.
    #[error("control character U+{:04X} is not allowed", u32::from(*.0))]
    Control(char),
    /// The source is too large.
    #[error("{size} bytes are more than the limit of {limit}")]
    TooLarge {
        /// Bytes of the source.
        size: usize,
        /// [`Limits::bytes`].
        limit: usize,
    },
    /// Collections stand too deep in each other.
    #[error("collections are nested deeper than the limit of {limit}")]
    TooDeep {
        /// [`Limits::depth`].
        limit: usize,
    },
    /// The document has too many values.
    #[error("the document has more values than the limit of {limit}")]
    TooManyNodes {
        /// [`Limits::nodes`].
        limit: usize,
    },
    /// The aliases of the document stand for too many values.
    #[error("aliases stand for more values than the limit of {limit}")]
    TooManyAliasNodes {
        /// [`Limits::alias_nodes`].
        limit: usize,
    },
    /// The source has too many documents.
    #[error("the source has more documents than the limit of {limit}")]
    TooManyDocuments {
        /// [`Limits::documents`].
        limit: usize,
    },
}

/// What is wrong, and at which byte; positions are added where the file is known. In a box: results
/// are passed at each token, and failures are rare.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure(Box<(Problem, usize)>);

impl Failure {
    pub(crate) fn new(problem: Problem, offset: usize) -> Self {
        Self(Box::new((problem, offset)))
    }

    pub(crate) fn syntax(offset: usize, message: &'static str) -> Self {
        Self::new(Problem::Syntax(Cow::Borrowed(message)), offset)
    }

    pub(crate) fn offset(&self) -> usize {
        self.0.1
    }

    pub(crate) fn into_problem(self) -> Problem {
        self.0.0
    }
}
